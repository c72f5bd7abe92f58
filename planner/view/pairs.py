"""Rows of the inventory that may be one and the same thing, for a person to decide on."""

from __future__ import annotations

from typing import Any

from planner.view.desk import Desk, text
from planner.view.directions import closed
from planner.view.model.systems import Pair, Record


def pairs(desk: Desk) -> tuple[Pair, ...]:
    """Pairs on which nobody has decided yet: those that wait for it, then those that a rule has merged."""
    # As it stands, and not as documents show it: key and file go back into review.yaml.
    rows = desk.plan.portfolio["matches"].query("decision.isna() and state in ('proposed', 'merged')")
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
        _record(row, "left"),
        _record(row, "right"),
        getattr(told, desk.texts.language) if told is not None else str(row["rule"]),
        float(row["score"]),
        desk.texts.say(f"pair_{row['state']}"),
    )


def _record(row: dict[Any, Any], side: str) -> Record:
    key, file, number = str(row[f"{side}_key"]), str(row[f"{side}_file"]), text(row[f"{side}_row"])
    place = f"({key}), {file}:{number}" if number else f"({key}), {file}"
    return Record(key, file, closed(text(row[f"{side}_name"]) or key), closed(place))
