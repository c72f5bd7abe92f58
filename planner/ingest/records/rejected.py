"""Rows that were rejected, as they stood in their file, to be mended and read again."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd

from planner.case import Case, Source
from planner.ingest.cells.values import clean
from planner.ingest.dialects.columns import REASON, tabs_of
from planner.ingest.dialects.families import by_tab
from planner.ingest.dialects.positions import DIALECT, with_header
from planner.ingest.files.sheets import Sheet
from planner.ingest.readers.plain import find_sheet
from planner.ingest.sources import RVTOOLS, parts_of


def rejected_files(case: Case, rejects: pd.DataFrame) -> dict[str, bytes]:
    """Look the rejected rows up in their files.

    Parameters
    ----------
    case
        The case that was read.
    rejects
        Table rejects of that reading.

    Returns
    -------
    dict of bytes
        By the name of a CSV file to write: one per sheet, with the sheet's own header row and separator and, first, the
        codes of why each row was rejected. The column of codes is passed over when the file is read again. Sources
        whose names are to be kept out have none.
    """
    codes = rejects.groupby(["file", rejects["sheet"].fillna(""), "row"])["code"].agg(" ".join)
    files: dict[str, bytes] = {}
    for number, source in enumerate(case.sources, start=1):
        for part, sheets in parts_of(case.folder, source, case.sources)[0] if not source.is_pseudonymised else []:
            for sheet in (_placed(sheet, part) for sheet in sheets):
                mine = {
                    row: codes[key] for row in sheet.numbers if (key := (sheet.file, sheet.name or "", row)) in codes
                }
                if mine:
                    files[_name(number, sheet)] = _written(sheet, part, mine)
    return files


def _placed(sheet: Sheet, part: Source) -> Sheet:
    return (with_header(sheet) if part.reader == DIALECT else None) or sheet


def _name(number: int, sheet: Sheet) -> str:
    place = f"{sheet.file}_{sheet.name}" if sheet.name else sheet.file
    return f"rejected_{number:02d}_{re.sub(r'[^0-9A-Za-zÅÄÖåäö]+', '_', place)}.csv"


def _written(sheet: Sheet, part: Source, codes: dict[int, str]) -> bytes:
    header = [REASON, *sheet.rows[_header_at(sheet, part)]]
    rows = [[codes[at], *row] for at, row in zip(sheet.numbers, sheet.rows, strict=True) if at in codes]
    text = io.StringIO()
    # A comma says nothing of decimal marks, which a workbook's numbers do not have.
    writer = csv.writer(text, delimiter=sheet.delimiter or ",", lineterminator="\r\n")
    writer.writerows([_text(cell) for cell in row] for row in [header, *rows])
    return text.getvalue().encode("utf-8-sig")


def _text(cell: object) -> str:
    text = clean(cell)
    # 12.125 alone in a text file could be twelve thousand; a fourth decimal proves the mark.
    return f"{text}0" if isinstance(cell, float) and re.search(r"\.\d{3}$", text) else text


def _header_at(sheet: Sheet, part: Source) -> int:
    if part.reader == RVTOOLS:
        return 0
    tables = [matched for tab in tabs_of(str(part.reader))[1:] for matched, _ in by_tab([sheet], str(part.reader))[tab]]
    if tables:
        return tables[0].header_at
    return find_sheet([sheet], part.model_copy(update={"sheet": sheet.name}))[0].header_at
