"""The schedule nearest to the one before: dates that must hold, then the fewest groups moved, then the objective."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from planner.schedule.anchor import Anchors
from planner.schedule.closer import closer
from planner.schedule.eject import eject
from planner.schedule.exact import Model
from planner.schedule.priority import topological
from planner.schedule.problem import Problem
from planner.schedule.repair import Placed, Stuck, forced, repair
from planner.schedule.result import SolveResult, Status
from planner.schedule.solve import Effort

# Weeks after the later end of two schedules in which the exact solver may place work.
ROOM = 52
# The fewest moves are harder to find than a good schedule: times the work.
HARDER = 3.0
# Late groups that are tried to be placed first.
TRIED = 12
# Rounds of repair in which what came out late is held, by how many activities they may place in all.
LEAST_ROUNDS, MOST_ROUNDS, PLACED_IN_ROUNDS = 3, 60, 100_000


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
    least_late = anchors.late(problem, anew.start, anew.mode)
    tried = _repairs(problem, order, anchors, anew)
    if not any(anchors.value(problem, *placed)[:2] <= (least_late, 0) for placed in tried):
        tried += _ejections(problem, order, anchors)
    best = _nearest(problem, anchors, [(anew.start, anew.mode), *tried])
    word = "repair" if best[0] is not anew.start else anew.solver
    late, moved, *_ = anchors.value(problem, *best)
    is_least = late == least_late and moved == forced(problem, order, anchors)
    if effort.exact_work and moved:
        least = best
        if not is_least:
            # What was repaired has moved few, and is soon where it keeps its dates; what was made anew has moved all.
            near = _nearest(problem, anchors, tried or [best])
            near = closer(problem, anchors, near, effort.exact_work, HARDER * effort.exact_work)
            least = _nearest(problem, anchors, [best, near])
        if len(problem) <= effort.exact_up_to:
            least = _settled(problem, anchors, least, effort)
        word = word if least is best else "cp-sat"
        best = least
    return Steady(_result(problem, anew, best, word), anew, anchors)


def _nearest(problem: Problem, anchors: Anchors, tried: list[Placed]) -> Placed:
    return min(tried, key=lambda placed: anchors.value(problem, *placed))


def _ejections(problem: Problem, order: list[int], anchors: Anchors) -> list[Placed]:
    """What comes of letting others give way, and of that again with all those held that came out late."""
    tried: list[Placed] = []
    urgent: frozenset[int] = frozenset()
    for _ in range(2):
        try:
            tried.append(eject(problem, order, anchors, urgent))
        except Stuck:
            break
        urgent = frozenset(anchors.unit[anchors.lateness(problem, *tried[-1]) > 0].tolist())
        if not urgent:
            break
    return tried


def _repairs(problem: Problem, order: list[int], anchors: Anchors, anew: SolveResult) -> list[Placed]:
    """What repair comes to that is better than a new schedule: with one late group after another placed first, and then
    round by round with all those held that came out late (squeaky wheels, Joslin and Clements 1999)."""
    best: Placed = (anew.start, anew.mode)
    urgent: frozenset[int] = frozenset()
    last: Placed | None = None
    for group in [None, *_late_groups(problem, anchors)]:
        tried = urgent if group is None else urgent | {group}
        placed = _repaired(problem, order, anchors, tried)
        last = placed if group is None else last
        if placed and anchors.value(problem, *placed) < anchors.value(problem, *best):
            best, urgent, last = placed, tried, placed
    tried_before = {urgent}
    for _ in range(max(min(MOST_ROUNDS, PLACED_IN_ROUNDS // max(len(problem), 1)), LEAST_ROUNDS)):
        late = frozenset(anchors.unit[anchors.lateness(problem, *last) > 0].tolist()) if last else urgent
        # Where holding all of them has not helped, only those that are late now are held.
        urgent = late if late <= urgent else urgent | late
        if urgent in tried_before:
            break
        tried_before.add(urgent)
        last = _repaired(problem, order, anchors, urgent)
        best = min((best, last or best), key=lambda one: anchors.value(problem, *one))
    return [] if best[0] is anew.start else [best]


def _repaired(problem: Problem, order: list[int], anchors: Anchors, urgent: frozenset[int]) -> Placed | None:
    try:
        return repair(problem, order, anchors, urgent)
    except Stuck:
        return None


def _late_groups(problem: Problem, anchors: Anchors) -> list[int]:
    """Groups that miss a date where they were, the one with most to lose first."""
    weeks = anchors.start + problem.duration[problem.mode_at[:-1]] - anchors.due
    late = np.where(anchors.start >= 0, np.maximum(weeks, 0) * problem.late_weight, 0)
    sums = np.bincount(anchors.unit, weights=late, minlength=len(anchors.weight))
    return [int(unit) for unit in np.argsort(-sums, kind="stable")[:TRIED] if sums[unit] > 0]


def _settled(problem: Problem, anchors: Anchors, best: Placed, effort: Effort) -> Placed:
    """What moves goes no further than it must, and there where the objective would have it."""
    model = Model(problem, _last(problem, best))
    model.move_nearest(anchors, *best)
    return _better(problem, anchors, model, best, effort.exact_work)


def _better(problem: Problem, anchors: Anchors, model: Model, best: Placed, work: float) -> Placed:
    model.hint(*best)
    found = model.solve(work)
    if found.start is None or found.mode is None:
        return best
    nearer = (found.start, found.mode)
    return min((best, nearer), key=lambda placed: anchors.value(problem, *placed))


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
