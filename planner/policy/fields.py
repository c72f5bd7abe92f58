"""Fields that conditions of a policy may read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from functools import lru_cache

from planner.policy.conditions import Condition
from planner.schema import Column, load_table

LENSES = ("dataflow_2030", "openness", "cloud_fit", "relevance", "business_value")


@lru_cache
def fact_columns() -> dict[str, Column]:
    """Fields that conditions may read: those of systems and of the derived facts, and the class of each lens."""
    fields = {column.name: column for table in ("systems", "facts") for column in load_table(table).columns}
    return fields | {name: Column(name, "text", "", False, (), None, None, "", "") for name in _LENS_CLASSES}


_LENS_CLASSES = [f"{lens}_class" for lens in LENSES]


def check_fields(name: str, condition: Condition, more: Sequence[str] = ()) -> None:
    """Refuse unknown fields, with the nearest known one, and patterns that are none."""
    for field in condition.fields():
        if field not in fact_columns() and field not in more:
            near = difflib.get_close_matches(field, sorted([*fact_columns(), *more]), n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise ValueError(f"'{name}' reads the unknown field '{field}'{hint}")
    for part in condition.leaves():
        if part.matches is not None:
            try:
                re.compile(part.matches)
            except re.error as reason:
                raise ValueError(f"'{name}': '{part.matches}' is not a regular expression ({reason})") from None
