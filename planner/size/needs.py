"""What the target of every server has to hold, and whether that comes from its series or from its allocation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.policy import Policy
from planner.portfolio import Portfolio

SIZES = {"cpu": "vcpu", "memory": "memory_gib"}


def needs(servers: pd.DataFrame, portfolio: Portfolio, policy: Policy) -> pd.DataFrame:
    """Needs of every server, on the index of `servers`.

    A server of a system with a named database may be the one that holds it: its need follows a higher percentile, and
    its memory never falls below what it is allocated, since a database fills with its cache what it is given.
    """
    series = portfolio["utilisation"].query("basis == 'series'")
    judged = portfolio["counters"][["server_id", "cpu_state", "memory_state", "confidence", "use"]]
    known = servers[["server_id", "system_id", "vcpu", "memory_gib", "cpu_ready_pct"]]
    known = known.merge(series, on="server_id", how="left").merge(judged, on="server_id").set_index(servers.index)
    has_database = known["system_id"].isin(_systems_with_database(portfolio))
    sizing = policy.sizing
    least = {
        "cpu": pd.Series(sizing.used_min_vcpu.value, index=known.index),
        "memory": pd.Series(sizing.used_min_memory_gib.value, index=known.index).mask(
            has_database, known["memory_gib"] * sizing.database_min_memory_pct.value / 100
        ),
    }
    parts = [_need(known, metric, has_database, least[metric], policy) for metric in SIZES]
    return pd.concat(
        [
            *parts,
            _sustained(known, policy).rename("need_sustained_vcpu"),
            has_database.rename("has_database"),
            known[["cpu_state", "memory_state", "confidence", "use"]],
        ],
        axis=1,
    )


def _systems_with_database(portfolio: Portfolio) -> pd.Series:
    systems = portfolio["systems"]
    return systems.loc[systems["db"].notna(), "system_id"]


def _need(known: pd.DataFrame, metric: str, has_database: pd.Series, least: pd.Series, policy: Policy) -> pd.DataFrame:
    """Need of one size: by the percentile of a good series, else by what is allocated."""
    sizing, size = policy.sizing, SIZES[metric]
    allocated = known[size].astype("Float64")
    used = known[f"{metric}_p{sizing.used_percentile.value:.0f}_pct"].mask(
        has_database, known[f"{metric}_p{sizing.database_percentile.value:.0f}_pct"]
    )
    is_used = (known[f"{metric}_state"] == "good") & used.notna() & (sizing.basis == "utilisation")
    # The floor keeps a server from shrinking to nothing, and never makes it larger than it is.
    floor = least.astype("Float64").where(least < allocated, allocated)
    wanted = (allocated * used / 100 * sizing.used_comfort.value).clip(lower=floor).round(4)
    basis = is_used.map({True: "utilisation", False: "allocated"})
    if metric == "cpu":
        waits = is_used & _is_contended(known, policy)
        basis, is_used = basis.mask(waits, "contended"), is_used & ~waits
    return pd.DataFrame(
        {
            f"need_{size}": wanted.where(is_used, allocated * sizing.comfort.value),
            f"{size}_basis": basis.where(allocated.notna()),
            f"{metric}_used_pct": used.where(is_used),
        }
    )


def _sustained(known: pd.DataFrame, policy: Policy) -> pd.Series:
    """vCPU in use on average: what a burstable type's credits have to last for; unknown where it is not measured."""
    is_used = (known["cpu_state"] == "good") & (policy.sizing.basis == "utilisation") & ~_is_contended(known, policy)
    average = known["cpu_avg_pct"].where(is_used)
    return (known["vcpu"] * average / 100 * policy.sizing.used_comfort.value).astype("Float64").round(4)


def _is_contended(known: pd.DataFrame, policy: Policy) -> pd.Series:
    """Servers that wait for their host more than the policy lets pass; nothing is said where nobody has measured it."""
    return (known["cpu_ready_pct"] > policy.sizing.contention_cpu_ready_pct.value).fillna(False).astype(bool)


def for_choice(wanted: pd.DataFrame) -> pd.DataFrame:
    """Needs as numbers; what is used for long is endless where nobody knows it, so that it fits no burstable type."""
    return pd.DataFrame(
        {
            "need_vcpu": wanted["need_vcpu"].to_numpy(dtype=float, na_value=np.nan),
            "need_memory_gib": wanted["need_memory_gib"].to_numpy(dtype=float, na_value=np.nan),
            "need_sustained_vcpu": wanted["need_sustained_vcpu"].to_numpy(dtype=float, na_value=np.inf),
        },
        index=wanted.index,
    )
