"""Shipped prices: looked up by region, system and way to buy, and each as its source has it."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from planner.catalogue import (
    database_types,
    licence_prices,
    load_catalogue,
    price_types,
    storage_price,
    storage_prices,
    transfer_prices,
)
from planner.catalogue.prices import Purchase
from tests.conftest import SHARED


@pytest.mark.parametrize(
    ("region", "system", "name", "usd"),
    [
        ("eu-north-1", "linux", "t3.medium", 0.0432),
        ("eu-north-1", "linux", "m6i.large", 0.102),
        ("eu-north-1", "linux", "m6i.4xlarge", 0.816),
        ("eu-north-1", "windows", "m6i.large", 0.102 + 2 * 0.046),
        ("eu-north-1", "windows", "t3.medium", 0.0432 + 2 * 0.0092),
        ("eu-central-1", "linux", "m5.4xlarge", 16 * 0.0575),
        ("eu-north-1", "windows", "m7i-flex.large", 2 * (0.050875 + 0.0437)),
        ("eu-north-1", "linux", "g5.xlarge", None),
        ("eu-north-1", "linux", "g5.2xlarge", 8 * 0.160686),
        ("eu-north-1", "linux", "g6e.xlarge", None),
        ("eu-north-1", "windows", "m6g.large", None),
        ("eu-north-1", "solaris", "m6i.large", None),
        ("eu-north-1", "windows", "p5.48xlarge", None),
        ("eu-north-1", "linux", "p5.48xlarge", None),
        ("eusc-de-east-1", "linux", "m6i.large", None),
        ("eu-south-2", "linux", "m6i.large", None),
    ],
)
def test_prices(region: str, system: str, name: str, usd: float | None) -> None:
    row = price_types(load_catalogue(), region, system).set_index("instance_type").loc[name]
    if usd is None:
        assert row["price_state"] == "price_not_found" and pd.isna(row["usd_per_hour"])
        assert pd.isna(row["source"]) and pd.isna(row["as_of"])
    else:
        assert row["price_state"] == "found" and row["usd_per_hour"] == pytest.approx(usd)
        assert row["as_of"] == "2025-04-04" and row["source"]


def test_no_price_is_zero_or_without_a_source() -> None:
    catalogue = load_catalogue()
    free = catalogue.prices["kind"].isin(["internet_in", "internet_out_free_allowance_100_gb"])
    assert (catalogue.prices.loc[~free, "usd"] > 0).all() and (catalogue.prices.loc[free, "usd"] == 0).all()
    assert catalogue.prices["source"].notna().all()
    assert storage_price(catalogue, "eu-north-1")[:2] == (0.0836, "2024-07-18")
    assert storage_price(catalogue, "eusc-de-east-1") == (None, None, None)


@pytest.mark.parametrize(
    ("system", "name", "purchase", "usd"),
    [
        ("linux", "m6i.2xlarge", "reserved_1y", 8 * 0.033736),
        ("linux", "m6i.2xlarge", "reserved_3y", 8 * 0.023134),
        ("windows", "m6i.2xlarge", "reserved_3y", 8 * (0.023134 + 0.046)),
        ("linux", "t3.xlarge", "reserved_1y", 4 * 0.027213),
        # The list's small sizes are not linear, and nobody states their reserved price.
        ("linux", "t3.medium", "reserved_1y", None),
        ("linux", "c5.large", "reserved_1y", None),
    ],
)
def test_reserved_prices(system: str, name: str, purchase: Purchase, usd: float | None) -> None:
    row = price_types(load_catalogue(), "eu-north-1", system, purchase).set_index("instance_type").loc[name]
    assert row["price_state"] == ("found" if usd else "price_not_found")
    assert pd.isna(row["usd_per_hour"]) if usd is None else row["usd_per_hour"] == pytest.approx(usd)
    if usd:
        assert row["as_of"] == "2025-04-05"


def test_a_commitment_is_never_dearer_than_on_demand() -> None:
    for region in ("eu-north-1", "eu-central-1", "eu-west-1"):
        hourly = [
            price_types(load_catalogue(), region, "linux", purchase)["usd_per_hour"]
            for purchase in ("reserved_3y", "reserved_1y", "on_demand")
        ]
        known = hourly[0].notna()
        assert known.sum() > 80
        assert (hourly[0] < hourly[1])[known].all() and (hourly[1] < hourly[2])[known].all()


def test_licences_are_told_apart_from_windows_and_say_how_many_are_paid_at_least() -> None:
    rows = licence_prices(load_catalogue(), "eu-north-1")
    general = rows[rows["scope"] == "*"].set_index("product")
    assert general["usd_per_vcpu_hour"].to_dict() == {
        "sql_server_enterprise": 0.375,
        "sql_server_standard": 0.12,
        "sql_server_web": 0.017,
        "windows": 0.046,
    }
    assert general.loc["sql_server_standard", "min_vcpu"] == 4 and pd.isna(general.loc["windows", "min_vcpu"])
    assert licence_prices(load_catalogue(), "eusc-de-east-1").empty


def test_storage_prices_of_one_region_and_of_none() -> None:
    rows = storage_prices(load_catalogue(), "eu-north-1").set_index("kind")
    assert {"gp3", "io2", "st1", "snapshot"} <= set(rows.index)
    assert rows.loc["st1", ["unit", "usd", "as_of"]].tolist() == ["GiB-month", 0.0475, "2024-07-18"]
    assert rows.loc["gp3_iops", "unit"] == "IOPS-month"
    assert storage_prices(load_catalogue(), "eu-south-2").empty


def test_database_classes_have_the_size_of_their_machine_and_a_price_for_two_zones() -> None:
    rows = database_types(load_catalogue(), "eu-north-1", "postgresql").set_index("instance_class")
    assert rows.loc["db.m6g.large", ["vcpu", "memory_gib"]].tolist() == [2, 8.0]
    assert rows.loc["db.m6g.large", "usd_per_hour_single_az"] == pytest.approx(2 * 0.083516)
    assert rows.loc["db.m6g.large", "usd_per_hour_multi_az"] == pytest.approx(2 * 0.167047)
    assert rows.loc["db.t4g.medium", "usd_per_hour_single_az"] == 0.065
    assert "db.m6g.medium" not in rows.index and "db.m6g.metal" not in rows.index
    assert rows["as_of"].eq("2025-04-04").all() and rows["source"].notna().all()
    for region, engine in (("eu-north-1", "sqlserver"), ("eusc-de-east-1", "postgresql")):
        assert database_types(load_catalogue(), region, engine).empty


def test_transfer_without_a_price_says_so_and_free_is_not_the_same() -> None:
    stockholm = transfer_prices(load_catalogue(), "eu-north-1").set_index("kind")
    assert stockholm.loc["internet_out_first_10_tb", "price_state"] == "price_not_found"
    assert pd.isna(stockholm.loc["internet_out_first_10_tb", "usd"])
    assert stockholm.loc["internet_out_typical", ["scope", "usd", "price_state"]].tolist() == ["any", 0.09, "found"]
    assert stockholm.loc["internet_in", "price_state"] == "free"
    ireland = transfer_prices(load_catalogue(), "eu-west-1").set_index("kind")
    assert ireland.loc["internet_out_first_10_tb", ["usd", "as_of"]].tolist() == [0.09, "2017-04-24"]
    assert (transfer_prices(load_catalogue(), "eusc-de-east-1")["price_state"] == "price_not_found").all()


def test_the_shipped_prices_are_those_of_the_source_table() -> None:
    path = SHARED / "data" / "prices" / "aws_families.csv"
    if not path.is_file():
        pytest.skip("../shared is not here")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    theirs = {(row["region"], row["family"]): row for row in rows}
    ours = load_catalogue().prices.query("kind == 'on_demand'")
    assert len(ours) > 150
    for row in ours.itertuples(index=False):
        their = theirs[(row.region, row.scope)]
        assert float(their["usd_per_vcpu_hour"]) == row.usd and their["source"] == row.source
        assert their["as_of"] == ("" if pd.isna(row.as_of) else row.as_of)


def test_every_other_shipped_price_stands_in_the_source_table() -> None:
    path = SHARED / "data" / "prices" / "aws_storage_and_other.csv"
    if not path.is_file():
        pytest.skip("../shared is not here")
    with path.open(encoding="utf-8", newline="") as file:
        theirs = {(row["region"], float(row["usd"]), row["source"]) for row in csv.DictReader(file) if row["usd"]}
    ours = load_catalogue().prices.query("kind != 'on_demand'")
    # SQL Server stands there with Windows, and says so.
    ours = ours[~ours["source"].str.contains("less Windows")]
    assert len(ours) > 200
    assert {(row.region, row.usd, row.source) for row in ours.itertuples(index=False)} <= theirs


def test_no_family_rate_stands_for_types_with_a_gpu() -> None:
    catalogue = load_catalogue()
    types = catalogue.instance_types
    assert not set(types.loc[types["gpu_count"] > 0, "family"]) & set(catalogue.prices["scope"])
