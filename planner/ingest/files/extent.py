"""How far the values of a workbook's sheets reach, found without unfolding them.

A reader allocates every cell of a sheet's used range, so one stray value in the last row costs gigabytes. Only
sheets whose declared
range is large, or not declared, are scanned.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from planner.errors import InventoryError

MAX_CELLS = 20_000_000
_DIMENSION = re.compile(rb'<dimension ref="(?:[A-Z]+\d+:)?([A-Z]+)(\d+)"')
_VALUE = re.compile(rb'<c r="([A-Z]+)(\d+)"[^>]*[^/]>')
_HEAD_BYTES = 4096
# An OpenDocument sheet has no more; what is said to stand beyond would be cut off without a word.
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def refuse_stray_values(archive: zipfile.ZipFile, file: str) -> None:
    """Refuse a workbook with a value so far away that the used range is no inventory.

    Raises
    ------
    InventoryError
        Names the farthest cell and what to do.
    """
    if "content.xml" in archive.namelist():
        _check_open_document(archive, file)
    for name in sorted(archive.namelist()):
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            _check_sheet(archive, name, file)


def _check_sheet(archive: zipfile.ZipFile, name: str, file: str) -> None:
    with archive.open(name) as sheet:
        head = sheet.read(_HEAD_BYTES)
    declared = _DIMENSION.search(head)
    if declared and _column(declared[1]) * int(declared[2]) <= MAX_CELLS:
        return
    cells = _VALUE.findall(archive.read(name))
    rows = max((int(row) for _, row in cells), default=0)
    letters = max((letters for letters, _ in cells), key=_column, default=b"A")
    if rows * _column(letters) > MAX_CELLS:
        raise InventoryError(
            f"the used range is {rows} rows x {_column(letters)} columns, too large for an inventory",
            place=f"{file} ({name.rpartition('/')[2]}):{rows}:{letters.decode()}",
            remedy="Delete the stray cell there, or the blank rows and columns around the data, and save again.",
        )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _check_open_document(archive: zipfile.ZipFile, file: str) -> None:
    """In OpenDocument a cell or row says how often it is repeated, so that a small file can hold a billion cells."""
    for sheet, rows, columns in _used_ranges(archive):
        if rows * columns > MAX_CELLS or rows > MAX_ROWS or columns > MAX_COLUMNS:
            raise InventoryError(
                f"the used range is {rows} rows x {columns} columns, too large for an inventory",
                place=f"{file}[{sheet}]:{rows}",
                remedy="Delete the stray cell there, or the repeated cells, and save again.",
            )


def _used_ranges(archive: zipfile.ZipFile) -> Iterator[tuple[str, int, int]]:
    from lxml import etree

    sheet, at, rows, columns = "", 0, 0, 0
    try:
        with archive.open("content.xml") as content:
            tags = [f"{_TABLE}table", f"{_TABLE}table-row"]
            for event, element in etree.iterparse(
                content, events=("start", "end"), tag=tags, resolve_entities=False, no_network=True, load_dtd=False
            ):
                is_table = element.tag == tags[0]
                if is_table and event == "start":
                    sheet, at, rows, columns = element.get(f"{_TABLE}name", ""), 0, 0, 0
                elif is_table:
                    yield sheet, rows, columns
                elif event == "end":
                    at += int(element.get(f"{_TABLE}number-rows-repeated", 1))
                    width = _width(element)
                    rows, columns = (at, max(columns, width)) if width else (rows, columns)
                    element.clear()
    except etree.XMLSyntaxError as reason:
        raise ValueError(f"its content is not XML: {reason}") from None


def _width(row: Iterable[Any]) -> int:
    """Number of the last cell of a row in which something stands."""
    at = width = 0
    for cell in row:
        at += int(cell.get(f"{_TABLE}number-columns-repeated", 1))
        if len(cell):
            width = at
    return width
