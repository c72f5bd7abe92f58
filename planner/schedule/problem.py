"""The problem without tables: activities with modes, resources, precedence, release dates and deadlines, as arrays.

The words are PyJobShop's. Time is in whole weeks from 0; an end is exclusive (the first week after the activity).
A mode is a row of segments without a pause between them, each with a length and an even demand a week; most have one.
A resource has a capacity per slot. The slots of a renewable resource are the weeks; those of a resource with periods
(a budget a year, the size of a wave) are the periods, and what is demanded in its weeks adds up in them. What a mode
spends of a non-renewable resource counts once, whenever it runs. All amounts are whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
NEVER = 1 << 40


class Segment(NamedTuple):
    """Weeks with the same demand: amount a week by number of the resource."""

    weeks: int
    demand: Mapping[int, int] = MappingProxyType({})


# Compared as the object that it is: two are never asked whether they are alike.
@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be placed; made by `Draft.problem`.

    Lists of different length lie in one array after each other, with the first place of each item in `..._at` (one
    longer than there are items). `closed` has a row for every kind of closed weeks; the week of an activity that lies
    `watch` weeks after its start must be open in row `closed_row` (-1: no such row). What is `fixed` begins in the week
    of its release, waits for nothing and has one mode; there is always capacity for it.
    """

    names: tuple[str, ...]
    resources: tuple[str, ...]
    release: Ints
    deadline: Ints
    due: Ints
    late_weight: Ints
    end_weight: Ints
    makespan_weight: int
    fixed: npt.NDArray[np.bool_]
    closed_row: Ints
    closed: npt.NDArray[np.bool_]
    mode_at: Ints
    segment_at: Ints
    duration: Ints
    watch: Ints
    spend: Ints
    stock: Ints
    segment_weeks: Ints
    demand_at: Ints
    demand_of: Ints
    demand: Ints
    before_at: Ints
    before: Ints
    lag: Ints
    capacity: Ints
    slot: Ints

    def __len__(self) -> int:
        return len(self.names)

    @property
    def weeks(self) -> int:
        """Length of the calendar."""
        return int(self.capacity.shape[1])

    def modes(self, activity: int) -> range:
        """Numbers of the modes of an activity."""
        return range(int(self.mode_at[activity]), int(self.mode_at[activity + 1]))

    def segments(self, mode: int) -> list[tuple[int, int, dict[int, int]]]:
        """Offset, length and demand of every segment of a mode."""
        made, offset = [], 0
        segment_at, lengths, demand_at, demand_of, amounts = self._of_modes
        for at in range(segment_at[mode], segment_at[mode + 1]):
            span = slice(demand_at[at], demand_at[at + 1])
            made.append((offset, lengths[at], dict(zip(demand_of[span], amounts[span], strict=True))))
            offset += lengths[at]
        return made

    def predecessors(self, activity: int) -> list[tuple[int, int]]:
        """What an activity waits for: the other one, and the weeks between its end and this one's start."""
        before_at, before, lag = self._edges
        span = slice(before_at[activity], before_at[activity + 1])
        return list(zip(before[span], lag[span], strict=True))

    # One item of an array at a time costs several times that of a list.
    @cached_property
    def _of_modes(self) -> tuple[list[int], list[int], list[int], list[int], list[int]]:
        return (
            self.segment_at.tolist(), self.segment_weeks.tolist(), self.demand_at.tolist(), self.demand_of.tolist(),
            self.demand.tolist(),
        )  # fmt: skip

    @cached_property
    def _edges(self) -> tuple[list[int], list[int], list[int]]:
        return self.before_at.tolist(), self.before.tolist(), self.lag.tolist()

    def is_renewable(self, resource: int) -> bool:
        """Whether a resource is there anew every week."""
        return bool((self.slot[resource] == np.arange(self.weeks)).all())

    def ends(self, start: Ints, mode: Ints) -> Ints:
        """First week after each activity."""
        ended: Ints = start + self.duration[mode]
        return ended

    def objective(self, start: Ints, mode: Ints) -> int:
        """Weighted lateness, weighted ends and weighted makespan of a schedule."""
        ends = self.ends(start, mode)
        late = np.maximum(ends - self.due, 0) * self.late_weight
        return int(late.sum() + (ends * self.end_weight).sum() + self.makespan_weight * ends.max(initial=0))


