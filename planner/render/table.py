"""systems.csv: one row per system for a spreadsheet, safe against formulas in names."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

from planner.render.characters import writable
from planner.texts import load_texts
from planner.view.model import View
from planner.view.model.systems import System

# Also after what a spreadsheet may take for the end of a cell: Swedish ones part comma-separated files at semicolons.
_FORMULA_START = re.compile(r"(^|[;\t\r\n])(?=\s*[=+\-@\t\r])")

COLUMNS: dict[str, Callable[[System], object]] = {
    "system_id": lambda item: item.system_id,
    "name": lambda item: item.name,
    "organisation": lambda item: item.organisation,
    "business_area": lambda item: item.business_area,
    "proposal": lambda item: item.disposition,
    "state": lambda item: item.state,
    "wave": lambda item: item.wave,
    "quarter": lambda item: item.quarter,
    "end_date": lambda item: item.end_date,
    "runner_up": lambda item: item.runner_up,
    "margin": lambda item: item.margin,
    "days_low": lambda item: item.days[0],
    "days_likely": lambda item: item.days[1],
    "days_high": lambda item: item.days[2],
    "cost_low": lambda item: item.cost_sek[0],
    "cost_likely": lambda item: item.cost_sek[1],
    "cost_high": lambda item: item.cost_sek[2],
    "today": lambda item: item.today_sek,
    "target_low": lambda item: item.target_sek[0],
    "target_high": lambda item: item.target_sek[2],
    "servers": lambda item: item.servers,
    "decisions_first": lambda item: "; ".join(item.tasks),
    "questions": lambda item: "; ".join(item.questions),
}
# Columns of a view without details. No decisions: beside a name they tell what is secret about the system.
WITHOUT_DETAILS = (
    "system_id",
    "name",
    "business_area",
    "proposal",
    "state",
    "wave",
    "quarter",
    "end_date",
)


def render_systems(view: View) -> bytes:
    """Write the systems: UTF-8 with BOM, comma, CRLF, headers in the view's language."""
    words = load_texts(view.meta.language).interface
    columns = list(COLUMNS) if view.has_details else list(WITHOUT_DETAILS)
    lenses = [lens.label for lens in view.lenses]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([words[f"column_{name}"] for name in columns] + lenses)
    for item in view.systems:
        verdicts = {lens.label: lens.verdict for lens in item.lenses}
        row = [COLUMNS[name](item) for name in columns] + [verdicts[name] for name in lenses]
        writer.writerow([safe(value) for value in row])
    return ("\ufeff" + writable(buffer.getvalue())).encode("utf-8")


def safe(value: object) -> object:
    """Put an apostrophe before what a spreadsheet would take for a formula; numbers stay numbers, unknown is empty."""
    if value is None:
        return ""
    return _FORMULA_START.sub(r"\1'", value) if isinstance(value, str) else value
