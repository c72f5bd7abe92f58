"""List prices with their sources: an exact row, else the family's rate, else the state `price_not_found`. Never
another region's."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import pandas as pd

from planner.catalogue.snapshot import Catalogue

Purchase = Literal[
    "on_demand",
    "reserved_1y",
    "reserved_3y",
    "savings_compute_1y",
    "savings_compute_3y",
    "savings_ec2_1y",
    "savings_ec2_3y",
]
EVERY_REGION = "any"
COMMERCIAL = "aws"


@lru_cache(maxsize=64)
def price_types(
    catalogue: Catalogue, region: str, operating_system: str, purchase: Purchase = "on_demand"
) -> pd.DataFrame:
    """List price of every instance type in one region, worked out once for a catalogue; not to be changed.

    Parameters
    ----------
    operating_system
        `linux`, or `windows`: the Linux price plus the licence row of the type, of its family, or the general one
        per vCPU. All licence rows come from x86-64 types, so other processors have no Windows price. A system
        without licence rows has no price at all.
    purchase
        On demand, a standard reserved instance, or a Savings Plan (only in a refreshed snapshot: no shipped source has
        their rates) of one or three years without upfront payment. A commitment lowers the price of the machine, never
        that of the licence.

    Returns
    -------
    DataFrame
        instance_type, usd_per_hour (USD/hour; unknown without a source), price_state (`found` or `price_not_found`),
        as_of (of the Linux part; the source names both parts), source.
    """
    types = catalogue.instance_types[["instance_type", "family", "vcpu"]]
    is_x86 = (catalogue.instance_types["arch"] == "x86_64").fillna(False)
    linux = _lookup(types, prices_of(catalogue, "compute", region, purchase))
    licence = prices_of(catalogue, "licence", region, operating_system)
    found = linux if operating_system == "linux" else _with_licence(linux, _lookup(types[is_x86], licence))
    return found.assign(instance_type=types["instance_type"], price_state=price_state(found["usd_per_hour"]))[
        ["instance_type", "usd_per_hour", "price_state", "as_of", "source"]
    ]


def prices_of(catalogue: Catalogue, product: str, region: str, kind: str | None = None) -> pd.DataFrame:
    """Rows of one product in one region, with those that the list gives for every region alike.

    The region's own row comes before the general one. The general ones are those of the commercial partition: the
    sovereign one has a list of its own.
    """
    prices = catalogue.prices
    partitions = catalogue.regions.loc[catalogue.regions["region"] == region, "partition"]
    regions = [region, EVERY_REGION] if partitions.isin([COMMERCIAL]).all() else [region]
    is_asked = (prices["product"] == product) & prices["region"].isin(regions)
    found = prices[is_asked & (prices["kind"] == kind) if kind else is_asked]
    own_first = found.assign(is_general=found["region"] == EVERY_REGION).sort_values("is_general", kind="stable")
    return own_first.drop_duplicates(["kind", "scope", "origin"]).drop(columns="is_general")


def newest(prices: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """One row for each of the keys: that of the latest date, and of the snapshot when the dates are the same.

    A row without a date yields to one with.
    """
    ordered = prices.sort_values(["as_of", "origin"], na_position="first", kind="stable")
    return ordered.drop_duplicates(keys, keep="last").sort_values(keys, ignore_index=True)


def price_state(usd: pd.Series) -> pd.Series:
    """Whether there is a price; a missing one is a state of its own and never nought."""
    return usd.notna().map({True: "found", False: "price_not_found"}).astype("string")


def _lookup(types: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    """Price of each type in the snapshot, unless the shipped facts have one of a later date."""
    read, shipped = (_most_exact(types, prices[prices["origin"] == origin]) for origin in ("snapshot", "shipped"))
    is_older = (read["as_of"] < shipped["as_of"]).fillna(False) & shipped["usd_per_hour"].notna()
    return read.where(read["usd_per_hour"].notna() & ~is_older, shipped)


def _most_exact(types: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    """The most exact row decides: the type's own, else its family's, else the general one."""
    by_scope = prices.set_index("scope")
    scope = pd.Series("*", index=types.index, dtype="string")
    scope = scope.mask(types["family"].isin(by_scope.index), types["family"])
    scope = scope.mask(types["instance_type"].isin(by_scope.index), types["instance_type"])
    found = by_scope.reindex(scope)[["usd", "unit", "as_of", "source"]].set_index(types.index)
    per_hour = found["usd"].where(found["unit"] == "hour", found["usd"] * types["vcpu"])
    return pd.DataFrame({"usd_per_hour": per_hour, "as_of": found["as_of"], "source": found["source"]})


def _with_licence(linux: pd.DataFrame, licence: pd.DataFrame) -> pd.DataFrame:
    both = linux["usd_per_hour"] + licence["usd_per_hour"].reindex(linux.index)
    source = linux["source"] + "; licence: " + licence["source"].reindex(linux.index)
    return linux.assign(usd_per_hour=both, source=source).where(both.notna())
