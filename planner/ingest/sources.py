"""From a source in the case to its parts: the sheets that are read together, and the dialect that they are in."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from planner.case import Source
from planner.errors import InventoryError
from planner.ingest.cells.values import clean
from planner.ingest.dialects.columns import HEADER_SEARCH_ROWS, beside, dialects, fingerprint_of
from planner.ingest.dialects.recognise import aside_of, is_rvtools, recognise
from planner.ingest.files.folders import open_all, unopened
from planner.ingest.files.sheets import Sheet, as_tabs, files_of, read_sheets, tab_of
from planner.ingest.files.tabs import is_known_tab, is_tab
from planner.ingest.readers.series.files import SeriesFile, find_series
from planner.portfolio import finding_rows

RVTOOLS = "rvtools"
# Dialects of several tables that refer to each other, so that those of one source are read together.
JOINED = frozenset({"register_api", "service_graph", "migration_center", "tidal_servers"})
Part = tuple[Source, list[Sheet]]


def parts_of(
    folder: Path, source: Source, others: Sequence[Source] = (), series: list[SeriesFile] | None = None
) -> tuple[list[Part], list[pd.DataFrame]]:
    """Open a source, and find the dialect of every sheet where the case does not name it.

    Of the `others` of the case, one that reads a sheet by name keeps it from a source that names the whole workbook or
    folder, and one that remembers a header row is the map of every sheet with the same. The source's `series`, which
    are found here when they are not given, are passed over: they are read as a stream.

    Returns
    -------
    parts, findings
        A source with its reader for each part; which sheets were not recognised.

    Raises
    ------
    InventoryError
        The case names a reader that does not exist, a file cannot be read, or nothing in it is recognised.
    """
    path = folder / source.file
    streamed = _members_by_file(find_series(folder, source) if series is None else series)
    if source.reader is not None:
        _refuse_unknown(source)
        sheets = _sheets(path, streamed)
        return [(source, sheets)] if sheets or not streamed else [], []
    opened, aside = _groups(path, source, streamed)
    groups = [
        left for group in opened if (left := [sheet for sheet in group if not _is_taken(sheet, path, folder, others)])
    ]
    done = [_recognised(source, group, others) for group in groups]
    parts = [part for found, _ in done for part in found]
    if groups and not parts and not streamed:
        raise _nothing(source, [sheet for group in groups for sheet in group])
    return _together(parts), [*aside, *(finding for _, findings in done for finding in findings)]


def _together(parts: list[Part]) -> list[Part]:
    """Put the tables of a dialect that joins them into one part, where its first one stands."""
    joined: dict[str, list[Sheet]] = {}
    made: list[Part] = []
    for part, sheets in parts:
        dialect = beside(str(part.reader)) or str(part.reader)
        if dialect not in JOINED:
            made.append((part, sheets))
        elif dialect in joined:
            joined[dialect] += sheets
        else:
            joined[dialect] = list(sheets)
            made.append((part.model_copy(update={"sheet": None, "reader": dialect}), joined[dialect]))
    return made


def _is_taken(sheet: Sheet, path: Path, folder: Path, others: Sequence[Source]) -> bool:
    """Whether another source of the case names this very sheet, or this file of a folder."""
    for other in others:
        place = folder / other.file
        is_file_of_it = place.parent == path and place.name == sheet.file and other.sheet in (None, sheet.name)
        if is_file_of_it or (place == path and other.sheet is not None and other.sheet == sheet.name):
            return True
    return False


def _remembered(sheet: Sheet, others: Sequence[Source]) -> Source | None:
    """The source whose column map was made for the same header row."""
    known = {other.header: other for other in reversed(others) if other.header and other.reader}
    if not known:
        return None
    return next(
        (known[found] for row in sheet.rows[:HEADER_SEARCH_ROWS] if (found := fingerprint_of(row)) in known), None
    )


def _refuse_unknown(source: Source) -> None:
    known = sorted({RVTOOLS, *dialects()})
    if source.reader not in known:
        near = get_close_matches(str(source.reader), known, n=1)
        raise InventoryError(
            "there is no such reader",
            place=f"case.yaml ({source.file})",
            value=source.reader,
            remedy=f"{f'Did you mean {near[0]}? ' if near else ''}Leave it out to have the file recognised, "
            f"or choose one of {', '.join(known)}.",
        )


def _members_by_file(series: list[SeriesFile]) -> dict[Path, frozenset[str]]:
    """Members of each file that are series; none where the whole file is one."""
    found: dict[Path, frozenset[str]] = {}
    for item in series:
        found[item.path] = found.get(item.path, frozenset()) | ({item.member} if item.member else frozenset())
    return found


def _sheets(path: Path, streamed: dict[Path, frozenset[str]]) -> list[Sheet]:
    """Sheets of a file, or of the files in a folder, but for its series."""
    if path.is_dir() and streamed:
        return as_tabs([file for file in files_of(path) if streamed.get(file, True)], streamed)
    return [] if path in streamed and not streamed[path] else read_sheets(path, streamed.get(path, frozenset()))


def _groups(
    path: Path, source: Source, streamed: dict[Path, frozenset[str]]
) -> tuple[list[list[Sheet]], list[pd.DataFrame]]:
    """Sheets that may belong together: those of one file, and the files of an RVTools export in a folder; and what of a
    folder or ZIP cannot be read.
    """
    if not path.is_dir():
        # One tab by itself is what its name says.
        is_lone = path.is_file() and is_tab_file(path) and path not in streamed
        return [as_tabs([path]) if is_lone else _sheets(path, streamed)], unopened(path)
    files = files_of(path)
    if not files:
        raise InventoryError("the folder holds no table", place=source.file, remedy="Put CSV or XLSX files into it.")
    tabs = [file for file in files if is_tab_file(file) and file not in streamed]
    opened, damaged = open_all([file for file in files if file not in tabs], lambda file: _sheets(file, streamed))
    if not opened and not tabs:
        raise InventoryError(
            "no file of the folder can be read",
            place=source.file,
            value=damaged[0]["value"].iloc[0],
            remedy="Save them anew, as XLSX or CSV.",
        )
    return [*opened, *([as_tabs(tabs)] if tabs else [])], [*unopened(path), *damaged]


def is_tab_file(file: Path) -> bool:
    """Whether a file is one tab of an RVTools export, by its name."""
    return file.suffix.lower() == ".csv" and is_tab(tab_of(file.name))


def _recognised(source: Source, sheets: list[Sheet], others: Sequence[Source]) -> tuple[list[Part], list[pd.DataFrame]]:
    wanted = [sheet for sheet in sheets if source.sheet is None or sheet.name == source.sheet]
    maps = [(sheet, _remembered(sheet, others)) for sheet in wanted]
    parts: list[Part] = [(_like(source, known, sheet), [sheet]) for sheet, known in maps if known]
    wanted = [sheet for sheet, known in maps if not known]
    if any(is_rvtools(sheet) for sheet in wanted):
        tabs = [sheet for sheet in sheets if is_tab(sheet.name)]
        _refuse_twice(tabs, source)
        parts.append((_as(source, RVTOOLS), tabs))
        wanted = [sheet for sheet in wanted if not is_tab(sheet.name)]
    # A tab is nothing else, whatever its headers look like: disks and messages are no servers.
    lone = [sheet for sheet in wanted if is_known_tab(sheet.name)]
    found = [(sheet, recognise(sheet)) for sheet in wanted if sheet not in lone]
    parts += [(_as(source, dialect, sheet), [sheet]) for sheet, dialect in found if dialect and dialect != RVTOOLS]
    known = aside_of({str(part.reader) for part, _ in parts}, [sheet for sheet, dialect in found if not dialect])
    unread = [_unread(sheet) for sheet, dialect in found if not dialect and sheet.rows and sheet not in known]
    alone = [finding_rows("warning", "tab_without_vinfo", file=sheet.file, sheet=sheet.name) for sheet in lone]
    return parts, [*alone, *unread, *([_aside(known)] if known else [])]


def _refuse_twice(tabs: list[Sheet], source: Source) -> None:
    names = [str(sheet.name).casefold() for sheet in tabs]
    twice = next((sheet for sheet in tabs if names.count(str(sheet.name).casefold()) > 1), None)
    if twice is not None:
        raise InventoryError(
            "there are several RVTools exports in one source",
            place=source.file,
            value=twice.name,
            remedy="Name each export, in a folder or ZIP of its own, as a source.",
        )


def _like(source: Source, known: Source, sheet: Sheet) -> Source:
    hidden = source.is_pseudonymised or known.is_pseudonymised
    return known.model_copy(update={"file": source.file, "sheet": sheet.name, "is_pseudonymised": hidden})


def _as(source: Source, dialect: str, sheet: Sheet | None = None) -> Source:
    return source.model_copy(update={"reader": dialect, "sheet": sheet.name if sheet else source.sheet})


def _unread(sheet: Sheet) -> pd.DataFrame:
    return finding_rows("warning", "sheet_not_recognised", file=sheet.file, sheet=sheet.name, value=_first(sheet))


def _aside(known: list[Sheet]) -> pd.DataFrame:
    names = ", ".join(str(sheet.name) for sheet in known)
    return finding_rows("info", "sheets_known_aside", file=known[0].file, value=names)


def _first(sheet: Sheet) -> str:
    return " | ".join(clean(cell) for cell in sheet.rows[0][:8])[:200] if sheet.rows else ""


def _nothing(source: Source, sheets: list[Sheet]) -> InventoryError:
    tabs = [str(sheet.name) for sheet in sheets if is_tab(sheet.name)]
    if tabs and len(tabs) == len(sheets):
        return InventoryError(
            "the tabs belong to an RVTools export, and are read together with vInfo",
            place=source.file,
            value=", ".join(tabs),
            remedy="Mend the rows in the export itself, or put all its tabs into one folder.",
        )
    first = next((text for sheet in sheets if (text := _first(sheet))), "no rows at all")
    return InventoryError(
        "no sheet is recognised by its header row",
        place=f"{source.file}:1",
        value=first,
        remedy="Say under 'reader' what the file is (systems, servers or dataflows) and under 'columns' which header "
        "means what.",
    )
