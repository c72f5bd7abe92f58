"""Rows of the inventory that may be one and the same thing, for a person to decide on."""

from __future__ import annotations

from typing import Any

from planner.view.desk import Desk, text
from planner.view.model.systems import Pair, Record


def pairs(desk: Desk) -> tuple[Pair, ...]:
    """Pairs on which nobody has decided yet: those that wait for it, then those that a rule has merged."""
    rows = desk.table("matches").query("decision.isna() and state in ('proposed', 'merged')")
    ordered = rows.sort_values(
        ["state", "score", "table", "left_key", "right_key"], ascending=[False, False, True, True, True], kind="stable"
    )
    because = {rule.name: rule.because for rule in desk.plan.policy.matching.rules}
    return tuple(_pair(desk, row, because) for row in ordered.to_dict("records"))


def _pair(desk: Desk, row: dict[Any, Any], because: dict[str, Any]) -> Pair:
    told = because.get(row["rule"])
    return Pair(
        str(row["table"]),
        desk.texts.say(f"pair_of_{row['table']}"),
        _record(desk, row, "left"),
        _record(desk, row, "right"),
        getattr(told, desk.texts.language) if told is not None else str(row["rule"]),
        float(row["score"]),
        desk.texts.say(f"pair_{row['state']}"),
    )


def _record(desk: Desk, row: dict[Any, Any], side: str) -> Record:
    file, number = str(row[f"{side}_file"]), text(row[f"{side}_row"])
    return Record(str(row[f"{side}_key"]), text(row[f"{side}_name"]), file, f"{file}:{number}" if number else file)
