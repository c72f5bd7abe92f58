"""Scenarios side by side: as lines for a terminal, as Markdown and as CSV."""

from __future__ import annotations

import csv
import io
from datetime import date

from planner.errors import PlannerError
from planner.render.formats import count, day, money, money_span
from planner.render.markdown import escape
from planner.scenarios import BASE, ScenarioResult
from planner.scenarios.dominance import Dominance
from planner.scenarios.measures import Measure, Value
from planner.texts import Texts

Table = list[list[str]]
COLUMNS = ("scenario", "measure", "unit", "better", "low", "high", "known", "total", "dominated_by", "problem")


def scenario_lines(results: list[ScenarioResult], found: list[Dominance], texts: Texts) -> list[str]:
    """The table in columns of text, and what is dominated in words."""
    rows = _table(results, texts)
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [*lines, "", *_words(results, found, texts)]


def scenario_markdown(results: list[ScenarioResult], found: list[Dominance], texts: Texts) -> bytes:
    """The same as a Markdown page, with what each scenario is for."""
    rows = [[escape(cell) for cell in row] for row in _table(results, texts)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|---" + "|---:" * (len(rows[0]) - 1) + "|")
    reasons = [f"- **{escape(_title(one, texts))}**: {escape(one.because)}" for one in results if one.because]
    said = [escape(line) for line in _words(results, found, texts)]
    page = [f"# {escape(texts.scenarios['heading'])}", "", *lines, "", *("\n\n".join(said)).split("\n")]
    page += ["", f"## {escape(texts.scenarios['why'])}", "", *reasons] if reasons else []
    return ("\n".join(page) + "\n").encode("utf-8")


def scenario_csv(results: list[ScenarioResult], found: list[Dominance]) -> bytes:
    """One row per scenario and measure, with plain values; a blank is unknown."""
    by = {one.name: one.by for one in found}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in results:
        if one.problem:
            writer.writerow([one.name, *[""] * (len(COLUMNS) - 2), one.problem])
        for measure in one.measures.values():
            bounds = [_plain(value) for value in (measure.low, measure.high, measure.known, measure.total)]
            row = [one.name, measure.key, measure.unit, measure.better, *bounds, by.get(one.name, ""), ""]
            writer.writerow(row)
    return text.getvalue().encode("utf-8")


def scenario_file(name: str, results: list[ScenarioResult], found: list[Dominance], texts: Texts) -> bytes:
    """The kind of file that a name asks for.

    Raises
    ------
    PlannerError
        Neither CSV nor Markdown.
    """
    if name.endswith(".csv"):
        return scenario_csv(results, found)
    if name.endswith(".md"):
        return scenario_markdown(results, found, texts)
    raise PlannerError("the comparison is written as .csv or .md", value=name, remedy="Give --out such a name.")


def _plain(value: Value) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else f"{value:g}" if abs(value) < 1e5 else f"{value:.0f}"


def _title(one: ScenarioResult, texts: Texts) -> str:
    return texts.scenarios["base"] if one.name == BASE else one.title


def _table(results: list[ScenarioResult], texts: Texts) -> Table:
    keys = dict.fromkeys(key for one in results for key in one.measures)
    head = [texts.scenarios["measure"], *(_title(one, texts) for one in results)]
    return [head, *([texts.scenarios[key], *(_cell(one, key, texts) for one in results)] for key in keys)]


def _cell(one: ScenarioResult, key: str, texts: Texts) -> str:
    if one.problem:
        return texts.scenarios["no_plan"]
    measure = one.measures[key]
    low, high = (_said(measure, value, texts) for value in (measure.low, measure.high))
    text = low if low == high else f"{low}–{high}"
    if measure.unit == "sek" and isinstance(measure.low, float) and isinstance(measure.high, float) and low != high:
        text = money_span((measure.low, None, measure.high), texts.language, "", "")
    if measure.unit == "sek" and measure.known != measure.total:
        return texts.scenarios["of_known"].format(value=text, known=measure.known, total=measure.total)
    return text


def _said(measure: Measure, value: Value, texts: Texts) -> str:
    if value is None:
        return texts.scenarios["unknown"]
    if isinstance(value, date):
        return day(value.isoformat(), texts.language)
    if measure.unit == "sek":
        return money(value, texts.language)
    decimals = 0 if value == int(value) else 1
    number = count(value, texts.language, decimals)
    return f"{number}\u00a0%" if measure.unit == "percent" else number


def _words(results: list[ScenarioResult], found: list[Dominance], texts: Texts) -> list[str]:
    titles = {one.name: _title(one, texts) for one in results}
    lines = [
        texts.scenarios["problem"].format(name=titles[one.name], reason=one.problem) for one in results if one.problem
    ]
    for one in found:
        names = [texts.scenarios[key].split(",")[0].lower() for key in one.better_in]
        listed = f" {texts.scenarios['and']} ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
        given = {"name": titles[one.name], "by": titles[one.by], "measures": listed}
        lines.append(texts.scenarios["is_dominated"].format(**given))
    for result in results[1:]:
        if result.measures and result.measures == results[0].measures:
            same = {"name": titles[result.name], "other": titles[results[0].name]}
            lines.append(texts.scenarios["is_same"].format(**same))
    return [*(lines or [texts.scenarios["none_dominated"]]), texts.scenarios["worst_counts"]]
