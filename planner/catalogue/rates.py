"""Rates beside those of the machines: licences, disks and copies of them, databases, and data on its way."""

from __future__ import annotations

import pandas as pd

from planner.catalogue.prices import newest, price_state, prices_of
from planner.catalogue.snapshot import Catalogue

DEPLOYMENTS = ("single_az", "multi_az")
DATABASE_COLUMNS = [
    "instance_class",
    "vcpu",
    "memory_gib",
    "engine",
    "usd_per_hour_single_az",
    "usd_per_hour_multi_az",
    "price_state",
    "as_of",
    "source",
]
TRANSFER_KINDS = (
    "between_regions",
    "between_zones_each_way",
    "internet_in",
    "internet_out_first_10_tb",
    "internet_out_next_40_tb",
    "internet_out_next_100_tb",
    "internet_out_above_150_tb",
)


def licence_prices(catalogue: Catalogue, region: str) -> pd.DataFrame:
    """What licences cost when they are included in the price of the machine.

    Who brings a licence of their own (Microsoft's licence mobility: an agreement with Software Assurance) pays the
    provider nothing for it, so bringing one needs no row: leave the licence out and count what it costs at home.

    Returns
    -------
    DataFrame
        product (`windows`, `sql_server_standard`, `sql_server_enterprise`, `sql_server_web`; SQL Server is without
        Windows), scope (an instance type, a family or `*`; the most exact one decides), usd_per_vcpu_hour, min_vcpu
        (how many are paid at least; blank where no source says), as_of (blank where the source states no date), source.
    """
    rows = newest(prices_of(catalogue, "licence", region), ["kind", "scope"])
    named = rows.rename(columns={"kind": "product_name", "usd": "usd_per_vcpu_hour"})
    columns = ["product_name", "scope", "usd_per_vcpu_hour", "min_vcpu", "as_of", "source"]
    return named[columns].rename(columns={"product_name": "product"})


def storage_prices(catalogue: Catalogue, region: str) -> pd.DataFrame:
    """What disks and snapshots cost in one region.

    Returns
    -------
    DataFrame
        kind (`gp3`, `io2`, `st1`, `snapshot`, ...; `gp3_iops` is what is above 3,000 and `gp3_throughput` above
        125 MiB/s), unit, usd, as_of, source. A kind without a row has no price here.
    """
    return newest(prices_of(catalogue, "storage", region), ["kind"])[["kind", "unit", "usd", "as_of", "source"]]


def storage_price(catalogue: Catalogue, region: str) -> tuple[float | None, str | None, str | None]:
    """USD a GiB-month of disk in one region, with date and source: that of a price list of the case (`disk`), else gp3;
    None where no source has one."""
    rows = storage_prices(catalogue, region).query("kind in ['disk', 'gp3']")
    if rows.empty:
        return None, None, None
    # In the order of the alphabet, in which the case's own comes first.
    row = rows.iloc[0]
    return float(row["usd"]), str(row["as_of"]), str(row["source"])


def database_types(catalogue: Catalogue, region: str, engine: str) -> pd.DataFrame:
    """Classes of managed databases for one engine (`postgresql`, `mysql`, ...) in one region.

    A class runs on the instance type of the same name, which gives its size. A family's rate holds for `large` and
    up, where the list is linear. Where the snapshot knows which classes can be ordered, those are the ones.

    Returns
    -------
    DataFrame
        instance_class (`db.m6g.large`), vcpu, memory_gib, engine, usd_per_hour_single_az, usd_per_hour_multi_az,
        price_state (of the price with one zone), as_of, source. No row where nothing is known of the engine.
    """
    types = catalogue.instance_types[["instance_type", "family", "vcpu", "memory_gib"]]
    classes = types.assign(instance_class="db." + types["instance_type"], family="db." + types["family"])
    single, multi = (
        _class_prices(classes, newest(prices_of(catalogue, "database", region, f"{engine}_{name}"), ["scope"]))
        for name in DEPLOYMENTS
    )
    priced = classes.assign(
        engine=engine,
        usd_per_hour_single_az=single["usd"],
        usd_per_hour_multi_az=multi["usd"],
        price_state=price_state(single["usd"]),
        as_of=single["as_of"],
        source=single["source"],
    )
    listed = catalogue.database_classes.query("region == @region and engine == @engine")["instance_class"]
    is_class = priced["instance_class"].isin(listed) if len(listed) else single["usd"].notna() | multi["usd"].notna()
    return priced.loc[is_class, DATABASE_COLUMNS].sort_values("instance_class", ignore_index=True)


def _class_prices(classes: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    """The class's own row, else its family's rate."""
    by_scope = prices.set_index("scope")
    is_exact = classes["instance_class"].isin(by_scope.index)
    is_linear = classes["instance_type"].str.endswith("large")
    scope = classes["instance_class"].where(is_exact, classes["family"].where(is_linear))
    found = by_scope.reindex(scope)[["usd", "unit", "as_of", "source"]].set_index(classes.index)
    return found.assign(usd=found["usd"].where(found["unit"] == "hour", found["usd"] * classes["vcpu"]))


def transfer_prices(catalogue: Catalogue, region: str) -> pd.DataFrame:
    """What data costs on its way out of, between and into places.

    Returns
    -------
    DataFrame
        kind, to_region (where a price is to one region), scope (`region`, or `any` for a figure that its source gives
        for no region in particular), unit, usd, price_state (`found`, `free` where the list gives it away,
        `price_not_found`), as_of, source. Every kind that is asked for has a row; one without a price says so.
    """
    rows = newest(prices_of(catalogue, "transfer", region), ["kind", "scope"])
    missing = pd.DataFrame({"kind": [kind for kind in TRANSFER_KINDS if kind not in set(rows["kind"])], "unit": "GB"})
    rows = pd.concat([rows, missing], ignore_index=True).sort_values(["kind", "scope"], ignore_index=True)
    state = price_state(rows["usd"]).mask((rows["usd"] == 0).fillna(False), "free")
    said_of = rows["region"].where(rows["region"] == "any", "region").astype("string")
    return rows.assign(price_state=state, to_region=rows["scope"], scope=said_of)[
        ["kind", "to_region", "scope", "unit", "usd", "price_state", "as_of", "source"]
    ]
