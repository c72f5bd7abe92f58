"""One pass over a series: every row becomes a point, is merged into one, or is rejected with a reason."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.ingest.cells.values import clean
from planner.ingest.readers.series.blocks import BLOCK_BYTES, Layout, Rows, blocks, rows_of
from planner.ingest.readers.series.clock import Clock, Instants
from planner.ingest.readers.series.files import SeriesFile, unit_of
from planner.ingest.readers.series.owners import SEVERAL, UNKNOWN, Owners
from planner.ingest.readers.series.reasons import Reason
from planner.ingest.readers.series.scale import Scale
from planner.ingest.readers.series.tally import Fate, Numbers, Tally, first_rows, reasons_in

Values = NDArray[np.float64]
Codes = NDArray[np.int8]
OF_OWNER = {UNKNOWN: Reason.SERIES_UNKNOWN_SERVER, SEVERAL: Reason.SERIES_SEVERAL_SERVERS}
# Several columns may tell of one metric; the first that says something is read.
MEASURES_OF = {"cpu": ("cpu_pct",), "memory": ("memory_pct", "memory_used", "memory_available")}


def read_file(
    file: SeriesFile,
    scale: Scale,
    clock: Clock,
    owners: Owners,
    memory_gib: Values,
    tally: Tally,
    block_bytes: int = BLOCK_BYTES,
) -> Fate:
    """Read one file into the tally.

    Parameters
    ----------
    file, scale
        The file, and what its source's columns hold.
    clock
        Reads its times; shared by files of one time zone, in which the same times stand.
    owners, memory_gib
        Names of the inventories' servers to their positions, and each server's memory; NaN for unknown.
    tally
        Is added to.
    block_bytes
        Size of the pieces in which the file is read.

    Returns
    -------
    Fate of every row.
    """
    layout, fate = file.layout, Fate(file)
    with file.open() as stream:
        for line, content, encoding in blocks(stream, file.name, block_bytes):
            fate.encodings.add(encoding)
            rows = rows_of(line, content, layout)
            fate.rows_in += len(rows) + len(rows.bad)
            for number, code, original in rows.bad:
                fate.reject(code, number, original)
            if len(rows):
                _Block(scale, layout, clock, rows, tally, fate).read(owners, memory_gib)
    return fate


class _Block:
    """Rows of one block on their way into the tally."""

    def __init__(self, scale: Scale, layout: Layout, clock: Clock, rows: Rows, tally: Tally, fate: Fate) -> None:
        self.scale, self.layout, self.clock, self.rows, self.tally, self.fate = scale, layout, clock, rows, tally, fate
        self.file = fate.file

    def read(self, owners: Owners, memory_gib: Values) -> None:
        """Find server and time of every row, count what is new and settle the fate of each row."""
        server = self._servers(owners)
        times = self._times()
        codes = times.codes.copy()
        for owner, reason in OF_OWNER.items():
            codes[server == owner] = reason
        at = np.flatnonzero(codes == Reason.NONE)
        server, times = server[at], times.take(at)
        is_read, is_used = np.zeros(len(at), dtype=bool), np.zeros(len(at), dtype=bool)
        wrong = np.full(len(at), Reason.SERIES_NO_VALUE, dtype=np.int8)
        for metric in MEASURES_OF:
            values, reasons = self._percentages(metric, at, memory_gib[server], server)
            known = np.flatnonzero(np.isfinite(values))
            is_read[known] = True
            is_used[known] |= self._count(metric, at[known], server[known], times.take(known), values[known])
            wrong = np.where(reasons != Reason.NONE, reasons, wrong)
        codes[at] = np.where(is_read, np.int8(Reason.NONE), wrong)
        self.fate.used += int(is_used.sum())
        self.fate.merged += int((is_read & ~is_used).sum())
        for reason, count, first in reasons_in(codes):
            self.fate.reject(reason, int(self.rows.lines[first]), self._original(first), count)

    def _servers(self, owners: Owners) -> Numbers:
        words = self.rows.server
        names = [self.file.owner] if words is None else [clean(text) for text in words.texts]
        found = owners.of(names)
        codes = np.zeros(len(self.rows), dtype=np.int64) if words is None else words.codes
        for owner, reason in OF_OWNER.items():
            lost = {names[at] for at in np.unique(codes) if found[at] == owner}
            self.fate.owners.setdefault(reason, set()).update(lost)
        return found[codes]

    def _times(self) -> Instants:
        found = self.clock.read(self.rows.time.texts)
        self.fate.has_naive |= bool(found.is_naive[found.codes == Reason.NONE].any())
        return found.take(self.rows.time.codes)

    def _percentages(self, metric: str, at: Numbers, memory_gib: Values, server: Numbers) -> tuple[Values, Codes]:
        """Values of 0 to 100 of some rows, and why others are none."""
        values, reasons = np.full(len(at), np.nan), np.zeros(len(at), dtype=np.int8)
        for measure in MEASURES_OF[metric]:
            if measure in self.layout.measures:
                more, wrong = self._measured(measure, at, memory_gib, server)
                is_open = np.isnan(values)
                values = np.where(is_open, more, values)
                reasons = np.where(is_open & (reasons == Reason.NONE), wrong, reasons)
                for reason, count, first in reasons_in(wrong):
                    self.fate.leave_out(measure, reason, int(self.rows.lines[at[first]]), count)
        return values, np.where(np.isnan(values), reasons, np.int8(Reason.NONE))

    def _measured(self, measure: str, at: Numbers, memory_gib: Values, server: Numbers) -> tuple[Values, Codes]:
        raw = self.rows.numbers[measure][at]
        reasons = self.rows.codes[measure][at].copy() if measure in self.rows.codes else np.zeros(len(at), np.int8)
        if measure.endswith("_pct"):
            values = raw * 100 if self._is_fraction(measure) else raw
        else:
            share = 100 * raw * (unit_of(self.file, measure) or np.nan) / memory_gib
            values = share if measure == "memory_used" else 100 - share
            no_size = np.isfinite(raw) & np.isnan(memory_gib)
            reasons[no_size] = Reason.SERIES_MEMORY_WITHOUT_SIZE
            self.tally.without_size.update(np.unique(server[no_size]).tolist())
        reasons[values < 0] = Reason.SERIES_NEGATIVE
        reasons[values > 100] = Reason.SERIES_ABOVE_100
        return np.where(reasons == Reason.NONE, values, np.nan), reasons

    def _is_fraction(self, measure: str) -> bool:
        return self.layout.headers[self.layout.measures[measure]] in self.scale.fractions

    def _count(self, name: str, at: Numbers, server: Numbers, times: Instants, values: Values) -> NDArray[np.bool_]:
        """Count the values of a metric; say which rows are new points."""
        metric, number = self.tally.metrics[name], self.tally.number(server)
        is_new, seconds = metric.add(number, times, values)
        self.tally.note_times(server, seconds)
        measure = next(item for item in MEASURES_OF[name] if item in self.layout.measures) if len(at) else ""
        for one, row in zip(*(part.tolist() for part in first_rows(number)), strict=True):
            place = (self.file, int(self.rows.lines[at[row]]), self.layout.measures[measure])
            metric.places.setdefault(one, place)
            zone = self.clock.zone.key if times.is_naive[row] else "UTC"
            self.tally.zones.setdefault(one, zone)
            if measure.endswith("_pct") and not self._is_fraction(measure):
                metric.is_percent.add(one)
        return is_new

    def _original(self, row: int) -> str:
        rows, layout = self.rows, self.layout
        said = [] if rows.server is None else [f"server={rows.server.texts[rows.server.codes[row]]}"]
        said.append(f"{layout.headers[layout.time]}={rows.time.texts[rows.time.codes[row]]}")
        said += [f"{layout.headers[at]}={rows.numbers[name][row]:g}" for name, at in layout.measures.items()]
        return " | ".join(said)
