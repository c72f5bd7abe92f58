"""In what order work is taken up, and how early it can be at best."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from planner.schedule.kernel import followers, ready_order
from planner.schedule.problem import NEVER, Ints, Problem


def shortest(problem: Problem) -> Ints:
    """Length of the shortest mode of every activity."""
    if not len(problem):
        return np.zeros(0, dtype=np.int64)
    least: Ints = np.minimum.reduceat(problem.duration, problem.mode_at[:-1])
    return least


@lru_cache(maxsize=4)
def topological(problem: Problem) -> list[int]:
    """Activities so that each comes after what it waits for, what is fixed first; shorter than the problem where there
    is a circle.

    Worked out once for a problem; not to be changed.
    """
    edges = (problem.before_at, problem.before, *followers(problem))
    priority = np.where(problem.fixed, -1, np.arange(len(problem))).tolist()
    order: list[int] = ready_order(priority, *(array.tolist() for array in edges))
    return order


def earliest_ends(problem: Problem, order: list[int]) -> Ints:
    """End of each activity if only order, release dates and closed weeks counted, and no capacity."""
    ends = np.zeros(len(problem), dtype=np.int64).tolist()
    release, least = problem.release.tolist(), shortest(problem).tolist()
    at, before, lag = problem.before_at.tolist(), problem.before.tolist(), problem.lag.tolist()
    has_closed = (problem.closed_row >= 0).tolist()
    for activity in order:
        begin = max([0, release[activity], *(ends[before[i]] + lag[i] for i in range(at[activity], at[activity + 1]))])
        ends[activity] = _first_open(problem, activity, begin) if has_closed[activity] else begin + least[activity]
    return np.array(ends, dtype=np.int64)


def _first_open(problem: Problem, activity: int, begin: int) -> int:
    row, found = problem.closed[problem.closed_row[activity]], NEVER
    for mode in problem.modes(activity):
        watch = int(problem.watch[mode])
        is_open = np.flatnonzero(~row[begin + watch :])
        if len(is_open):
            found = min(found, begin + int(is_open[0]) + int(problem.duration[mode]))
    return found


def latest_ends(problem: Problem, order: list[int], last: int) -> Ints:
    """Latest end of each activity that keeps the due dates and deadlines behind it, or else week `last`."""
    latest = np.minimum(np.minimum(problem.due, problem.deadline), last).tolist()
    least = shortest(problem).tolist()
    at, before, lag = problem.before_at.tolist(), problem.before.tolist(), problem.lag.tolist()
    for activity in reversed(order):
        begin = latest[activity] - least[activity]
        for i in range(at[activity], at[activity + 1]):
            if begin - lag[i] < latest[before[i]]:
                latest[before[i]] = begin - lag[i]
    return np.array(latest, dtype=np.int64)


def tails(problem: Problem, order: list[int]) -> Ints:
    """Weeks of the longest chain from the start of each activity to the end of everything."""
    length = shortest(problem).tolist()
    least = shortest(problem).tolist()
    after_at, after = followers(problem)
    lags = _lags(problem)
    for activity in reversed(order):
        rest = [length[other] + lags[(activity, other)] for other in after[after_at[activity] : after_at[activity + 1]]]
        length[activity] = least[activity] + max([0, *rest])
    return np.array(length, dtype=np.int64)


def _lags(problem: Problem) -> dict[tuple[int, int], int]:
    after = np.repeat(np.arange(len(problem)), np.diff(problem.before_at))
    return dict(zip(zip(problem.before.tolist(), after.tolist(), strict=True), problem.lag.tolist(), strict=True))


def dense(*keys: Ints | npt.NDArray[np.float64]) -> Ints:
    """Ranks of rows compared by the first key, then by the next, ..., then by place."""
    order = np.lexsort(tuple(reversed(keys)))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank
