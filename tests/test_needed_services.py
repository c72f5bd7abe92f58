"""Cloud services that systems need: from the register and the case to the targets whose region lacks one."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks.classification import CASE
from planner.catalogue import load_catalogue
from planner.counters import counters
from planner.enrich import enrich
from planner.errors import PolicyError
from planner.lenses import assess
from planner.policy import load_policy
from planner.policy.cloud_fit import TargetGate
from planner.portfolio import Portfolio
from planner.schema import conform

POLICY = load_policy()
BOTH, NORTH_ALONE = "rds", "amplify"


def looked_at(*needed: str | None, common: tuple[str, ...] = ()) -> Portfolio:
    """Systems with needed services, up to the targets that are open to them."""
    rows = [{"system_id": f"s{at}", "name": f"S{at}", "needed_services": text} for at, text in enumerate(needed)]
    portfolio = Portfolio({"systems": conform(pd.DataFrame(rows), "systems")})
    case = CASE.model_copy(update={"needed_services": list(common)})
    for step in (counters, enrich, assess):
        portfolio = portfolio.with_tables(step(portfolio, case, POLICY))
    return portfolio


def gates(portfolio: Portfolio, system: str) -> dict[str, set[str]]:
    """Gates on services that hold, by target."""
    rows = portfolio["target_fit"].query("system_id == @system").astype({"gates": "string", "missing": "string"})
    return {str(row.target): set(str(row.gates).split()) for row in rows.itertuples()}


def test_the_lists_are_those_of_the_catalogue() -> None:
    services = load_catalogue().services.groupby("region")["service"].agg(set)
    assert {BOTH, NORTH_ALONE} <= services["eu-north-1"] and NORTH_ALONE not in services["eusc-de-east-1"]
    assert BOTH in services["eusc-de-east-1"]


def test_a_region_without_a_needed_service_is_closed_and_a_provider_without_a_list_is_asked() -> None:
    portfolio = looked_at(f"{BOTH}, {NORTH_ALONE.upper()}", BOTH, None)
    facts = portfolio["facts"]
    assert facts["service_gaps"].tolist() == [f"eusc-de-east-1:{NORTH_ALONE}", "none", "none"]
    assert facts["has_needed_services"].tolist() == [True, True, False]
    lacking, served, silent = (gates(portfolio, f"s{at}") for at in range(3))
    verdicts = portfolio["target_fit"].query("system_id == 's0'").set_index("target")["verdict"].astype("string")
    assert verdicts["aws_eusc"] == "deny" and "service_missing" in lacking["aws_eusc"]
    assert verdicts["aws_eu_north_1"] != "deny"
    for name, found in (*served.items(), *silent.items()):
        assert "service_missing" not in found, name
    assert "service_not_listed" in lacking["eu_cloud"] & served["eu_cloud"]
    assert not any("service_not_listed" in found for found in silent.values())
    # Own premises and bought services are not asked for a cloud's services.
    assert not any("service_not_listed" in served[name] for name in ("own", "saas_eu", "shared_public"))


def test_what_the_case_needs_every_system_needs() -> None:
    portfolio = looked_at(BOTH, None, common=(NORTH_ALONE,))
    assert portfolio["facts"]["service_gaps"].tolist() == [f"eusc-de-east-1:{NORTH_ALONE}"] * 2
    assert all("service_missing" in gates(portfolio, system)["aws_eusc"] for system in ("s0", "s1"))


def test_a_name_that_no_list_has_closes_every_region_and_is_said_with_the_nearest() -> None:
    portfolio = looked_at("amplfy", None, common=("zzzzzz",))
    found = portfolio["findings"].query("code == 'unknown_service'").set_index("value")
    assert found.loc["amplfy", ["row_id", "detail"]].tolist() == ["s0", "amplify"]
    assert pd.isna(found.loc["zzzzzz", "row_id"]) and found.loc["zzzzzz", "detail"] == "–"
    regions = {gap.partition(":")[0] for gap in portfolio["facts"]["service_gaps"][0].split()}
    assert regions == set(load_catalogue().services["region"])


def test_a_gate_has_one_form() -> None:
    gate = POLICY.cloud_fit.model_dump(by_alias=True)["gates"][0]
    with pytest.raises((ValueError, PolicyError), match="exactly one of"):
        TargetGate.model_validate(gate | {"gap_in": "service_gaps"})
