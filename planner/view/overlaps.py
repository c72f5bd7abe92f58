"""Overlaps in words: what may be the same, which to keep, and what would decide it."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any

from planner.view.desk import Desk, text
from planner.view.model.systems import Cluster, Member

Row = dict[Any, Any]
KINDS = ("same_system", "same_function", "same_product")


def clusters(desk: Desk) -> tuple[Cluster, ...]:
    """Clusters by kind, and by name within it."""
    rows = desk.table("overlaps").sort_values("cluster_id", kind="stable").to_dict("records")
    costs = desk.table("systems").set_index("system_id")["annual_cost_sek"].dropna().to_dict()
    made = [_cluster(desk, list(part), costs) for _, part in groupby(rows, key=itemgetter("cluster_id"))]
    return tuple(sorted(made, key=lambda item: (KINDS.index(item.key), item.shared.casefold())))


def _cluster(desk: Desk, rows: list[Row], costs: dict[str, float]) -> Cluster:
    first = rows[0]
    known = [float(costs[row["system_id"]]) for row in rows if row["system_id"] in costs]
    return Cluster(
        first["kind"],
        desk.texts.say(f"overlap_{first['kind']}"),
        text(first["shared"]),
        desk.texts.say(f"overlap_{first['reason']}"),
        desk.texts.say(f"confidence_{first['confidence']}"),
        tuple(_member(desk, row) for row in rows),
        sum(known) if known else None,
        len(known),
    )


def _member(desk: Desk, row: Row) -> Member:
    ref = desk.refs([str(row["system_id"])])[0]
    missing = ", ".join(desk.texts.field(name) for name in text(row["missing"]).split())
    return Member(ref, desk.texts.say(f"overlap_role_{row['role']}"), missing)
