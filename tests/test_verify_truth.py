"""The checker reads conditions by itself, and to the same end as the planner."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.policy.conditions import Condition, evaluate
from planner.verify.truth import truth

TODAY = date(2026, 11, 23)
WORDS, NUMBERS = st.sampled_from(["ab", "b", "AB", None]), st.sampled_from([0, 1, 2.5, None])
DAYS = st.sampled_from([pd.Timestamp("2026-11-23"), pd.Timestamp("2027-05-23"), pd.Timestamp("2028-01-01"), None])
FLAGS = st.sampled_from([True, False, None])
LEAVES = st.sampled_from(
    [
        {"field": "word", "equals": "ab"},
        {"field": "word", "in": ["b", "c"]},
        {"field": "word", "matches": "^a"},
        {"field": "word", "is_known": True},
        {"field": "number", "is_known": False},
        {"field": "number", "below": 1},
        {"field": "number", "above": 1},
        {"field": "number", "at_least": 1},
        {"field": "number", "at_most": 1},
        {"field": "day", "before": "2027-05-23"},
        {"field": "day", "after": "2027-05-23"},
        {"field": "day", "within_months": 6},
        {"field": "flag", "is_true": True},
        {"field": "flag", "is_true": False},
    ]
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda part: {"not": part}, inner)
    ),
    max_leaves=5,
)


@given(CONDITIONS, WORDS, NUMBERS, DAYS, FLAGS)
def test_both_readings_agree(stated: dict[str, Any], word: Any, number: Any, day: Any, flag: Any) -> None:
    condition = Condition.model_validate(stated)
    table = pd.DataFrame(
        {
            "word": pd.array([word], dtype="string"),
            "number": pd.array([number], dtype="Float64"),
            "day": pd.Series([day], dtype="datetime64[us]"),
            "flag": pd.array([flag], dtype="boolean"),
        }
    )
    said = evaluate(condition, table, TODAY).iloc[0]
    assert truth(condition, table.to_dict("records")[0], TODAY) == (None if pd.isna(said) else bool(said))


@pytest.mark.parametrize(("dpia", "held"), [("missing", True), ("done", False), (None, None)])
def test_what_an_impact_assessment_turns_on(dpia: str | None, held: bool | None) -> None:
    from planner.policy import load_policy

    step = next(step for step in load_policy().schedule.steps if step.name == "impact_assessment")
    assert truth(step.when, {"personal_data": "sensitive", "dpia": dpia}, TODAY) is held
