"""A schedule near an earlier one: everything stays where it was but for what the new facts do not let stay.

What can stay is put on the board first. Where that overfills a week, the cheapest to move gives way. Then what is new,
changed or in the way is placed in topological order, each as near to where it was as there is room, between what it
waits for and what waits for it; only where there is no such room does it push those that wait.
"""

from __future__ import annotations

import heapq
from dataclasses import replace

import numpy as np

from planner.schedule.anchor import Anchors
from planner.schedule.priority import earliest_ends, latest_ends
from planner.schedule.problem import NEVER, Ints, Problem

Placed = tuple[Ints, Ints]


class Stuck(Exception):
    """An activity fits in no week of the calendar beside what stays."""


def repair(problem: Problem, order: list[int], anchors: Anchors, urgent: frozenset[int] = frozenset()) -> Placed:
    """Start and mode of every activity.

    Parameters
    ----------
    problem, order
        The problem, and its activities so that each comes after what it waits for.
    anchors
        Where they were.
    urgent
        Groups of which what has to move to keep a due date is placed before everything else, which then gives way;
        what of them can stay gives way last.

    Raises
    ------
    Stuck
        No room for something in the whole calendar.
    """
    return Repair(problem, order, anchors, urgent).run()


def forced(problem: Problem, order: list[int], anchors: Anchors) -> int:
    """Weight of the groups that cannot stay, whatever the others do: no schedule that keeps its dates moves less."""
    one = Repair(problem, order, anchors)
    units = {one.unit(at) for at in order if one.anchor[at] >= 0 and one.staying_mode(at) is None}
    return int(sum(anchors.weight[unit] for unit in sorted(units)))


