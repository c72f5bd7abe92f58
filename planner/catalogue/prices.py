"""List prices with their sources: an exact row, else the family's rate, else the state `price_not_found`. Never
another region's."""

from __future__ import annotations

import pandas as pd

from planner.catalogue.snapshot import Catalogue


def price_types(catalogue: Catalogue, region: str, operating_system: str) -> pd.DataFrame:
    """On-demand list price of every instance type in one region.

    Parameters
    ----------
    operating_system
        `linux`, or `windows`: the Linux price plus the licence row of the type, of its family, or the general one
        per vCPU. All licence rows come from x86-64 types, so other processors have no Windows price. A system
        without licence rows has no price at all.

    Returns
    -------
    DataFrame
        instance_type, usd_per_hour (USD/hour; unknown without a source), price_state (`found` or `price_not_found`),
        as_of (of the Linux part; the source names both parts), source.
    """
    types = catalogue.instance_types[["instance_type", "family", "vcpu"]]
    is_x86 = (catalogue.instance_types["arch"] == "x86_64").fillna(False)
    prices = catalogue.prices[catalogue.prices["region"].isin([region, "any"])]
    linux = _lookup(types, prices[prices["kind"] == "linux"])
    licence = prices[prices["kind"] == f"{operating_system}_licence"]
    found = linux if operating_system == "linux" else _with_licence(linux, _lookup(types[is_x86], licence))
    state = found["usd_per_hour"].notna().map({True: "found", False: "price_not_found"})
    return found.assign(instance_type=types["instance_type"], price_state=state)[
        ["instance_type", "usd_per_hour", "price_state", "as_of", "source"]
    ]


def _lookup(types: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    """The most exact row decides: the type's own, else its family's, else the general one."""
    by_scope = prices.set_index("scope")
    scope = pd.Series("*", index=types.index, dtype="string")
    scope = scope.mask(types["family"].isin(by_scope.index), types["family"])
    scope = scope.mask(types["instance_type"].isin(by_scope.index), types["instance_type"])
    found = by_scope.reindex(scope)[["usd_per_vcpu_hour", "as_of", "source"]].set_index(types.index)
    return found.assign(usd_per_hour=found["usd_per_vcpu_hour"] * types["vcpu"])


def _with_licence(linux: pd.DataFrame, licence: pd.DataFrame) -> pd.DataFrame:
    both = linux["usd_per_hour"] + licence["usd_per_hour"].reindex(linux.index)
    source = linux["source"] + "; licence: " + licence["source"].reindex(linux.index)
    return linux.assign(usd_per_hour=both, source=source).where(both.notna())


def storage_price(catalogue: Catalogue, region: str) -> tuple[float | None, str | None, str | None]:
    """USD a GiB-month of gp3 disk in one region, with date and source; None where no source has one."""
    rows = catalogue.storage_prices[catalogue.storage_prices["region"] == region].dropna(subset="usd_per_gib_month")
    if rows.empty:
        return None, None, None
    row = rows.iloc[0]
    return float(row["usd_per_gib_month"]), str(row["as_of"]), str(row["source"])
