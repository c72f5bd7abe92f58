"""The business case: totals from rows, both sides or neither, ranges that repeat, and what moves the result."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.business_case import business_case
from planner.business_case.ranges import drawn, payback
from planner.business_case.rates import sek_per_unit
from planner.business_case.slip import slip_assumption, slips
from planner.business_case.years import shares
from planner.case import Case, Exchange, read_case
from planner.policy import Policy, load_policy
from planner.policy.business_case import Assumption
from planner.portfolio import Portfolio
from planner.verify.money import money_holds
from planner.view import build_view
from tests.conftest import EXAMPLE, planned_example

POLICY = load_policy()
MADE = ("compared", "cash_flows", "business_case", "sensitivity")


@lru_cache
def before() -> Portfolio:
    """The example as the step finds it."""
    tables = planned_example().portfolio.tables
    return Portfolio({name: frame for name, frame in tables.items() if name not in MADE})


def example_case(**changed: Any) -> Case:
    """The case of the example."""
    return read_case(EXAMPLE).model_copy(update=changed)


def made(policy: Policy = POLICY, **changed: Any) -> dict[str, pd.DataFrame]:
    """The business case of the example."""
    return business_case(before(), example_case(**changed), policy)


def with_numbers(**numbers: Any) -> Policy:
    """The standard policy with other assumptions."""
    return POLICY.model_copy(update={"business_case": POLICY.business_case.model_copy(update=numbers)})


def fixed(value: float) -> Assumption:
    """An assumption that is known."""
    return Assumption(low=value, likely=value, high=value, unit="", because="", source="")


def certain(policy: Policy = POLICY) -> Policy:
    """Every assumption at its likely value."""
    spans = policy.business_case.assumptions.items()
    return with_numbers(**{name: fixed(span.likely) for name, span in spans})


def total(tables: dict[str, pd.DataFrame], measure: str, column: str = "likely", purchase: str = "on_demand") -> float:
    """One total."""
    table = tables["business_case"].set_index(["purchase", "measure"])
    return float(table.loc[(purchase, measure), column])


def slip_months(tables: dict[str, pd.DataFrame]) -> float:
    """Mean delay at P50 of the systems that are compared."""
    return slip_assumption(slips(before(), moved(tables), 2031)).likely


def moved(tables: dict[str, pd.DataFrame]) -> pd.Series:
    """Last day of the cut-over of the systems that are compared."""
    return tables["compared"].query("is_compared").set_index("system_id")["move_date"]


def with_table(name: str, frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The business case of the example with another table."""
    return business_case(Portfolio({**before().tables, name: frame}), example_case(), POLICY)


@pytest.mark.slow
def test_every_total_is_a_sum_of_rows() -> None:
    tables = made()
    rows = tables["cash_flows"].query("is_compared and state != 'unknown'")
    clouds = []
    for purchase in ("on_demand", "reserved_1y", "reserved_3y"):
        mine = rows[rows["purchase"].isin(["every", purchase])]
        assert mine["likely_sek"].sum() == pytest.approx(total(tables, "plan", purchase=purchase))
        cloud = mine.loc[mine["kind"] == "cloud", "likely_sek"].sum()
        assert cloud == pytest.approx(total(tables, "cloud", purchase=purchase))
        clouds.append(cloud)
    today = rows.loc[rows["kind"] == "today", "likely_sek"].sum()
    assert today == pytest.approx(total(tables, "today"))
    assert clouds[0] > clouds[1] > clouds[2] > 0


def test_a_row_is_a_quantity_times_a_rate() -> None:
    tables = made()
    late = tables["sensitivity"].set_index("assumption")["likely"].get("slip_months", slip_months(tables))
    prices = {
        "egress_usd_per_gb": 0.09,
        "sql_standard_usd_per_vcpu_hour": 0.12,
        "sql_enterprise_usd_per_vcpu_hour": 0.375,
    }
    likely = {name: span.likely for name, span in POLICY.business_case.assumptions.items()}
    at = {**likely, **prices, "effort": 1.0, "slip_months": float(late)}
    rows = tables["cash_flows"].dropna(subset="quantity")
    for row in pd.concat([rows.sample(200, random_state=1), rows[rows["kind"] == "slip"]]).to_dict("records"):
        rate = sek_per_unit(at, int(row["year"]), example_case(), POLICY)[row["kind"], row["component"]]
        assert row["likely_sek"] == pytest.approx(row["quantity"] * rate, abs=1e-3)


