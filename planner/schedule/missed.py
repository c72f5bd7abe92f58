"""Deadlines that a schedule misses, why, and what would help."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from planner.calendar import friday
from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schedule.activities import Activity
from planner.schedule.clash import Clash, Clashes, ancestors
from planner.schedule.pose import Posed
from planner.schedule.result import SolveResult
from planner.schedule.ways import Relaxation, Ways

# Deadlines explained at length, and the size up to which other plans are tried out for them.
EXPLAINED = 10
TRIED_UP_TO = 2_000


@dataclass(frozen=True)
class Missed:
    """A deadline (or the horizon) that the plan misses, why, and what would help."""

    activity: Activity
    deadline: date
    end: int
    late: int
    is_proven: bool
    clashes: tuple[Clash, ...]
    relaxations: tuple[Relaxation, ...]


def missed(posed: Posed, result: SolveResult, case: Case, policy: Policy, portfolio: Portfolio) -> list[Missed]:
    """Missed deadlines, the latest first; the first ten are explained at length. Then, to as many in all, what is not
    done by the horizon."""
    clashes = Clashes(posed, result, case, policy)
    ways = Ways(clashes, portfolio) if len(posed.problem) <= TRIED_UP_TO else None
    late = [
        (_kind(posed.activities[at], due) == "horizon", due + 1 - int(clashes.change_ends[at]), at)
        for at, due in clashes.dues.items()
        if clashes.change_ends[at] > due + 1
    ]
    kept = [item for depth, item in enumerate(sorted(late)) if not item[0] or depth < EXPLAINED]
    return [_explained(clashes, ways, at, -weeks, depth < EXPLAINED) for depth, (_, weeks, at) in enumerate(kept)]


def _kind(activity: Activity, due: int) -> str:
    """What asks for a change by a week."""
    return "deadline" if due == activity.due else "pin" if due == activity.pinned else "horizon"


def _explained(clashes: Clashes, ways: Ways | None, at: int, weeks: int, at_length: bool) -> Missed:
    activity, due = clashes.posed.activities[at], clashes.dues[at]
    family = ancestors(clashes.problem, at)
    is_proven, why = clashes.why(at, family, due) if at_length else (False, clashes.observed(family))
    end = int(clashes.change_ends[at]) - 1
    later = Relaxation("later_deadline", None, weeks, "weeks", None, None, end)
    others = tuple(ways.of(at, family, due)) if ways and at_length else ()
    kind = _kind(activity, due)
    days = {"horizon": clashes.case.horizon_date, "deadline": activity.deadline, "pin": friday(clashes.case, due)}
    day = days[kind]
    assert day is not None
    return Missed(activity, day, end, weeks, is_proven, (Clash(kind), *why), (later, *others))
