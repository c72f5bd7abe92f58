"""Which rules turned on a system, and the columns of the inventory that they read."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planner.lineage import DERIVED

_TELLS = ["outcome", "effect", "options", "points"]


def turned(old: pd.DataFrame, new: pd.DataFrame) -> dict[str, tuple[set[str], set[str]]]:
    """Names of rules and of fields that turned, by system; from the rows of evidence that differ.

    A rule turned where it holds on one side only, can be decided on one side only, or does something else; a field of
    such a rule turned where its value is another one, or where the rule says nothing of it on one side.
    """
    columns = ["system_id", "rule", "values", *_TELLS]
    both = old[columns].merge(new[columns], on=["system_id", "rule"], how="outer", suffixes=("_old", "_new")).fillna("")
    is_turned = pd.Series(False, index=both.index)
    for name in _TELLS:
        is_turned |= (both[f"{name}_old"] != both[f"{name}_new"]).astype(bool)
    found: dict[str, tuple[set[str], set[str]]] = {}
    picked = both.loc[is_turned, ["system_id", "rule", "values_old", "values_new"]]
    for system_id, rule, before, after in picked.itertuples(index=False, name=None):
        rules, fields = found.setdefault(system_id, (set(), set()))
        rules.add(rule)
        one, other = _values(before), _values(after)
        fields |= {name for name in {*one, *other} if one.get(name) != other.get(name)}
    return found


def _values(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split("; ") if part)
    return {name: value for name, _, value in pairs}


def columns_behind(fields: set[str], inputs: dict[str, Any]) -> set[tuple[str, str]]:
    """Tables and columns that decide some fields of rules, through what is derived and through the lenses."""
    lenses = inputs.get("policy", {}).get("lenses", {}).get("lenses", {})
    behind: set[tuple[str, str]] = set()
    for field in fields:
        lens = lenses.get(field.removesuffix("_class"), {}) if field.endswith("_class") else {}
        read = [field, *(item["field"] for group in lens.get("inputs", {}).values() for item in group)]
        behind |= {source for name in read for source in [("systems", name), *DERIVED.get(name, [])]}
    return behind
