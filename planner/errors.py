"""What can go wrong, said so that a person can mend it."""

from __future__ import annotations


class PlannerError(Exception):
    """An error the user can act on.

    Parameters
    ----------
    message
        What is wrong.
    place
        Where: ``file:row:column`` as far as it is known.
    value
        The value that was refused, when there is one.
    remedy
        What to do about it.
    """

    def __init__(self, message: str, *, place: str = "", value: object = None, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.value = value
        self.remedy = remedy

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        value = f" (value: {self.value!r})" if self.value is not None else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{where}{self.message}{value}.{remedy}"


class CaseError(PlannerError):
    """case.yaml is missing, unreadable or contradicts itself."""


class InventoryError(PlannerError):
    """A source cannot be read at all; single bad cells and rows become findings instead."""


class PolicyError(PlannerError):
    """A policy or fact file is wrong."""


class CatalogueError(PlannerError):
    """Cloud facts could not be read or refreshed."""


class ReviewError(PlannerError):
    """review.yaml is wrong, or two reviewers contradict each other."""


class SchemaError(PlannerError):
    """A table does not conform to its schema: a fault in the planner, not in the input."""


class InfeasiblePlan(PlannerError):
    """No schedule exists under the stated capacities and calendar."""


class VerificationError(PlannerError):
    """The finished plan breaks a rule that the planner promised to keep: a fault in the planner."""


class PlanMoved(PlannerError):
    """Another run has made a plan of the case since this one was begun: to plan again is all there is to do."""
