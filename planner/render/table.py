"""systems.csv: one row per system for a spreadsheet, safe against formulas in names."""

from __future__ import annotations

import csv
import io
from typing import Any

from planner.texts import load_texts
from planner.view.model import System, View

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def render_systems(view: View) -> bytes:
    """Write the systems: UTF-8 with BOM, comma, CRLF, headers in the view's language."""
    words = load_texts(view.meta.language).interface
    columns = _COLUMNS if view.has_details else [name for name in _COLUMNS if name not in _INTERNAL]
    lenses = [lens.label for lens in view.lenses]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([words[f"column_{name}"] for name in columns] + lenses)
    for item in view.systems:
        row = _row(item)
        verdicts = {lens.label: lens.verdict for lens in item.lenses}
        writer.writerow([safe(row[name]) for name in columns] + [safe(verdicts[name]) for name in lenses])
    return ("\ufeff" + buffer.getvalue()).encode("utf-8")


def safe(value: object) -> object:
    """Put an apostrophe before a text that a spreadsheet would take for a formula; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return "'" + value
    return value


_COLUMNS = [
    "system_id",
    "name",
    "organisation",
    "business_area",
    "proposal",
    "state",
    "wave",
    "quarter",
    "end_date",
    "runner_up",
    "margin",
    "days_low",
    "days_likely",
    "days_high",
    "cost_low",
    "cost_likely",
    "cost_high",
    "today",
    "target_low",
    "target_high",
    "servers",
    "decisions_first",
    "questions",
]
_INTERNAL = frozenset(_COLUMNS[9:21]) | {"questions", "organisation", "decisions_first"}


def _row(item: System) -> dict[str, Any]:
    return {
        "system_id": item.system_id,
        "name": item.name,
        "organisation": item.organisation,
        "business_area": item.business_area,
        "proposal": item.disposition,
        "state": item.state,
        "wave": item.wave,
        "quarter": item.quarter,
        "end_date": item.end_date,
        "runner_up": item.runner_up,
        "margin": item.margin,
        "days_low": item.days[0],
        "days_likely": item.days[1],
        "days_high": item.days[2],
        "cost_low": item.cost_sek[0],
        "cost_likely": item.cost_sek[1],
        "cost_high": item.cost_sek[2],
        "today": item.today_sek,
        "target_low": item.target_sek[0],
        "target_high": item.target_sek[2],
        "servers": item.servers,
        "decisions_first": "; ".join(item.tasks),
        "questions": "; ".join(item.questions),
    }