def test_every_system_is_in_or_out_with_a_reason_and_counts_on_both_sides_or_none() -> None:
    tables, portfolio = made(), before()
    scope = tables["compared"].set_index("system_id")
    assert sorted(scope.index) == sorted(portfolio["systems"]["system_id"])
    assert (scope["is_compared"] == (scope["reason"] == "compared")).all()
    options = portfolio["decisions"].set_index("system_id")["disposition"]
    assert (scope.loc[options.index[options == "repurchase"], "reason"] == "replacement_without_price").all()
    assert (scope.loc[options.index[options.isna()], "reason"] == "undecided").all()
    targets = portfolio["targets"].query("state not in ['sized', 'not_moved']")
    assert not scope.loc[targets["system_id"], "is_compared"].any() and len(targets)
    rows = tables["cash_flows"].dropna(subset="system_id")
    outside = rows[~rows["is_compared"].astype(bool)]
    assert set(outside["kind"]) == {"migration"}
    sides = rows[rows["is_compared"].astype(bool)].groupby("system_id")["kind"].agg(set)
    assert set(sides.index) == set(scope.index[scope["is_compared"]])
    assert all({"today", "migration"} <= kinds for kinds in sides)


def test_unknown_cost_of_today_is_never_nothing() -> None:
    tables = made()
    scope = tables["compared"].set_index("system_id")
    modelled = scope[scope["is_compared"] & (scope["today_state"] == "modelled")]
    assert len(modelled) and modelled["annual_cost_sek"].isna().all() and (modelled["modelled_sek"] > 0).all()
    rows = tables["cash_flows"].query("kind == 'today'")
    first = rows[(rows["year"] == 2027) & rows["system_id"].isin(modelled.index)]
    assert set(first["state"]) == {"modelled"} and first["source"].astype(str).str.contains("own model").all()
    per_system = first.groupby("system_id")["likely_sek"].sum() / 1.02  # one year of growth since the plan
    assert per_system.to_numpy() == pytest.approx(
        modelled["modelled_sek"].reindex(per_system.index).to_numpy(), rel=0.01
    )
    unknown = scope[scope["reason"] == "today_unknown"]
    assert not tables["cash_flows"].query("kind == 'today'")["system_id"].isin(unknown.index).any()


def test_what_ends_is_never_more_than_what_the_system_costs() -> None:
    tables = made(certain())
    rows = tables["cash_flows"]
    ended = -rows[rows["kind"] == "ended"].groupby(["system_id", "year"])["likely_sek"].sum()
    today = rows[rows["kind"] == "today"].groupby(["system_id", "year"])["likely_sek"].sum()
    assert (ended <= today.reindex(ended.index) + 0.01).all() and (ended > 0).any()


def test_the_cloud_is_paid_from_the_move_and_today_until_it() -> None:
    tables = made()
    scope = tables["compared"].set_index("system_id")
    rows = tables["cash_flows"].query("kind in ['cloud', 'ended', 'contract_tail']")
    assert (rows["year"] >= rows["system_id"].map(scope["move_date"]).dt.year).all()
    disks = rows.query("kind == 'cloud' and component == 'disks'").set_index(["system_id", "year"])["quantity"]
    for system, end in scope.loc[disks.index.get_level_values(0).unique(), "move_date"].items():
        left = (pd.Timestamp(end.year + 1, 1, 1) - end).days - 1
        whole = disks.get((system, end.year + 1))
        days = 366 if end.is_leap_year else 365
        if whole is not None and left:
            assert disks[(system, end.year)] == pytest.approx(whole * left / days)


def test_all_work_is_in_the_years_in_which_it_is_planned() -> None:
    rows = made()["cash_flows"].query("kind == 'migration'")
    effort = before()["effort"].groupby("system_id")["likely_days"].sum()
    counted = rows.groupby("system_id")["quantity"].sum().reindex(effort.index).fillna(0)
    ends = before()["activities"].groupby("group_id")["end_date"].max()
    end = before()["groups"].set_index("system_id")["group_id"].map(ends).reindex(effort.index)
    inside = end < pd.Timestamp(2032, 1, 1)
    assert inside.any() and counted[inside].to_numpy() == pytest.approx(effort[inside].to_numpy())
    common = rows[rows["system_id"].isna()]
    assert common["quantity"].sum() == pytest.approx(sum(work.base.likely for work in POLICY.effort.foundation))


