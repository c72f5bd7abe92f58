"""Outlook: what is counted on each day, what never falls, and the warnings that turn on a date."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from benchmarks.classification import CASE
from planner.errors import PolicyError
from planner.outlook import outlook
from planner.policy import load_policy
from planner.portfolio import Portfolio
from planner.schema import conform
from tests.conftest import planned_example

POLICY = load_policy()
LENSES = {"dataflow_2030": "level", "openness": "openness", "relevance": "relevance"}
FULL = {"known": 10, "inputs": 10}


def _portfolio(systems: list[dict[str, Any]], flows: list[tuple[str, str | None]]) -> Portfolio:
    """A finished plan: each system with its bounds (`level`, `openness`, `relevance`), option and last day."""
    ids = [given["id"] for given in systems]
    rows = [{"system_id": given["id"], "name": given["id"].title(), **given.get("fields", {})} for given in systems]
    facts = [
        {"system_id": key, "is_provisional": False, "known_fields": 1, "depends_on_count": 0, "needed_by_count": 0}
        for key in ids
    ]
    for row, given in zip(facts, systems, strict=True):
        row |= given.get("facts", {})
    decisions = [{"system_id": g["id"], "disposition": g.get("option"), "state": "settled"} for g in systems]
    waves = [
        {
            "wave": 1,
            "system_id": g["id"],
            "group_id": g["id"],
            "quarter": "2027-Q1",
            "start_date": g.get("begins", "2027-01-04"),
            "end_date": g["done"],
        }
        for g in systems
        if "done" in g
    ]
    links = [
        {
            "flow_id": f"f{at}",
            "source_system_id": source,
            "target_system_id": target,
            "source_name": source,
            "target_name": target or "outside",
            "state": "stated" if target else "external",
        }
        for at, (source, target) in enumerate(flows)
    ]
    tables = {
        "systems": rows,
        "facts": facts,
        "decisions": decisions,
        "waves": waves,
        "links": links,
        "lenses": [_lens(given, lens, key) for given in systems for lens, key in LENSES.items()],
    }
    frames = {name: conform(pd.DataFrame(rows), name) for name, rows in tables.items() if rows}
    return Portfolio().with_tables(frames)


def _lens(given: dict[str, Any], lens: str, key: str) -> dict[str, Any]:
    low, high = given.get(key, {"level": (1, 5), "openness": (0, 100), "relevance": (1, 30)}[key])
    classes = POLICY.lenses.lenses[lens].classes
    low_class, high_class = ([item.name for item in classes if item.at_least <= score][-1] for score in (low, high))
    return {
        "system_id": given["id"],
        "lens": lens,
        "low": low,
        "high": high,
        "class": low_class if low_class == high_class else "not_assessable",
        "class_low": low_class,
        "class_high": high_class,
        **FULL,
    }


def _look(systems: list[dict[str, Any]], flows: list[tuple[str, str | None]] | None = None) -> dict[str, pd.DataFrame]:
    return outlook(_portfolio(systems, flows or []), CASE, POLICY)


def _count(tables: dict[str, pd.DataFrame], measure: str, moment: str = "target") -> list[int]:
    table = tables["outlook"]
    row = table[(table["measure"] == measure) & (table["moment"] == moment)].iloc[-1]
    return [int(row[name]) for name in ("low", "high", "total", "known")]


A = {"id": "a", "level": (3, 3)}
B = {"id": "b", "level": (1, 1)}
NOBODY_KNOWS = {"id": "c", "level": (1, 5)}


def test_a_flow_is_free_when_both_ends_reach_the_level() -> None:
    flows = [("a", "a2"), ("a", "b"), ("a", "c"), ("a", None)]
    tables = _look([A, A | {"id": "a2"}, B, NOBODY_KNOWS], flows)
    # Free; blocked; unknown inside; unknown outside.
    assert _count(tables, "flows_free") == [1, 3, 4, 2]
    blocked = tables["blocked_flows"].set_index("flow_id")
    assert blocked["remedy"].to_dict() == {"f1": "decide_first", "f2": "decide_first", "f3": "agree_outside"}
    assert blocked["state"].to_dict() == {"f1": "blocked", "f2": "uncertain", "f3": "uncertain"}


def test_what_is_bought_reaches_the_level_on_its_last_day() -> None:
    tables = _look([A, B | {"option": "repurchase", "done": "2028-05-05"}], [("a", "b")])
    assert _count(tables, "flows_free", "start") == [0, 0, 1, 1]
    assert _count(tables, "flows_free", "wave") == [1, 1, 1, 1]
    assert tables["blocked_flows"].empty


def test_what_is_done_after_the_day_of_the_goals_does_not_count() -> None:
    tables = _look([A, B | {"option": "repurchase", "done": "2031-05-05"}], [("a", "b")])
    assert _count(tables, "flows_free") == [0, 0, 1, 1]
    assert tables["blocked_flows"]["remedy"].tolist() == ["plan_earlier"]
    assert tables["outlook"].iloc[-1]["date"] == pd.Timestamp("2031-05-05")


@pytest.mark.parametrize(
    ("option", "remedy"), [("rehost", "raise_level"), ("retain", "raise_level"), (None, "decide_first")]
)
def test_moving_as_it_is_frees_no_flow(option: str | None, remedy: str) -> None:
    tables = _look([A, B | {"option": option, "done": "2028-05-05"}], [("a", "b")])
    assert _count(tables, "flows_free") == [0, 0, 1, 1]
    assert tables["blocked_flows"][["blocking", "remedy"]].to_numpy().tolist() == [["b", remedy]]


def test_a_flow_ends_with_its_system() -> None:
    tables = _look([A, B | {"option": "retire", "done": "2028-05-05"}], [("a", "b")])
    assert _count(tables, "flows_free") == [1, 1, 1, 1]
    assert _count(tables, "flows_ended") == [1, 1, 1, 1]


def test_closed_and_red_are_counted_as_at_least_and_at_most() -> None:
    closed = {"id": "x", "openness": (0, 35), "relevance": (18, 30)}
    perhaps = {"id": "y", "openness": (20, 80), "relevance": (3, 20)}
    fine = {"id": "z", "openness": (80, 80), "relevance": (2, 3)}
    tables = _look([closed, perhaps, fine])
    assert _count(tables, "closed_left") == [1, 2, 3, 2]
    assert _count(tables, "red_left") == [1, 2, 3, 2]
    bought = _look([closed | {"option": "repurchase", "done": "2028-01-07"}, perhaps, fine])
    assert _count(bought, "closed_left") == [0, 1, 3, 2]


def test_delivery_adds_up_on_every_day() -> None:
    tables = _look(
        [
            {"id": "a", "option": "rehost", "done": "2028-01-07", "fields": {"delivery": "internal"}},
            {"id": "b", "option": "retire", "done": "2028-01-07", "fields": {"delivery": "internal"}},
            {"id": "c"},
        ]
    )
    mix = tables["outlook"][tables["outlook"]["measure"].str.startswith("delivery_")]
    assert (mix.groupby("moment")["low"].sum() == 3).all()
    assert [_count(tables, f"delivery_{name}")[0] for name in ("iaas", "retired", "unknown", "internal")] == [
        1,
        1,
        1,
        0,
    ]


KEY = {"is_key_public_service": True, "digital_level": 2}


@pytest.mark.parametrize(
    ("system", "codes"),
    [
        ({"relevance": (18, 20)}, ["red_without_action"]),
        ({"relevance": (12, 20)}, []),
        ({"relevance": (18, 20), "fields": {"risk_accepted_until_date": "2027-06-30"}}, []),
        ({"relevance": (18, 20), "fields": {"risk_accepted_until_date": "2026-01-01"}}, ["red_without_action"]),
        ({"relevance": (18, 20), "option": "repurchase", "done": "2028-01-07"}, []),
        ({"relevance": (18, 20), "option": "rehost", "done": "2028-01-07"}, ["red_without_action"]),
        (
            {"relevance": (18, 20), "option": "repurchase", "begins": "2028-02-07", "done": "2029-01-05"},
            ["red_without_action"],
        ),
        ({"fields": KEY}, ["key_service_misses_target"]),
        ({"fields": KEY, "option": "repurchase", "done": "2029-01-05"}, []),
        ({"fields": KEY | {"digital_level": None}}, []),
        (
            {"fields": KEY | {"market_alternative": "market_saas"}, "option": "repurchase", "done": "2029-01-05"},
            ["irrelevant_risk"],
        ),
        (
            {
                "option": "repurchase",
                "done": "2029-01-05",
                "facts": {"procurement_start_date": "2026-09-30", "notice_date": "2027-12-30"},
            },
            ["too_late_to_procure"],
        ),
        (
            {
                "option": "repurchase",
                "done": "2029-01-05",
                "facts": {"procurement_start_date": "2027-12-31", "notice_date": "2029-03-31"},
            },
            [],
        ),
    ],
)
def test_warnings_turn_on_what_is_known(system: dict[str, Any], codes: list[str]) -> None:
    assert _look([{"id": "s", **system}])["findings"]["code"].tolist() == codes


@pytest.fixture(scope="module")
def example() -> pd.DataFrame:
    """Outlook of the example municipality."""
    return planned_example().portfolio["outlook"]


def test_bounds_hold_and_nothing_that_is_won_is_lost(example: pd.DataFrame) -> None:
    assert (example["low"] <= example["high"]).all() and (example["high"] <= example["total"]).all()
    for measure, part in example.groupby("measure"):
        if measure in {"flows_free", "flows_ended", "key_services_digital", "moves_with_benefit", "delivery_retired"}:
            assert part["low"].is_monotonic_increasing, measure
        if measure in {"closed_left", "red_left"}:
            assert part["low"].is_monotonic_decreasing and part["high"].is_monotonic_decreasing, measure


def test_a_policy_that_forgets_an_option_is_refused(tmp_path: Any) -> None:
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "policy.yaml").write_text("extends: standard\n")
    (tmp_path / "policy" / "outlook.yaml").write_text("flow_level: 9\n")
    with pytest.raises(PolicyError, match="flow_level"):
        load_policy("./policy", tmp_path)
