"""Which files of a source are series, by their first lines; how each is laid out, and how it is opened."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO
from zoneinfo import ZoneInfo

import pandas as pd

from planner.case import Source
from planner.errors import InventoryError
from planner.ingest.cells.values import clean, conventions_of
from planner.ingest.dialects.columns import MatchedSheet, dialects, load_map
from planner.ingest.dialects.recognise import recognise
from planner.ingest.files.sheets import DAMAGE, Sheet, head_of, tab_of
from planner.ingest.readers.plain import find_sheet
from planner.ingest.readers.series.blocks import Layout

HEAD_BYTES, HEAD_LINES = 64_000, 200
TABLE = "utilisation"
DEFAULT_ZONE = "Europe/Stockholm"
TEXTS = frozenset({".csv", ".txt", ".tsv"})
MAX_MEMBERS = 20_000
MAX_UNPACKED_BYTES = 100_000_000_000
MEASURES = ("cpu_pct", "memory_pct", "memory_used", "memory_available")
GIB_PER_UNIT = {"byte": 2**-30, "kb": 2**-20, "kib": 2**-20, "mb": 2**-10, "mib": 2**-10, "gb": 1.0, "gib": 1.0}


@dataclass(frozen=True)
class SeriesFile:
    """A file, or a member of a ZIP, that holds a series; a sheet of a workbook is written out as text."""

    source: Source
    path: Path
    member: str | None
    matched: MatchedSheet
    text: bytes | None = None

    @property
    def name(self) -> str:
        """Name of the file, as findings give it."""
        return self.matched.sheet.file

    @property
    def sheet(self) -> str | None:
        """Name of the sheet or of the file in the ZIP."""
        return self.matched.sheet.name

    @property
    def owner(self) -> str:
        """The server that a file without a column of servers is about: the file is named after it."""
        return (
            PurePosixPath(self.member or self.path.name).stem
            if self.text is None
            else str(self.sheet or PurePosixPath(self.name).stem)
        )

    @cached_property
    def layout(self) -> Layout:
        """Where its columns stand, and how it writes numbers."""
        return _layout_of(self)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the content, unpacked."""
        if self.text is not None:
            yield io.BytesIO(self.text)
        elif self.member is None:
            with self.path.open("rb") as stream:
                yield stream
        else:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as stream:
                yield stream

    def fingerprint(self) -> str:
        """SHA-256 of the file as it lies on disk."""
        if self.text is not None:
            return self.matched.sheet.sha256
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()


def series_dialects() -> frozenset[str]:
    """Readers of series."""
    return frozenset(name for name in dialects() if load_map(name).table == TABLE)


def find_series(folder: Path, source: Source) -> list[SeriesFile]:
    """Text files of a source, its folder or its ZIP, whose first lines are those of a series.

    Raises
    ------
    InventoryError
        The case says that the source is a series, and a header lacks what a series needs.
    """
    if source.reader is not None and source.reader not in series_dialects():
        return []
    path = folder / source.file
    found = []
    for file, member, head, size in _heads(path):
        if sheet := _head_sheet(file, member, head, size):
            matched = _matched(sheet, source)
            if matched is not None:
                reader, at = matched
                found.append(SeriesFile(source.model_copy(update={"reader": reader}), file, member, at))
    if sum(item.member is not None for item in found) > MAX_MEMBERS:
        raise InventoryError("the archive holds too much", place=source.file, remedy="Split it.")
    return found


def series_of_sheet(folder: Path, source: Source, sheets: list[Sheet]) -> SeriesFile:
    """A series in a sheet that was read whole, from a workbook or a list of records."""
    matched, _ = find_sheet([replace(sheet, delimiter="\t") for sheet in sheets], source)
    sheet, text = matched.sheet, io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    line = 1
    for number, row in zip(sheet.numbers, sheet.rows, strict=True):
        text.write("\n" * (number - line))
        writer.writerow([_cell(cell) for cell in row])
        line = number + 1
    return SeriesFile(source, folder / source.file, None, matched, text.getvalue().encode("utf-8"))


