"""Servers are sized from series that are whole, and as they are allocated otherwise; servers and values are made up."""

from __future__ import annotations

import pandas as pd
import pytest

from planner.case import read_case
from planner.pipeline import compute
from planner.policy import load_policy
from planner.portfolio import Portfolio
from planner.verify import verify
from tests.series_files import SERVERS, MakeCase, month

pytestmark = pytest.mark.slow


def planned(make_case: MakeCase, rows: list[str], name: str = "case", header: str = "CPU %;Minne %") -> Portfolio:
    """Plan a case of two servers and a series."""
    files = {"servrar.csv": SERVERS, "serie.csv": f"Server;Tidpunkt;{header}\n" + "\n".join(rows)}
    case = read_case(make_case(files, "  - file: servrar.csv\n  - {file: serie.csv, timezone: Etc/UTC}\n", name=name))
    plan = compute(case)
    assert not plan.has_errors
    return plan.portfolio


def targets(portfolio: Portfolio) -> pd.DataFrame:
    """Targets by the name of their server."""
    return portfolio["targets"].merge(portfolio["servers"][["server_id", "name"]], on="server_id").set_index("name")


def test_a_server_with_a_whole_series_is_sized_from_it_and_others_as_allocated(make_case: MakeCase) -> None:
    found = targets(planned(make_case, month("dvarg01", lambda at: "20;30")))
    one, other = found.loc["dvarg01"], found.loc["dvarg02"]
    # 8 vCPU x 20 % x 1.3 and 32 GiB x 30 % x 1.3
    assert (one["need_vcpu"], one["need_memory_gib"]) == (pytest.approx(2.08), pytest.approx(12.48))
    assert (one["vcpu_basis"], one["memory_gib_basis"], one["confidence"]) == ("utilisation", "utilisation", 5)
    assert (one["cpu_used_pct"], one["memory_used_pct"], one["vcpu"], one["memory_gib"]) == (20, 30, 4, 16)
    assert (other["need_vcpu"], other["vcpu_basis"], other["confidence"]) == (4, "allocated", 1)


@pytest.mark.parametrize(
    ("rows", "basis"),
    [
        (month("dvarg01", lambda at: "20;30", days=13), ("allocated", "allocated")),
        (month("dvarg01", lambda at: "20;30")[::4] + month("dvarg01", lambda at: "20;30")[:2200], ("allocated",) * 2),
        (month("dvarg01", lambda at: "20;30" if at < 2000 else "20;"), ("utilisation", "allocated")),
        (month("dvarg01", lambda at: "0.2;30") + month("dvarg02", lambda at: "60;30"), ("allocated", "utilisation")),
    ],
)
def test_a_series_that_is_short_or_full_of_holes_or_doubtful_sizes_nothing(
    make_case: MakeCase, rows: list[str], basis: tuple[str, str]
) -> None:
    found = targets(planned(make_case, rows)).loc["dvarg01"]
    assert (found["vcpu_basis"], found["memory_gib_basis"]) == basis
    assert found["confidence"] == {0: 1, 1: 3}[basis.count("utilisation")]


def test_no_server_shrinks_below_the_floor_or_grows_for_it(make_case: MakeCase) -> None:
    files = {"servrar.csv": "Server;vCPU;Minne (GB);OS\ndvarg01;8;32;RHEL 9\ndvarg02;1;1;RHEL 9\n"}
    rows = [line for name in ("dvarg01", "dvarg02") for line in month(name, lambda at: "2;2")]
    files["serie.csv"] = "Server;Tidpunkt;CPU %;Minne %\n" + "\n".join(rows)
    case = make_case(files, "  - file: servrar.csv\n  - {file: serie.csv, timezone: Etc/UTC}\n")
    found = targets(compute(read_case(case)).portfolio)
    assert found.loc["dvarg01", ["need_vcpu", "need_memory_gib"]].tolist() == [1, 2]
    assert found.loc["dvarg02", ["need_vcpu", "need_memory_gib"]].tolist() == [1, 1]


def test_the_checker_notices_sizes_that_the_series_do_not_bear(make_case: MakeCase) -> None:
    portfolio = planned(make_case, month("dvarg01", lambda at: "20;30"))
    case = read_case(make_case({}, "  - file: servrar.csv\n"))
    assert verify(portfolio, case, load_policy())["findings"].empty
    changes: list[dict[str, float]] = [{"cpu_p95_pct": 90.0}, {"expected_points": 99_999}, {"window_days": 2.0}]
    for change in changes:
        tampered = Portfolio({**portfolio.tables, "utilisation": portfolio["utilisation"].assign(**change)})
        assert verify(tampered, case, load_policy())["findings"]["detail"].tolist() == ["promise_sizes"], change
