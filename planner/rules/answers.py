"""Answers that the policy can tell apart: every value of a choice, and either side of every limit that a rule draws."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

import pandas as pd

from planner.policy import Gate, Rule, fact_columns
from planner.policy.conditions import Condition

DAY = pd.Timedelta(days=1)


def answers_of(items: Iterable[Gate | Rule], classes: dict[str, list[str]], plan_date: date) -> dict[str, list[Any]]:
    """Possible answers for every field that the items read.

    Returns
    -------
    dict
        Field to values such that any other value makes the same conditions true as one of these.
    """
    leaves: dict[str, list[Condition]] = defaultdict(list)
    for item in items:
        for leaf in item.when.leaves():
            leaves[str(leaf.field)].append(leaf)
    return {name: classes.get(name) or _answers(name, parts, plan_date) for name, parts in leaves.items()}


def _answers(name: str, leaves: list[Condition], plan_date: date) -> list[Any]:
    column = fact_columns()[name]
    if column.type == "boolean":
        return [True, False]
    if column.values:
        return [int(value) for value in column.values] if column.type == "integer" else list(column.values)
    if column.type == "date":
        return _dates(leaves, plan_date)
    if column.type in ("integer", "number"):
        return _numbers(leaves, column.low, column.high)
    return _texts(leaves)


def _dates(leaves: list[Condition], plan_date: date) -> list[Any]:
    limits = [pd.Timestamp(leaf.before or leaf.after) for leaf in leaves if leaf.before or leaf.after]
    today = pd.Timestamp(plan_date)
    limits += [today + pd.DateOffset(months=leaf.within_months) for leaf in leaves if leaf.within_months is not None]
    return sorted({day for limit in limits or [today] for day in (limit - DAY, limit, limit + DAY)})


def _numbers(leaves: list[Condition], low: float | None, high: float | None) -> list[Any]:
    limits: set[float] = set()
    for leaf in leaves:
        given = [leaf.below, leaf.above, leaf.at_least, leaf.at_most, leaf.equals, *(leaf.is_in or [])]
        limits |= {float(value) for value in given if value is not None}
    near = {value for limit in limits or {0.0} for value in (limit - 1, limit, limit + 1)}
    return sorted(value for value in near if (low is None or value >= low) and (high is None or value <= high))


def _texts(leaves: list[Condition]) -> list[Any]:
    named = {str(value) for leaf in leaves for value in [leaf.equals, *(leaf.is_in or [])] if value is not None}
    alternatives = {part for leaf in leaves if leaf.matches for part in leaf.matches.split("|")}
    return [*sorted(named | alternatives), "…"]
