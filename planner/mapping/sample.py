"""The columns of an unknown table: where its header row is, and a sample of the distinct values below each header."""

from __future__ import annotations

from dataclasses import dataclass

from planner.errors import InventoryError
from planner.ingest.cells.values import clean, is_unknown
from planner.ingest.dialects.columns import HEADER_SEARCH_ROWS, REASON
from planner.ingest.files.sheets import Row, Sheet, column_letter
from planner.mapping.headers import known_signs
from planner.mapping.knowledge import TABLES, folded
from planner.mapping.shapes import holds_person, shares
from planner.mapping.values import Sample

MOST_ROWS, MOST_VALUES, LONGEST_HEADER = 4000, 200, 120
# So much of the table's width a header row fills at least, and so many known headers the first such row is given ahead.
HEADER_SHARE, HEAD_START = 0.5, 2


@dataclass(frozen=True)
class Field:
    """One column of a file: its place, its header and a sample of what stands below."""

    index: int
    header: str
    filled: float
    sample: Sample

    @property
    def letter(self) -> str:
        """Spreadsheet letter of the column."""
        return column_letter(self.index)


def header_row_of(sheet: Sheet) -> int:
    """Find the header row among the first rows: of those that are all words, the one with most known headers, where the
    first is ahead of the others, since cells of the data may be words that are headers elsewhere.

    Raises
    ------
    InventoryError
        No row looks like headers.
    """
    rows = [_filled(row) for row in sheet.rows[:HEADER_SEARCH_ROWS]]
    width = max((len(row) for row in rows), default=0)
    wordy = [at for at, row in enumerate(rows) if len(row) >= max(2, HEADER_SHARE * width) and _are_words(row)]
    if not wordy:
        raise InventoryError(
            "no row among the first looks like a header row",
            place=f"{sheet.file}[{sheet.name}]:1" if sheet.name else f"{sheet.file}:1",
            value=None
            if holds_person(tuple(rows[0] if rows else ()))
            else " | ".join(rows[0][:5] if rows else [])[:80],
            remedy="Put a row above the data that names each column.",
        )
    known = {at: _known(rows[at]) + (HEAD_START if at == wordy[0] else 0) for at in wordy}
    return max(wordy, key=lambda at: known[at])


def _filled(row: Row) -> list[str]:
    return [text for cell in row if (text := clean(cell)) and text != REASON]


def _known(cells: list[str]) -> int:
    return max(sum(bool(known_signs(table, folded(text))) for text in cells) for table in TABLES)


def _are_words(cells: list[str]) -> bool:
    """Whether cells could be headers: hardly any number or date, and hardly any twice."""
    words = [text for text in cells if any(mark.isalpha() for mark in text) and len(text) <= LONGEST_HEADER]
    return len(words) >= 0.8 * len(cells) and len({text.casefold() for text in cells}) >= 0.8 * len(cells)


def fields_of(sheet: Sheet, header_at: int) -> tuple[Field, ...]:
    """The columns below a header row that have a header, with a sample spread evenly over all rows."""
    body = sheet.rows[header_at + 1 :]
    rows = body[:: max(1, len(body) // MOST_ROWS)]
    return tuple(
        _field(index, header, [row[index] if index < len(row) else "" for row in rows])
        for index, cell in enumerate(sheet.rows[header_at])
        if (header := clean(cell)) and header != REASON
    )


def _field(index: int, header: str, cells: list[object]) -> Field:
    texts = [clean(cell) for cell in cells]
    said = [text for text in texts if not is_unknown(text)]
    distinct = tuple(dict.fromkeys(said))
    values = distinct[:MOST_VALUES]
    unique = len(distinct) / len(said) if said else 1.0
    return Field(index, header, len(said) / len(texts) if texts else 0.0, Sample(values, shares(values), unique))
