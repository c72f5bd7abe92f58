"""Old and missing cloud facts are told: in a table, as findings, and in the documents."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from planner.case import read_case
from planner.catalogue import load_catalogue
from planner.catalogue.snapshot import DTYPES, fingerprint_of
from planner.pipeline import compute
from planner.plan import Plan
from planner.view import build_view
from tests.test_catalogue import SHIPPED

MakeCase = Callable[..., Path]


def planned(make_case: MakeCase, extra: str = "", snapshot: Path | None = None) -> Plan:
    """A plan of one system, on the shipped snapshot or on another."""
    folder = make_case(
        {"system.csv": "Id;Namn\nS1;Eken\n"},
        "  - {file: system.csv, reader: systems}\n",
        extra=extra + (f"catalogue: {snapshot}\n" if snapshot else ""),
    )
    return compute(read_case(folder))


def snapshot_of(folder: Path, **changes: object) -> Path:
    """The shipped snapshot with another manifest."""
    shutil.copytree(SHIPPED, folder)
    about = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**about, **changes}), encoding="utf-8")
    return folder


def told(plan: Plan, code: str) -> list[tuple[str, str]]:
    findings = plan.portfolio["findings"].query("code == @code")
    return list(zip(findings["row_id"], findings["value"], strict=True))


@pytest.mark.slow
def test_the_age_of_each_part_is_counted_to_the_day_of_the_plan(make_case: MakeCase) -> None:
    plan = planned(make_case)
    parts = plan.portfolio["catalogue_parts"].set_index("part")
    # The plan is made the day before the snapshot: that is not old, and no negative age.
    assert parts.loc["types", ["state", "rows", "age_days", "is_old"]].tolist() == ["read", 715, 0, False]
    assert parts.loc["storage_prices", ["state", "age_days", "is_old"]].tolist() == ["shipped", 858, True]
    assert parts.loc["savings_prices", "state"] == "missing" and pd.isna(parts.loc["savings_prices", "age_days"])
    assert parts.loc["transfer_prices", "is_old"] == False  # noqa: E712 (a nullable boolean)
    assert told(plan, "catalogue_old") == [
        ("compute_prices", "2025-03-02"),
        ("storage_prices", "2024-07-18"),
        ("database_prices", "2025-04-04"),
    ]
    # What nobody asked for is no fault.
    assert not told(plan, "catalogue_missing") and not told(plan, "catalogue_kept")


@pytest.mark.slow
def test_what_a_policy_allows_decides_what_is_old(make_case: MakeCase, tmp_path: Path) -> None:
    folder = tmp_path / "case" / "policy"
    folder.mkdir(parents=True)
    (folder / "policy.yaml").write_text("extends: standard\n", encoding="utf-8")
    (folder / "catalogue.yaml").write_text(
        "max_price_age_days: {value: 9999, unit: days, because: ours, source: ours}\n", encoding="utf-8"
    )
    assert not told(planned(make_case, "policy: ./policy\n"), "catalogue_old")


@pytest.mark.slow
def test_parts_that_were_kept_or_are_missing_are_told_with_their_date_and_their_reason(
    make_case: MakeCase, tmp_path: Path
) -> None:
    part = {"region": "eu-north-1", "reason": "AccessDenied in DescribeInstanceTypes"}
    parts = [
        {**part, "part": "types", "state": "kept", "captured_date": "2026-03-01", "made_with": "AWS API"},
        {**part, "part": "database_classes", "state": "missing"},
        {**part, "part": "storage_prices", "state": "missing"},
    ]
    plan = planned(make_case, snapshot=snapshot_of(tmp_path / "snapshot", parts=parts))
    rows = plan.portfolio["catalogue_parts"].set_index("part")
    assert rows.loc["types", ["state", "age_days", "is_old", "made_with"]].tolist() == ["kept", 267, True, "AWS API"]
    # Prices that were not read are the shipped ones, and say so.
    assert rows.loc["storage_prices", ["state", "reason"]].tolist() == ["shipped", part["reason"]]
    assert told(plan, "catalogue_kept") == [("types", "2026-03-01"), ("storage_prices", "2024-07-18")]
    assert told(plan, "catalogue_missing") == [("database_classes", "?")]
    assert ("types", "2026-03-01") in told(plan, "catalogue_old")
    assert plan.catalogue["degraded"] == [
        "eu-north-1 database_classes: missing",
        "eu-north-1 storage_prices: missing",
        "eu-north-1 types: kept",
    ]
    for language, word in (("sv", "kvar från en tidigare läsning"), ("en", "kept from an earlier reading")):
        view = build_view(plan, language, "intern")
        shown = {item.label: item for item in view.meta.catalogue_parts}
        assert word in {item.state for item in shown.values()}
        assert any("AccessDenied" in item.reason and item.is_old for item in shown.values())
        assert any("1 mars 2026" in note.text or "1 March 2026" in note.text for note in view.findings)


@pytest.mark.slow
def test_a_region_that_the_snapshot_does_not_know_is_told_and_has_no_price(make_case: MakeCase) -> None:
    folder = make_case(
        {
            "system.csv": "Id;Namn\nS1;Eken\n",
            "servrar.csv": "Server;System;OS;vCPU;RAM GB\nvm-1;Eken;Ubuntu 24.04;2;8\n",
        },
        "  - {file: system.csv, reader: systems}\n  - {file: servrar.csv, reader: servers}\n",
        extra="region: eu-south-2\n",
    )
    plan = compute(read_case(folder))
    assert plan.portfolio["targets"]["state"].tolist() == ["price_not_found"]
    assert plan.portfolio["targets"][["compute_usd_month", "storage_usd_month"]].isna().all(axis=None)
    findings = plan.portfolio["findings"]
    assert findings.loc[findings["code"] == "catalogue_no_region", "value"].tolist() == ["eu-south-2"]
    assert (plan.portfolio["catalogue_parts"]["state"] == "missing").sum() >= 8


def test_a_price_that_was_read_wins_over_an_older_shipped_one_and_never_a_newer_one_over_it(tmp_path: Path) -> None:
    from planner.catalogue import price_types, storage_prices, transfer_prices

    def loaded(name: str, day: str) -> Path:
        rows = [
            ("eu-north-1", "compute", "on_demand", "m6i.large", "hour", 0.2, day),
            ("eu-north-1", "compute", "on_demand", "c6i.large", "hour", 0.0, day),
            ("eu-north-1", "storage", "gp3", None, "GiB-month", 0.1, day),
            ("eu-north-1", "transfer", "internet_out_first_10_tb", None, "GB", 0.08, day),
        ]
        frame = pd.DataFrame(rows, columns=["region", "product", "kind", "scope", "unit", "usd", "as_of"])
        folder = snapshot_of(tmp_path / name)
        content = frame.assign(source="read", part="p").reindex(columns=list(DTYPES["prices"])).to_csv(index=False)
        (folder / "prices.csv").write_text(content, encoding="utf-8")
        about = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        del about["files"]["prices.csv"]
        about["fingerprint"] = fingerprint_of(about["files"])
        (folder / "manifest.json").write_text(json.dumps(about), encoding="utf-8")
        return folder

    new, old = load_catalogue(loaded("new", "2026-12-01")), load_catalogue(loaded("old", "2019-01-01"))
    for catalogue, hourly, disk in ((new, 0.2, 0.1), (old, 0.102, 0.0836)):
        prices = price_types(catalogue, "eu-north-1", "linux").set_index("instance_type")
        assert prices.loc["m6i.large", "usd_per_hour"] == pytest.approx(hourly)
        # Nought is no price: the shipped one stays.
        assert prices.loc["c6i.large", "usd_per_hour"] == pytest.approx(2 * 0.0455)
        assert storage_prices(catalogue, "eu-north-1").set_index("kind").loc["gp3", "usd"] == disk
    assert transfer_prices(new, "eu-north-1").set_index("kind").loc["internet_out_first_10_tb", "usd"] == 0.08


@pytest.mark.slow
def test_two_snapshots_of_one_day_give_two_plans(make_case: MakeCase, tmp_path: Path) -> None:
    other = snapshot_of(tmp_path / "snapshot", fingerprint="0" * 64)
    first, second = planned(make_case), planned(make_case, snapshot=other)
    assert first.catalogue["captured_date"] == second.catalogue["captured_date"]
    assert first.catalogue["fingerprint"] != second.catalogue["fingerprint"] and first.plan_id != second.plan_id
