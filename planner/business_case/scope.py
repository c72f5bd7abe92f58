"""Which systems can be compared: both sides known or modelled, else neither counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schema import conform

CLOUD_OPTIONS = ("rehost", "relocate", "replatform", "refactor")
# What each part of the model is counted in.
MODEL = {
    "hardware_cpu": "vcpu",
    "hardware_memory": "memory_gib",
    "disks": "storage_gib",
    "virtualisation": "vcpu",
    "windows": "windows_vcpu",
    "operations": "servers",
    "electricity": "vcpu",
}


def footprint(portfolio: Portfolio) -> pd.DataFrame:
    """What each system's servers take of today's environment; unknown when one of them is of unknown size.

    A server that is off and a template take room on disks and nothing else. Where nobody says whether a server is on,
    it is taken to be on.
    """
    servers = portfolio["servers"].merge(portfolio["assignments"], on="server_id")
    servers = servers.merge(portfolio["targets"][["server_id", "operating_system"]], on="server_id")
    is_off = servers["power_state"].eq("off").fillna(False) | servers["is_template"].fillna(False)
    is_on = (~is_off.astype(bool)).astype(float)
    is_windows = servers["operating_system"].eq("windows").fillna(False).astype(float)
    taken = pd.DataFrame(
        {
            "vcpu": servers["vcpu"].astype("Float64") * is_on,
            "memory_gib": servers["memory_gib"] * is_on,
            "storage_gib": servers["storage_gib"],
            "windows_vcpu": servers["vcpu"].astype("Float64") * is_on * is_windows,
            "servers": is_on.astype("Float64"),
        }
    )
    by_system = taken.groupby(servers["system_id"])
    is_whole = by_system.count().eq(by_system.size(), axis=0).all(axis=1)
    return by_system.sum().where(is_whole)


def compared(portfolio: Portfolio, likely: dict[str, float], case: Case, policy: Policy) -> pd.DataFrame:
    """Say of every system whether it is compared, and why.

    Parameters
    ----------
    likely
        SEK per unit and year of the parts of the model.
    """
    frame = portfolio["systems"][["system_id", "annual_cost_sek"]].merge(
        portfolio["decisions"][["system_id", "disposition"]], on="system_id"
    )
    taken = footprint(portfolio).reindex(frame["system_id"]).set_index(frame.index)
    frame["modelled_sek"] = sum(taken[unit] * likely[part] for part, unit in MODEL.items()).round(2)
    frame["move_date"] = frame["system_id"].map(move_dates(portfolio))
    frame["reason"] = _reason(frame, portfolio)
    frame["is_compared"] = frame["reason"] == "compared"
    state = np.where(frame["annual_cost_sek"].notna(), "known", np.where(frame["modelled_sek"].notna(), "modelled", ""))
    frame["today_state"] = pd.Series(state, index=frame.index).replace("", "unknown")
    return conform(frame.drop(columns="disposition").sort_values("system_id"), "compared")


def move_dates(portfolio: Portfolio) -> pd.Series:
    """Last day of the cut-over of every system's group."""
    activities = portfolio["activities"]
    ends = activities[activities["has_cutover"].astype(bool)].groupby("group_id")["end_date"].max()
    groups = portfolio["groups"].set_index("system_id")["group_id"]
    return groups.map(ends)


def _reason(frame: pd.DataFrame, portfolio: Portfolio) -> pd.Series:
    """The first reason that applies, from the most general to the most special."""
    targets = portfolio["targets"]
    has_price = (targets["compute_usd_month"] + targets["storage_usd_month"]).notna()
    servers = frame["system_id"].map(targets["system_id"].value_counts()).fillna(0)
    priced = frame["system_id"].map(has_price.groupby(targets["system_id"]).sum()).fillna(0)
    moves = frame["disposition"].isin(CLOUD_OPTIONS)
    retires = frame["disposition"].eq("retire").fillna(False)
    is_known = frame["annual_cost_sek"].notna() | frame["modelled_sek"].notna()
    reason = pd.Series("compared", index=frame.index, dtype="string")
    # A moved system keeps its application: what ends is its infrastructure, which only its servers tell.
    reason = reason.mask(moves & frame["modelled_sek"].isna() | retires & ~is_known, "today_unknown")
    reason = reason.mask(moves & (priced < servers), "server_without_price").mask(moves & (servers == 0), "no_servers")
    reason = reason.mask(frame["disposition"].eq("repurchase").fillna(False), "replacement_without_price")
    reason = reason.mask(frame["move_date"].isna(), "not_scheduled")
    reason = reason.mask(frame["disposition"].eq("retain").fillna(False), "unchanged")
    return reason.mask(frame["disposition"].isna(), "undecided")