class Board:
    """What is left of every resource, week by week."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.weeks = problem, problem.weeks
        self.left: list[list[int]] = problem.capacity.tolist()
        self.slot: list[list[int]] = problem.slot.tolist()
        self.closed = [set(np.flatnonzero(row).tolist()) for row in problem.closed]
        self.duration: list[int] = problem.duration.tolist()
        self.watch: list[int] = problem.watch.tolist()
        self.row: list[int] = problem.closed_row.tolist()
        self._segments: dict[int, list[tuple[int, int, dict[int, int]]]] = {}

    def segments(self, mode: int) -> list[tuple[int, int, dict[int, int]]]:
        """Offset, length and demand of the segments of a mode."""
        if mode not in self._segments:
            self._segments[mode] = self.problem.segments(mode)
        return self._segments[mode]

    def is_open(self, at: int, mode: int, start: int) -> bool:
        """Whether the calendar lets an activity run then."""
        if start < 0 or start + self.duration[mode] > self.weeks:
            return False
        return self.row[at] < 0 or start + self.watch[mode] not in self.closed[self.row[at]]

    def draws(self, mode: int, start: int) -> dict[tuple[int, int], int]:
        """Amount by resource and slot."""
        drawn: dict[tuple[int, int], int] = {}
        for offset, weeks, demand in self.segments(mode):
            for resource, amount in demand.items():
                slots = self.slot[resource]
                for week in range(start + offset, start + offset + weeks):
                    key = (resource, slots[week])
                    drawn[key] = drawn.get(key, 0) + amount
        return drawn

    def put(self, mode: int, start: int, sign: int = 1) -> None:
        """Draw what a mode needs, or give it back."""
        for (resource, slot), amount in self.draws(mode, start).items():
            self.left[resource][slot] -= sign * amount

    def has_room(self, mode: int, start: int) -> bool:
        """Whether everything that a mode needs is left."""
        return all(self.left[resource][slot] >= amount for (resource, slot), amount in self.draws(mode, start).items())

    def nearest(self, at: int, low: int, high: int, target: int) -> tuple[int, int] | None:
        """Start and mode between two weeks with room, nearest to a third; the earlier of two as near."""
        modes = self.problem.modes(at)
        reach = max(target - low, high - target, 0)
        aim = min(max(target, low), high)
        for step in range(reach + 1):
            for start in (aim,) if step == 0 else (aim - step, aim + step):
                if low <= start <= high:
                    for mode in modes:
                        if self.is_open(at, mode, start) and self.has_room(mode, start):
                            return start, mode
        return None


class Repair:
    """One attempt: what has its place so far, and what waits for one."""

    def __init__(
        self, problem: Problem, order: list[int], anchors: Anchors, urgent: frozenset[int] = frozenset()
    ) -> None:
        self.problem, self.order, self.anchors, self.urgent = problem, order, anchors, urgent
        self.board = Board(problem)
        self.anchor: list[int] = anchors.start.tolist()
        self.rank = {at: place for place, at in enumerate(order)}
        self.release: list[int] = problem.release.tolist()
        self.before = [problem.predecessors(at) for at in range(len(problem))]
        self.after = _after(problem)
        self.latest = _latest(problem, order, anchors)
        self.start = [-1] * len(problem)
        self.mode = [-1] * len(problem)
        self.waiting: list[int] = []

    def run(self) -> Placed:
        """Place everything."""
        urgent = self._chains()
        for at in np.flatnonzero(self.problem.fixed).tolist():
            self._put(at, self.release[at], self.problem.modes(at)[0])
        for at in urgent:
            self._place(at)
        for at in self.order:
            mode = self.staying_mode(at) if self.start[at] < 0 else None
            if mode is not None and self._fits_in(at, mode):
                self._put(at, self.anchor[at], mode)
        self._relieve({*urgent, *np.flatnonzero(self.problem.fixed).tolist()})
        self.waiting = [self.rank[at] for at in self.order if self.start[at] < 0]
        heapq.heapify(self.waiting)
        while self.waiting:
            at = self.order[heapq.heappop(self.waiting)]
            if self.start[at] < 0:
                self._place(at)
        return np.array(self.start, dtype=np.int64), np.array(self.mode, dtype=np.int64)

    def unit(self, at: int) -> int:
        """Number of the group of an activity."""
        return int(self.anchors.unit[at])

    def staying_mode(self, at: int) -> int | None:
        """The mode in which an activity can be where it was, as release, calendar and due dates have it; as long as it
        was if it can."""
        start = self.anchor[at]
        if start < 0 or start < self.release[at]:
            return None
        weeks = int(self.anchors.weeks[at])
        modes = sorted(self.problem.modes(at), key=lambda mode: self.board.watch[mode] + 1 != weeks)
        may = (mode for mode in modes if start + self.board.duration[mode] <= self.latest[at])
        return next((mode for mode in may if self.board.is_open(at, mode, start)), None)

    def _chains(self) -> list[int]:
        """What has to move of the urgent groups and of what these wait for."""
        found: set[int] = set()
        ahead = [at for at in self.order if self.unit(at) in self.urgent]
        while ahead:
            at = ahead.pop()
            if at not in found and self.is_urgent(at):
                found.add(at)
                ahead += [other for other, _ in self.before[at]]
        return [at for at in self.order if at in found]

    def is_urgent(self, at: int) -> bool:
        """Whether it would miss a due date where it was."""
        shortest = min(self.board.duration[mode] for mode in self.problem.modes(at))
        return self.anchor[at] >= 0 and self.anchor[at] + shortest > self.latest[at]

    def _fits_in(self, at: int, mode: int) -> bool:
        """Whether it can be where it was, between what it waits for and what waits for it, where these have places."""
        start, end = self.anchor[at], self.anchor[at] + self.board.duration[mode]
        return all(self.start[other] < 0 or self._end(other) + lag <= start for other, lag in self.before[at]) and all(
            self.start[other] < 0 or end + lag <= self.start[other] for other, lag in self.after[at]
        )

    def _end(self, at: int) -> int:
        return self.start[at] + self.board.duration[self.mode[at]]

    def _put(self, at: int, start: int, mode: int) -> None:
        self.start[at], self.mode[at] = start, mode
        self.board.put(mode, start)

    def _take_away(self, at: int) -> None:
        self.board.put(self.mode[at], self.start[at], -1)
        self.start[at] = self.mode[at] = -1

    def _relieve(self, urgent: set[int]) -> None:
        """Take away what overfills a week: what is not urgent first, then the least costly to move, then what moves
        alone, then the larger one."""
        over = {
            (resource, slot)
            for resource, row in enumerate(self.board.left)
            for slot, left in enumerate(row)
            if left < 0
        }
        if not over:
            return
        users: dict[tuple[int, int], list[tuple[bool, int, int, int, int]]] = {key: [] for key in over}
        for at in self.order:
            if self.start[at] < 0 or at in urgent:
                continue
            cost, is_held = int(self.anchors.weight[self.unit(at)]), self.unit(at) in self.urgent
            for key, amount in self.board.draws(self.mode[at], self.start[at]).items():
                if key in over:
                    users[key].append((is_held, cost, len(self.after[at]), -amount, at))
        for resource, slot in sorted(over):
            for *_, at in sorted(users[resource, slot]):
                if self.board.left[resource][slot] >= 0:
                    break
                if self.start[at] >= 0:
                    self._take_away(at)

    def _place(self, at: int) -> None:
        self._put(at, *self._found(at))
        for other, lag in self.after[at]:
            if self.start[other] >= 0 and self._end(at) + lag > self.start[other]:
                self._give_way(other)

    def _give_way(self, at: int) -> None:
        self._take_away(at)
        heapq.heappush(self.waiting, self.rank[at])

    def _found(self, at: int) -> tuple[int, int]:
        """Start and mode in which there is room."""
        low, room, near = self._bounds(at)
        shortest = min(self.board.duration[mode] for mode in self.problem.modes(at))
        latest, last = self.latest[at], self.board.weeks
        # What has to be late is so by as little as there is room for.
        late = low if latest < last else near
        for end, target in ((min(room, latest), near), (latest, near), (room, late), (NEVER, late)):
            high = min(end, last) - shortest
            found = self._fitting(at, low, high, target, end) if high >= low else None
            if found is not None:
                return found
        raise Stuck(at)

    def _bounds(self, at: int) -> tuple[int, int, int]:
        """First start that what it waits for leaves, last end that what waits for it leaves, and the start wanted."""
        low = max(
            [0, self.release[at], *(self._end(one) + lag for one, lag in self.before[at] if self.start[one] >= 0)]
        )
        room = min([self.start[one] - lag for one, lag in self.after[at] if self.start[one] >= 0], default=NEVER)
        return low, room, max(self.anchor[at], low) if self.anchor[at] >= 0 else low

    def _fitting(self, at: int, low: int, high: int, target: int, end: int) -> tuple[int, int] | None:
        """A place that ends in time: a longer mode may have to begin earlier than the shortest."""
        found = self.board.nearest(at, low, high, target)
        while found is not None and found[0] + self.board.duration[found[1]] > end:
            high = found[0] - 1
            found = self.board.nearest(at, low, high, target) if high >= low else None
        return found


def _after(problem: Problem) -> list[list[tuple[int, int]]]:
    """What waits for each activity, with the weeks between."""
    after: list[list[tuple[int, int]]] = [[] for _ in range(len(problem))]
    for at in range(len(problem)):
        for other, lag in problem.predecessors(at):
            after[other].append((at, lag))
    return after


def _latest(problem: Problem, order: list[int], anchors: Anchors) -> list[int]:
    """Latest end of each activity that keeps the due dates that go before everything, or misses them by the least."""
    due = np.maximum(anchors.due, earliest_ends(problem, order))
    latest: list[int] = latest_ends(replace(problem, due=due), order, NEVER).tolist()
    return latest
