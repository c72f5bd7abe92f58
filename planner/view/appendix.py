"""The back pages: findings in words, rules that were used, and the numbers that the plan assumes."""

from __future__ import annotations

from typing import Any

import pandas as pd
from pydantic import BaseModel

from planner.facts.laws import load_laws
from planner.plan import SEVERITIES
from planner.policy import Gate, Number, Rule, business_case
from planner.texts import Texts
from planner.view.desk import Desk, iso, text
from planner.view.model.appendix import Assumption, CataloguePart, LawRow, Note, RuleRow, SourceRow

STATUSES = ("law", "guidance", "proposal", "fact", "own")


def notes(findings: pd.DataFrame, rejects: pd.DataFrame, names: dict[str, str], texts: Texts) -> tuple[Note, ...]:
    """Findings and rejected rows in words, worst first."""
    rows = findings.to_dict("records")
    rows += [
        {**row, "severity": "warning", "column": row["column"], "detail": row["code"], "row_id": None, "table": None}
        for row in rejects.to_dict("records")
    ]
    made = [note_of({str(key): value for key, value in row.items()}, names, texts) for row in rows]
    return tuple(sorted(made, key=lambda note: (SEVERITIES.index(note.severity), note.text, note.place, note.record)))


def note_of(row: dict[str, Any], names: dict[str, str], texts: Texts) -> Note:
    """One finding in words."""
    name = names.get(text(row["row_id"]), text(row["row_id"]))
    detail = texts.labels.get(text(row["detail"])) or texts.day(texts.field(text(row["detail"])))
    given = {"value": texts.day(text(row["value"])), "detail": detail, "name": name}
    code = str(row["code"])
    return Note(
        str(row["severity"]),
        texts.say(f"severity_{row['severity']}"),
        place_of(row),
        name,
        text(row["value"]),
        texts.finding(code, "text", **given),
        texts.finding(code, "remedy", **given),
    )


def place_of(row: dict[str, Any]) -> str:
    """`file[sheet]:row:column`, as far as it is known."""
    sheet = f"[{row['sheet']}]" if text(row["sheet"]) else ""
    parts = [f"{text(row['file'])}{sheet}", text(row["row"]), text(row["column"])]
    return ":".join(part for part in parts if part)


def finding_counts(notes_: tuple[Note, ...], texts: Texts) -> tuple[tuple[str, int], ...]:
    """How many findings of each severity."""
    return tuple((texts.say(f"severity_{key}"), sum(note.severity == key for note in notes_)) for key in SEVERITIES)


def rules(desk: Desk) -> tuple[RuleRow, ...]:
    """Every gate and rule of the policy; how often it fired is for internal readers, since a 1 points at a system."""
    fired = desk.table("evidence").query("outcome == 'true'")["rule"].value_counts()
    made = []
    for item in desk.plan.policy.decisions.everything:
        effect = (
            desk.texts.say(f"effect_{item.verdict}")
            if isinstance(item, Gate)
            else f"{desk.written(item.points, '+g')} {desk.texts.say(f'option_{item.then}')}"
        )
        kind = desk.texts.say("kind_gate" if isinstance(item, Gate) else "kind_rule")
        made.append(
            RuleRow(
                item.name,
                kind,
                effect,
                getattr(item.because, desk.texts.language),
                _source(desk, item),
                int(fired.get(item.name, 0)) if desk.is_internal else None,
            )
        )
    return tuple(made)


def laws(desk: Desk) -> tuple[LawRow, ...]:
    """Dated facts that the plan rests on: law first, own models last."""
    by_id, language, say = load_laws().by_id, desk.texts.language, desk.texts.say
    rows = sorted(desk.table("laws").to_dict("records"), key=lambda row: STATUSES.index(row["status"]))
    return tuple(
        LawRow(
            getattr(by_id[row["fact_id"]], f"title_{language}"),
            desk.texts.dated(getattr(by_id[row["fact_id"]], f"fact_{language}")),
            say(f"law_status_{row['status']}"),
            say(f"law_mark_{row['mark']}"),
            iso(by_id[row["fact_id"]].key_date),
            desk.texts.of_policy(by_id[row["fact_id"]].source or ""),
            f"{row['as_of']:%Y-%m-%d}",
            f"{row['review_by']:%Y-%m-%d}",
            bool(row["is_review_late"]),
        )
        for row in rows
    )


def _source(desk: Desk, item: Gate | Rule) -> str:
    source = desk.texts.of_policy(item.source)
    return f"{source} ({desk.texts.say('own_rule')})" if desk.plan.policy.is_own(item.name) else source


def assumptions(desk: Desk) -> tuple[Assumption, ...]:
    """Every number of the policy that a reader may dispute."""
    policy = desk.plan.policy
    parts: list[tuple[str, BaseModel]] = [
        ("sizing", policy.sizing),
        ("effort", policy.effort),
        ("schedule", policy.schedule),
        ("lenses", policy.lenses),
        ("simulation", policy.simulation),
        ("groups", policy.groups),
        ("groups.weights", policy.groups.weights),
        ("groups.shared", policy.groups.shared),
        ("catalogue", policy.catalogue),
    ]
    fixed = [
        _assumption(desk, f"{part}.{name}", desk.texts.figure(value.value), value)
        for part, model in [*parts, ("business_case", policy.business_case)]
        for name, value in model
        if isinstance(value, Number)
    ]
    spans = [
        _assumption(
            desk,
            f"business_case.{name}",
            " / ".join(desk.texts.figure(point) for point in (item.low, item.likely, item.high)),
            item,
        )
        for name, item in policy.business_case.assumptions.items()
    ]
    return (*fixed, *spans)


def _assumption(desk: Desk, name: str, value: str, item: Number | business_case.Assumption) -> Assumption:
    say = desk.texts.of_policy
    return Assumption(name, f"{value} {say(item.unit)}", say(item.because), say(item.source))


def catalogue_parts(desk: Desk) -> tuple[CataloguePart, ...]:
    """Cloud facts of the case's region, part by part."""
    say = desk.texts.say
    return tuple(
        CataloguePart(
            say(f"catalogue_{row['part']}"),
            say(f"catalogue_state_{row['state']}"),
            int(row["rows"]),
            iso(row["as_of"]),
            None if pd.isna(row["age_days"]) else int(row["age_days"]),
            bool(row["is_old"]),
            text(row["reason"]),
        )
        for row in desk.table("catalogue_parts").to_dict("records")
    )


def sources(desk: Desk) -> tuple[SourceRow, ...]:
    """The fate of every source's rows."""
    columns = ["file", "sheet", "fills", "rows_in", "rows_used", "rows_merged", "rows_rejected"]
    return tuple(
        SourceRow(row[0], text(row[1]), row[2], *map(int, row[3:]))
        for row in desk.table("sources")[columns].itertuples(index=False)
    )
