"""Proposed merges and consolidations, each with its reason. Nothing is merged without a person."""

from __future__ import annotations

import pandas as pd

from planner.case import Case
from planner.overlaps.names import same_systems
from planner.overlaps.shared import same_functions, same_products
from planner.policy import Policy
from planner.portfolio import Portfolio, finding_rows
from planner.schema import concat


def overlaps(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """Look for the same system under two names, several systems for one function, and products bought several times.

    Returns
    -------
    dict of DataFrame
        overlaps (one row per cluster and member), findings (possible duplicates, and groups too large to compare).
    """
    facts = portfolio["facts"]
    owned = portfolio["systems"].merge(facts.loc[~facts["is_provisional"], ["system_id"]], on="system_id")
    owned = owned.sort_values("system_id", ignore_index=True)
    duplicates, skipped = same_systems(owned, policy.overlaps)
    found = concat([duplicates, same_functions(owned, portfolio), same_products(owned, policy.overlaps)], "overlaps")
    names = owned.set_index("system_id")["name"]
    findings = [
        finding_rows(
            "warning",
            "possible_duplicate",
            table="systems",
            index=duplicates.index,
            row_id=duplicates["system_id"],
            value=duplicates["system_id"].map(names),
        ),
        finding_rows(
            "info", "names_not_compared", index=skipped.index, value=skipped["block"], detail=skipped["count"]
        ),
    ]
    ordered = found.sort_values(["kind", "cluster_id", "system_id"], kind="stable", ignore_index=True)
    return {"overlaps": ordered, "findings": concat(findings, "findings")}
