"""Overlaps in words: what may be the same, which to keep, and what would decide it."""

from __future__ import annotations

import pandas as pd

from planner.view.desk import Desk, text
from planner.view.model.systems import Cluster, Member

KINDS = ("same_system", "same_function", "same_product")


def clusters(desk: Desk) -> tuple[Cluster, ...]:
    """Clusters by kind, and by name within it."""
    table = desk.table("overlaps")
    costs = desk.table("systems").set_index("system_id")["annual_cost_sek"]
    made = [_cluster(desk, part, costs) for _, part in table.groupby("cluster_id", sort=True)]
    return tuple(sorted(made, key=lambda item: (KINDS.index(item.key), item.shared.casefold())))


def _cluster(desk: Desk, rows: pd.DataFrame, costs: pd.Series) -> Cluster:
    first = rows.iloc[0]
    cost = costs.reindex(rows["system_id"])
    return Cluster(
        first["kind"],
        desk.texts.say(f"overlap_{first['kind']}"),
        text(first["shared"]),
        desk.texts.say(f"overlap_{first['reason']}"),
        desk.texts.say(f"confidence_{first['confidence']}"),
        tuple(_member(desk, row) for row in rows.to_dict("records")),
        None if cost.isna().all() else float(cost.sum()),
        int(cost.notna().sum()),
    )


def _member(desk: Desk, row: dict[str, object]) -> Member:
    ref = desk.refs([str(row["system_id"])])[0]
    missing = ", ".join(desk.texts.field(name) for name in text(row["missing"]).split())
    return Member(ref, desk.texts.say(f"overlap_role_{row['role']}"), missing)
