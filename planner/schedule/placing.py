"""Where the activities are placed: searched for, or as the plan before has it where just the same was asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from planner.schedule.anchor import Anchors
from planner.schedule.pose import Posed
from planner.schedule.problem import Ints, Problem
from planner.schedule.result import SolveResult, Status
from planner.schedule.solve import Effort, solve
from planner.schedule.steady import Steady, steady
from planner.schema import conform

Tables = Mapping[str, pd.DataFrame]
Earlier = Callable[[str], Tables | None]
"""Tables of the plan before, where what was asked then has this fingerprint."""


@dataclass(frozen=True)
class Placing:
    """The schedule, and how near it is to the plan before; None where none is kept to."""

    result: SolveResult
    near: Steady | None

    def table(self, problem: Problem) -> pd.DataFrame:
        """Table placements."""
        columns = {"start_week": self.result.start, "mode": self.result.mode - problem.mode_at[:-1]}
        if self.near is not None:
            anew = self.near.anew
            columns |= {"anew_start_week": anew.start, "anew_mode": anew.mode - problem.mode_at[:-1]}
        return conform(pd.DataFrame({"activity_id": list(problem.names), **columns}), "placements")


def place(
    posed: Posed, priority: Ints | None, anchors: Anchors | None, effort: Effort, earlier: Earlier | None
) -> Placing:
    """Place the activities of a posed problem.

    The search knows nothing but these arguments, and the same ones give the same schedule: where they are those of the
    plan before, what was found then is taken.

    Raises
    ------
    Circle, Unplaceable
        As `solve` does.
    """
    before = earlier(_fingerprint(posed.problem, priority, anchors, effort)) if earlier is not None else None
    if before is not None and len(before["solution"]):
        return _found(posed.problem, anchors, before)
    anew = solve(posed.problem, priority, effort)
    near = steady(posed.problem, anchors, anew, effort) if anchors is not None else None
    return Placing(near.kept if near is not None else anew, near)


def _fingerprint(problem: Problem, priority: Ints | None, anchors: Anchors | None, effort: Effort) -> str:
    digest = hashlib.sha256(repr(effort).encode())
    asked = [getattr(part, item.name) for part in (problem, anchors) if part is not None for item in fields(part)]
    for value in (*asked, priority):
        is_array = isinstance(value, np.ndarray)
        digest.update(repr(value.shape).encode() + value.astype("<i8").tobytes() if is_array else repr(value).encode())
    return digest.hexdigest()


def _found(problem: Problem, anchors: Anchors | None, before: Tables) -> Placing:
    """What the plan before says of its search."""
    rows, solution = before["placements"], before["solution"].iloc[0]
    first = problem.mode_at[:-1]
    result = SolveResult(
        Status(solution["status"]), _ints(rows["start_week"]), _ints(rows["mode"]) + first, int(solution["objective"]),
        int(solution["lower_bound"]), int(solution["greedy_objective"]), str(solution["solver"]), 0.0,
    )  # fmt: skip
    if anchors is None:
        return Placing(result, None)
    start, mode = _ints(rows["anew_start_week"]), _ints(rows["anew_mode"]) + first
    anew = replace(result, start=start, mode=mode, objective=problem.objective(start, mode))
    return Placing(result, Steady(result, anew, anchors))


def _ints(column: pd.Series) -> Ints:
    values: Ints = column.to_numpy(np.int64)
    return values
