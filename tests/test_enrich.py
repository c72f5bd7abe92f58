"""Dates that follow from a contract: golden values of the public-sector reference, section 3.2."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from benchmarks.classification import CASE
from planner.enrich import enrich
from planner.policy import load_policy
from planner.portfolio import Portfolio
from planner.schema import conform


def _facts(**fields: Any) -> dict[str, Any]:
    systems = conform(pd.DataFrame([{"system_id": "s", "name": "s", **fields}]), "systems")
    facts: dict[str, Any] = enrich(Portfolio().with_tables({"systems": systems}), CASE, load_policy())["facts"].iloc[0]
    return facts


@pytest.mark.parametrize(
    ("end", "months", "route", "notice", "p50", "p80"),
    [
        ("2028-06-30", 6, "open_procedure", "2027-12-30", "2027-02-28", "2026-09-30"),
        ("2029-12-31", 9, "open_procedure", "2029-03-31", "2028-05-31", "2027-12-31"),
        ("2030-08-31", 6, "large_procedure", "2030-02-28", "2028-08-28", "2027-08-28"),
        ("2028-06-30", 6, "framework", "2027-12-30", "2027-08-30", "2027-06-30"),
    ],
)
def test_latest_start_of_procurement(end: str, months: int, route: str, notice: str, p50: str, p80: str) -> None:
    facts = _facts(contract_end_date=end, notice_months=months, procurement_route=route)
    wanted = [pd.Timestamp(day) for day in (notice, p50, p80)]
    assert [facts[name] for name in ("notice_date", "procurement_start_p50_date", "procurement_start_date")] == wanted


@pytest.mark.parametrize(
    ("fields", "route"),
    [
        ({"procurement_route": "framework", "annual_cost_sek": 1.0}, "framework"),
        ({"annual_cost_sek": 175_000}, "direct_award"),
        ({"annual_cost_sek": 175_001}, "open_procedure"),
        ({}, "open_procedure"),
        ({"procurement_route": "none", "annual_cost_sek": 100_000}, "direct_award"),
    ],
)
def test_route_is_as_stated_else_by_value_else_the_slow_one(fields: dict[str, Any], route: str) -> None:
    assert _facts(**fields)["lead_route"] == route


def test_without_a_notice_date_there_is_no_latest_start() -> None:
    facts = _facts(contract_end_date="2028-06-30", procurement_route="framework")
    assert pd.isna(facts["notice_date"]) and pd.isna(facts["procurement_start_date"])
