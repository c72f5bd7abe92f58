"""Prices of disks, managed databases and data on its way, read from AWS."""

from __future__ import annotations

from typing import Any

from planner.catalogue.client import Aws
from planner.catalogue.price_list import Product, attribute, dearest, dimensions, price, price_row, products

VOLUMES = ("gp2", "gp3", "io1", "io2", "sc1", "st1")
SNAPSHOTS = {"EBS:SnapshotUsage": "snapshot", "EBS:SnapshotArchiveStorage": "snapshot_archive"}
MIB_A_GIB = 1024
ENGINES = {"PostgreSQL": "postgresql", "MySQL": "mysql", "MariaDB": "mariadb"}
DEPLOYMENTS = {"Single-AZ": "single_az", "Multi-AZ": "multi_az", "Multi-AZ (SQL Server Mirror)": "multi_az"}
# The list counts in GB; its steps are those of the shipped facts.
STEPS = {
    ("0", "10240"): "internet_out_first_10_tb",
    ("10240", "51200"): "internet_out_next_40_tb",
    ("51200", "153600"): "internet_out_next_100_tb",
    ("153600", "Inf"): "internet_out_above_150_tb",
}
Rows = list[dict[str, Any]]


def storage_prices(aws: Aws, region: str) -> Rows:
    """Disks by the GiB, what is provisioned above their base, and copies of them."""
    families = {
        "Storage": _volume,
        "System Operation": _iops,
        "Provisioned Throughput": _throughput,
        "Storage Snapshot": _snapshot,
    }
    rows = [
        row
        for family, read in families.items()
        for product in products(aws, region, "AmazonEC2", productFamily=family, regionCode=region)
        if (row := read(region, product))
    ]
    return dearest(rows)


def _volume(region: str, product: Product) -> Product | None:
    kind = attribute(product, "volumeApiName")
    return _storage(region, kind, product, "GB-Mo", "GiB-month") if kind in VOLUMES else None


def _iops(region: str, product: Product) -> Product | None:
    kind = attribute(product, "volumeApiName")
    is_asked = kind in VOLUMES and attribute(product, "group") == "EBS IOPS"
    return _storage(region, f"{kind}_iops", product, "IOPS-Mo", "IOPS-month") if is_asked else None


def _throughput(region: str, product: Product) -> Product | None:
    kind = f"{attribute(product, 'volumeApiName')}_throughput"
    row = _storage(region, kind, product, "GiBps-mo", "MiB/s-month")
    return row | {"usd": round(row["usd"] / MIB_A_GIB, 10)} if row else None


def _snapshot(region: str, product: Product) -> Product | None:
    ending = attribute(product, "usagetype").partition("EBS:")[2]
    kind = SNAPSHOTS.get(f"EBS:{ending}")
    return _storage(region, kind, product, "GB-Mo", "GiB-month") if kind else None


def _storage(region: str, kind: str, product: Product, unit: str, ours: str) -> Product | None:
    found = price(product)
    return price_row("storage", region, kind, None, ours, found[0]) if found and found[1] == unit else None


def database_prices(aws: Aws, region: str) -> Rows:
    """Managed databases on demand, in one zone and in two."""
    asked = {"productFamily": "Database Instance", "regionCode": region}
    rows = []
    for product in products(aws, region, "AmazonRDS", **asked):
        engine, deployment = _engine(product), DEPLOYMENTS.get(attribute(product, "deploymentOption"))
        found = price(product)
        if engine and deployment and found and found[1] == "Hrs":
            name = attribute(product, "instanceType")
            rows.append(price_row("database", region, f"{engine}_{deployment}", name, "hour", found[0]))
    return dearest(rows)


def _engine(product: Product) -> str | None:
    engine = attribute(product, "databaseEngine")
    if engine == "SQL Server" and attribute(product, "licenseModel") == "License included":
        return f"sqlserver_{attribute(product, 'databaseEdition').lower()}"
    return ENGINES.get(engine)


def transfer_prices(aws: Aws, region: str) -> Rows:
    """Data on its way out to the internet by steps, to other regions and between zones."""
    found = products(aws, region, "AWSDataTransfer", fromRegionCode=region)
    return dearest([row for product in found for row in _transfer(region, product)])


def _transfer(region: str, product: Product) -> Rows:
    kind, per_gb = attribute(product, "transferType"), [d for d in dimensions(product) if d["unit"] == "GB"]
    if kind == "AWS Outbound" and attribute(product, "toLocation") == "External":
        steps = [(STEPS.get((d["beginRange"], d["endRange"])), d) for d in per_gb]
        return [_gb(region, step, None, dimension) for step, dimension in steps if step]
    if kind == "InterRegion Outbound" and attribute(product, "toRegionCode"):
        return [_gb(region, "between_regions", attribute(product, "toRegionCode"), d) for d in per_gb]
    return [_gb(region, "between_zones_each_way", None, d) for d in per_gb] if kind == "IntraRegion" else []


def _gb(region: str, kind: str, scope: str | None, dimension: dict[str, Any]) -> Product:
    return price_row("transfer", region, kind, scope, "GB", float(dimension["pricePerUnit"]["USD"]))
