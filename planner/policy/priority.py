"""Priority: what makes a system easy to take early, as scores, factors and reasons that can be disputed."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import Annotated

from pydantic import Field, model_validator

from planner.policy.conditions import Condition
from planner.policy.parts import Part, Text
from planner.schema import Column, load_table

NUMERIC = ("integer", "number")
DERIVED = Column(
    "dependency_count", "integer", "systems", False, (), None, None, "Systems it depends on or is needed by", "own"
)


class Band(Part):
    """Score of numbers up to and including `at_most`; the last band has none and takes the rest."""

    at_most: float | None = None
    score: float


class Attribute(Part):
    """One thing that makes a system easy or hard: scores by value or by band, times a factor.

    `field` is a column of tables systems or facts, the proposed `disposition`, or `dependency_count`. An attribute
    without a field stays in the profile and is unknown for every system. A value without a score counts as unknown.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    field: str | None
    scores: Annotated[dict[str, float], Field(min_length=1)] | None = None
    bands: Annotated[list[Band], Field(min_length=1)] | None = None
    factor: Annotated[float, Field(gt=0)]
    because: Text
    source: str

    @property
    def points(self) -> list[float]:
        """Scores that it can give, before the factor, in the order of the file."""
        return [band.score for band in self.bands] if self.bands else list((self.scores or {}).values())

    @model_validator(mode="after")
    def _one_form(self) -> Attribute:
        if (self.scores is None) == (self.bands is None):
            raise ValueError(f"'{self.name}' needs either 'scores' (of values) or 'bands' (of numbers)")
        edges = [band.at_most for band in self.bands or [Band(score=0)]]
        inner = [edge for edge in edges[:-1] if edge is not None]
        if edges[-1] is not None or len(inner) < len(edges) - 1 or inner != sorted(set(inner)):
            raise ValueError(f"the bands of '{self.name}' must rise by 'at_most', and only the last has none")
        return self

    @model_validator(mode="after")
    def _fits_its_field(self) -> Attribute:
        if self.field is None:
            return self
        column = _known(self.name, self.field)
        if self.bands and column.type not in NUMERIC:
            raise ValueError(f"'{self.name}': bands need a number, and '{self.field}' is none; use 'scores'")
        wrong = sorted(set(self.scores or {}) - set(column.values)) if column.values else []
        if wrong:
            raise ValueError(f"'{self.name}': '{self.field}' is never '{wrong[0]}', only {', '.join(column.values)}")
        return self


class Pilot(Part):
    """Which systems are offered as pilots: the first `shortlist` by rank of those that meet the condition.

    People confirm between `confirm_low` and `confirm_high` of them.
    """

    when: Condition
    shortlist: Annotated[int, Field(gt=0)]
    confirm_low: Annotated[int, Field(gt=0)]
    confirm_high: Annotated[int, Field(gt=0)]
    because: Text
    source: str

    @model_validator(mode="after")
    def _consistent(self) -> Pilot:
        if not self.confirm_low <= self.confirm_high <= self.shortlist:
            raise ValueError("confirm_low, confirm_high and shortlist must come in this order")
        for field in self.when.fields():
            _known("pilot", field)
        return self


class Priority(Part):
    """A profile of two to ten attributes, and the condition for pilots.

    More attributes than ten even each other out (AWS Application Portfolio Assessment Guide).
    """

    attributes: Annotated[list[Attribute], Field(min_length=2, max_length=10)]
    pilot: Pilot
    because: Text
    source: str

    @property
    def lowest(self) -> float:
        """The least that the profile gives."""
        return sum(min(attribute.points) * attribute.factor for attribute in self.attributes)

    @property
    def highest(self) -> float:
        """The most that the profile gives."""
        return sum(max(attribute.points) * attribute.factor for attribute in self.attributes)

    @model_validator(mode="after")
    def _once_each(self) -> Priority:
        for names in ([item.name for item in self.attributes], [item.field for item in self.attributes if item.field]):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice:
                raise ValueError(f"'{twice}' stands twice among the attributes")
        return self


@lru_cache
def readable() -> dict[str, Column]:
    """Columns that a profile may read, by name."""
    columns = [*load_table("systems").columns, *load_table("facts").columns]
    columns += [load_table("decisions").column("disposition"), DERIVED]
    return {column.name: column for column in columns}


def _known(name: str, field: str) -> Column:
    if field not in readable():
        near = difflib.get_close_matches(field, sorted(readable()), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise ValueError(f"'{name}' reads the unknown field '{field}'{hint}")
    return readable()[field]