@pytest.mark.slow
def test_leaving_a_service_costs_nothing_from_the_day_of_the_law_and_is_unknown_before() -> None:
    rows = made()["cash_flows"].query("kind == 'exit_fee'")
    assert set(rows["state"]) == {"by_law"} and (rows["likely_sek"] == 0).all() and len(rows)
    assert rows["source"].astype(str).str.contains("2023/2854").all()
    portfolio = before()
    early = portfolio["activities"].assign(start_date=pd.Timestamp(2027, 1, 4), end_date=pd.Timestamp(2027, 1, 11))
    moved = Portfolio({**portfolio.tables, "activities": early})
    tables = business_case(moved, example_case(), POLICY)
    rows = tables["cash_flows"].query("kind == 'exit_fee'")
    assert set(rows["state"]) == {"unknown"} and rows["likely_sek"].isna().all()
    assert not np.isnan(total(tables, "plan"))


@pytest.mark.slow
def test_ranges_are_in_order_repeat_and_close_around_what_is_certain() -> None:
    one, two = made(), made()
    for name in MADE:
        pd.testing.assert_frame_equal(one[name], two[name])
    table = one["business_case"]
    assert (table["p10"].dropna() <= table["p50"].dropna()).all() and (table["p50"] <= table["p90"]).fillna(True).all()
    other = made(with_numbers(seed=7))
    assert total(other, "npv", "p50") != total(one, "npv", "p50")
    assert total(other, "npv", "p50") == pytest.approx(total(one, "npv", "p50"), rel=0.03)
    sure = made(certain())
    for measure in ("today", "plan", "cloud", "energy_kwh"):
        spread = total(sure, measure, "p90") - total(sure, measure, "p10")
        effort = total(sure, "migration", "p90") - total(sure, "migration", "p10")
        assert spread <= effort + 0.01 if measure == "plan" else spread == pytest.approx(0, abs=0.01)


def test_draws_are_triangles_of_the_policy() -> None:
    draws = drawn(POLICY.business_case.assumptions, POLICY)
    for name, span in POLICY.business_case.assumptions.items():
        values = draws[name]
        assert len(values) == POLICY.business_case.samples
        assert span.low <= values.min() and values.max() <= span.high
        assert values.mean() == pytest.approx(
            (span.low + span.likely + span.high) / 3, abs=0.02 * (span.high - span.low)
        )


@settings(deadline=None)
@given(st.lists(st.integers(-100, 100), min_size=1, max_size=8))
def test_payback_is_the_last_day_on_which_the_plan_had_cost_more(flows: list[int]) -> None:
    found = payback(np.array(flows, dtype=float)[:, None])[0]
    sums = np.concatenate([[0.0], np.cumsum(flows)])
    if sums[-1] > 0:
        assert np.isinf(found)
        return
    assert 0 <= found <= len(flows)
    assert all(sums[at] <= 0 for at in range(int(np.ceil(found)), len(sums)))
    if found > 0:
        assert np.interp(found, np.arange(len(sums)), sums) == pytest.approx(0, abs=1e-6)


@pytest.mark.slow
def test_the_present_value_discounts_every_year() -> None:
    none, some = made(with_numbers(discount_rate_pct=fixed(0))), made(with_numbers(discount_rate_pct=fixed(10)))
    assert total(none, "npv") == pytest.approx(-total(none, "difference"))
    rows = some["cash_flows"].query("is_compared and kind != 'today' and purchase in ['every', 'on_demand']")
    worth = (rows["likely_sek"].astype(float) / 1.1 ** (rows["year"].astype(float) - 2027)).sum()
    assert total(some, "npv") == pytest.approx(-worth)


