"""Structured, three-valued conditions: what policies say about a system, evaluated on whole tables."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

OPERATORS = (
    "equals",
    "is_in",
    "below",
    "above",
    "at_least",
    "at_most",
    "before",
    "after",
    "within_months",
    "matches",
    "is_known",
    "is_true",
)


class Condition(BaseModel):
    """Either `all`, `any` or `not` of further conditions, or one operator on one field.

    Unknown fields make a condition unknown (Kleene logic): `all` with one false part is false whatever else is unknown.
    `within_months` counts from the plan date and is true for dates that have passed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    all: list[Condition] | None = None
    any: list[Condition] | None = None
    not_: Condition | None = Field(default=None, alias="not")
    field: str | None = None
    equals: str | int | None = None
    is_in: list[str | int] | None = Field(default=None, alias="in")
    below: float | None = None
    above: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    before: date | None = None
    after: date | None = None
    within_months: int | None = None
    matches: str | None = None
    is_known: bool | None = None
    is_true: bool | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Condition:
        forms = [name for name in ("all", "any", "not_", "field") if getattr(self, name) is not None]
        if len(forms) != 1:
            raise ValueError("give exactly one of all, any, not or field")
        used = [name for name in OPERATORS if getattr(self, name) is not None]
        if (self.field is not None) != (len(used) == 1):
            raise ValueError(f"a field needs exactly one operator of {', '.join(OPERATORS).replace('is_in', 'in')}")
        return self

    def fields(self) -> list[str]:
        """Fields that the condition reads, in the order in which they stand."""
        return list(dict.fromkeys(str(leaf.field) for leaf in self.leaves()))

    def leaves(self) -> list[Condition]:
        """The comparisons that the condition is made of."""
        if self.field is not None:
            return [self]
        parts = [*(self.all or []), *(self.any or []), *([self.not_] if self.not_ else [])]
        return [leaf for part in parts for leaf in part.leaves()]


def evaluate(
    condition: Condition, facts: pd.DataFrame, plan_date: date, *, will_be_answered: bool = False
) -> pd.Series:
    """Evaluate a condition for every row.

    Parameters
    ----------
    condition, facts, plan_date
        What is asked, of which rows (one column per field), on which day.
    will_be_answered
        Look ahead to the day when every question is answered: then `is_known` of an unknown field is itself unknown,
        since nobody can say yet what the answer will do.

    Returns
    -------
    Series of nullable booleans; unknown where the known fields do not decide it.
    """
    if condition.all is not None:
        return _fold(condition.all, facts, plan_date, will_be_answered, is_and=True)
    if condition.any is not None:
        return _fold(condition.any, facts, plan_date, will_be_answered, is_and=False)
    if condition.not_ is not None:
        return ~evaluate(condition.not_, facts, plan_date, will_be_answered=will_be_answered)
    return _compare(condition, facts[condition.field], plan_date, will_be_answered)


def _fold(parts: list[Condition], facts: pd.DataFrame, plan_date: date, ahead: bool, *, is_and: bool) -> pd.Series:
    result = pd.Series(is_and, index=facts.index, dtype="boolean")
    for part in parts:
        value = evaluate(part, facts, plan_date, will_be_answered=ahead)
        result = result & value if is_and else result | value
    return result


def _compare(condition: Condition, values: pd.Series, plan_date: date, ahead: bool) -> pd.Series:
    operator = next(name for name in OPERATORS if getattr(condition, name) is not None)
    wanted: Any = getattr(condition, operator)
    if operator == "is_known":
        known = (values.notna() == wanted).astype("boolean")
        return known.mask(values.isna(), pd.NA) if ahead else known
    answer = _ANSWERS[operator](values, wanted, pd.Timestamp(plan_date))
    return answer.astype("boolean").mask(values.isna(), pd.NA)


_ANSWERS: dict[str, Any] = {
    "equals": lambda values, wanted, today: values.astype("string") == str(wanted),
    "is_in": lambda values, wanted, today: values.astype("string").isin([str(item) for item in wanted]),
    "below": lambda values, wanted, today: values < wanted,
    "above": lambda values, wanted, today: values > wanted,
    "at_least": lambda values, wanted, today: values >= wanted,
    "at_most": lambda values, wanted, today: values <= wanted,
    "before": lambda values, wanted, today: values < pd.Timestamp(wanted),
    "after": lambda values, wanted, today: values > pd.Timestamp(wanted),
    "within_months": lambda values, wanted, today: values < today + pd.DateOffset(months=wanted),
    "matches": lambda values, wanted, today: values.str.contains(wanted, case=False, regex=True),
    "is_true": lambda values, wanted, today: values == wanted,
}
