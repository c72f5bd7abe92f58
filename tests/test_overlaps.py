"""Overlaps: what is proposed as the same, and what is not; nothing is guessed and nothing merged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.classification import CASE
from planner.overlaps import overlaps
from planner.policy import load_policy
from planner.portfolio import Portfolio
from planner.schema import conform

POLICY = load_policy()


def _find(systems: list[dict[str, Any]], **lens: str) -> dict[str, pd.DataFrame]:
    rows = [{"system_id": f"s{at:02d}", **given} for at, given in enumerate(systems)]
    support = [row.pop("support", None) for row in rows]
    provisional = [row.pop("provisional", False) for row in rows]
    openness = [row.pop("openness", None) for row in rows]
    frame = conform(pd.DataFrame(rows), "systems")
    facts = pd.DataFrame(
        {
            "system_id": frame["system_id"],
            "is_provisional": provisional,
            "known_fields": 1,
            "depends_on_count": 0,
            "needed_by_count": 0,
            "support_status": support,
        }
    )
    lenses = pd.DataFrame(
        {
            "system_id": frame["system_id"],
            "lens": "openness",
            "known": 10,
            "inputs": 10,
            "class": [said or "not_assessable" for said in openness],
        }
    )
    tables = {"systems": frame, "facts": conform(facts, "facts"), "lenses": conform(lenses, "lenses")}
    return overlaps(Portfolio().with_tables(tables), CASE, POLICY)


def _members(tables: dict[str, pd.DataFrame], kind: str) -> list[list[str]]:
    mine = tables["overlaps"].query("kind == @kind")
    return [part["system_id"].tolist() for _, part in mine.groupby("cluster_id")]


@pytest.mark.parametrize(
    ("one", "other", "reason", "confidence"),
    [
        ({"name": "Trygg Lind"}, {"name": "TryggLind"}, "same_name", "medium"),
        (
            {"name": "Trygglind", "vendor": "Lindverk AB"},
            {"name": "Trygglind v4.2", "vendor": "lindverk ab"},
            "same_name",
            "high",
        ),
        ({"name": "Lindverk AB Kassan"}, {"name": "Lindverk Kassan"}, "same_name", "medium"),
        (
            {"name": "Fastighetspärmen", "vendor": "X"},
            {"name": "Fastighetsparmen", "vendor": "X"},
            "similar_name",
            "medium",
        ),
        (
            {"name": "Kommunens digitala arkiv", "organisation": "Kansli"},
            {"name": "KDA", "organisation": "Kansli"},
            "acronym",
            "medium",
        ),
        ({"name": "Kassan (prod)"}, {"name": "Kassan produktion"}, "same_name", "medium"),
    ],
)
def test_one_system_under_two_names(one: dict[str, Any], other: dict[str, Any], reason: str, confidence: str) -> None:
    tables = _find([one, other, {"name": "Något helt annat", "vendor": "X"}])
    assert _members(tables, "same_system") == [["s00", "s01"]]
    row = tables["overlaps"].iloc[0]
    assert (row["reason"], row["confidence"], row["role"]) == (reason, confidence, "merge")
    assert tables["findings"].query("code == 'possible_duplicate'")["row_id"].tolist() == ["s00", "s01"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Skolsystem 1", "vendor": "X"}, {"name": "Skolsystem 2", "vendor": "X"}),
        ({"name": "Kassan"}, {"name": "Kassan test"}),
        ({"name": "Kassan", "environment": "test"}, {"name": "Kassan", "environment": "production"}),
        ({"name": "Fastighetspärmen", "vendor": "X"}, {"name": "Fastighetsparmen", "vendor": "Y"}),
        ({"name": "Fastighetspärmen"}, {"name": "Fastighetsparmen"}),
        ({"name": "Kommunens digitala arkiv", "organisation": "Kansli"}, {"name": "KDA", "organisation": "Skola"}),
        ({"name": "Elda", "vendor": "X"}, {"name": "Elna", "vendor": "X"}),
        ({"name": "test"}, {"name": "prod"}),
        ({"name": "Kassan"}, {"name": "Kassan", "provisional": True}),
    ],
)
def test_what_is_not_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    tables = _find([one, other])
    assert _members(tables, "same_system") == [] and tables["findings"].empty


def test_the_open_the_supported_and_the_used_is_kept() -> None:
    code = {"function_code": "SKO-LÄR"}
    roles = _roles(
        [
            {"name": "A", "openness": "closed", **code},
            {"name": "B", "openness": "open", "support": "ended", **code},
            {"name": "C", "openness": "open", "support": "supported", "users": 5, **code},
            {"name": "D", "openness": "open", "support": "supported", "users": 50, "function_code": "sko-lär "},
        ]
    )
    assert roles == ["consolidate", "consolidate", "consolidate", "keep"]


def _roles(systems: list[dict[str, Any]]) -> list[str]:
    return _find(systems)["overlaps"].query("kind == 'same_function'")["role"].tolist()


@pytest.mark.parametrize(
    ("systems", "missing"),
    [
        ([{"openness": "open"}, {}], "openness_class"),
        ([{"openness": "open", "support": "ended"}, {"openness": "open"}], "support_status"),
        (
            [{"openness": "open", "support": "ended", "users": 3}, {"openness": "open", "support": "ended"}],
            "users",
        ),
    ],
)
def test_nobody_is_kept_by_guesswork(systems: list[dict[str, Any]], missing: str) -> None:
    named = [{"name": f"S {at}", "function_code": "F", **given} for at, given in enumerate(systems)]
    rows = _find(named)["overlaps"].query("kind == 'same_function'")
    assert rows["role"].tolist() == ["unknown", "unknown"] and rows["missing"].tolist() == [missing, missing]


def test_an_unknown_that_cannot_decide_stops_nothing() -> None:
    code = {"function_code": "F"}
    assert _roles(
        [{"name": "A", "openness": "open", **code}, {"name": "B", "openness": "closed", "users": 3, **code}]
    ) == [
        "keep",
        "consolidate",
    ]


def test_one_product_in_several_organisations() -> None:
    product = {"vendor": "Lindverk AB", "product": "Boka"}
    tables = _find(
        [
            {"name": "Boka skola", "organisation": "Skola", **product},
            {"name": "Boka kultur", "organisation": "Kultur", "vendor": "LINDVERK", "product": "boka"},
            {"name": "Boka annat", "organisation": "Skola", "vendor": "Annan", "product": "Boka"},
        ]
    )
    assert _members(tables, "same_product") == [["s00", "s01"]]


def test_a_group_too_large_to_compare_is_told() -> None:
    many = [{"name": f"{word}systemet", "vendor": "Storverk"} for word in _words(POLICY.overlaps.max_block + 1)]
    found = _find(many)["findings"].query("code == 'names_not_compared'")
    assert found[["value", "detail"]].to_numpy().tolist() == [["storverk", str(len(many))]]


def _words(count: int) -> list[str]:
    rng = np.random.default_rng(1)
    return ["".join(rng.choice(list("abcdefghijklmnoprstuv"), 8)) for _ in range(count)]


def test_order_of_rows_does_not_matter() -> None:
    systems = [
        {"name": word, "vendor": f"v{at % 9}", "function_code": f"F{at % 7}"} for at, word in enumerate(_words(80))
    ]
    systems += [{"name": f"{given['name']} AB", "vendor": given["vendor"]} for given in systems[:10]]
    keyed = [{"system_id": f"s{at:02d}", **given} for at, given in enumerate(systems)]
    first = _find(keyed)["overlaps"]
    again = _find(keyed[::-1])["overlaps"]
    pd.testing.assert_frame_equal(first, again)
    assert len(_members(_find(keyed), "same_system")) == 10