@pytest.mark.slow
def test_what_moves_the_result_most_comes_first() -> None:
    table = made()["sensitivity"]
    assert table["rank"].tolist() == list(range(1, 11))
    swing = (table["npv_high_sek"] - table["npv_low_sek"]).abs()
    assert swing.is_monotonic_decreasing and swing.iloc[0] > 0
    row = table[table["assumption"] == "cloud_extras_pct"].iloc[0]
    again = made(with_numbers(cloud_extras_pct=fixed(float(row["high"]))))
    assert total(again, "npv") == pytest.approx(row["npv_high_sek"])


@pytest.mark.slow
def test_amounts_in_euro_need_a_rate_and_a_case_without_dollars_has_no_business_case() -> None:
    rate = Exchange(sek_per_usd=10, as_of=date(2026, 11, 2), source="test")
    without = made(exchange=rate)
    assert without["business_case"]["p50_eur"].isna().all()
    euro = made(exchange=rate.model_copy(update={"sek_per_eur": 11.0}))
    assert total(euro, "plan", "likely_eur") == pytest.approx(total(euro, "plan") / 11, abs=0.01)
    nothing = made(exchange=None)
    assert set(nothing) == {"findings"} and nothing["findings"]["code"].tolist() == ["no_exchange_rate"]


@pytest.mark.slow
def test_carbon_dioxide_is_counted_only_with_the_organisations_own_factor() -> None:
    assert "co2_kg" not in set(made()["business_case"]["measure"])
    grid = POLICY.business_case.depreciation_years.model_copy(update={"value": 30.0, "unit": "g CO2e/kWh"})
    tables = made(with_numbers(grid_g_co2_per_kwh=grid))
    assert total(tables, "co2_kg") == pytest.approx(total(tables, "energy_kwh") * 0.03, abs=0.01)


def test_a_server_that_is_off_takes_disks_alone() -> None:
    portfolio = before()
    off = Portfolio({**portfolio.tables, "servers": portfolio["servers"].assign(power_state="off")})
    rows = business_case(off, example_case(), POLICY)["cash_flows"].query("state == 'modelled' and kind != 'cloud'")
    assert set(rows["component"]) == {"disks"}


@pytest.mark.parametrize(
    ("table", "change", "promise"),
    [
        ("cash_flows", lambda frame: frame.drop(frame.index[frame["kind"] == "cloud"][0]), "promise_money_sums"),
        ("cash_flows", lambda frame: frame[frame["kind"] != "today"], "promise_money_sides"),
        ("compared", lambda frame: frame.head(3), "promise_money_sides"),
        ("compared", lambda frame: frame.assign(is_compared=True), "promise_money_sides"),
        ("cash_flows", lambda frame: frame.assign(quantity=frame["quantity"] * 2), "promise_money_work"),
        ("business_case", lambda frame: frame.assign(p10=frame["p90"] + 1), "promise_money_ranges"),
    ],
)
def test_the_checker_notices_money_that_does_not_add_up(table: str, change: Any, promise: str) -> None:
    whole = planned_example().portfolio
    assert money_holds(whole, example_case(), POLICY).empty
    broken = Portfolio({**whole.tables, table: change(whole[table])})
    assert promise in set(money_holds(broken, example_case(), POLICY)["detail"])


@pytest.mark.slow
def test_the_public_sees_totals_and_no_system() -> None:
    inside, outside = (build_view(planned_example(), "sv", audience).business for audience in ("intern", "offentlig"))
    assert inside is not None and outside is not None
    assert inside.measures == outside.measures and inside.states and not outside.states
    assert any(item.systems for item in inside.excluded) and not any(item.systems for item in outside.excluded)
    assert all(item.count >= 3 for item in outside.excluded)
    assert sum(item.count for item in inside.excluded) + inside.compared == inside.total
    for year in inside.years:
        assert year.cloud >= 0 and year.once >= 0 and year.today > 0


@pytest.mark.slow
@settings(deadline=None)
@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.dates(date(2020, 1, 1), date(2035, 1, 1)))
def test_shares_of_years_add_up_to_the_days_between(start: date, end: date) -> None:
    first, last = (pd.Series([pd.Timestamp(day)]).astype("datetime64[us]") for day in (start, end))
    years = list(range(2019, 2037))
    found = shares(first, last, years).iloc[0]
    days = sum(found[year] * (366 if pd.Timestamp(year, 1, 1).is_leap_year else 365) for year in years)
    assert days == pytest.approx(max((end - start).days, 0))
