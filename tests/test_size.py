"""Right-sizing: the dominance table against every type tried one by one, and what a server may not be given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.classification import CASE
from benchmarks.sizing import HOLDS, NEEDS
from planner.catalogue import Catalogue, load_catalogue, price_types
from planner.counters import counters
from planner.enrich import enrich
from planner.errors import PolicyError
from planner.policy import Policy, load_policy
from planner.portfolio import Portfolio
from planner.schema import conform
from planner.size import choose, size
from planner.size.offers import DIMENSIONS, Offers
from planner.verify import verify
from tests.conftest import slow_but

POLICY = load_policy()
CATALOGUE = load_catalogue()
STOCKHOLM = CASE.model_copy(update={"region": "eu-north-1"})

steps = st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 8.0])
offer = st.tuples(steps, steps, st.one_of(steps, st.just(np.inf)), st.integers(1, 6))
need = st.tuples(st.floats(0, 9), st.floats(0, 9), st.one_of(st.floats(0, 9), st.just(np.inf)))


def table_of(rows: list[tuple[float, float, float, int]]) -> pd.DataFrame:
    """Offers by price, then name."""
    frame = pd.DataFrame(rows, columns=[*HOLDS, "usd_per_hour"]).astype(float)
    names = [f"t{at:03d}" for at in range(len(frame))]
    frame = frame.assign(instance_type=pd.Series(names, dtype="string"), as_of="2025-04-04", source="drawn")
    frame = frame.assign(licence_per_hour=0.0, reserved_1y_per_hour=np.nan, reserved_3y_per_hour=np.nan)
    return frame.sort_values(["usd_per_hour", "instance_type"], ignore_index=True)


def first_that_fit(table: pd.DataFrame, wanted: dict[str, float]) -> list[str]:
    """Names of all offers that cover the needs, the best first."""
    held = dict(zip(NEEDS, HOLDS, strict=True))
    fits = np.logical_and.reduce([table[held[name]] >= value for name, value in wanted.items()])
    return [str(name) for name in table["instance_type"][fits]]


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(offer, max_size=12), st.lists(offer, max_size=4), st.lists(need, min_size=1, max_size=8))
def test_the_choice_is_that_of_trying_every_type(
    priced: list[tuple[float, float, float, int]],
    unpriced: list[tuple[float, float, float, int]],
    wanted: list[tuple[float, float, float]],
) -> None:
    table, other = table_of(priced), table_of(unpriced)
    found = choose(pd.DataFrame(wanted, columns=list(NEEDS)), Offers(table, other))
    for row, needs in zip(found.to_dict("records"), wanted, strict=True):
        asked = dict(zip(NEEDS, needs, strict=True))
        best = first_that_fit(table, asked)
        assert [name for name in (row["instance_type"], row["runner_up"]) if isinstance(name, str)] == best[:2]
        if not best:
            lacks_facts = not len(table) and not len(other)
            without_price = bool(first_that_fit(other, asked)) or lacks_facts
            assert row["fit"] == ("price_not_found" if without_price else "no_type_fits")
            assert np.isnan(row["usd_per_hour"])
            continue
        assert row["fit"] == "sized"
        assert row["usd_per_hour"] == table.set_index("instance_type")["usd_per_hour"][best[0]]
        bound = [
            short
            for short, name in zip(DIMENSIONS, NEEDS, strict=True)
            if first_that_fit(table, {key: value for key, value in asked.items() if key != name})[0] != best[0]
        ]
        free = table["instance_type"].iloc[0] == best[0]
        assert row["bound_by"] == (" ".join(bound) or ("nothing" if free else "together"))


@settings(deadline=None)
@given(st.integers(1, 60))
def test_many_steps_are_searched_and_few_are_counted_alike(count: int) -> None:
    table = table_of([(float(at), 1.0, np.inf, at) for at in range(1, count + 1)])
    needs = pd.DataFrame({NEEDS[0]: [0.5, count - 0.5, count, count + 0.1, np.nan], NEEDS[1]: 1.0, NEEDS[2]: np.inf})
    found = choose(needs, Offers(table, table.head(0)))["vcpu"]
    assert found.tolist()[:3] == [1, count, count] and found.isna().tolist()[3:] == [True, True]


def portfolio_of(
    servers: list[dict[str, Any]], series: list[dict[str, Any]] | None = None, db: str | None = None
) -> Portfolio:
    """Servers of one rehosted system, with the facts that the steps before `size` would add."""
    base = {"os": "RHEL 9", "vcpu": 4, "memory_gib": 16.0, "storage_gib": 100.0}
    rows = [{**base, **row, "server_id": f"s{at}", "name": f"s{at}"} for at, row in enumerate(servers)]
    points = {"basis": "series", "points": 4000, "cpu_points": 4000, "memory_points": 4000, "expected_points": 4000}
    measured = [
        {**points, "window_days": 30.0, "server_id": f"s{at}", **row} for at, row in enumerate(series or []) if row
    ]
    option = "replatform" if db else "rehost"
    tables = {
        "servers": rows,
        "systems": [{"system_id": "a", "name": "A", "db": db}],
        "assignments": [{"server_id": row["server_id"], "system_id": "a", "basis": "stated"} for row in rows],
        "utilisation": measured,
        "decisions": [{"system_id": "a", "disposition": option, "state": "settled"}],
    }
    made = Portfolio({name: conform(pd.DataFrame(found), name) for name, found in tables.items()})
    made = made.with_tables(counters(made, STOCKHOLM, POLICY))
    return made.with_tables(enrich(made, STOCKHOLM, POLICY))


def use(cpu: float, memory: float, average: float | None = None) -> dict[str, Any]:
    """A series whose percentiles are all the same."""
    found: dict[str, Any] = {"cpu_avg_pct": cpu if average is None else average, "cpu_max_pct": cpu}
    for name in ("p50", "p95", "p99"):
        found |= {f"cpu_{name}_pct": cpu, f"memory_{name}_pct": memory}
    return found | {"memory_max_pct": memory}


def sized(portfolio: Portfolio, policy: Policy = POLICY, catalogue: Catalogue = CATALOGUE) -> pd.DataFrame:
    """Targets by server."""
    return size(portfolio, STOCKHOLM, policy, catalogue)["targets"].set_index("server_id")


def changed(**sizing: Any) -> Policy:
    """The standard policy with other numbers for sizing."""
    return POLICY.model_copy(update={"sizing": POLICY.sizing.model_copy(update=sizing)})


@pytest.mark.slow
def test_a_burstable_type_needs_a_measured_average_below_its_baseline() -> None:
    portfolio = portfolio_of([{}, {}, {}], [use(20, 30), use(80, 30, average=70), {}])
    found = sized(portfolio)
    # 4 vCPU x 20 % x 1.3 = 1.04 vCPU for long: t3.xlarge gives 4 x 40 % = 1.6, t3.large 2 x 30 % = 0.6.
    assert found.loc["s0", "need_sustained_vcpu"] == pytest.approx(1.04)
    assert not found.loc[["s1", "s2"], "instance_type"].astype(str).str.startswith("t").any()
    assert pd.isna(found.loc["s2", "need_sustained_vcpu"]) and "sustained" in str(found.loc["s2", "bound_by"])
    quiet = sized(portfolio_of([{}], [use(8, 30)]))
    assert str(quiet.loc["s0", "instance_type"]).startswith("t3.")


def test_what_is_missing_is_a_state_and_never_another_number() -> None:
    portfolio = portfolio_of(
        [{"os": None}, {"os": "AIX 7.2"}, {"vcpu": None}, {"vcpu": 2000}, {"storage_gib": None}, {}],
        [{}, {}, {}, {}, {}, {**use(50, 50), "window_days": 3.0}],
    )
    found = sized(portfolio)
    states = ["unknown_os", "os_not_offered", "unknown_size", "no_type_fits", "sized", "sized"]
    assert found["state"].tolist() == states
    assert found.loc[["s0", "s1", "s2", "s3"], "compute_usd_month"].isna().all()
    assert found.loc["s4", "storage_state"] == "unknown_size" and pd.isna(found.loc["s4", "storage_usd_month"])
    assert found["cpu_state"].tolist() == ["missing"] * 5 + ["short"] and set(found["confidence"]) == {1}
    empty = CATALOGUE.prices.head(0)
    dear = sized(portfolio, catalogue=_priced(empty))
    assert set(dear.loc[["s4", "s5"], "state"]) == {"price_not_found"} and dear["compute_usd_month"].isna().all()


def _priced(prices: pd.DataFrame) -> Catalogue:
    from dataclasses import replace

    return replace(CATALOGUE, prices=prices)


@pytest.mark.slow
def test_a_server_keeps_its_architecture_and_exclusions_are_kept() -> None:
    portfolio = portfolio_of([{"os": "Red Hat Enterprise Linux 9 (aarch64)"}, {}])
    found = sized(portfolio)
    arch = CATALOGUE.instance_types.set_index("instance_type")["arch"]
    assert arch[found["instance_type"].astype(str)].tolist() == found["arch"].tolist() == ["arm64", "x86_64"]
    first, second = str(found.loc["s1", "instance_type"]), str(found.loc["s1", "runner_up"])
    exclusion = {"types": [first], "because": "not here", "source": "test"}
    policy = POLICY.model_validate(
        {**POLICY.model_dump(), "sizing": {**POLICY.sizing.model_dump(), "exclusions": [exclusion]}}
    )
    assert str(sized(portfolio, policy).loc["s1", "instance_type"]) == second


@pytest.mark.slow
def test_the_runner_up_costs_no_less_and_the_price_is_the_lists() -> None:
    found = sized(portfolio_of([{}, {"os": "Windows Server 2022"}]))
    assert (found["runner_up_usd_month"] >= found["compute_usd_month"]).all()
    for key, system in (("s0", "linux"), ("s1", "windows")):
        prices = price_types(CATALOGUE, "eu-north-1", system).set_index("instance_type")["usd_per_hour"]
        target = str(found.loc[key, "instance_type"])
        assert found.loc[key, "compute_usd_month"] == pytest.approx(prices[target] * 730)
    assert found.loc["s0", "licence_usd_month"] == 0 and found.loc["s1", "licence_usd_month"] > 0
    for purchase in ("reserved_1y_usd_month", "reserved_3y_usd_month"):
        assert (found[purchase] < found["compute_usd_month"]).all()


@pytest.mark.slow
def test_a_server_that_may_hold_a_database_never_gets_less_memory() -> None:
    rows = [{}, {"memory_gib": 64.0}]
    plain, database = (sized(portfolio_of(rows, [use(20, 30), use(20, 30)], db)) for db in (None, "PostgreSQL 15"))
    assert plain["need_memory_gib"].tolist() == pytest.approx([16 * 0.39, 64 * 0.39])
    assert database["need_memory_gib"].tolist() == [16, 64] and database["has_database"].all()
    assert database["managed_state"].tolist() == ["application_server", "managed"]
    assert str(database.loc["s1", "instance_type"]).startswith("db.r") and database.loc["s1", "memory_gib"] >= 64
    assert database.loc["s1", "storage_state"] == "modelled"


@pytest.mark.parametrize(
    ("servers", "db", "states"),
    [
        (1, "PostgreSQL 15", ["one_server"]),
        (2, "Progress OpenEdge", ["no_engine", "no_engine"]),
        (2, "SQL Server 2019", ["managed", "application_server"]),
    ],
)
def test_why_a_database_is_not_managed_is_told(servers: int, db: str, states: list[str]) -> None:
    found = sized(portfolio_of([{} for _ in range(servers)], db=db))
    assert found["managed_state"].tolist() == states
    if db.startswith("SQL"):
        assert found.loc["s0", "state"] == "price_not_found"


@pytest.mark.parametrize(
    ("series", "expected"),
    slow_but(
        lambda given: given[1] == "idle",
        [
            (use(0, 0), "zombie"),
            (use(4, 4), "idle"),
            (use(4, 40), "active"),
            ({**use(4, 4), "memory_points": 10}, "not_measured"),
            ({}, "not_measured"),
        ],
    ),
)
def test_idle_servers_are_told_only_by_series_of_both(series: dict[str, Any], expected: str) -> None:
    portfolio = portfolio_of([{}], [series])
    assert portfolio["counters"]["use"].tolist() == portfolio["facts"]["measured_use"].tolist() == [expected]
    both = portfolio_of([{}, {}], [series, {}])
    assert both["facts"]["measured_use"].tolist() == ["not_measured"]


@pytest.mark.slow
def test_as_is_sizes_nothing_by_a_series_and_the_checker_agrees() -> None:
    portfolio = portfolio_of([{}, {}], [use(20, 30), {}], "PostgreSQL 15")
    for basis, expected in (("utilisation", ["utilisation", "allocated"]), ("as_is", ["allocated", "allocated"])):
        policy = changed(basis=basis)
        made = portfolio.with_tables(size(portfolio, STOCKHOLM, policy, CATALOGUE))
        assert made["targets"]["vcpu_basis"].tolist() == expected
        broken = verify(made, STOCKHOLM, policy)["findings"]
        assert "promise_sizes" not in set(broken["detail"])
        off = Portfolio({**made.tables, "targets": made["targets"].assign(has_database=False)})
        assert "promise_sizes" in set(verify(off, STOCKHOLM, policy)["findings"]["detail"])


@pytest.mark.parametrize(("seen", "confidence"), slow_but((2000, 3).__eq__, [(4000, 5), (3300, 5), (2000, 3), (0, 1)]))
def test_confidence_follows_the_coverage_of_what_is_used(seen: int, confidence: int) -> None:
    series = {**use(20, 30), "cpu_points": 4000 if seen == 2000 else seen, "memory_points": 0 if seen == 2000 else seen}
    assert sized(portfolio_of([{}], [series])).loc["s0", "confidence"] == confidence


def test_a_percentile_that_no_series_has_is_refused() -> None:
    sizing = POLICY.sizing.model_dump()
    sizing["database_percentile"]["value"] = 90
    with pytest.raises((ValueError, PolicyError), match="database_percentile"):
        type(POLICY.sizing).model_validate(sizing)


@pytest.mark.parametrize(
    ("written", "engine"),
    [("SQL Server 2019 Standard", "sqlserver_standard"), ("SQL Server 2019", "sqlserver")],
)
def test_a_managed_sql_server_is_priced_by_its_edition_and_without_a_price_it_says_so(
    written: str, engine: str
) -> None:
    servers = [{"memory_gib": 32.0, "os": "Windows Server 2019"}, {"os": "Windows Server 2019"}]
    portfolio = portfolio_of(servers, db=written)
    made = size(portfolio, STOCKHOLM, POLICY, load_catalogue())
    row = made["targets"].set_index("server_id").loc["s0"]
    assert row["engine"] == engine and row["state"] == "price_not_found" and pd.isna(row["compute_usd_month"])
    found = made["findings"].iloc[0]
    assert (found["code"], found["value"]) == ("managed_engine_without_price", engine)
    catalogue = load_catalogue()
    asked = {"region": "eu-north-1", "product": "database", "kind": "sqlserver_standard_single_az", "usd": 1.5}
    asked |= {"scope": "db.m6i.2xlarge", "unit": "hour", "as_of": "2026-11-01", "source": "drawn", "origin": "snapshot"}
    prices = pd.concat([catalogue.prices, pd.DataFrame([asked])], ignore_index=True).astype(catalogue.prices.dtypes)
    priced = size(portfolio, STOCKHOLM, POLICY, replace(catalogue, prices=prices))
    is_known = engine == "sqlserver_standard"
    row = priced["targets"].set_index("server_id").loc["s0"]
    assert row["state"] == ("sized" if is_known else "price_not_found")
    assert priced["findings"].empty == is_known


def test_a_server_that_waits_for_its_host_is_not_made_smaller_by_what_it_was_given() -> None:
    ready = [{"cpu_ready_pct": value} for value in (7.5, 5.0, None, 7.5)]
    series = [use(10, 20, 2)] * 3 + [{}]
    made = sized(portfolio_of(ready, series))
    assert made["vcpu_basis"].tolist() == ["contended", "utilisation", "utilisation", "allocated"]
    assert made["need_vcpu"].tolist() == [4.0, 1.0, 1.0, 4.0]
    assert made["memory_gib_basis"].tolist() == ["utilisation"] * 3 + ["allocated"]
    # Its average is as little known, so that no burstable type is taken on trust.
    assert made["need_sustained_vcpu"].isna().tolist() == [True, False, False, True]
    portfolio = portfolio_of(ready, series)
    whole = portfolio.with_tables(size(portfolio, STOCKHOLM, POLICY, CATALOGUE))
    assert "promise_sizes" not in set(verify(whole, STOCKHOLM, POLICY)["findings"]["detail"])
    calm = Portfolio({**whole.tables, "servers": whole["servers"].assign(cpu_ready_pct=0.0)})
    assert "promise_sizes" in set(verify(calm, STOCKHOLM, POLICY)["findings"]["detail"])
