"""Which dialect a sheet is written in, by its header row; the user need not say."""

from __future__ import annotations

from dataclasses import dataclass

from planner.errors import InventoryError
from planner.ingest.cells.values import clean
from planner.ingest.dialects.columns import (
    HEADER_SEARCH_ROWS,
    ColumnMap,
    MatchedSheet,
    dialects,
    header_keys,
    load_maps,
    load_tab,
    match_header,
    tabs_of,
)
from planner.ingest.dialects.positions import DIALECT, is_by_position
from planner.ingest.files.sheets import Sheet


@dataclass(frozen=True)
class _Candidate:
    dialect: str
    marks: int
    """Headers of the dialect's signature, all of which stand in the sheet."""
    known: int
    """Columns that the dialect reads."""

    @property
    def rank(self) -> tuple[int, int]:
        return self.marks, self.known


def recognise(sheet: Sheet) -> str | None:
    """Name the dialect of a sheet: the one whose signature stands in its header, else the one that knows most columns.

    Returns
    -------
    str or None
        None when no dialect finds the columns that it requires.

    Raises
    ------
    InventoryError
        Several dialects fit equally well; names them.
    """
    if is_rvtools(sheet):
        return "rvtools"
    maps = [(dialect, load_tab(dialect, tab)) for dialect in dialects() for tab in tabs_of(dialect)]
    named = named_by_row(sheet)
    likely = [(dialect, column_map) for dialect, column_map in maps if has_all(named, column_map.signature)]
    found = [candidate for dialect, column_map in likely if (candidate := _candidate(sheet, dialect, column_map))]
    best = max((candidate.rank for candidate in found), default=None)
    names = list(dict.fromkeys(candidate.dialect for candidate in found if candidate.rank == best))
    if not names and is_by_position(sheet):
        return DIALECT
    if len(names) > 1:
        raise InventoryError(
            f"the header row may be one of several kinds: {', '.join(names)}",
            place=f"{sheet.file}[{sheet.name}]:1" if sheet.name else f"{sheet.file}:1",
            remedy="Say which under 'reader' of this source in case.yaml.",
        )
    return names[0] if names else None


def aside_of(read: set[str], sheets: list[Sheet]) -> list[Sheet]:
    """Sheets that belong to the dialects of the same file and hold nothing that is read."""
    maps = [load_maps(dialect)[dialect] for dialect in sorted(read & set(dialects()))]
    words = [item for data in maps for item in data.get("aside", [])]
    names = {item["name"].casefold() for item in words}
    headers = [tuple(item["headers"]) for item in words if "headers" in item]
    return [sheet for sheet in sheets if (sheet.name or "").strip().casefold() in names or _is_of(sheet, headers)]


def is_rvtools(sheet: Sheet) -> bool:
    """Whether a sheet is the tab vInfo of an RVTools export, by documented or internal names."""
    headers = ("VM|VM Name|vInfoVMName", "Powerstate|vInfoPowerstate")
    return (sheet.name or "").casefold() == "vinfo" and has_all(named_by_row(sheet), headers)


def _is_of(sheet: Sheet, kinds: list[tuple[str, ...]]) -> bool:
    named = named_by_row(sheet) if kinds else []
    return any(has_all(named, headers) for headers in kinds)


def _candidate(sheet: Sheet, dialect: str, column_map: ColumnMap) -> _Candidate | None:
    try:
        matched = match_header(sheet, column_map)
    except InventoryError:
        # Two columns that mean the same are told of when the dialect is read, not while it is looked for.
        return _Candidate(dialect, len(column_map.signature), 0)
    return _Candidate(dialect, len(column_map.signature), _known(matched)) if matched else None


def _known(matched: MatchedSheet) -> int:
    return len({match.column.name for match in matched.matches})


def named_by_row(sheet: Sheet) -> list[set[str]]:
    """Headers that the first rows of a sheet may hold, in every form in which headers are compared."""
    rows = sheet.rows[:HEADER_SEARCH_ROWS]
    return [{key for cell in row for key in header_keys(clean(cell)[:300])} for row in rows]


def has_all(named: list[set[str]], headers: tuple[str, ...]) -> bool:
    """Whether one of the first rows holds all headers; `one|other` is either of them."""
    if not headers:
        return True
    wanted = [[key for one in header.split("|") for key in header_keys(one)] for header in headers]
    return any(all(not keys.isdisjoint(either) for either in wanted) for keys in named)
