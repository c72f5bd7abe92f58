"""Which dialect a sheet is written in, by its header row; the user need not say."""

from __future__ import annotations

from dataclasses import dataclass

from planner.errors import InventoryError
from planner.ingest.columns import HEADER_SEARCH_ROWS, MatchedSheet, dialects, header_keys, load_map, match_header
from planner.ingest.sheets import Sheet
from planner.ingest.values import clean


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
    found = [candidate for dialect in dialects() if (candidate := _candidate(sheet, dialect))]
    best = max((candidate.rank for candidate in found), default=None)
    names = [candidate.dialect for candidate in found if candidate.rank == best]
    if len(names) > 1:
        raise InventoryError(
            f"the header row may be one of several kinds: {', '.join(names)}",
            place=f"{sheet.file}[{sheet.name}]:1" if sheet.name else f"{sheet.file}:1",
            remedy="Say which under 'reader' of this source in case.yaml.",
        )
    return names[0] if names else None


def is_rvtools(sheet: Sheet) -> bool:
    """Whether a sheet is the tab vInfo of an RVTools export, by documented or internal names."""
    headers = ("VM|VM Name|vInfoVMName", "Powerstate|vInfoPowerstate")
    return (sheet.name or "").casefold() == "vinfo" and _has_all(sheet, headers)


def _candidate(sheet: Sheet, dialect: str) -> _Candidate | None:
    column_map = load_map(dialect)
    if not _has_all(sheet, column_map.signature):
        return None
    try:
        matched = match_header(sheet, column_map)
    except InventoryError:
        # Two columns that mean the same are told of when the dialect is read, not while it is looked for.
        return _Candidate(dialect, len(column_map.signature), 0)
    return _Candidate(dialect, len(column_map.signature), _known(matched)) if matched else None


def _known(matched: MatchedSheet) -> int:
    return len({match.column.name for match in matched.matches})


def _has_all(sheet: Sheet, headers: tuple[str, ...]) -> bool:
    if not headers:
        return True
    for row in sheet.rows[:HEADER_SEARCH_ROWS]:
        keys = {key for cell in row for key in header_keys(clean(cell)[:300])}
        if all(any(keys.intersection(header_keys(one)) for one in header.split("|")) for header in headers):
            return True
    return False
