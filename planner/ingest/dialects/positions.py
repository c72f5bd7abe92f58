"""Konveyor files without a header row, whose columns are told by how many they are."""

from __future__ import annotations

import dataclasses

from planner.ingest.cells.values import clean
from planner.ingest.dialects.columns import load_maps, load_tab, match_header
from planner.ingest.files.sheets import Sheet

DIALECT = "konveyor"
APPLICATION, DEPENDENCY = "1", "2"
# So many columns, of which the first says 1 or 2 in every row, are no chance; fewer are read when the case says so.
SURE_COLUMNS = 45


def is_by_position(sheet: Sheet) -> bool:
    """Whether a sheet that no header row names is surely of this dialect."""
    placed = with_header(sheet)
    return placed is not None and len(placed.rows[0]) >= SURE_COLUMNS


def with_header(sheet: Sheet) -> Sheet | None:
    """The sheet with the header row that its number of columns tells; None where it has a known one or tells nothing.

    Every row of such a sheet, but for a first one that may be a header in other words, is of type 1 or 2.
    """
    if match_header(sheet, load_tab(DIALECT, DIALECT)) is not None:
        return None
    kinds = [clean(row[0]) if row else "" for row in sheet.rows]
    is_headed = bool(kinds) and kinds[0] not in {APPLICATION, DEPENDENCY}
    rows = [row for row, kind in zip(sheet.rows, kinds, strict=True) if kind == APPLICATION]
    header = _headers().get(max((len(row) for row in rows), default=0))
    if header is None or not set(kinds[is_headed:]) <= {APPLICATION, DEPENDENCY}:
        return None
    first: list[list[object]] = [[*header]]
    numbers = sheet.numbers[:1] if is_headed else [0]
    return dataclasses.replace(sheet, rows=first + sheet.rows[is_headed:], numbers=numbers + sheet.numbers[is_headed:])


def _headers() -> dict[int, list[str]]:
    """Header rows by their number of columns: with all blocks, without persons, without all but tags."""
    words = load_maps(DIALECT)["positions"]
    first, persons, between = words["first"], words["persons"], words["between"]
    return {
        len(header): header
        for block, tags in ((between + persons, 20), (between, 20), ([], 20), ([], 5))
        if (header := [*first, *block, *(f"{name} {at}" for at in range(1, tags + 1) for name in words["tags"])])
    }