def _cell(cell: object) -> str:
    # A workbook's midnight is a day without a time.
    is_day = isinstance(cell, date) and not isinstance(cell, datetime)
    return f"{cell} 00:00:00" if is_day else clean(cell)


def _heads(path: Path) -> Iterator[tuple[Path, str | None, bytes, int]]:
    """First bytes of every text file, and how large it is."""
    if path.is_dir():
        for file in sorted(path.iterdir()):
            if file.is_file() and file.name[0] not in ".~":
                yield from _heads(file)
    elif path.suffix.lower() in TEXTS and path.is_file():
        with path.open("rb") as stream:
            yield path, None, stream.read(HEAD_BYTES), path.stat().st_size
    elif path.suffix.lower() == ".zip" and path.is_file():
        yield from _members(path)


def _members(path: Path) -> Iterator[tuple[Path, str | None, bytes, int]]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > MAX_UNPACKED_BYTES:
                return
            for item in sorted(archive.infolist(), key=lambda item: item.filename):
                if PurePosixPath(item.filename).suffix.lower() in TEXTS:
                    with archive.open(item) as stream:
                        yield path, item.filename, stream.read(HEAD_BYTES), item.file_size
    except DAMAGE:
        return  # reading its other files tells of the damage


def _head_sheet(file: Path, member: str | None, head: bytes, size: int) -> Sheet | None:
    """The whole lines of a head as a sheet; None when they are no table."""
    if size > len(head):
        head = head[: head.rfind(b"\n") + 1]
    # What is wrong further down costs the row that it stands in, not the file.
    head = b"".join(islice(io.BytesIO(head), HEAD_LINES))
    if not head.strip():
        return None
    try:
        sheet = head_of(Path(member or file.name), head)
    except InventoryError:
        return None
    return sheet if member is None else replace(sheet, file=file.name, name=tab_of(PurePosixPath(member).name))


def _matched(sheet: Sheet, source: Source) -> tuple[str, MatchedSheet] | None:
    if source.reader is not None:
        return source.reader, find_sheet([sheet], source.model_copy(update={"sheet": None}))[0]
    try:
        reader = recognise(sheet)
        if reader not in series_dialects():
            return None
        return reader, find_sheet([sheet], source.model_copy(update={"reader": reader, "sheet": None}))[0]
    except InventoryError:
        return None  # the sheet is read whole, and what is wrong with it is told there


def _layout_of(file: SeriesFile) -> Layout:
    """Where columns stand, and how numbers are written: as the first lines prove, else as the separator suggests."""
    matched, sheet = file.matched, file.matched.sheet
    delimiter = sheet.delimiter or "\t"
    columns = {match.column.name: match.index for match in matched.matches}
    measures = {name: columns[name] for name in MEASURES if name in columns and unit_of(file, name) is not None}
    below = [row[at] for row in sheet.rows[matched.header_at + 1 :] for at in measures.values() if at < len(row)]
    decimal = conventions_of(pd.Series(below, dtype="object"), delimiter).decimal
    header = sheet.rows[matched.header_at]
    return Layout(
        delimiter,
        decimal or ".",
        len(header),
        sheet.numbers[matched.header_at] + 1,
        columns.get("server"),
        columns["timestamp"],
        measures,
        {at: clean(cell) for at, cell in enumerate(header)},
    )


def unit_of(file: SeriesFile, measure: str) -> float | None:
    """GiB per unit of a column of memory, 1 for percentages; None when the header says no unit."""
    if measure.endswith("_pct"):
        return 1.0
    match = next(item for item in file.matched.matches if item.column.name == measure)
    if "byte" in match.header.casefold():
        return GIB_PER_UNIT["byte"]
    return GIB_PER_UNIT.get((match.unit or "").casefold())


def zone_of(file: SeriesFile) -> tuple[ZoneInfo, bool]:
    """Zone of times without an offset, and whether the case says it."""
    stated = file.source.timezone
    return ZoneInfo(stated or DEFAULT_ZONE), stated is not None
