"""Files to raw sheets: text tables in any usual encoding and delimiter, and XLSX workbooks."""

from __future__ import annotations

import hashlib
import io
import lzma
import re
import struct
import threading
import zipfile
import zlib
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from planner.errors import InventoryError
from planner.ingest.files.architecture import tables_of
from planner.ingest.files.extent import refuse_stray_values
from planner.ingest.files.lists import SUFFIXES, read_lists
from planner.ingest.files.tabs import is_left_out
from planner.ingest.files.text import decode, delimiter_of, text_rows

# All that reading a damaged or strange archive was seen to raise.
DAMAGE = (
    zipfile.BadZipFile,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)
WORKBOOKS = frozenset({".xlsx", ".xlsm", ".ods"})
TABLES = WORKBOOKS | {".csv", ".txt", ".tsv", ".json", ".xml", ".zip"}
MAX_MEMBERS = 500
MAX_UNPACKED_BYTES = 2_000_000_000
# Inventories pack ten to thirty times; what is large and packs a hundred times is made to fill the memory.
LARGE_BYTES, MAX_RATIO = 200_000_000, 100
TRUNCATED_AT = frozenset({1_000, 2_500, 3_000, 5_000, 10_000, 20_000, 25_000, 65_535, 1_048_575})
# Sheets of a workbook of so many bytes are parsed so many at once.
SIDE_BY_SIDE_FROM, AT_ONCE = 2_000_000, 2
BLANK = ("", None)
_SIGNATURES = {
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old .xls workbook",
    b"\x89PNG": "a picture",
    b"PK\x03\x04": "a ZIP or XLSX file",
}


Row = Sequence[object]


@dataclass(frozen=True)
class Sheet:
    """Rows of one sheet or text file as they stand; `numbers` are row numbers in the file, from 1.

    `notes` are codes of findings about the file as a whole.
    """

    file: str
    name: str | None
    rows: list[Row]
    numbers: list[int]
    delimiter: str | None
    sha256: str
    notes: tuple[tuple[str, str], ...] = ()


def read_sheets(path: Path, without: frozenset[str] = frozenset()) -> list[Sheet]:
    """Read every sheet of a workbook, the one table of a text file, the lists of a JSON or YAML file, the tables of an
    architecture model, or all of these in a folder or ZIP, `without` some members of the ZIP.

    A record of a list counts as a row, after a header in row 1; the rows of a model are its lines.

    Raises
    ------
    InventoryError
        Missing, empty, damaged, or something else than its name says.
    """
    if path.is_dir():
        return as_tabs(files_of(path))
    if not path.is_file():
        raise InventoryError("the source file does not exist", place=path.name, remedy="Check 'file' in case.yaml.")
    if path.suffix.lower() == ".zip" and path.stat().st_size:
        return list(_archive(path, without))
    data = path.read_bytes()
    if not data.strip():
        raise InventoryError("the file is empty", place=path.name, remedy="Export it again.")
    return _sheets(path, data)


def head_of(path: Path, data: bytes) -> Sheet:
    """The first lines of a text file as a sheet.

    Raises
    ------
    InventoryError
        They are no table.
    """
    return _text(path, data)


def _sheets(path: Path, data: bytes) -> list[Sheet]:
    if path.suffix.lower() in WORKBOOKS:
        return list(_workbook(path, data))
    if path.suffix.lower() in SUFFIXES:
        fingerprint = hashlib.sha256(data).hexdigest()
        return [
            Sheet(path.name, name, [*rows], list(range(1, len(rows) + 1)), None, fingerprint)
            for name, rows in read_lists(path, data)
        ]
    if path.suffix.lower() == ".xml":
        fingerprint = hashlib.sha256(data).hexdigest()
        return [
            Sheet(path.name, name, [*rows], numbers, None, fingerprint, notes)
            for name, rows, numbers, notes in tables_of(data, path.name)
        ]
    return [_text(path, data)]


