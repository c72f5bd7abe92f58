"""What the business case adds to the servers' prices: data out, SQL Server, and moves that are later than planned."""

from __future__ import annotations

import pandas as pd
import pytest

from planner.business_case import business_case
from planner.business_case.slip import slip_assumption, slips
from planner.facts.sql_server import editions
from planner.portfolio import Portfolio
from planner.verify.money import money_holds
from tests.test_business_case import POLICY, before, example_case, made, moved, total, with_table

# They plan cases, start processes or wait for servers.
pytestmark = pytest.mark.slow

SQL = "sql_"
HOURS = 365 * 24
SEK_PER_USD = 10.5


def sql_of(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows of SQL Server, the year after the move and with the price of the first year."""
    rows = tables["cash_flows"]
    return rows[rows["component"].astype("string").str.startswith(SQL)]


def systems_with(**columns: object) -> pd.DataFrame:
    """The example's systems with other values."""
    return before()["systems"].assign(**columns)


def holders() -> list[str]:
    """Systems of the example with SQL Server on a server that moves."""
    return sorted(set(sql_of(made())["system_id"]))


@pytest.mark.parametrize(
    ("written", "edition"),
    [
        ("SQL Server 2019 Standard", "standard"),
        ("MSSQL 2016 Std", "standard"),
        ("SQL Server 2012 R2 Enterprise Edition", "enterprise"),
        ("SQL Server 2017 Ent", "enterprise"),
        ("SQL Server 2019 Express", "free"),
        ("SQL Server Developer", "free"),
        ("SQL Server 2022", None),
        ("SQL Server Standard och Enterprise", None),
        ("SQL Server Web", None),
        ("Student-db", None),
        (None, None),
    ],
)
def test_an_edition_is_what_is_written_and_unknown_where_two_are(written: str | None, edition: str | None) -> None:
    found = editions(pd.Series([written], dtype="string"))[0]
    assert pd.isna(found) if edition is None else found == edition


def test_a_licence_that_nobody_knows_of_is_a_range_and_a_finding() -> None:
    tables = made()
    rows = sql_of(tables)
    assert len(rows) and set(rows["component"]) == {"sql_edition_unknown_open"} and set(rows["state"]) == {"modelled"}
    assert (rows["low_sek"] == 0).all() and (rows["low_sek"] < rows["likely_sek"]).all()
    assert (rows["likely_sek"] < rows["high_sek"]).all()
    codes = tables["findings"].set_index("code")["detail"]
    assert codes["software_assurance_unknown"] == codes["sql_edition_unknown"] == str(len(holders()))


def test_licences_with_software_assurance_follow_along_and_others_are_paid_for() -> None:
    brought = with_table("systems", systems_with(has_software_assurance=True))
    rows = sql_of(brought)
    assert set(rows["component"]) == {"sql_brought"} and set(rows["state"]) == {"brought"}
    assert (rows["likely_sek"] == 0).all() and (rows["quantity"] > 0).any()
    assert not set(brought["findings"]["code"]) & {"software_assurance_unknown", "sql_edition_unknown"}
    costs = {}
    for edition, usd in (("Standard", 0.12), ("Enterprise", 0.375)):
        systems = systems_with(has_software_assurance=False)
        systems["db"] = systems["db"].mask(systems["system_id"].isin(holders()), f"SQL Server 2019 {edition}")
        costs[edition] = with_table("systems", systems)
        rows = sql_of(costs[edition])
        assert set(rows["component"]) == {f"sql_{edition.lower()}"} and set(rows["state"]) == {"known"}
        vcpu = rows["quantity"].astype(float)
        assert rows["likely_sek"].to_numpy() == pytest.approx((vcpu * HOURS * usd * SEK_PER_USD).to_numpy())
    paid = [total(tables, "cloud") for tables in (brought, costs["Standard"], costs["Enterprise"])]
    assert paid[0] < paid[1] < paid[2]


def test_an_edition_that_costs_nothing_needs_no_licence_and_four_vcpu_are_the_least() -> None:
    systems = systems_with()
    systems["db"] = systems["db"].mask(systems["system_id"].isin(holders()), "SQL Server 2019 Express")
    assert sql_of(with_table("systems", systems)).empty
    small = before()["targets"].assign(vcpu=1)
    rows = sql_of(with_table("targets", small))
    whole = rows[rows["year"] == rows["year"].max()]
    assert (whole["quantity"] == 4).all() and len(whole)


def test_data_out_is_what_somebody_knows_else_an_assumption_by_server() -> None:
    rows = made()["cash_flows"].query("component == 'egress'")
    assert set(rows["unit"]) == {"servers"} and set(rows["state"]) == {"modelled"}
    assert rows["source"].astype(str).str.contains("internet_out_typical").all()
    known = with_table("systems", systems_with(egress_gb_month=100.0))["cash_flows"]
    assert not (known["component"] == "egress").any()
    rows = known[known["component"] == "egress_known"]
    assert set(rows["state"]) == {"known"} and set(rows["unit"]) == {"GB/year"}
    whole = rows[rows["year"] == rows["year"].max()]
    assert whole["likely_sek"].to_numpy() == pytest.approx(100 * 12 * 0.09 * SEK_PER_USD)


def test_what_has_no_price_in_a_region_is_unknown_and_said() -> None:
    tables = business_case(before(), example_case(region="eusc-de-east-1"), POLICY)
    rows = tables["cash_flows"][tables["cash_flows"]["component"].isin(["egress", "sql_edition_unknown_open"])]
    assert set(rows["state"]) == {"unknown"} and rows["likely_sek"].isna().all() and len(rows)
    assert {"no_transfer_price", "no_sql_licence_price"} <= set(tables["findings"]["code"])
    assert total(tables, "cloud") < total(made(), "cloud")


def delayed(days: int) -> pd.DataFrame:
    """Futures of the schedule in which every wave is as late at every percentile."""
    waves = before()["risk_waves"]
    late = waves["planned_date"] + pd.Timedelta(days=days)
    return waves.assign(**{f"{point}_date": late for point in ("p50", "p80", "p95")})


def test_a_move_that_is_later_keeps_what_was_to_end() -> None:
    on_time, late = with_table("risk_waves", delayed(0)), with_table("risk_waves", delayed(73))
    assert not (on_time["cash_flows"]["kind"] == "slip").any()
    rows = late["cash_flows"].query("kind == 'slip'")
    assert (rows["likely_sek"] > 0).all()
    gap = total(late, "plan") - total(on_time, "plan")
    assert gap == pytest.approx(rows["likely_sek"].sum(), rel=1e-6) and gap > 0
    assert total(late, "npv", "p50") < total(on_time, "npv", "p50")
    # A fifth of a year of what ends in a whole year; some growth lies between.
    ended = late["cash_flows"].query("kind == 'ended'")
    whole = ended[ended["year"] == ended["year"].max()]
    both = rows.merge(whole, on=["system_id", "component"], suffixes=("", "_whole"))
    assert len(both) == len(rows)
    share = both["likely_sek"].astype(float) / -both["likely_sek_whole"].astype(float)
    assert share.between(0.2 / 1.02**4 - 0.001, 0.2001).all()


def test_a_wave_that_is_later_than_the_others_weighs_more_and_early_ones_earn_nothing() -> None:
    waves = before()["risk_waves"]
    first = waves["wave"] == waves["wave"].min()
    late = delayed(100).where(first, delayed(-30))
    tables = before().tables | {"risk_waves": late}
    inside = moved(made())
    months = slips(Portfolio(tables), inside, 2031)
    assert (months >= 0).all().all()
    named = before()["waves"].drop_duplicates("system_id").set_index("system_id")["wave"].reindex(inside.index)
    assert ((months["p80"] > 0) == (named == waves["wave"].min())).all()
    span = slip_assumption(months)
    assert span.low == 0 and span.likely == pytest.approx(months["p50"].mean(), abs=1e-4)


def test_what_is_later_than_the_last_year_costs_nothing_in_it() -> None:
    tables = with_table("risk_waves", delayed(5000))
    rows = tables["cash_flows"]
    assert (slips(Portfolio(before().tables | {"risk_waves": delayed(5000)}), moved(tables), 2031)["p95"] < 60).all()
    slip = rows[rows["kind"] == "slip"].groupby("system_id")["likely_sek"].sum()
    ended = -rows[rows["kind"] == "ended"].groupby("system_id")["likely_sek"].sum()
    assert (slip <= ended.reindex(slip.index) * 1.001).all() and len(slip)


def test_the_checker_agrees_with_all_parts() -> None:
    tables = with_table("risk_waves", delayed(73))
    whole = Portfolio({**before().tables, **{name: frame for name, frame in tables.items() if name != "findings"}})
    assert money_holds(whole, example_case(), POLICY).empty
