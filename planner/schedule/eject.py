"""Repair in which what has no room before it must end makes room: others with more time give way, the cheapest first.

What gives way ends later at the latest than what takes its place, so a chain of them comes to an end: where the weeks
are full, each moves a little towards the weeks that are not (ejection chains, Glover 1996).
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from planner.schedule.anchor import Anchors
from planner.schedule.problem import Problem
from planner.schedule.repair import Placed, Repair

Slot = tuple[int, int]
# Places that are looked at in all before what has no room is late, as without ejection.
LOOKS = 20_000


class Ejection(NamedTuple):
    """What it costs to put an activity somewhere, weeks from where it should be, and who gives way; least is best."""

    cost: int
    weeks: int
    start: int
    mode: int
    out: tuple[int, ...]


def eject(problem: Problem, order: list[int], anchors: Anchors, urgent: frozenset[int] = frozenset()) -> Placed:
    """Start and mode of every activity, as `repair` has it, but late only where nothing could give way.

    Raises
    ------
    Stuck
        No room for something in the whole calendar.
    """
    return Ejecting(problem, order, anchors, urgent).run()


class Ejecting(Repair):
    """One attempt, which keeps count of who draws what and of which groups have moved already."""

    def __init__(self, problem: Problem, order: list[int], anchors: Anchors, urgent: frozenset[int]) -> None:
        super().__init__(problem, order, anchors, urgent)
        self.weight: list[int] = anchors.weight.tolist()
        self.drawn: dict[int, dict[Slot, int]] = {}
        self.users: dict[Slot, set[int]] = {}
        self.moved: set[int] = set()
        self.looks = LOOKS

    def _put(self, at: int, start: int, mode: int) -> None:
        super()._put(at, start, mode)
        self.drawn[at] = self.board.draws(mode, start)
        for key in self.drawn[at]:
            self.users.setdefault(key, set()).add(at)
        if self.anchor[at] >= 0 and start != self.anchor[at]:
            self.moved.add(self.unit(at))

    def _take_away(self, at: int) -> None:
        super()._take_away(at)
        for key in self.drawn.pop(at):
            self.users[key].discard(at)
        self.moved.add(self.unit(at))

    def _found(self, at: int) -> tuple[int, int]:
        low, room, near = self._bounds(at)
        latest = self.latest[at]
        if latest >= self.board.weeks or self.looks <= 0:
            return super()._found(at)
        end = min(room, latest)
        high = end - min(self.board.duration[mode] for mode in self.problem.modes(at))
        found = self._fitting(at, low, high, near, end) if high >= low else None
        return found or self._ejected(at, low, near) or super()._found(at)

    def _ejected(self, at: int, low: int, near: int) -> tuple[int, int] | None:
        """The cheapest place that ends in time, after what is in the way has left it."""
        best: Ejection | None = None
        for mode in self.problem.modes(at):
            for start in range(low, self.latest[at] - self.board.duration[mode] + 1):
                if self.board.is_open(at, mode, start):
                    self.looks -= 1
                    found = self._ejection(at, mode, start, abs(start - near))
                    best = min((one for one in (best, found) if one), default=None)
        if best is None:
            return None
        for other in best.out:
            self._give_way(other)
        return best.start, best.mode

    def _ejection(self, at: int, mode: int, start: int, weeks: int) -> Ejection | None:
        end = start + self.board.duration[mode]
        out = [one for one, lag in self.after[at] if self.start[one] >= 0 and end + lag > self.start[one]]
        freed = Counter[Slot]()
        for one in out:
            freed.update(self.drawn[one])
        for (resource, slot), amount in self.board.draws(mode, start).items():
            needed = amount - self.board.left[resource][slot]
            for one in self._givers(at, (resource, slot), out) if needed > freed[resource, slot] else ():
                out.append(one)
                freed.update(self.drawn[one])
                if needed <= freed[resource, slot]:
                    break
            if needed > freed[resource, slot]:
                return None
        return Ejection(self._cost(at, out), weeks, start, mode, tuple(sorted(out)))

    def _givers(self, at: int, key: Slot, out: list[int]) -> list[int]:
        """Who may give way in a week: those that move anyway first, then what moves alone, then the larger one."""
        moving = self.moved | {self.unit(one) for one in (at, *out)}
        may = (one for one in self.users.get(key, ()) if self.latest[one] > self.latest[at] and one not in out)
        return sorted(
            (one for one in may if not self.problem.fixed[one]),
            key=lambda one: (
                0 if self.unit(one) in moving else self.weight[self.unit(one)], len(self.after[one]),
                -self.drawn[one][key], -self.latest[one], one,
            ),
        )  # fmt: skip

    def _cost(self, at: int, out: list[int]) -> int:
        """Weight of the groups that have not moved yet and now would."""
        return sum(self.weight[unit] for unit in {self.unit(one) for one in out} - self.moved - {self.unit(at)})
