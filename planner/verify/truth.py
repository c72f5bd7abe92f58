"""What a condition of the policy says of one system: the checker's own reading of it, value by value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pandas as pd

COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda value, asked: str(value) == str(asked),
    "is_in": lambda value, asked: str(value) in [str(item) for item in asked],
    "below": lambda value, asked: value < asked,
    "above": lambda value, asked: value > asked,
    "at_least": lambda value, asked: value >= asked,
    "at_most": lambda value, asked: value <= asked,
    "before": lambda value, asked: value < pd.Timestamp(asked),
    "after": lambda value, asked: value > pd.Timestamp(asked),
    "matches": lambda value, asked: bool(pd.Series([value], dtype="string").str.contains(asked, case=False).iloc[0]),
    "is_true": lambda value, asked: bool(value) == asked,
}


def truth(condition: Any, system: Mapping[str, Any], today: date) -> bool | None:
    """Whether a condition holds; None where what is known does not decide it."""
    if condition.not_ is not None:
        inner = truth(condition.not_, system, today)
        return None if inner is None else not inner
    for parts, decides in ((condition.all, False), (condition.any, True)):
        if parts is not None:
            said = [truth(part, system, today) for part in parts]
            if decides in said:
                return decides
            return None if None in said else not decides
    value = system[condition.field]
    if condition.is_known is not None:
        return bool(bool(pd.notna(value)) == condition.is_known)
    if pd.isna(value):
        return None
    if condition.within_months is not None:
        return bool(value < pd.Timestamp(today) + pd.DateOffset(months=condition.within_months))
    name = next(name for name in COMPARED if getattr(condition, name) is not None)
    return bool(COMPARED[name](value, getattr(condition, name)))
