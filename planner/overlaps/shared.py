"""Several systems for one function, and one product bought by several organisations."""

from __future__ import annotations

import pandas as pd

from planner.overlaps.clusters import grouped
from planner.policy.overlaps import Overlaps
from planner.portfolio import Portfolio
from planner.schema import conform, empty

# What decides which to keep, most telling first; for each a higher rank is better.
RANKS = {
    "openness_class": {"closed": 0, "semi_open": 1, "open": 2},
    "support_status": {"ended": 0, "ends_within_12_months": 1, "supported": 2},
    "users": None,
}
COLUMNS = ["cluster_id", "kind", "system_id", "role", "confidence", "reason", "shared", "missing"]


def same_functions(systems: pd.DataFrame, portfolio: Portfolio) -> pd.DataFrame:
    """Systems with the same function code: one is kept, the others are consolidated into it.

    The open one is kept before the closed, then the supported, then the one with most users; as soon as an unknown
    could decide, all roles are unknown and say what is missing.
    """
    keys = grouped(systems["function_code"].str.strip().str.casefold())
    members = systems.assign(key=keys).dropna(subset="key")
    if members.empty:
        return empty("overlaps")
    ranked = members[["system_id", "key", "function_code"]].assign(**_ranks(members, portfolio))
    roles = pd.concat([_roles(part) for _, part in ranked.groupby("key", sort=True)])
    rows = ranked.join(roles).assign(
        cluster_id="same_function:" + ranked["key"],
        kind="same_function",
        confidence="high",
        reason="function_code",
        shared=ranked["function_code"],
    )
    return conform(rows[COLUMNS], "overlaps")


def _ranks(members: pd.DataFrame, portfolio: Portfolio) -> dict[str, pd.Series]:
    lens = portfolio["lenses"].query("lens == 'openness'").set_index("system_id")["class"]
    values = {
        "openness_class": members["system_id"].map(lens),
        "support_status": members["system_id"].map(portfolio["facts"].set_index("system_id")["support_status"]),
        "users": members["users"],
    }
    return {
        name: (values[name].map(order) if order else values[name]).astype("Float64") for name, order in RANKS.items()
    }


def _roles(cluster: pd.DataFrame) -> pd.DataFrame:
    left = cluster
    for name in RANKS:
        if left[name].isna().any():
            return _same(cluster, "unknown", name)
        left = left[left[name] == left[name].max()]
        if len(left) == 1:
            break
    roles = _same(cluster, "consolidate", None)
    # Equal in everything that is asked for: the first id is as good as any.
    roles.loc[left["system_id"].idxmin(), "role"] = "keep"
    return roles


def _same(cluster: pd.DataFrame, role: str, missing: str | None) -> pd.DataFrame:
    return pd.DataFrame({"role": role, "missing": missing}, index=cluster.index, dtype="object")


def same_products(systems: pd.DataFrame, words: Overlaps) -> pd.DataFrame:
    """One product in several organisations: a candidate for one agreement and one installation."""
    forms = r"\b(?:" + "|".join(words.legal_forms) + r")\b"
    vendor = systems["vendor"].str.casefold().str.replace(forms, "", regex=True).str.strip()
    key = vendor.fillna("") + " " + systems["product"].str.casefold().str.strip()
    organisations = systems["organisation"].str.casefold().groupby(key).transform("nunique")
    keys = key.where(organisations > 1)
    rows = systems.assign(key=keys).dropna(subset="key")
    if rows.empty:
        return empty("overlaps")
    return conform(
        pd.DataFrame(
            {
                "cluster_id": "same_product:" + rows["key"].str.strip(),
                "kind": "same_product",
                "system_id": rows["system_id"],
                "role": "consolidate",
                "confidence": "high",
                "reason": "product",
                "shared": rows["vendor"].fillna("").str.cat(rows["product"], sep=" ").str.strip(),
            }
        ),
        "overlaps",
    )
