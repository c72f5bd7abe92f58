"""A case from a folder of one's own files: recognised ones are its sources, the rest is ready to be changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from shlex import quote
from string import Template

from planner.case import Source
from planner.case_file import in_one_line
from planner.errors import CaseError, InventoryError
from planner.ingest.files.sheets import files_of
from planner.ingest.readers.series.files import SeriesFile, find_series, series_dialects, series_of_sheet
from planner.ingest.reading import read_part
from planner.ingest.sources import is_tab_file, parts_of
from planner.texts import TEXTS, Texts

# Time for the first decisions, from the day of the plan to the first day of work.
WEEKS_BEFORE_START = 7
HORIZON = date(2030, 12, 31)
# ISO weeks 26 to 32, and the turn of the year, when municipalities change nothing.
SUMMER_WEEKS, SUMMER_PCT, NEW_YEAR_PCT = (26, 32), 40, 50
WITH_SYSTEMS = frozenset({"systems", "servers", "hosts"})


@dataclass(frozen=True)
class Found:
    """A file of the folder: the readers that know it and its rows, or why it is not read."""

    file: str
    readers: tuple[str, ...]
    tables: frozenset[str]
    rows: int
    problem: str = ""


@dataclass(frozen=True)
class NewCase:
    """The text of a new case.yaml, and the files that it is about."""

    text: str
    found: tuple[Found, ...]

    @property
    def recognised(self) -> tuple[Found, ...]:
        """Files that are sources of the case."""
        return tuple(one for one in self.found if one.readers)


def new_case(folder: Path, organisation: str, plan_date: date, texts: Texts) -> NewCase:
    """Write the case of a folder.

    Parameters
    ----------
    folder
        Where the files are; its subfolders are looked into, no deeper.
    organisation, plan_date
        What the case says of them; work begins on the Monday seven weeks later.

    Raises
    ------
    InventoryError
        The folder does not exist or holds no table.
    """
    if not folder.is_dir():
        raise InventoryError("there is no such folder", place=str(folder), remedy="Give the folder of your files.")
    found = tuple(_look(folder, name) for name in _names(folder))
    if not found:
        raise InventoryError(
            "the folder holds no table", place=str(folder), remedy="Put CSV, XLSX, JSON or ZIP files into it."
        )
    start = plan_date + timedelta(weeks=WEEKS_BEFORE_START, days=-plan_date.weekday())
    horizon = HORIZON if start < date(HORIZON.year, 1, 1) else date(start.year + 4, 12, 31)
    template = Template((TEXTS.parent / f"case.{texts.language}.yaml").read_text(encoding="utf-8"))
    text = template.substitute(
        organisation=in_one_line(organisation),
        plan_date=plan_date.isoformat(),
        start_date=start.isoformat(),
        horizon_date=horizon.isoformat(),
        sources=_sources(found, texts),
        freezes="\n".join(_freezes(start.year, horizon.year, texts)),
    )
    return NewCase(text, found)


def write_new_case(folder: Path, case: NewCase) -> Path:
    """Put a new case.yaml beside the files; one that is there already is never touched.

    Raises
    ------
    CaseError
        There is one, or the folder cannot be written to.
    """
    path = folder / "case.yaml"
    draft = folder / ".case.yaml.draft"
    try:
        draft.write_bytes(case.text.encode("utf-8"))
        # A link is made only where nothing stands, even if another process writes at the same moment.
        os.link(draft, path)
    except FileExistsError:
        raise CaseError(
            "there is a case already", place=str(path), remedy="Change it, or move it away first."
        ) from None
    except OSError as reason:
        raise CaseError(f"the case cannot be written ({reason.strerror})", place=str(path)) from None
    finally:
        draft.unlink(missing_ok=True)
    return path


def _names(folder: Path) -> Iterator[str]:
    """Files, the files of an RVTools export as the folder that they are in, and subfolders with tables."""
    files = files_of(folder)
    tabs = {file for file in files if is_tab_file(file)}
    if tabs:
        yield "."
    yield from (file.name for file in files if file not in tabs)
    below = (path for path in sorted(folder.iterdir()) if path.is_dir() and path.name[0] not in "._")
    yield from (f"{path.name}/" for path in below if files_of(path) and not (path / "manifest.json").exists())


def _look(folder: Path, name: str) -> Found:
    try:
        source = Source(file=name)
        series = find_series(folder, source)
        parts, _ = parts_of(folder, source, series=series)
        if name == ".":
            parts = [(part, sheets) for part, sheets in parts if part.reader == "rvtools"]
        series += [series_of_sheet(folder, *part) for part in parts if part[0].reader in series_dialects()]
        parts = [(part, sheets) for part, sheets in parts if part.reader not in series_dialects()]
        records = [record for part, sheets in parts for record in read_part(part, sheets)]
    except InventoryError as reason:
        is_unknown = "recognised" in reason.message
        return Found(name, (), frozenset(), 0, "" if is_unknown else reason.message)
    readers = tuple(
        dict.fromkeys(str(part.reader) for part in [*(part for part, _ in parts), *(one.source for one in series)])
    )
    rows = sum(one.rows_in for one in records) + sum(map(_lines, series))
    return Found(name, readers, frozenset(one.table for one in records), rows)


def _lines(series: SeriesFile) -> int:
    """Lines below the header; the file is passed through and not kept."""
    with series.open() as stream:
        return max(sum(1 for _ in stream) - series.layout.first_line + 1, 0)


def _sources(found: tuple[Found, ...], texts: Texts) -> str:
    say = texts.mapping
    lines = [] if any(one.readers for one in found) else [" []"]
    for one in found:
        name = in_one_line(one.file)
        if one.readers:
            note = say["init_read"].format(readers=", ".join(one.readers), rows=one.rows)
            lines.append(f"\n  - file: {name}  # {note}")
        else:
            note = say["init_problem" if one.problem else "init_unknown"]
            note = " ".join(note.format(file=quote(one.file), problem=one.problem).split())
            lines.append(f"\n  # - file: {name}  # {note}")
    return "".join(lines)


def _freezes(first: int, last: int, texts: Texts) -> Iterator[str]:
    say = texts.mapping
    for year in range(first, last + 1):
        summer = [date.fromisocalendar(year, SUMMER_WEEKS[0], 1), date.fromisocalendar(year, SUMMER_WEEKS[1], 7)]
        new_year = [date(year, 12, 15), date(year + 1, 1, 10)]
        for name, (begins, ends), share in (
            (f"{say['summer']} {year}", summer, SUMMER_PCT),
            (f"{say['new_year']} {year}/{(year + 1) % 100:02d}", new_year, NEW_YEAR_PCT),
        ):
            yield f"  - {{name: {name}, first: {begins}, last: {ends}, capacity_pct: {share}}}"
