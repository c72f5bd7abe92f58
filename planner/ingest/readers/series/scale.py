"""What only many values of a series tell: whether they are fractions or percentages, and how close its points lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from planner.ingest.readers.series.blocks import Rows, blocks, rows_of
from planner.ingest.readers.series.clock import Clock
from planner.ingest.readers.series.files import SeriesFile, zone_of

# Shares of which none is larger are fractions (formats reference 2.4): CPU may read a little above 1.
MAX_FRACTION = 1.5
MINUTE, SECOND = 60, 1
# Nearly always the first block is enough.
BLOCK_BYTES = 1_000_000


@dataclass(frozen=True)
class Scale:
    """Headers whose values are fractions, and the length of a slot: a minute, or a second where points lie closer."""

    fractions: frozenset[str]
    slot_seconds: int


def scale_of(files: list[SeriesFile]) -> Scale:
    """Read the files of one source until every column is known to hold percentages.

    One header is one column in all files of a source. Where it holds fractions that takes all of them; where it holds
    percentages, nearly always the first block.
    """
    open_: set[str] = set()
    closed: set[str] = set()
    has_value: set[str] = set()
    slot = MINUTE
    for number, file in enumerate(files):
        layout = file.layout
        mine = {name: layout.headers[at] for name, at in layout.measures.items() if name.endswith("_pct")}
        open_ |= set(mine.values()) - closed
        if number and not open_:
            continue
        for at, rows in enumerate(_rows(file)):
            if number == at == 0:
                slot = _slot(file, rows)
            for name, header in mine.items():
                values = rows.numbers[name]
                has_value |= {header} if np.isfinite(values).any() else set()
                if name in rows.is_percent or (values > MAX_FRACTION).any():
                    closed.add(header)
            open_ -= closed
            if not open_.intersection(mine.values()):
                break
    return Scale(frozenset(open_ & has_value), slot)


def _rows(file: SeriesFile) -> Iterator[Rows]:
    layout = file.layout
    with file.open() as stream:
        for line, content, _ in blocks(stream, file.name, BLOCK_BYTES):
            yield rows_of(line, content, layout)


def _slot(file: SeriesFile, rows: Rows) -> int:
    """A second when points of one server typically lie less than a minute apart."""
    times = Clock(zone_of(file)[0]).read(rows.time.texts).seconds[rows.time.codes]
    servers = rows.server.codes if rows.server else np.zeros(len(rows), dtype=np.int64)
    order = np.lexsort((times, servers))
    apart = np.diff(times[order])[np.diff(servers[order]) == 0]
    apart = apart[apart > 0]
    return SECOND if len(apart) and np.median(apart) < MINUTE else MINUTE
