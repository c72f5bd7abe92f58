"""Thousands of futures at once: every activity draws its outcome and starts when all that it waits for has ended.

An outcome is a number from 0 (best) to 1,023 (worst). In some of the futures, told by the correlation, an activity
takes the number of its driver instead of one of its own: it then goes as it goes for the whole team. The chance of that
is the root of the correlation, so that two activities with one driver have just that rank correlation. Rows of 10,000
futures lie in the processor's cache; nothing is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Row = npt.NDArray[np.float32]
Rows = npt.NDArray[np.float32]
Outcomes = npt.NDArray[np.uint16]
Places = npt.NDArray[np.intp]
# Of the 16 bits that are drawn ten are the outcome; six say whether the driver's counts.
COIN_BITS = 6
COIN_MASK = (1 << COIN_BITS) - 1
MOST_AT_ONCE = 16_000_000


@dataclass(frozen=True)
class Draws:
    """What is drawn: person-days of each activity by outcome, its weeks by person-days, and what it shares with others.

    An activity takes `weeks_per_day` for every person-day, and at least so many weeks; one in `leads` takes at least
    what its procurement takes with the same outcome.
    """

    days: Rows
    weeks_per_day: Sequence[float]
    least_weeks: Sequence[float]
    leads: Mapping[int, Row]
    drivers: Sequence[str]
    chance: Mapping[str, float]


@dataclass(frozen=True)
class Bounds:
    """What holds in every future: earliest starts, what each waits for, and weeks to the next one that is open.

    `wait_for_open` has a row per kind of closed weeks, `opens` the row that counts for each activity (-1: none, where
    it may end in any week). `changes` is what each takes of the `most_changes` that a week holds (0: nothing); those
    that come first in the plan go first in every future.
    """

    earliest: Sequence[float]
    before: Sequence[Sequence[int]]
    wait_for_open: Rows
    opens: Sequence[int]
    changes: Sequence[int] = ()
    most_changes: int = 0


@dataclass(frozen=True)
class Watch:
    """What is kept of the futures.

    For each activity the `bucket` whose person-days it adds to, and to whose last end it counts where it is one of the
    `changes`; the activities whose `ends` are kept; and how many of the futures are looked at `close`.
    """

    bucket: Sequence[int]
    changes: Sequence[int] = ()
    ends: Sequence[int] = ()
    close: int = 0

    @property
    def buckets(self) -> int:
        """How many there are."""
        return max(self.bucket, default=0) + 1


@dataclass(frozen=True)
class Block:
    """Some of the futures: ends in weeks (exclusive) of the watched activities, last ends and person-days by bucket.

    Of those that are looked at closely, starts and ends of all activities.
    """

    ends: Rows
    last: Rows
    days: Rows
    close_start: Rows
    close_end: Rows


def futures(draws: Draws, bounds: Bounds, watch: Watch, count: int, seed: int) -> Iterator[Block]:
    """Draw so many futures, as many at once as fit into memory."""
    row_of, rows = _rows(bounds.before, watch.ends)
    at_once = max(min(count, MOST_AT_ONCE // max(rows + watch.buckets, 1)), 500)
    random = np.random.SFC64(seed)
    for first in range(0, count, at_once):
        close = min(max(watch.close - first, 0), at_once)
        end = np.empty((rows, min(at_once, count - first)), np.float32)
        yield _block(draws, bounds, watch, close, row_of, end, random)


def _rows(before: Sequence[Sequence[int]], kept: Sequence[int]) -> tuple[list[int], int]:
    """Row of each activity's ends, and how many there are: one that nobody waits for any more is given to the next.

    A plan of ten thousand activities has some hundreds that are still waited for at any time, so that ten thousand
    futures of it go at once; in parts of a thousand, most of the time went into starting each operation.
    """
    until = list(range(len(before)))
    for at, earlier in enumerate(before):
        for one in earlier:
            until[one] = at
    for at in kept:
        until[at] = len(before)
    over: dict[int, list[int]] = {}
    for at, last in enumerate(until):
        over.setdefault(last, []).append(at)
    row_of: list[int] = []
    free: list[int] = []
    rows = 0
    for at in range(len(before)):
        row_of.append(free.pop() if free else rows)
        rows = max(rows, row_of[at] + 1)
        free += [row_of[one] for one in over.get(at, ())]
    return row_of, rows


def _block(
    draws: Draws, bounds: Bounds, watch: Watch, close: int, row_of: list[int], end: Rows, random: np.random.SFC64
) -> Block:
    activities, count = len(draws.drivers), end.shape[1]
    common: dict[str, Outcomes] = {name: _drawn(random, count) >> np.uint16(COIN_BITS) for name in sorted(draws.chance)}
    coin = {name: round(chance * (1 << COIN_BITS)) for name, chance in draws.chance.items()}
    starts, ends = (np.empty((activities, close), np.float32) for _ in range(2))
    begin = np.empty(count, np.float32)
    total, latest = (np.zeros((watch.buckets, count), np.float32) for _ in range(2))
    waits = bounds.wait_for_open.astype(np.intp)
    taken = Taken(bounds, count) if any(bounds.changes) else None
    is_change = set(watch.changes)
    for at, driver in enumerate(draws.drivers):
        outcome = _outcome(_drawn(random, count), common[driver], coin[driver])
        days, mine = draws.days[at].take(outcome), end[row_of[at]]
        total[watch.bucket[at]] += days
        begin.fill(bounds.earliest[at])
        for earlier in bounds.before[at]:
            np.maximum(begin, end[row_of[earlier]], out=begin)
        days *= np.float32(draws.weeks_per_day[at])
        np.maximum(days, draws.leads[at].take(outcome) if at in draws.leads else draws.least_weeks[at], out=days)
        np.add(begin, days, out=mine)
        if bounds.opens[at] >= 0:
            wait = waits[bounds.opens[at]]
            last = np.ceil(mine).astype(np.intp)
            last -= 1
            closed = wait.take(np.minimum(last, len(wait) - 1, out=last))
            mine += closed
            if taken is not None and bounds.changes[at]:
                last += closed
                taken.place(at, mine, last, wait)
        if at in is_change:
            np.maximum(latest[watch.bucket[at]], mine, out=latest[watch.bucket[at]])
        starts[at], ends[at] = begin[:close], mine[:close]
    return Block(end[[row_of[at] for at in watch.ends]], latest, total, starts, ends)


class Taken:
    """Changes that take place in each week of each future."""

    def __init__(self, bounds: Bounds, count: int) -> None:
        self.bounds, self.weeks = bounds, bounds.wait_for_open.shape[1]
        self.rows = np.arange(count, dtype=np.intp)
        self.used = np.zeros(self.weeks * count, np.min_scalar_type(bounds.most_changes))

    def place(self, at: int, end: Row, last: Places, wait: Places) -> None:
        """Put off a change that ends in week `last` to the first open week that has room for it."""
        amount = self.bounds.changes[at]
        room = self.bounds.most_changes - amount
        # Futures of one week lie side by side: a change ends in a few weeks of all that there are.
        count = len(self.rows)
        place = last * count
        place += self.rows
        full = np.flatnonzero(self.used.take(place) > room)
        if len(full):
            week, active = last[full], full
            while len(active):
                week = np.minimum(week + 1, self.weeks - 1)
                week += wait.take(week)
                there = week * count + active
                is_full = (self.used.take(there) > room) & (week < self.weeks - 1)
                goes = ~is_full
                place[active[goes]] = there[goes]
                active, week = active[is_full], week[is_full]
            end[full] += place[full] // count - last[full]
        self.used[place] += self.used.dtype.type(amount)


def _drawn(random: np.random.SFC64, count: int) -> Outcomes:
    """Random 16-bit numbers, the same on every machine."""
    return random.random_raw(-(-count // 4)).astype("<u8", copy=False).view("<u2")[:count]


def _outcome(raw: Outcomes, common: Outcomes, coin: int) -> npt.NDArray[np.intp]:
    """An outcome of its own, or the driver's where the coin says so; by bits, which is twice as fast as choosing."""
    goes_along = ((raw & COIN_MASK) < coin).astype(np.uint16)
    goes_along *= np.uint16(0xFFFF)
    own: Outcomes = raw >> np.uint16(COIN_BITS)
    return (own ^ ((own ^ common) & goes_along)).astype(np.intp)


def critical(block: Block, before: Sequence[Sequence[int]], last: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Futures, of those looked at closely, in which a delay of an activity delays the last change; a row for each.

    That a change takes the room of a week from another one is not followed: it puts off by a week, not along a chain.
    """
    start, end = block.close_start, block.close_end
    flags = np.zeros(end.shape, np.bool_)
    latest = np.maximum.reduce([end[at] for at in last])
    for at in last:
        flags[at] = end[at] == latest
    for at in range(len(before) - 1, -1, -1):
        mine = flags[at]
        if mine.any():
            for earlier in before[at]:
                flags[earlier] |= mine & (end[earlier] == start[at])
    return flags
