"""One tab of an RVTools export: its documented headers, whatever their spelling, and the rows below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import pandas as pd

from planner.ingest.cells.values import UNKNOWN_TEXTS, clean, clean_all
from planner.ingest.dialects.columns import (
    HEADER_SEARCH_ROWS,
    ColumnMap,
    MatchedSheet,
    header_keys,
    load_maps,
    match_header,
)
from planner.ingest.files.sheets import Row, Sheet, column_letter

MAP = "rvtools"
# Customers' own attributes stand between these two, under names of their choice.
BEFORE_CUSTOM, AFTER_CUSTOM = "Annotation", "Datacenter"
# Headers that every row of headers of a tab has.
KEY_HEADERS = {"vhost": {"host"}, "vhealth": {"name"}, "vsource": {"name"}}


@dataclass(frozen=True)
class Tab:
    """Rows of one tab.

    `headers` are the documented ones, blank for a customer's own column; `body` are the rows below that are no wider
    than the header, `numbers` their numbers in the file, and `too_wide` the numbers of those that are.
    """

    name: str
    sheet: Sheet
    header_at: int
    headers: tuple[str, ...]
    body: list[Row]
    numbers: list[int]
    too_wide: list[int]

    @property
    def rows_in(self) -> int:
        """Rows with content below the header."""
        return len(self.body) + len(self.too_wide)

    def place_of(self, headers: Iterable[str]) -> int | None:
        """Where the first of some headers stands that the tab has."""
        found = [self._index[key] for header in headers for key in _forms(header) if key in self._index]
        return found[0] if found else None

    def has(self, headers: Iterable[str]) -> bool:
        """Whether the tab has one of some headers."""
        return self.place_of(headers) is not None

    def cells(self, at: int) -> list[object]:
        """Cells of one column."""
        return [row[at] for row in self.body]

    def words(self, headers: Iterable[str]) -> list[str | None]:
        """Texts of one column; None where it says nothing or is not there."""
        at = self.place_of(headers)
        if at is None:
            return [None] * len(self.body)
        given = self.cells(at)
        cells = list(dict.fromkeys(given))
        said = [None if text.casefold() in UNKNOWN_TEXTS else text for text in clean_all(cells)]
        known = dict(zip(cells, said, strict=True))
        return [known[cell] for cell in given]

    def texts(self, headers: Iterable[str]) -> pd.Series:
        """Texts of one column; unknown where it says nothing or is not there."""
        words = self.words(headers)
        return pd.Series([pd.NA if word is None else word for word in words], dtype="object")

    def match(self, column_map: ColumnMap) -> MatchedSheet | None:
        """What the headers mean; customers' own columns are unmapped whatever they are called."""
        named = replace(self.sheet, rows=[list(self.headers)], numbers=[self.sheet.numbers[self.header_at]])
        matched = match_header(named, column_map)
        if matched is None:
            return None
        written = [clean(cell) for cell in self.sheet.rows[self.header_at]]
        own = [(at, text) for at, text in enumerate(written) if text and not self.headers[at]]
        unmapped = sorted([*((at, written[at]) for at, _ in matched.unmapped), *own])
        return replace(matched, sheet=self.sheet, header_at=self.header_at, unmapped=tuple(unmapped))

    def letter(self, at: int) -> str:
        """Spreadsheet letter of a column."""
        return column_letter(at)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {key: at for at, header in reversed([*enumerate(self.headers)]) for key in _forms(header) if key}


@lru_cache(maxsize=10_000)
def _forms(header: str) -> tuple[str, ...]:
    """Forms in which a header is compared; the last is without any mark, as internal names are."""
    return (*header_keys(header), re.sub(r"\W", "", header).casefold())


def open_tab(name: str, sheet: Sheet, stated: Iterable[str] = ()) -> Tab | None:
    """Find the header row of a tab; None when the tab has none.

    Parameters
    ----------
    name
        Documented name of the tab, as `vInfo`.
    sheet
        Its sheet.
    stated
        Headers that the case names itself: these mean what it says wherever they stand.
    """
    at = _header_row(name, sheet)
    if at is None:
        return None
    width = len(sheet.rows[at])
    header = [clean(cell) for cell in sheet.rows[at]]
    body, numbers, too_wide = [], [], []
    for number, row in zip(sheet.numbers[at + 1 :], sheet.rows[at + 1 :], strict=True):
        if len(row) > width and any(clean(cell) for cell in row[width:]):
            too_wide.append(number)
        # Merged workbooks repeat the header inside the data.
        elif not (row[0] == sheet.rows[at][0] and [clean(cell) for cell in row[:width]] == header):
            body.append(row if len(row) >= width else [*row, *[""] * (width - len(row))])
            numbers.append(number)
    return Tab(name, sheet, at, _documented(name, header, stated), body, numbers, too_wide)


def _header_row(name: str, sheet: Sheet) -> int | None:
    wanted = KEY_HEADERS.get(name.casefold(), {"vm", "vm name"})
    for at, row in enumerate(sheet.rows[:HEADER_SEARCH_ROWS]):
        documented = _documented(name, [clean(cell)[:300] for cell in row], ())
        if wanted.intersection(key for header in documented for key in header_keys(header)):
            return at
    return None


def _documented(name: str, header: list[str], stated: Iterable[str]) -> tuple[str, ...]:
    kept = {key for text in stated for key in header_keys(text)}
    names = _from_internal(name, header) or _without_custom(header)
    return tuple(
        text or (header[at] if kept.intersection(header_keys(header[at])) else "") for at, text in enumerate(names)
    )


def _from_internal(name: str, header: list[str]) -> list[str] | None:
    """Documented headers of an export by internal names; None when it is none. All others are customers' own."""
    irregular: Mapping[str, Any] = load_maps(MAP)["internal"]
    words = {**irregular["any"], **irregular.get(name, {})}
    bare = [re.sub(f"^{re.escape(name)}(?=.)", "", text, flags=re.IGNORECASE) for text in header]
    is_internal = [short != text for short, text in zip(bare, header, strict=True)]
    if sum(is_internal) < 2:
        return None
    return [words.get(short, short) if mine else "" for short, mine in zip(bare, is_internal, strict=True)]


def _without_custom(header: list[str]) -> list[str]:
    if BEFORE_CUSTOM not in header or AFTER_CUSTOM not in header:
        return header
    first, last = header.index(BEFORE_CUSTOM), len(header) - 1 - header[::-1].index(AFTER_CUSTOM)
    # A sheet whose columns somebody has put in another order has no such place: what every row needs stands in it.
    if {"VM", "CPUs", "Memory"} & set(header[first:last]) - set(header[:first] + header[last:]):
        return header
    return ["" if first < at < last else text for at, text in enumerate(header)]
