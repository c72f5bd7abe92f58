"""The fleet report as Markdown and CSV."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from planner.csvfile import to_csv_bytes
from planner.render.formats import count, day, money, money_span
from planner.render.markdown import escape
from planner.texts import Texts

SHOWN = 25
SHOWN_PER_CHANCE = 10
CHANCES = ("buy_together", "operate_together", "negotiate_together", "decide_together")
MOVES = ("rehost", "relocate", "replatform", "refactor")


def fleet_files(report: dict[str, pd.DataFrame], texts: Texts) -> dict[str, bytes]:
    """Files of the report by name: fleet.md and one CSV per table."""
    tables = {f"{name}.csv": to_csv_bytes(table) for name, table in report.items()}
    return {"fleet.md": fleet_markdown(report, texts), **tables}


def fleet_markdown(report: dict[str, pd.DataFrame], texts: Texts) -> bytes:
    """The report as a Markdown page."""
    every, words = report["fleet_organisations"], texts.fleet
    planned = every[every["state"] == "planned"]
    counts = {"planned": len(planned), "total": len(every)}
    sums = {name: count(int(planned[name].sum()), texts.language) for name in ("systems", "undecided")}
    lines = [f"# {words['heading']}", "", words["internal"], "", words["summary"].format(**counts, **sums)]
    failed = every[every["state"] == "failed"]
    if len(failed):
        said = zip(failed["case"], failed["problem"], strict=True)
        lines += ["", f"## {words['failed_heading']}", ""]
        lines += [f"- **{escape(case)}**: {escape(problem)}" for case, problem in said]
    lines += ["", f"## {words['organisations_heading']}", "", *_organisations(planned, texts)]
    lines += ["", f"## {words['chances_heading']}", "", *_chances(report["fleet_chances"], texts)]
    lines += ["", f"## {words['shared_heading']}", "", *_shared(report["fleet_shared"], texts)]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _organisations(planned: pd.DataFrame, texts: Texts) -> list[str]:
    heads = ["organisation", "case", "systems", "undecided", "retire", "replace", "move", "retain"]
    heads += ["effort", "one_off", "last_cutover", "late", "errors"]
    rows = [
        [
            str(row["organisation"]),
            str(row["case"]),
            *(_number(row[name], texts) for name in ("systems", "undecided", "retire", "repurchase")),
            _number(sum(row[name] for name in MOVES), texts),
            _number(row["retain"], texts),
            _number(row["effort_days"], texts),
            _one_off(row, texts),
            _day(row["last_cutover_date"], texts),
            *(_number(row[name], texts) for name in ("late_groups", "errors")),
        ]
        for row in planned.to_dict("records")
    ]
    return _table(heads, rows, texts)


def _chances(chances: pd.DataFrame, texts: Texts) -> list[str]:
    rows = [
        [
            texts.fleet[row["chance"]],
            _marked(row),
            _number(row["organisations"], texts),
            _number(row["systems"], texts),
            _known(row["annual_cost_sek"], row["cost_known"], row["systems"], texts),
            _period(row["first_date"], row["last_date"], texts),
        ]
        for kind in CHANCES
        for row in chances[chances["chance"] == kind].head(SHOWN_PER_CHANCE).to_dict("records")
    ]
    given = {"shown": len(rows), "total": count(len(chances), texts.language)}
    heads = ["chance", "shared", "organisations", "systems", "cost", "period"]
    return [texts.fleet["chances_intro"].format(**given), "", *_table(heads, rows, texts)]


def _shared(shared: pd.DataFrame, texts: Texts) -> list[str]:
    by = shared.groupby("shared_id", sort=False)
    order = by.first().sort_values("organisations", ascending=False, kind="stable")
    kept = order.head(SHOWN)
    rows = [
        [
            texts.fleet[row["kind"]],
            _marked(row),
            _number(row["organisations"], texts),
            _number(len(members), texts),
            _proposals(members["disposition"], texts),
        ]
        for key, row in zip(kept.index, kept.to_dict("records"), strict=True)
        for members in [by.get_group(key)]
    ]
    given = {"shown": len(rows), "total": count(len(order), texts.language)}
    heads = ["kind", "shared", "organisations", "systems", "proposals"]
    return [texts.fleet["shared_intro"].format(**given), "", *_table(heads, rows, texts)]


def _proposals(dispositions: pd.Series, texts: Texts) -> str:
    counts = dispositions.value_counts()
    said = [f"{texts.value('disposition', name)} {counts[name]}" for name in sorted(counts.index)]
    unknown = int(dispositions.isna().sum())
    return ", ".join([*said, *([f"{texts.fleet['undecided'].lower()} {unknown}"] if unknown else [])])


def _table(heads: Iterable[str], rows: list[list[str]], texts: Texts) -> list[str]:
    if not rows:
        return [texts.fleet["none"]]
    names = [texts.fleet[head] for head in heads]
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return [*lines, *("| " + " | ".join(escape(cell) for cell in row) + " |" for row in rows)]


def _marked(row: dict[str, object]) -> str:
    return f"{row['shared']}{' *' if row['confidence'] == 'low' else ''}"


def _number(value: object, texts: Texts) -> str:
    return texts.fleet["unknown"] if pd.isna(value) else count(round(float(str(value))), texts.language)


def _day(value: object, texts: Texts) -> str:
    return "–" if pd.isna(value) else day(pd.Timestamp(str(value)).date().isoformat(), texts.language)


def _period(first: object, last: object, texts: Texts) -> str:
    begins, ends = _day(first, texts), _day(last, texts)
    return begins if begins == ends else f"{begins} – {ends}"


def _one_off(row: dict[str, object], texts: Texts) -> str:
    low, high = row["one_off_low_sek"], row["one_off_high_sek"]
    if pd.isna(low) or pd.isna(high):
        return texts.fleet["unknown"]
    text = money_span((float(str(low)), None, float(str(high))), texts.language, "", "")
    return _of(text, row["one_off_known"], row["systems"], texts)


def _known(value: object, known: object, total: object, texts: Texts) -> str:
    if pd.isna(value):
        return texts.fleet["unknown"]
    return _of(money(float(str(value)), texts.language), known, total, texts)


def _of(text: str, known: object, total: object, texts: Texts) -> str:
    return text if known == total else texts.fleet["of_known"].format(value=text, known=known, total=total)
