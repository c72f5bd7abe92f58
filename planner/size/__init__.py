"""Servers to targets: the cheapest type that covers every need, with an offer in the region and a sourced price."""

from __future__ import annotations

import pandas as pd

from planner.case import Case
from planner.catalogue import Catalogue, storage_price
from planner.facts.support import match_technology
from planner.policy import Policy
from planner.policy.places import without_price
from planner.portfolio import Portfolio, finding_rows
from planner.schema import concat, conform, load_table
from planner.size.choose import choose
from planner.size.managed import managed
from planner.size.needs import for_choice, needs
from planner.size.offers import database_offers, instance_offers

__all__ = ["choose", "size"]
SIZED_OPTIONS = ("rehost", "relocate", "replatform", "refactor")
OPERATING_SYSTEMS = ("linux", "windows")
ARM = r"aarch64|arm64"
PER_MONTH = {
    "usd_per_hour": "compute_usd_month",
    "licence_per_hour": "licence_usd_month",
    "reserved_1y_per_hour": "reserved_1y_usd_month",
    "reserved_3y_per_hour": "reserved_3y_usd_month",
    "runner_up_per_hour": "runner_up_usd_month",
}


def size(portfolio: Portfolio, case: Case, policy: Policy, catalogue: Catalogue) -> dict[str, pd.DataFrame]:
    """Choose a target and its monthly list price for every server that moves.

    Returns
    -------
    dict of DataFrame
        targets: one row per server. A server of unknown size or operating system gets no price: unknown stays unknown.
    """
    servers = portfolio["servers"].merge(portfolio["assignments"], on="server_id")
    servers = servers.merge(portfolio["decisions"][["system_id", "disposition"]], on="system_id")
    servers = servers.sort_values("server_id", ignore_index=True)
    frame = pd.concat(
        [servers[["server_id", "system_id", "storage_gib"]], _platform(servers), needs(servers, portfolio, policy)],
        axis=1,
    )
    # A system that may not run where the prices are from has none.
    closed = without_price(portfolio["target_fit"], policy.cloud_fit, case.region)
    frame["is_elsewhere"] = servers["system_id"].isin(closed)
    frame["state"] = _state(servers, frame)
    frame = frame.join(managed(frame, servers["disposition"], portfolio, policy))
    frame = frame.join(_chosen(frame, case.region, policy, catalogue)).assign(region=case.region)
    frame = frame.assign(state=frame["fit"].fillna(frame["state"]), **_storage(frame, case.region, policy, catalogue))
    return {
        "targets": conform(frame[load_table("targets").names], "targets"),
        "findings": _findings(frame, case.region),
    }


def _findings(frame: pd.DataFrame, region: str) -> pd.DataFrame:
    """Managed databases for which no source has a price, by engine."""
    missing = frame.loc[frame["engine"].notna() & (frame["state"] == "price_not_found"), "engine"].astype("string")
    counts = missing.value_counts().sort_index()
    made = [
        finding_rows(
            "warning", "managed_engine_without_price", table="targets", value=engine, detail=f"{count}, {region}"
        )
        for engine, count in counts.items()
    ]
    return concat(made, "findings")


def _platform(servers: pd.DataFrame) -> pd.DataFrame:
    """Operating system that is priced, and architecture: x86-64 unless the system's own words say ARM."""
    family = match_technology(servers["os"])["os_family"]
    is_arm = servers["os"].str.contains(ARM, case=False, regex=True).fillna(False).astype(bool)
    return pd.DataFrame(
        {
            "os_family": family,
            "operating_system": family.where(family.isin(OPERATING_SYSTEMS)),
            "arch": is_arm.map({True: "arm64", False: "x86_64"}),
        }
    )


def _state(servers: pd.DataFrame, frame: pd.DataFrame) -> pd.Series:
    state = pd.Series("sized", index=servers.index, dtype="string")
    state = state.mask(frame["operating_system"].isna(), "os_not_offered").mask(frame["os_family"].isna(), "unknown_os")
    state = state.mask(servers["vcpu"].isna() | servers["memory_gib"].isna(), "unknown_size")
    state = state.mask(frame["is_elsewhere"] & (state == "sized"), "price_not_found")
    return state.mask(~servers["disposition"].isin(SIZED_OPTIONS), "not_moved")


def _chosen(frame: pd.DataFrame, region: str, policy: Policy, catalogue: Catalogue) -> pd.DataFrame:
    """Columns of the chosen targets, for the servers that are to have one."""
    wanted = frame[frame["state"] == "sized"].assign(engine=lambda rows: rows["engine"].fillna(""))
    parts = []
    for (system, arch, engine), rows in wanted.groupby(["operating_system", "arch", "engine"]):
        if engine:
            offers = database_offers(engine, region, policy, catalogue)
        else:
            offers = instance_offers(system, arch, region, policy, catalogue)
        parts.append(choose(for_choice(rows), offers))
    parts = parts or [choose(for_choice(wanted), instance_offers("linux", "x86_64", region, policy, catalogue))]
    made = pd.concat([part.astype(dict.fromkeys(part.select_dtypes("category"), "string")) for part in parts])
    hours = policy.sizing.hours_per_month.value
    return made.assign(**{month: made[hour] * hours for hour, month in PER_MONTH.items()})


def _storage(frame: pd.DataFrame, region: str, policy: Policy, catalogue: Catalogue) -> dict[str, pd.Series]:
    """Disks at the price of gp3; those of a managed database at a factor on it, since no source has their price."""
    per_gib, _, _ = storage_price(catalogue, region)
    is_managed = frame["engine"].notna()
    factor = is_managed.map({True: policy.sizing.managed_storage_factor.value, False: 1.0})
    usd = frame["storage_gib"].astype("Float64") * (pd.NA if per_gib is None else per_gib * factor)
    is_moved = frame["state"] != "not_moved"
    state = pd.Series("found", index=frame.index, dtype="string").mask(is_managed, "modelled")
    state = state.mask(frame["storage_gib"].isna(), "unknown_size")
    is_priced = ~frame["is_elsewhere"] & (per_gib is not None)
    state = state.where(is_priced | (state == "unknown_size"), "price_not_found")
    state = state.mask(~is_moved, "not_moved")
    return {"storage_usd_month": usd.where(is_moved & is_priced), "storage_state": state}
