"""What a search for a schedule came to, in PyJobShop's words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from planner.schedule.problem import Ints


class Status(StrEnum):
    """OPTIMAL: proven best. FEASIBLE: holds, may not be the best. INFEASIBLE: proven impossible. UNKNOWN: neither."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class SolveResult:
    """A schedule and how good it is.

    `start` and `mode` hold a place for every activity. `greedy` is the objective of the first schedule, `solver` what
    found the last. `runtime` is in seconds and differs from run to run: it stays out of every plan.
    """

    status: Status
    start: Ints
    mode: Ints
    objective: int
    lower_bound: int
    greedy: int
    solver: str
    runtime: float

    @property
    def gap(self) -> float:
        """How far the objective may be from the best: share of the objective."""
        return 0.0 if self.objective == 0 else (self.objective - self.lower_bound) / self.objective