def files_of(folder: Path) -> list[Path]:
    """Files of a folder that may hold tables, by name; hidden files and what is below are not read."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.suffix.lower() in TABLES and path.name[0] not in ".~"
    )


def as_tabs(files: list[Path], without: Mapping[Path, frozenset[str]] = MappingProxyType({})) -> list[Sheet]:
    """Sheets of several files; the table of a text file is named after it, as an export writes one file per tab."""
    read = ((file, sheet) for file in files for sheet in read_sheets(file, without.get(file, frozenset())))
    return [_named(sheet, file.name) for file, sheet in read]


def tab_of(name: str) -> str:
    """Name of the tab that a file of an RVTools export holds, or the rejected rows of such a tab."""
    stem = re.sub(r"^rejected_\d+_.*_(?=d?v[A-Z][A-Za-z_+]*$)", "", PurePosixPath(name).stem)
    return re.sub(r"^rvtools_?tab", "", stem, flags=re.IGNORECASE)


def _named(sheet: Sheet, file: str) -> Sheet:
    return sheet if sheet.name else replace(sheet, name=tab_of(file))


def _archive(path: Path, without: frozenset[str]) -> Iterator[Sheet]:
    # Members are read in memory and never written, so that no name can lead out of a folder.
    with path.open("rb") as stream:
        fingerprint = hashlib.file_digest(stream, "sha256").hexdigest()
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(
                (
                    item
                    for item in archive.infolist()
                    if PurePosixPath(item.filename).suffix.lower() in TABLES - {".zip"} and item.filename not in without
                ),
                key=lambda item: item.filename,
            )
            if len(members) > MAX_MEMBERS or _fills_memory(members):
                raise InventoryError("the archive holds too much", place=path.name, remedy="Split it.")
            for item in members:
                member = Path(PurePosixPath(item.filename).name)
                content = archive.read(item)
                if content.strip():
                    for sheet in _sheets(member, content):
                        yield replace(_named(sheet, member.name), file=path.name, sha256=fingerprint)
    except DAMAGE as reason:
        raise InventoryError(
            f"the archive cannot be read ({reason})", place=path.name, remedy="Make it again, without a password."
        ) from None


def _workbook(path: Path, data: bytes) -> Iterator[Sheet]:
    from python_calamine import CalamineError, CalamineWorkbook

    _refuse_bomb(path, data)
    fingerprint = hashlib.sha256(data).hexdigest()
    try:
        names = CalamineWorkbook.from_filelike(io.BytesIO(data)).sheet_names
        wanted = [name for name in names if not is_left_out(name, names)]
        with closing(_parsed(data, wanted)) as parsed:
            for name in names:
                rows, numbers = _rows_with_content(*next(parsed)) if name in wanted else ([], [])
                yield Sheet(path.name, name, rows, numbers, None, fingerprint)
    except (CalamineError, OSError, ValueError) as reason:
        raise InventoryError(
            f"the workbook cannot be read ({reason})",
            place=path.name,
            remedy="Open it in a spreadsheet and save it again, without a password.",
        ) from None


def _parsed(data: bytes, names: list[str]) -> Generator[tuple[Iterator[list[Any]], int]]:
    """Rows of each sheet, and how many columns are missing to their left.

    The sheets of a large workbook are parsed side by side, a few ahead: the parser holds no lock of Python's.
    """
    from python_calamine import CalamineWorkbook

    own = threading.local()

    def parse(name: str) -> tuple[Iterator[list[Any]], int]:
        if not hasattr(own, "workbook"):
            own.workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheet = own.workbook.get_sheet_by_name(name)
        return sheet.iter_rows(), sheet.start[1] if sheet.start else 0

    if len(data) < SIDE_BY_SIDE_FROM:
        yield from map(parse, names)
        return
    pool = ThreadPoolExecutor(AT_ONCE)
    ahead: deque[Future[tuple[Iterator[list[Any]], int]]] = deque()
    try:
        for name in names:
            ahead.append(pool.submit(parse, name))
            if len(ahead) > AT_ONCE + 1:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _refuse_bomb(path: Path, data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            is_bomb = _fills_memory(archive.infolist())
            if not is_bomb:
                refuse_stray_values(archive, path.name)
    except DAMAGE:
        raise InventoryError(
            f"this is not an {path.suffix.lower()} workbook",
            place=path.name,
            remedy="Save it anew from a spreadsheet, or name it by what it is.",
        ) from None
    if is_bomb:
        raise InventoryError("the workbook unpacks to too much", place=path.name, remedy="Split it, or save it anew.")


def _fills_memory(members: list[zipfile.ZipInfo]) -> bool:
    unpacked, packed = sum(item.file_size for item in members), sum(item.compress_size for item in members)
    return unpacked > MAX_UNPACKED_BYTES or (unpacked > LARGE_BYTES and unpacked > MAX_RATIO * packed)


def _rows_with_content(rows: Iterator[list[Any]], left: int) -> tuple[list[Row], list[int]]:
    # The reader pads missing rows above the first used cell but not missing columns to its left.
    kept: list[Row] = []
    numbers: list[int] = []
    for number, row in enumerate(rows, start=1):
        if (row and row[0] not in BLANK) or any(cell not in BLANK for cell in row):
            kept.append([""] * left + row if left else row)
            numbers.append(number)
    return kept, numbers


def _text(path: Path, data: bytes) -> Sheet:
    for signature, what in _SIGNATURES.items():
        if data.startswith(signature):
            raise InventoryError(
                f"the name says text but the content is {what}",
                place=path.name,
                remedy="Export it as CSV or XLSX.",
            )
    text, encoding = decode(path.name, data)
    delimiter = delimiter_of(text)
    rows, numbers = text_rows(path.name, text, delimiter)
    notes = (("assumed_encoding", encoding),) if encoding not in {"utf-8", "utf-16"} else ()
    return Sheet(path.name, None, rows, numbers, delimiter, hashlib.sha256(data).hexdigest(), notes)


def column_letter(index: int) -> str:
    """Spreadsheet letter of a column: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
