"""Policies: three-valued conditions, and errors that name file, line and the nearest known key."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import PolicyError
from planner.policy import POLICIES, Decisions, load_policy
from planner.policy.conditions import Condition, evaluate
from planner.yamlfile import load_yaml, read_model

PLAN_DATE = date(2026, 11, 23)
FACTS = pd.DataFrame(
    {
        "n": pd.array([1, 5, None], dtype="Int64"),
        "word": pd.array(["röd", "blå", None], dtype="string"),
        "flag": pd.array([True, False, None], dtype="boolean"),
        "day": pd.to_datetime(pd.Series(["2026-01-01", "2028-01-01", None])),
    }
)


def answers(**condition: object) -> list[object]:
    """Evaluate one condition on the three rows above."""
    result = evaluate(Condition.model_validate(condition), FACTS, PLAN_DATE)
    assert result.dtype == "boolean"
    return [None if pd.isna(value) else bool(value) for value in result]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"field": "n", "below": 3}, [True, False, None]),
        ({"field": "n", "above": 3}, [False, True, None]),
        ({"field": "n", "at_least": 5}, [False, True, None]),
        ({"field": "n", "at_most": 1}, [True, False, None]),
        ({"field": "n", "equals": 5}, [False, True, None]),
        ({"field": "word", "equals": "röd"}, [True, False, None]),
        ({"field": "word", "in": ["blå", "grön"]}, [False, True, None]),
        ({"field": "word", "matches": "^R"}, [True, False, None]),
        ({"field": "flag", "is_true": True}, [True, False, None]),
        ({"field": "flag", "is_true": False}, [False, True, None]),
        ({"field": "flag", "is_known": True}, [True, True, False]),
        ({"field": "day", "before": "2027-01-01"}, [True, False, None]),
        ({"field": "day", "after": "2027-01-01"}, [False, True, None]),
        ({"field": "day", "within_months": 14}, [True, True, None]),
        ({"field": "day", "within_months": 13}, [True, False, None]),
        ({"not": {"field": "n", "below": 3}}, [False, True, None]),
        ({"all": [{"field": "n", "below": 3}, {"field": "flag", "is_known": True}]}, [True, False, False]),
        ({"any": [{"field": "n", "below": 3}, {"field": "flag", "is_known": False}]}, [True, False, True]),
    ],
)
def test_conditions_are_three_valued(condition: dict[str, object], expected: list[object]) -> None:
    assert answers(**condition) == expected


VALUES = st.sampled_from([True, False, None])


@given(VALUES, VALUES)
def test_all_and_any_are_kleene(one: bool | None, other: bool | None) -> None:
    facts = pd.DataFrame({"a": pd.array([one], dtype="boolean"), "b": pd.array([other], dtype="boolean")})
    parts = [{"field": "a", "is_true": True}, {"field": "b", "is_true": True}]
    both = evaluate(Condition.model_validate({"all": parts}), facts, PLAN_DATE).iloc[0]
    either = evaluate(Condition.model_validate({"any": parts}), facts, PLAN_DATE).iloc[0]
    known = [value for value in (one, other) if value is not None]
    expected_both = False if False in known else True if len(known) == 2 else None
    expected_either = True if True in known else False if len(known) == 2 else None
    assert (None if pd.isna(both) else bool(both)) == expected_both
    assert (None if pd.isna(either) else bool(either)) == expected_either


def test_the_standard_policy_loads_and_says_why() -> None:
    policy = load_policy()
    for item in policy.decisions.everything:
        assert item.because.sv and item.because.en and item.source, item.name


def test_a_policy_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(PolicyError, match="standard"):
        load_policy("saknas")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("    points: 60\n", "    pints: 60\n"), ["decisions.yaml:", "pints", "'points'"]),
        (("field: it_verdict,", "field: it_verdikt,"), ["it_verdikt", "it_verdict"]),
        (("    then: retire\n", "    then: retier\n"), ["retier"]),
        (("    task: archive_decision\n", "    task: no_such_task\n"), ["no_such_task"]),
        (("  - name: phasing_out\n", "  - name: both_want_retirement\n"), ["both_want_retirement", "twice"]),
        (
            ("when: {field: overlap, at_least: 3}", "when: {field: overlap, at_least: 3, below: 4}"),
            ["exactly one operator"],
        ),
        (("when: {field: users, equals: 0}", "when: {fields: users, equals: 0}"), ["fields", "'field'"]),
        (("matches: 'sql server|", "matches: '(sql server|"), ["regular expression"]),
        (("options: [retire, repurchase,", "options: [repurchase, repurchase,"), ["each of the seven"]),
        (("tasks:\n", "tasks: &t\n"), None),
    ],
)
def test_policy_errors_say_where_and_what(tmp_path: Path, change: tuple[str, str], words: list[str] | None) -> None:
    text = (POLICIES / "standard" / "decisions.yaml").read_text(encoding="utf-8")
    assert change[0] in text
    path = tmp_path / "decisions.yaml"
    path.write_text(text.replace(change[0], change[1], 1), encoding="utf-8")
    if words is None:
        read_model(Decisions, path, PolicyError)
        return
    with pytest.raises(PolicyError) as caught:
        read_model(Decisions, path, PolicyError)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &x [1]\nb: *x\n", "aliases"),
        ("a: 1\na: 2\n", "twice"),
        ("a: [1\n", "not valid YAML"),
        ("a: !!python/object:os.system 1\n", "x.yaml:1"),
        ("a: 2026-99-99\n", "there is no such day"),
    ],
)
def test_yaml_traps(tmp_path: Path, text: str, words: str | None) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_yaml(path, PolicyError)
    assert words is None or words in str(caught.value)
