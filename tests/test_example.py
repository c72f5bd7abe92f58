"""The example municipality: its deliberate dirt is found, its documents are goldens, its numbers can be followed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from planner.plan import Plan
from planner.render import render
from planner.view import View, build_view
from tests.conftest import EXAMPLE, REPOSITORY, planned_example, slow_but

GOLDEN = REPOSITORY / "tests" / "golden" / "exempelkommun"
Golden = Callable[[Path, bytes], None]


@pytest.fixture(scope="module")
def planned() -> Plan:
    """The example, planned once."""
    return planned_example()


@pytest.fixture(scope="module")
def view(planned: Plan) -> View:
    """Its Swedish document for the organisation itself."""
    return build_view(planned, "sv", "intern")


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """What is deliberately wrong in it."""
    read: dict[str, Any] = yaml.safe_load((EXAMPLE / "expected.yaml").read_text(encoding="utf-8"))
    return read


def test_every_row_of_every_file_is_accounted_for(planned: Plan, expected: dict[str, Any]) -> None:
    columns = ["rows_in", "rows_used", "rows_merged", "rows_rejected"]
    rows = planned.portfolio["sources"].set_index("file")[columns].to_dict("index")
    assert rows == expected["rows"]


def test_every_deliberate_defect_is_found(planned: Plan, expected: dict[str, Any]) -> None:
    found = planned.portfolio["findings"].groupby(["code", "file"]).size()
    for item in expected["findings"]:
        assert found[(item["code"], item["file"])] == item["count"], item
    counts = planned.portfolio["findings"]["code"].value_counts()
    coded = [item for item in expected["defects"] if "code" in item]
    assert all(counts[item["code"]] >= item["count"] for item in coded)


def test_systems_and_costs_are_read_as_meant(planned: Plan, expected: dict[str, Any]) -> None:
    systems = planned.portfolio["systems"]
    provisional = planned.portfolio["assignments"].query("basis == 'provisional'")
    assert len(provisional) == expected["systems"]["provisional"]
    assert len(systems) - len(provisional) == expected["systems"]["read"]
    assert systems["annual_cost_sek"].sum() == expected["systems"]["annual_cost_sek"]
    assert systems["annual_cost_sek"].notna().sum() == expected["systems"]["with_annual_cost"]


def test_all_seven_options_are_proposed_and_the_plan_holds(planned: Plan) -> None:
    proposed = set(planned.portfolio["decisions"]["disposition"].dropna())
    assert proposed == {"retire", "retain", "rehost", "relocate", "repurchase", "replatform", "refactor"}
    assert not planned.has_errors


def test_the_circle_moves_together(planned: Plan) -> None:
    circles = planned.portfolio["groups"].query("reason == 'cycle'")
    assert circles["detail"].str.contains("Kartbordet").any()


@pytest.mark.parametrize("language", slow_but("sv".__eq__, ["sv", "en"]))
@pytest.mark.parametrize("audience", ["intern", "offentlig"])
def test_documents_are_goldens(planned: Plan, golden: Golden, language: str, audience: str) -> None:
    documents = render(build_view(planned, language, audience))
    assert set(documents) == {"roadmap.html", "roadmap.md", "systems.csv", "plan.json"}
    golden(GOLDEN / f"roadmap.{language}.{audience}.md", documents["roadmap.md"])
    golden(GOLDEN / f"systems.{language}.{audience}.csv", documents["systems.csv"])


def test_page_one_adds_up(planned: Plan, view: View) -> None:
    assert sum(count.systems for count in view.counts) == len(view.systems) == len(planned.portfolio["systems"])
    assert sum(year.days for year in view.years) == pytest.approx(view.total_days[1], abs=1)
    assert sum(count.days[1] or 0 for count in view.counts) == pytest.approx(view.total_days[1])
    for wave in view.waves:
        assert wave.days[1] == pytest.approx(
            sum(item.days[1] or 0 for item in view.systems if item.wave == wave.number), abs=0.1
        )
    for lens in view.lenses:
        assert sum(count for _, count in lens.classes) == lens.total
    for ask in view.asks:
        assert ask.count == len(ask.systems)


def test_every_reason_of_the_document_points_to_cells_that_hold_it(planned: Plan, view: View) -> None:
    known = {path.name for path in EXAMPLE.iterdir()}
    reasons = [reason for item in view.systems for reason in item.reasons if reason.cells]
    assert len(reasons) > 200
    for reason in reasons:
        files = {cell.partition(":")[0].partition("[")[0] for cell in reason.cells.split() if not cell.startswith("+")}
        assert files <= known


@pytest.mark.slow
def test_the_public_document_holds_nothing_that_it_should_not(planned: Plan) -> None:
    tables = dict(planned.portfolio.tables)
    canaries = {
        "vendor": "KANARIELEVERANTÖR",
        "product": "KANARIEPRODUKT",
        "os": "KANARIESYSTEM",
        "db": "KANARIEDATABAS",
        "lock_in": "KANARIELÅS",
    }
    tables["systems"] = tables["systems"].assign(**canaries)
    tables["findings"] = tables["findings"].assign(value="KANARIEVÄRDE", detail="users")
    tables["evidence"] = tables["evidence"].assign(values="os=KANARIEBEVIS", cells="KANARIECELL")
    tables["groups"] = tables["groups"].assign(detail="KANARIECIRKEL")
    tables["attributes"] = tables["attributes"].assign(value="KANARIEKOMMENTAR")
    public = render(build_view(_with(planned, tables), "sv", "offentlig"))
    for name, content in public.items():
        assert b"KANARIE" not in content, name
    for server in planned.portfolio["servers"]["name"]:
        assert not any(str(server).encode() in content for content in public.values()), "the name of a server"
    view = json.loads(public["plan.json"])
    assert not view["risks"] and not view["findings"] and not view["lenses"]
    assert all(rule["fired"] is None for rule in view["rules"])
    assert all(ask["count"] is None or ask["count"] == 0 or ask["count"] >= 3 for ask in view["asks"])
    for item in view["systems"]:
        assert item["today_sek"] is None and item["servers"] is None and not item["reasons"] and not item["questions"]
        assert not item["tasks"] and not item["organisation"], (
            "a task of one system tells of secrecy or protective security"
        )
    assert b"KANARIE" in render(build_view(_with(planned, tables), "sv", "intern"))["plan.json"]


def _with(plan: Plan, tables: dict[str, pd.DataFrame]) -> Plan:
    from dataclasses import replace

    from planner.portfolio import Portfolio

    return replace(plan, portfolio=Portfolio(tables))
