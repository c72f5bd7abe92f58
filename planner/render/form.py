"""The form with questions: a CSV or a workbook whose answers can be chosen from a list."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from planner.errors import PlannerError
from planner.texts import Texts
from planner.view.questions import Question

COLUMNS = ("rank", "asked_of", "organisation", "system_id", "system", "field", "question", "answers", "alone", "answer")
WIDTHS = (6, 16, 28, 14, 26, 24, 40, 44, 20, 30)
MAX_LIST = 255
# A workbook stores when it was made; a fixed day keeps the bytes the same.
MADE = datetime(2000, 1, 1)


def write_form(questions: Iterable[Question], texts: Texts, path: Path) -> None:
    """Write the form.

    Raises
    ------
    PlannerError
        The file is neither .csv nor .xlsx, or its folder does not exist.
    """
    writers = {".csv": _csv, ".xlsx": _workbook}
    if path.suffix.lower() not in writers:
        raise PlannerError("a form is .csv or .xlsx", place=str(path), value=path.suffix, remedy="Change the ending.")
    if not path.parent.is_dir():
        raise PlannerError("the folder does not exist", place=str(path.parent), remedy="Create it first.")
    heads = [texts.interface[f"q_{name}"] for name in COLUMNS]
    path.write_bytes(writers[path.suffix.lower()](heads, list(questions)))


def _cells(question: Question) -> list[str | int]:
    choices = " / ".join(question.choices)
    return [
        question.rank,
        question.asked_of,
        question.organisation,
        question.system_id,
        question.system,
        question.field,
        question.question,
        choices,
        question.alone,
        "",
    ]


def _csv(heads: list[str], questions: list[Question]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([_inert(cell) for cell in _cells(question)] for question in questions)
    return file.getvalue().encode("utf-8-sig")


def _inert(cell: str | int) -> str | int:
    """A text that a spreadsheet would take for a formula is quoted."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _workbook(heads: list[str], questions: list[Question]) -> bytes:
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": MADE})
    bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(heads[6][:31])
    sheet.write_row(0, 0, heads, bold)
    for row, question in enumerate(questions, start=1):
        sheet.write_row(row, 0, _cells(question), wrap)
        if 0 < sum(len(choice) + 1 for choice in question.choices) <= MAX_LIST:
            sheet.data_validation(
                row, len(heads) - 1, row, len(heads) - 1, {"validate": "list", "source": list(question.choices)}
            )
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(questions), 1), len(heads) - 1)
    book.close()
    return file.getvalue()
