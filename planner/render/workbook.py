"""roadmap.xlsx: typed tables to sort and filter, and columns in which a person may decide otherwise."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from planner.render.form import MADE
from planner.render.table import COLUMNS, WITHOUT_DETAILS
from planner.texts import Texts, load_texts
from planner.view.model import View
from planner.view.model.systems import System

# What Excel takes in one cell; xlsxwriter leaves out what is longer without a word.
MAX_CELL = 32_767
OPTIONS = ("retire", "repurchase", "rehost", "relocate", "replatform", "refactor", "retain")
# Columns that are read back as a review; the texts give their headers.
REVIEW = ("own_decision", "own_quarter", "own_reason", "own_by", "own_until")
WIDE = {
    "name": 34,
    "organisation": 30,
    "questions": 50,
    "decisions_first": 50,
    "what": 50,
    "why": 60,
    "key": 24,
    "value": 70,
}
FORMATS = {"text": {}, "number": {"num_format": "#,##0"}, "date": {"num_format": "yyyy-mm-dd"}}
Cell = str | float | date | None


@dataclass(frozen=True)
class Sheet:
    """One table: its title, the keys of its columns, their headers and kinds, and the rows."""

    title: str
    keys: Sequence[str]
    headers: Sequence[str]
    kinds: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def render_workbook(view: View) -> bytes:
    """Render the workbook; no cell is a formula or a link, whatever the inventory says."""
    import xlsxwriter

    texts = load_texts(view.meta.language)
    file = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(file, {"in_memory": True, **as_text})
    book.set_properties({"title": f"{texts.interface['roadmap']} {view.meta.organisation}"[:255], "created": MADE})
    looks = {kind: book.add_format({"valign": "top", **look}) for kind, look in FORMATS.items()}
    looks["open"] = book.add_format({"valign": "top", "bg_color": "#FFF8DC", "locked": False})
    looks["head"] = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    for number, sheet in enumerate(
        (_systems(view, texts), _waves(view, texts), _asks(view, texts), _about(view, texts))
    ):
        made = _write(book, sheet, looks, number)
        if number == 0 and view.has_details:
            _validate(made, sheet, texts, looks["open"])
    book.close()
    return file.getvalue()


def _write(book: Any, sheet: Sheet, looks: dict[str, Any], number: int) -> Any:
    page = book.add_worksheet(sheet.title[:31])
    writers = {"text": _text, "number": page.write_number, "date": _day}
    for row, cells in enumerate(sheet.rows, start=1):
        for column, (kind, value) in enumerate(zip(sheet.kinds, cells, strict=True)):
            if value is not None and value != "":
                write: Callable[..., Any] = writers[kind]
                write(*((page,) if kind != "number" else ()), row, column, value, looks[kind])
    columns = [{"header": header, "header_format": looks["head"]} for header in sheet.headers]
    last = (max(len(sheet.rows), 1), len(sheet.keys) - 1)
    page.add_table(0, 0, *last, {"name": f"tabell{number + 1}", "columns": columns, "style": "Table Style Light 1"})
    for column, (key, kind) in enumerate(zip(sheet.keys, sheet.kinds, strict=True)):
        page.set_column(column, column, WIDE.get(key, 14 if kind != "text" else 18))
    page.freeze_panes(1, 2 if number == 0 else 0)
    page.repeat_rows(0)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    return page


def _text(page: Any, row: int, column: int, value: object, look: Any) -> None:
    text = str(value)
    page.write_string(row, column, text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 4]} […]", look)


def _day(page: Any, row: int, column: int, value: object, look: Any) -> None:
    page.write_datetime(row, column, datetime.fromisoformat(str(value)), look)


def _systems(view: View, texts: Texts) -> Sheet:
    """All systems; for internal readers with the columns of the review, of which the decision is chosen from a list."""
    keys = list(COLUMNS) if view.has_details else list(WITHOUT_DETAILS)
    lenses = [lens.label for lens in view.lenses]
    own = list(REVIEW) if view.has_details else []
    kinds = [_kind(key, view.systems) for key in keys] + ["text"] * (len(lenses) + len(own))
    rows = []
    for item in view.systems:
        verdicts = {lens.label: lens.verdict for lens in item.lenses}
        cells: list[Any] = [COLUMNS[key](item) for key in keys]
        rows.append([*cells, *(verdicts[label] for label in lenses), *([None] * len(own))])
    headers = [texts.interface[f"column_{key}"] for key in keys] + lenses + [texts.export[key] for key in own]
    return Sheet(texts.interface["systems"], keys + lenses + own, headers, kinds, rows)


def _kind(key: str, systems: Sequence[System]) -> str:
    if key == "end_date":
        return "date"
    values = [value for value in map(COLUMNS[key], systems) if value is not None]
    return "number" if values and all(isinstance(value, int | float) for value in values) else "text"


def _validate(page: Any, sheet: Sheet, texts: Texts, look: Any) -> None:
    """What may stand in the columns of the review; they are marked by their colour."""
    first, last = len(sheet.keys) - len(REVIEW), max(len(sheet.rows), 1)
    labels = [texts.say(f"option_{key}") for key in OPTIONS]
    rules: dict[str, dict[str, Any]] = {
        "own_decision": {"validate": "list", "source": [*labels, texts.export["own_approved"]]},
        "own_quarter": {"validate": "length", "criteria": "==", "value": len("2027-Q1")},
        "own_reason": {"validate": "length", "criteria": "<=", "value": 500},
        "own_by": {"validate": "length", "criteria": "<=", "value": 120},
        "own_until": {"validate": "date", "criteria": ">=", "value": date(2020, 1, 1)},
    }
    for at, key in enumerate(REVIEW):
        said = {"input_title": texts.export[key][:32], "input_message": texts.export[f"{key}_means"][:255]}
        page.data_validation(1, first + at, last, first + at, {**rules[key], **said})
        for row in range(1, last + 1):
            page.write_blank(row, first + at, None, look)


def _waves(view: View, texts: Texts) -> Sheet:
    word = texts.interface
    columns: dict[str, tuple[str, str]] = {
        "wave": (word["wave"], "number"),
        "quarter": (word["change_in"], "text"),
        "start": (texts.export["start"], "date"),
        "end": (texts.export["end"], "date"),
        "count": (word["systems"], "number"),
        "days_low": (word["column_days_low"], "number"),
        "days_likely": (word["column_days_likely"], "number"),
        "days_high": (word["column_days_high"], "number"),
        "cost_likely": (word["column_cost_likely"], "number"),
    }
    rows = [
        [wave.number, wave.quarter, wave.start_date, wave.end_date, len(wave.systems), *wave.days, wave.cost_sek[1]]
        for wave in view.waves
    ]
    return _sheet(word["waves"], columns, rows)


def _asks(view: View, texts: Texts) -> Sheet:
    word = texts.interface
    columns = {
        "what": (word["what"], "text"),
        "by_whom": (word["by_whom"], "text"),
        "by_date": (word["by_when"], "date"),
        "count": (word["systems"], "number"),
        "why": (word["otherwise"], "text"),
    }
    # For a decision on money no system is counted.
    rows = [[ask.what, ask.by_whom, ask.by_date, ask.count or None, ask.consequence] for ask in view.asks]
    return _sheet(word["asks"], columns, rows)


def _about(view: View, texts: Texts) -> Sheet:
    word, meta = texts.interface, view.meta
    columns = {"key": (texts.export["about_what"], "text"), "value": (texts.export["about_value"], "text")}
    rows: list[list[Cell]] = [
        [word["organisation"], meta.organisation],
        [word["plan_id"], meta.plan_id],
        [word["plan_date"], meta.plan_date],
        [word["diary_number"], meta.diary_number],
        [word["contact"], meta.contact_role],
        [texts.export["about_version"], f"{word[f'audience_{meta.audience}']}, {word['draft']}"],
        [texts.export["about_conclusion"], view.conclusion],
    ]
    if view.has_details:
        rows.append([texts.export["about_review"], texts.export["about_review_how"]])
    return _sheet(texts.export["about"], columns, rows)


def _sheet(title: str, columns: dict[str, tuple[str, str]], rows: Sequence[Sequence[Cell]]) -> Sheet:
    return Sheet(
        title, list(columns), [item[0] for item in columns.values()], [item[1] for item in columns.values()], rows
    )
