"""What is kept of a series while it is read: counts, slots and first cells per server; and what became of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from planner.ingest.readers.series.clock import Instants
from planner.ingest.readers.series.files import SeriesFile
from planner.ingest.readers.series.histogram import Histogram
from planner.ingest.readers.series.reasons import Reason
from planner.ingest.readers.series.slots import Slots

Numbers = NDArray[np.int64]
_LATEST = np.iinfo(np.int64).max


class Metric:
    """One metric of all servers, by number.

    `places` has the file and line in which a server was first met, and the column's number there; `is_percent` marks
    servers with values that were read as percentages because others of their column are.
    """

    def __init__(self, slot_seconds: int) -> None:
        self.histogram = Histogram()
        self.slots = Slots(slot_seconds)
        self.places: dict[int, tuple[SeriesFile, int, int]] = {}
        self.is_percent: set[int] = set()

    def add(self, servers: Numbers, times: Instants, values: NDArray[np.float64]) -> tuple[NDArray[np.bool_], Numbers]:
        """Count the values whose points are new; say which, and the seconds that each stands for.

        In the hour that is repeated in autumn the second row of one local time is the second occurrence.
        """
        seconds = times.seconds.copy()
        is_new = self.slots.mark(servers, seconds)
        repeated = np.flatnonzero(~is_new & (times.again != seconds))
        if len(repeated):
            seconds[repeated] = times.again[repeated]
            is_new[repeated] = self.slots.mark(servers[repeated], seconds[repeated])
        self.histogram.add(servers[is_new], values[is_new])
        return is_new, seconds


@dataclass
class Lost:
    """Rows or cells that share a reason: how many, and the first."""

    line: int
    original: str | None
    count: int = 0


@dataclass
class Fate:
    """What became of one file's rows."""

    file: SeriesFile
    rows_in: int = 0
    used: int = 0
    merged: int = 0
    rejected: dict[Reason, Lost] = field(default_factory=dict)
    cells: dict[tuple[str, Reason], Lost] = field(default_factory=dict)
    owners: dict[Reason, set[str]] = field(default_factory=dict)
    encodings: set[str] = field(default_factory=set)
    has_naive: bool = False

    @property
    def rows_rejected(self) -> int:
        """Rows that were rejected, for whatever reason."""
        return sum(lost.count for lost in self.rejected.values())

    def reject(self, code: Reason, line: int, original: str, count: int = 1) -> None:
        """Note rejected rows; nothing of them where names are to be kept out."""
        shown = None if self.file.source.is_pseudonymised else original
        self.rejected.setdefault(code, Lost(line, shown)).count += count

    def leave_out(self, measure: str, code: Reason, line: int, count: int) -> None:
        """Note cells that are no value, of rows that may have others."""
        self.cells.setdefault((measure, code), Lost(line, None)).count += count


class Tally:
    """All series of a case.

    Parameters
    ----------
    servers
        How many servers the inventories have.
    slot_seconds
        Points of a server that lie closer are the same point.
    """

    def __init__(self, servers: int, slot_seconds: int) -> None:
        self.metrics = {name: Metric(slot_seconds) for name in ("cpu", "memory")}
        self.first = np.full(servers, _LATEST)
        self.last = np.full(servers, -1)
        self.zones: dict[int, str] = {}
        self.without_size: set[int] = set()
        # Servers are numbered anew as they are met, so that only those with a series take memory.
        self._number = np.full(servers, -1, dtype=np.int64)
        self.positions: list[int] = []

    def number(self, positions: Numbers) -> Numbers:
        """Numbers of servers by their positions among the inventories' servers."""
        unseen = np.unique(positions[self._number[positions] < 0])
        self._number[unseen] = len(self.positions) + np.arange(len(unseen))
        self.positions.extend(unseen.tolist())
        return self._number[positions]

    def note_times(self, positions: Numbers, seconds: Numbers) -> None:
        """Widen the time from the first to the last point of servers."""
        np.minimum.at(self.first, positions, seconds)
        np.maximum.at(self.last, positions, seconds)


def first_rows(numbers: Numbers) -> tuple[Numbers, Numbers]:
    """Each number and the first row in which it stands."""
    at = np.full(int(numbers.max(initial=-1)) + 1, -1, dtype=np.int64)
    at[numbers[::-1]] = np.arange(len(numbers) - 1, -1, -1)
    found = np.flatnonzero(at >= 0)
    return found, at[found]


def reasons_in(codes: NDArray[np.int8]) -> Iterator[tuple[Reason, int, int]]:
    """Each reason among codes: how often it stands, and the row of its first."""
    counts = np.bincount(codes, minlength=1)
    for code in np.flatnonzero(counts).tolist():
        if code != Reason.NONE:
            yield Reason(code), int(counts[code]), int((codes == code).argmax())
