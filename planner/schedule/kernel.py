"""The kernel: serial schedule generation on flat arrays.

Written once and run two ways, with the same whole numbers and so with the same result: as it is, on lists, and
compiled by numba, on arrays, where numba is installed and the problem is large enough to be worth its start-up.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from planner.schedule.problem import Ints, Problem

# Below this numba's own start (0.7 s; 6 s once on a machine, while it compiles) costs more than it saves.
COMPILED_FROM = 10_000


def ready_order(priority: Any, before_at: Any, before: Any, after_at: Any, after: Any) -> Any:
    """Order in which what is ready is taken, lowest priority first; shorter than the problem when there is a circle."""
    waiting = [before_at[at + 1] - before_at[at] for at in range(len(priority))]
    heap = [(priority[at], at) for at in range(len(priority)) if waiting[at] == 0]
    heapq.heapify(heap)
    order = [0 for _ in range(0)]
    while len(heap) > 0:
        at = heapq.heappop(heap)[1]
        order.append(at)
        for place in range(after_at[at], after_at[at + 1]):
            waiting[after[place]] -= 1
            if waiting[after[place]] == 0:
                heapq.heappush(heap, (priority[after[place]], after[place]))
    return order


def place(
    order: Any, fixed: Any, release: Any, closed_row: Any, closed: Any, mode_at: Any, segment_at: Any, duration: Any,
    watch: Any, segment_weeks: Any, demand_at: Any, demand_of: Any, demand: Any, before_at: Any, before: Any, lag: Any,
    grade: Any, least: Any, left: Any, slot: Any, weeks: int, full: Any, start: Any, chosen: Any,
) -> int:  # fmt: skip
    """Place activity after activity in its earliest weeks, in the mode that ends first.

    Fills `start` and `chosen`, uses up `left`; returns the activity that fits nowhere, or -1. `fixed` is the mode to
    take, -1 for any. Demands of a resource that are about as large are of one `grade`; `full` is the first week with
    room for the `least` demand of a grade. Weeks only fill up, so it only moves on.
    """
    for at in order:
        earliest = release[at]
        for place in range(before_at[at], before_at[at + 1]):
            ended = start[before[place]] + duration[chosen[before[place]]] + lag[place]
            # Not max(): a call costs three comparisons where nothing is compiled.
            if ended > earliest:
                earliest = ended
        best_end, best_start, best_mode = -1, -1, -1
        for mode in range(mode_at[at], mode_at[at + 1]):
            if fixed[at] >= 0 and fixed[at] != mode:
                continue
            begin = max(earliest, 0)
            while begin + duration[mode] <= weeks:
                if best_end >= 0 and begin + duration[mode] >= best_end:
                    break
                jump = begin
                if closed_row[at] >= 0 and closed[closed_row[at] * weeks + begin + watch[mode]]:
                    jump = begin + 1
                first = begin
                for segment in range(segment_at[mode], segment_at[mode + 1]):
                    last = first + segment_weeks[segment] - 1
                    for item in range(demand_at[segment], demand_at[segment + 1]):
                        resource, amount = demand_of[item], demand[item]
                        row = resource * weeks
                        mine = grade[item]
                        week = full[mine]
                        while week < weeks and left[row + slot[row + week]] < least[mine]:
                            week += 1
                        full[mine] = week
                        ahead = week - first + begin
                        if ahead > jump:
                            jump = ahead
                        # What earlier segments draw from the period in which this one begins.
                        drawn, behind = 0, first
                        if segment > segment_at[mode] and slot[row + first] == slot[row + first - 1]:
                            for earlier in range(segment - 1, segment_at[mode] - 1, -1):
                                until, behind = behind, behind - segment_weeks[earlier]
                                for other in range(demand_at[earlier], demand_at[earlier + 1]):
                                    if demand_of[other] == resource:
                                        for week in range(behind, until):
                                            if slot[row + week] == slot[row + first]:
                                                drawn += demand[other]
                        held, week, hit = 0, last, -1
                        while week >= first:
                            held += amount
                            if week < last and slot[row + week] != slot[row + week + 1]:
                                held = amount
                            if left[row + slot[row + week]] < held:
                                hit = week
                                break
                            if slot[row + week] == slot[row + first] and left[row + slot[row + week]] < held + drawn:
                                jump = max(jump, begin + 1)
                                break
                            week -= 1
                        ahead = hit + 1 - first + begin
                        if hit >= 0 and ahead > jump:
                            jump = ahead
                    first = last + 1
                if jump == begin:
                    best_end, best_start, best_mode = begin + duration[mode], begin, mode
                    break
                begin = jump
        if best_mode < 0:
            return int(at)
        start[at], chosen[at] = best_start, best_mode
        first = best_start
        for segment in range(segment_at[best_mode], segment_at[best_mode + 1]):
            last = first + segment_weeks[segment]
            for item in range(demand_at[segment], demand_at[segment + 1]):
                resource = demand_of[item]
                row = resource * weeks
                for week in range(first, last):
                    left[row + slot[row + week]] -= demand[item]
            first = last
    return -1


def followers(problem: Problem) -> tuple[Ints, Ints]:
    """What waits for each activity: first places and the others."""
    after = np.repeat(np.arange(len(problem)), np.diff(problem.before_at))
    order = np.argsort(problem.before, kind="stable")
    return np.searchsorted(problem.before[order], np.arange(len(problem) + 1)).astype(np.int64), after[order]


def grades(problem: Problem) -> tuple[Ints, Ints]:
    """Grade of every demand, and the least demand of every grade: those of one resource within an eighth."""
    mantissa, exponent = np.frexp(problem.demand.astype(np.float64))
    step = (exponent.astype(np.int64) * 8 + (mantissa * 16).astype(np.int64)) + problem.demand_of * 1024
    _, grade = np.unique(step, return_inverse=True)
    least = np.full(int(grade.max(initial=-1)) + 1, np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(least, grade, problem.demand)
    return grade.astype(np.int64), least


class Kernel:
    """The kernel with one problem's arrays at hand, for many schedules of the same problem."""

    def __init__(self, problem: Problem, *, compiled: bool | None = None) -> None:
        wanted = len(problem) >= COMPILED_FROM if compiled is None else compiled
        made = _compiled() if wanted else None
        self.is_compiled = made is not None
        chosen: tuple[Callable[..., Any], Callable[..., Any]] = made or (ready_order, place)
        self._order, self._place = chosen
        self.problem = problem
        after_at, after = followers(problem)
        self._edges = [self._as(array) for array in (problem.before_at, problem.before, after_at, after)]
        names = (
            "release", "closed_row", "closed", "mode_at", "segment_at", "duration", "watch", "segment_weeks",
            "demand_at", "demand_of", "demand", "before_at", "before", "lag",
        )  # fmt: skip
        self._arrays = [self._as(getattr(problem, name).ravel()) for name in names]
        self._slot = self._as(problem.slot.ravel())
        self._any = self._as(np.full(len(problem), -1, dtype=np.int64))
        grade, least = grades(problem)
        self._grade, self._least = self._as(grade), self._as(least)

    def _as(self, array: Ints) -> Any:
        return array if self.is_compiled else array.tolist()

    def order(self, priority: Ints) -> Any:
        """Order in which the activities are taken: what is fixed first."""
        if self.problem.fixed.any():
            priority = np.where(self.problem.fixed, priority.min() - 1, priority)
        return self._order(self._as(priority), *self._edges)

    def schedule(self, priority: Ints, fixed: Ints | None = None) -> tuple[Ints, Ints, int]:
        """Start and mode of every activity, and the one that fits nowhere (-1 when all do)."""
        size = len(self.problem)
        order = self.order(priority)
        if len(order) < size:
            raise ValueError("the activities wait for each other in a circle")
        start, chosen = self._as(np.full(size, -1, dtype=np.int64)), self._as(np.full(size, -1, dtype=np.int64))
        full = self._as(np.zeros(len(self._least), dtype=np.int64))
        if self.is_compiled:
            order = np.array(order, dtype=np.int64)
        modes = self._any if fixed is None else self._as(fixed)
        failed = self._place(
            order, modes, *self._arrays, self._grade, self._least, self._as(self.problem.capacity.ravel().copy()),
            self._slot, self.problem.weeks, full, start, chosen,
        )  # fmt: skip
        return np.array(start, dtype=np.int64), np.array(chosen, dtype=np.int64), int(failed)


@cache
def _compiled() -> tuple[Callable[..., Any], Callable[..., Any]] | None:
    try:
        from numba import njit
    except ImportError:
        return None
    return njit(cache=True)(ready_order), njit(cache=True)(place)