@dataclass
class Draft:
    """A problem in the making."""

    weeks: int
    makespan_weight: int = 1
    names: list[str] = field(default_factory=list)
    _resources: list[str] = field(default_factory=list)
    _capacity: list[Ints] = field(default_factory=list)
    _slot: list[Ints] = field(default_factory=list)
    _stock: list[int] = field(default_factory=list)
    _closed: list[npt.NDArray[np.bool_]] = field(default_factory=list)
    _rows: list[tuple[int, int, int, int, int, int, bool]] = field(default_factory=list)
    _modes: list[int] = field(default_factory=lambda: [0])
    _segments: list[int] = field(default_factory=lambda: [0])
    _watch: list[int] = field(default_factory=list)
    _spend: list[Mapping[int, int]] = field(default_factory=list)
    _weeks: list[int] = field(default_factory=list)
    _demands: list[int] = field(default_factory=lambda: [0])
    _demand_of: list[int] = field(default_factory=list)
    _demand: list[int] = field(default_factory=list)
    _before: list[tuple[int, int, int]] = field(default_factory=list)

    def add_renewable(self, name: str, capacity: Sequence[int] | Ints) -> int:
        """Add a resource with a capacity in every week (the last one holds on to the end of the calendar)."""
        given = np.asarray(capacity, dtype=np.int64)[: self.weeks]
        return self._add(name, np.pad(given, (0, self.weeks - len(given)), mode="edge"), np.arange(self.weeks))

    def add_periods(self, name: str, capacity: Sequence[int] | Ints, period: Sequence[int] | Ints) -> int:
        """Add a resource with a capacity in every period; `period` is the period of every week."""
        given = np.asarray(capacity, dtype=np.int64)
        return self._add(name, np.pad(given, (0, self.weeks - len(given))), np.asarray(period, dtype=np.int64))

    def _add(self, name: str, capacity: Ints, slot: Ints) -> int:
        self._resources.append(name)
        self._capacity.append(capacity)
        self._slot.append(slot)
        return len(self._resources) - 1

    def add_stock(self, amount: int) -> int:
        """Add a non-renewable resource."""
        self._stock.append(amount)
        return len(self._stock) - 1

    def add_closed(self, weeks: npt.NDArray[np.bool_]) -> int:
        """Add a row of closed weeks."""
        self._closed.append(weeks)
        return len(self._closed) - 1

    def add_activity(
        self,
        name: str,
        *,
        release: int = 0,
        deadline: int = NEVER,
        due: int = NEVER,
        late_weight: int = 0,
        end_weight: int = 0,
        closed_row: int = -1,
        is_fixed: bool = False,
    ) -> int:
        """Add an activity; its modes follow."""
        self.names.append(name)
        self._rows.append((release, deadline, due, late_weight, end_weight, closed_row, is_fixed))
        self._modes.append(self._modes[-1])
        return len(self.names) - 1

    def add_mode(self, *segments: Segment, watch: int = 0, spend: Mapping[int, int] | None = None) -> None:
        """Add a mode to the activity that was added last."""
        for segment in segments:
            self._weeks.append(segment.weeks)
            for resource in sorted(segment.demand) if len(segment.demand) > 1 else segment.demand:
                if segment.demand[resource] > 0:
                    self._demand_of.append(resource)
                    self._demand.append(segment.demand[resource])
            self._demands.append(len(self._demand))
        self._segments.append(len(self._weeks))
        self._watch.append(watch)
        self._spend.append(spend or {})
        self._modes[-1] += 1

    def add_before(self, before: int, after: int, lag: int = 0) -> None:
        """One activity ends (and `lag` weeks pass) before another begins; a negative lag lets them overlap."""
        self._before.append((after, before, lag))

    def problem(self) -> Problem:
        """The finished problem."""
        rows = np.array(self._rows, dtype=np.int64).reshape(-1, 7)
        closed = np.vstack(self._closed) if self._closed else np.zeros((0, self.weeks), dtype=np.bool_)
        segment_at, weeks = _ints(self._segments), _ints(self._weeks)
        sums = np.concatenate([[0], np.cumsum(weeks)])
        edges = _distinct(np.array(self._before, dtype=np.int64).reshape(-1, 3))
        before_at = np.searchsorted(edges[:, 0], np.arange(len(rows) + 1))
        spend = np.zeros((len(self._watch), len(self._stock)), dtype=np.int64)
        for mode, amounts in enumerate(self._spend) if self._stock else ():
            for stock, amount in amounts.items():
                spend[mode, stock] = amount
        made = Problem(
            names=tuple(self.names),
            resources=tuple(self._resources),
            release=rows[:, 0].copy(),
            deadline=rows[:, 1].copy(),
            due=rows[:, 2].copy(),
            late_weight=rows[:, 3].copy(),
            end_weight=rows[:, 4].copy(),
            makespan_weight=self.makespan_weight,
            fixed=rows[:, 6].astype(np.bool_),
            closed_row=rows[:, 5].copy(),
            closed=closed,
            mode_at=_ints(self._modes),
            segment_at=segment_at,
            duration=sums[segment_at[1:]] - sums[segment_at[:-1]],
            watch=_ints(self._watch),
            spend=spend,
            stock=_ints(self._stock),
            segment_weeks=weeks,
            demand_at=_ints(self._demands),
            demand_of=_ints(self._demand_of),
            demand=_ints(self._demand),
            before_at=before_at.astype(np.int64),
            before=edges[:, 1].copy(),
            lag=edges[:, 2].copy(),
            capacity=np.vstack(self._capacity) if self._capacity else np.zeros((0, self.weeks), dtype=np.int64),
            slot=np.vstack(self._slot) if self._slot else np.zeros((0, self.weeks), dtype=np.int64),
        )
        return made if not made.fixed.any() else replace(made, capacity=_with_room_for_fixed(made))


def _distinct(rows: Ints) -> Ints:
    """Different rows, in order."""
    rows = rows[np.lexsort(tuple(rows.T[::-1]))]
    is_new = np.ones(len(rows), dtype=np.bool_)
    is_new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    found: Ints = rows[is_new]
    return found


def _with_room_for_fixed(problem: Problem) -> Ints:
    """Capacity, raised where what is fixed draws more."""
    drawn = np.zeros_like(problem.capacity)
    for at in np.flatnonzero(problem.fixed).tolist():
        for offset, weeks, demand in problem.segments(int(problem.mode_at[at])):
            for resource, amount in demand.items():
                first = int(problem.release[at]) + offset
                np.add.at(drawn[resource], problem.slot[resource][first : first + weeks], amount)
    raised: Ints = np.maximum(problem.capacity, drawn)
    return raised


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int64)
