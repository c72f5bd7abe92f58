"""Rows below a header row, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from planner.ingest.cells.values import clean
from planner.ingest.dialects.columns import MatchedSheet
from planner.ingest.files.sheets import Row


@dataclass(frozen=True)
class Body:
    """Cells below the header by column, their row numbers, the rows with more cells than the header, and the numbers of
    those with fewer."""

    columns: list[Sequence[object]]
    numbers: list[int]
    too_wide: list[tuple[int, Row]]
    short: list[int]


def body_of(matched: MatchedSheet) -> Body:
    """Rows below the header; those that repeat it, as merged workbooks do, are passed over."""
    rows, numbers = matched.sheet.rows, matched.sheet.numbers
    header = [clean(cell) for cell in rows[matched.header_at]]
    rows, numbers, width = rows[matched.header_at + 1 :], numbers[matched.header_at + 1 :], len(header)
    too_wide: list[tuple[int, Row]] = []
    short: list[int] = []
    if set(map(len, rows)) - {width}:
        is_wide = [len(row) > width and any(clean(cell) for cell in row[width:]) for row in rows]
        short = [number for number, row in zip(numbers, rows, strict=True) if len(row) < width]
        too_wide = [(number, row) for number, row, wide in zip(numbers, rows, is_wide, strict=True) if wide]
        rows = [[*row, *[""] * width][:width] for row, wide in zip(rows, is_wide, strict=True) if not wide]
        numbers = [number for number, wide in zip(numbers, is_wide, strict=True) if not wide]
    again = set(_repeats(rows, header))
    if again:
        rows = [row for at, row in enumerate(rows) if at not in again]
        numbers = [number for at, number in enumerate(numbers) if at not in again]
    columns: list[Sequence[object]] = [list(map(itemgetter(at), rows)) for at in range(width)]
    return Body(columns, numbers, too_wide, short)


def _repeats(rows: list[Row], header: list[str]) -> list[int]:
    at = next((number for number, text in enumerate(header) if text), 0)
    # Most rows are told apart by one word of one cell.
    word = header[at].split(" ")[0]
    likely = [number for number, row in enumerate(rows) if isinstance(cell := row[at], str) and word in cell]
    return [number for number in likely if [clean(cell) for cell in rows[number]] == header]
