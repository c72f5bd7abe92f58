"""Fewer moves, by the exact solver on a part of the schedule at a time (large-neighbourhood search, Shaw 1998).

Free are what has moved and what lies around it, or around a date that is missed; everything else stays. A part that
cannot be bettered gives way to a larger one.
"""

from __future__ import annotations

import numpy as np

from planner.schedule.anchor import Anchors
from planner.schedule.exact import Model
from planner.schedule.part import part
from planner.schedule.problem import Ints, Problem
from planner.schedule.repair import Placed

# Activities that are free at a time: the more, the better and the dearer.
SIZES = (100, 200, 300)
# Weeks before a missed date in the middle of which there has to be room, and weeks by which what has moved is nearer.
AROUND, NEARER = 13, 26
# Weeks after the latest end of what is free in which it may be placed.
ROOM = 26
# Goes before, and after, every distance in weeks.
FAR = 1 << 30


def closer(problem: Problem, anchors: Anchors, placed: Placed, work: float, at_most: float) -> Placed:
    """A schedule at least as near to the anchors, by `work` on each part and `at_most` so much in all."""
    best, spent, size = placed, 0.0, 0
    while size < len(SIZES) and spent < at_most:
        found, used = _freed(problem, anchors, best, SIZES[size], work)
        spent += used
        is_better = anchors.value(problem, *found)[:2] < anchors.value(problem, *best)[:2]
        size = 0 if is_better else size + 1 if SIZES[size] < len(problem) else len(SIZES)
        best = found
    return best


def _freed(problem: Problem, anchors: Anchors, placed: Placed, size: int, work: float) -> tuple[Placed, float]:
    one = part(problem, anchors, placed, _around(problem, anchors, placed, size))
    last = min(problem.weeks, int(one.problem.ends(*one.placed).max(initial=1)) + ROOM)
    model = Model(one.problem, last)
    model.move_fewest(one.anchors)
    model.hint(*one.placed)
    found = model.solve(work, by_core=True)
    if found.start is None or found.mode is None:
        return placed, found.work
    bettered = one.put_back(placed, found.start, found.mode)
    return min((placed, bettered), key=lambda each: anchors.value(problem, *each)), found.work


def _around(problem: Problem, anchors: Anchors, placed: Placed, size: int) -> Ints:
    """What is to be free."""
    late = np.flatnonzero(anchors.lateness(problem, *placed) > 0)
    away = _from_dates(problem, anchors, placed, late) if len(late) else _from_moves(problem, anchors, placed)
    away[problem.fixed] = 2 * FAR
    nearest = np.argsort(away, kind="stable")[: min(size, int((~problem.fixed).sum()))]
    return np.sort(nearest)


def _from_dates(problem: Problem, anchors: Anchors, placed: Placed, late: Ints) -> Ints:
    """Half weeks between the middle of each activity and the time before a missed date; late groups go before all."""
    start, ends = placed[0], problem.ends(*placed)
    away = np.full(len(problem), FAR, dtype=np.int64)
    for week in np.unique(np.minimum(anchors.due[late], ends[late])).tolist():
        away = np.minimum(away, np.abs(start + ends - 2 * (week - AROUND)))
    away[anchors.moved(start)[anchors.unit]] -= 2 * NEARER
    away[np.isin(anchors.unit, anchors.unit[late])] = -FAR
    return away


def _from_moves(problem: Problem, anchors: Anchors, placed: Placed) -> Ints:
    """Groups that have moved first, then what runs in most of the weeks that something has left or come to."""
    start, ends = placed[0], problem.ends(*placed)
    moved = np.flatnonzero((anchors.start >= 0) & (start != anchors.start))
    weeks = np.concatenate([anchors.start[moved], start[moved]])
    counts = np.concatenate([[0], np.cumsum(np.bincount(weeks, minlength=problem.weeks + 1))])
    away: Ints = -(counts[ends] - counts[start])
    away[anchors.moved(start)[anchors.unit]] -= FAR
    return away
