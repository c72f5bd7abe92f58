"""Servers to instance types: the cheapest type that fits, has an offer in the region and a price with a source."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.case import Case
from planner.catalogue import Catalogue, price_types, storage_price
from planner.facts.support import match_technology
from planner.policy import Policy
from planner.policy.places import without_price
from planner.portfolio import Portfolio
from planner.schema import conform

SIZED_OPTIONS = ("rehost", "relocate", "replatform", "refactor")
NEEDS = (
    "need_vcpu",
    "need_memory_gib",
    "vcpu_basis",
    "memory_gib_basis",
    "cpu_used_pct",
    "memory_used_pct",
    "confidence",
)
OPERATING_SYSTEMS = ("linux", "windows")


def size(portfolio: Portfolio, case: Case, policy: Policy, catalogue: Catalogue) -> dict[str, pd.DataFrame]:
    """Choose an instance type and its monthly list price for every server that moves.

    Returns
    -------
    dict of DataFrame
        targets: one row per server. A server of unknown size or operating system gets no price: unknown stays unknown.
    """
    servers = portfolio["servers"].merge(portfolio["assignments"], on="server_id")
    servers = servers.merge(portfolio["decisions"][["system_id", "disposition"]], on="system_id")
    servers["operating_system"] = _operating_system(servers["os"])
    servers["state"] = _state(servers)
    # A system that may not run where the prices are from has none.
    is_elsewhere = servers["system_id"].isin(without_price(portfolio["target_fit"], policy.cloud_fit, case.region))
    servers["state"] = servers["state"].mask(is_elsewhere & (servers["state"] == "sized"), "price_not_found")
    servers = servers.merge(_needs(servers, portfolio["utilisation"], policy), on="server_id")
    fits = [_cheapest(servers, name, case.region, policy, catalogue) for name in OPERATING_SYSTEMS]
    targets = servers.merge(pd.concat(fits, ignore_index=True), on="server_id", how="left", suffixes=("_wanted", ""))
    per_gib, _, _ = storage_price(catalogue, case.region)
    targets["storage_usd_month"] = targets["storage_gib"] * per_gib if per_gib is not None else pd.NA
    is_elsewhere = targets["state"] == "price_not_found"
    targets["storage_usd_month"] = targets["storage_usd_month"].where((targets["state"] != "not_moved") & ~is_elsewhere)
    targets["state"] = targets["fit"].fillna(targets["state"])
    columns = [
        "server_id",
        "system_id",
        "operating_system",
        "instance_type",
        "vcpu",
        "memory_gib",
        "state",
        "compute_usd_month",
        "storage_usd_month",
        "price_as_of",
        "price_source",
        *NEEDS,
    ]
    return {"targets": conform(targets[columns].assign(region=case.region).sort_values("server_id"), "targets")}


def _needs(servers: pd.DataFrame, utilisation: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """What the target of every server has to hold, and whether that comes from its series or from its allocation."""
    series = utilisation[utilisation["basis"] == "series"]
    known = servers[["server_id", "vcpu", "memory_gib"]].merge(series, on="server_id", how="left")
    vcpu = _need(known, "cpu", "vcpu", policy.sizing.used_min_vcpu.value, policy)
    memory = _need(known, "memory", "memory_gib", policy.sizing.used_min_memory_gib.value, policy)
    needs = pd.concat([known[["server_id"]], vcpu, memory], axis=1)
    measured = (needs[["vcpu_basis", "memory_gib_basis"]] == "utilisation").sum(axis=1)
    is_known = needs["need_vcpu"].notna() & needs["need_memory_gib"].notna()
    return needs.assign(confidence=measured.map({0: "low", 1: "medium", 2: "high"}).where(is_known))


def _need(known: pd.DataFrame, metric: str, size: str, least: float, policy: Policy) -> pd.DataFrame:
    """Need of one size: by the percentile of a series that is long and whole enough, else by what is allocated."""
    sizing = policy.sizing
    allocated = known[size].astype("Float64")
    used = known[f"{metric}_p{sizing.used_percentile.value:.0f}_pct"]
    coverage = 100 * known[f"{metric}_points"] / known["expected_points"]
    is_doubtful = known["doubtful"].fillna("").str.contains(metric, regex=False)
    is_long = known["window_days"] >= sizing.used_min_window_days.value
    is_used = (is_long & (coverage >= sizing.used_min_coverage_pct.value) & ~is_doubtful & used.notna()).fillna(False)
    # The floor keeps a server from shrinking to nothing, and never makes it larger than it is.
    wanted = (allocated * used / 100 * sizing.used_comfort.value).clip(lower=allocated.clip(upper=least)).round(4)
    return pd.DataFrame(
        {
            f"need_{size}": wanted.where(is_used, allocated * sizing.comfort.value),
            f"{size}_basis": is_used.map({True: "utilisation", False: "allocated"}).where(allocated.notna()),
            f"{metric}_used_pct": used.where(is_used),
        }
    )


def _operating_system(texts: pd.Series) -> pd.Series:
    family = match_technology(texts)["os_family"]
    return family.where(family.isin(OPERATING_SYSTEMS))


def _state(servers: pd.DataFrame) -> pd.Series:
    state = pd.Series("sized", index=servers.index, dtype="string")
    state = state.mask(servers["operating_system"].isna(), "unknown_os")
    state = state.mask(servers["vcpu"].isna() | servers["memory_gib"].isna(), "unknown_size")
    return state.mask(~servers["disposition"].isin(SIZED_OPTIONS), "not_moved")


def _cheapest(
    servers: pd.DataFrame, operating_system: str, region: str, policy: Policy, catalogue: Catalogue
) -> pd.DataFrame:
    wanted = servers[(servers["state"] == "sized") & (servers["operating_system"] == operating_system)]
    offers = _offers(operating_system, region, policy, catalogue)
    sizes = wanted[["need_vcpu", "need_memory_gib"]].drop_duplicates().reset_index(drop=True)
    need_vcpu = sizes["need_vcpu"].to_numpy(dtype=float)
    need_memory = sizes["need_memory_gib"].to_numpy(dtype=float)
    fits = (offers["vcpu"].to_numpy() >= need_vcpu[:, None]) & (offers["memory_gib"].to_numpy() >= need_memory[:, None])
    price = np.where(fits, offers["usd_per_hour"].to_numpy(dtype=float, na_value=np.nan), np.nan)
    # Offers are ordered by price and name, so the first that fits is the cheapest and ties are broken by name.
    has_price = ~np.isnan(price)
    found = has_price.argmax(axis=1) if len(offers) else -1
    first = np.where(has_price.any(axis=1), found, -1)
    chosen = (
        offers.iloc[np.maximum(first, 0)].reset_index(drop=True) if len(offers) else offers.reindex(range(len(sizes)))
    )
    sized = sizes.join(chosen)
    sized["fit"] = np.where(first >= 0, "sized", np.where(fits.any(axis=1), "price_not_found", "no_type_fits"))
    sized.loc[first < 0, ["instance_type", "vcpu", "memory_gib", "usd_per_hour", "as_of", "source"]] = pd.NA
    sized["compute_usd_month"] = sized["usd_per_hour"] * policy.sizing.hours_per_month.value
    joined = wanted[["server_id", "need_vcpu", "need_memory_gib"]]
    joined = joined.merge(sized, on=["need_vcpu", "need_memory_gib"], how="left")
    return joined.rename(columns={"as_of": "price_as_of", "source": "price_source"})[
        [
            "server_id",
            "instance_type",
            "vcpu",
            "memory_gib",
            "fit",
            "compute_usd_month",
            "price_as_of",
            "price_source",
        ]
    ]


def _offers(operating_system: str, region: str, policy: Policy, catalogue: Catalogue) -> pd.DataFrame:
    types = catalogue.instance_types
    offered = catalogue.offerings.loc[catalogue.offerings["region"] == region, "instance_type"]
    usable = types[
        types["instance_type"].isin(offered)
        & types["family"].isin(policy.sizing.families)
        & (types["arch"] == "x86_64")
        & ~types["is_bare_metal"].astype(bool)
    ]
    prices = price_types(catalogue, region, operating_system)
    offers = usable.merge(prices, on="instance_type", how="left")
    return offers.sort_values(["usd_per_hour", "instance_type"], kind="stable", na_position="last", ignore_index=True)
