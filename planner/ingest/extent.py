"""How far the values of a workbook's sheets reach, found without unfolding them.

A reader allocates every cell of a sheet's used range, so one stray value in the last row costs gigabytes. Only
sheets whose declared
range is large, or not declared, are scanned.
"""

from __future__ import annotations

import re
import zipfile

from planner.errors import InventoryError

MAX_CELLS = 20_000_000
_DIMENSION = re.compile(rb'<dimension ref="(?:[A-Z]+\d+:)?([A-Z]+)(\d+)"')
_VALUE = re.compile(rb'<c r="([A-Z]+)(\d+)"[^>]*[^/]>')
_HEAD_BYTES = 4096


def refuse_stray_values(archive: zipfile.ZipFile, file: str) -> None:
    """Refuse a workbook with a value so far away that the used range is no inventory.

    Raises
    ------
    InventoryError
        Names the farthest cell and what to do.
    """
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
