"""The schedule nearest to the one before: dates that must hold, then the fewest groups moved, then the objective."""

from __future__ import annotations

from dataclasses import dataclass, replace

from planner.schedule.anchor import Anchors
from planner.schedule.exact import Model
from planner.schedule.priority import topological
from planner.schedule.problem import Ints, Problem
from planner.schedule.repair import Stuck, forced, repair
from planner.schedule.result import SolveResult, Status
from planner.schedule.solve import Effort

# Weeks after the later end of two schedules in which the exact solver may place work.
ROOM = 52
Placed = tuple[Ints, Ints]


@dataclass(frozen=True)
class Steady:
    """The schedule that keeps to the one before, and the one that would be made without regard to it."""

    kept: SolveResult
    anew: SolveResult
    anchors: Anchors


def steady(problem: Problem, anchors: Anchors, anew: SolveResult, effort: Effort) -> Steady:
    """Keep to an earlier schedule as far as the new facts allow.

    Never further from it, and never with more dates missed, than `anew`, the schedule made without regard to it.
    """
    order = topological(problem)
    best = _nearest(problem, order, anchors, anew)
    word = "repair" if best[0] is not anew.start else anew.solver
    late, moved, *_ = anchors.value(problem, *best)
    is_least = late == anchors.late(problem, anew.start, anew.mode) and moved == forced(problem, order, anchors)
    if effort.exact_work and 0 < len(problem) <= effort.exact_up_to and not is_least:
        closer = _exactly(problem, anchors, best, effort)
        word = "cp-sat" if closer is not best else word
        best = closer
    if effort.exact_work and moved and len(problem) <= effort.exact_up_to:
        best = _polished(problem, anchors, best, effort)
    return Steady(_result(problem, anew, best, word), anew, anchors)


def _nearest(problem: Problem, order: list[int], anchors: Anchors, anew: SolveResult) -> Placed:
    """The best of what repair and a new schedule come to."""
    found: list[Placed] = [(anew.start, anew.mode)]
    for urgent_first in (False, True):
        try:
            found.append(repair(problem, order, anchors, urgent_first=urgent_first))
        except Stuck:
            continue
        if anchors.late(problem, *found[-1]) <= anchors.late(problem, anew.start, anew.mode):
            break
    return min(found, key=lambda placed: anchors.value(problem, *placed))


def _exactly(problem: Problem, anchors: Anchors, best: Placed, effort: Effort) -> Placed:
    model = Model(problem, _last(problem, best), anchors)
    return _better(problem, anchors, model, best, effort)


def _polished(problem: Problem, anchors: Anchors, best: Placed, effort: Effort) -> Placed:
    """What has to move anyway goes where the objective would have it, no further than it must."""
    model = Model(problem, _last(problem, best))
    model.keep_as_near(anchors, *best)
    return _better(problem, anchors, model, best, effort)


def _better(problem: Problem, anchors: Anchors, model: Model, best: Placed, effort: Effort) -> Placed:
    model.hint(*best)
    found = model.solve(effort.exact_work, effort.seconds)
    if found.start is None or found.mode is None:
        return best
    closer = (found.start, found.mode)
    return min((best, closer), key=lambda placed: anchors.value(problem, *placed))


def _last(problem: Problem, best: Placed) -> int:
    return min(problem.weeks, int(problem.ends(*best).max(initial=1)) + ROOM)


def _result(problem: Problem, anew: SolveResult, best: Placed, word: str) -> SolveResult:
    objective = problem.objective(*best)
    status = Status.OPTIMAL if objective == anew.lower_bound else Status.FEASIBLE
    if anew.status in (Status.UNKNOWN, Status.INFEASIBLE):
        status = anew.status
    return replace(
        anew, status=status, start=best[0], mode=best[1], objective=objective, solver=word,
        lower_bound=min(anew.lower_bound, objective),
    )  # fmt: skip
