"""Move groups in words: who is in one and why, and what crosses its border."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pandas as pd

from planner.view.desk import Desk, text
from planner.view.model.schedule import Crossing, GroupMember, MoveGroup
from planner.view.model.terms import Ref


def why(desk: Desk, row: dict[str, Any]) -> str:
    """Why a system is in its group; nothing where it is alone."""
    if row["reason"] == "alone":
        return ""
    detail = text(row["detail"])
    said = desk.texts.say(f"group_{row['reason']}")
    return f"{said}: {detail}" if detail else said


def groups(desk: Desk) -> tuple[MoveGroup, ...]:
    """Groups of two systems and more, in the order of their waves."""
    table = desk.table("groups")
    table = table[table["group_id"].duplicated(keep=False)]
    wave_of = desk.table("waves").drop_duplicates("group_id").set_index("group_id")["wave"]
    crossing = _crossings(desk, set(table["group_id"]))
    inside = desk.table("ties").query("fate == 'inside'").groupby("source_group_id").size()
    made = [
        MoveGroup(
            None if pd.isna(wave_of.get(key)) else int(wave_of[key]),
            tuple(
                GroupMember(Ref(row["system_id"], desk.names[row["system_id"]]), why(desk, row))
                for row in part.to_dict("records")
            ),
            int(inside.get(key, 0)),
            tuple(crossing[str(key)]),
        )
        for key, part in table.groupby("group_id", sort=True)
    ]
    return tuple(sorted(made, key=lambda one: (one.wave is None, one.wave or 0, one.members[0].system.name)))


def _crossings(desk: Desk, wanted: set[str]) -> dict[str, list[Crossing]]:
    ties = desk.table("ties").query("fate == 'border'")
    found: dict[str, list[Crossing]] = defaultdict(list)
    for row in ties.sort_values(["weight", "flow_id"], ascending=[False, True]).to_dict("records"):
        crossing = Crossing(
            desk.names[row["source_system_id"]],
            desk.names[row["target_system_id"]],
            "" if row["kind"] == "flow" else desk.texts.say(f"tie_{row['kind']}"),
            bool(row["is_decoupled"]),
        )
        for key in sorted({row["source_group_id"], row["target_group_id"]} & wanted):
            # Two flows between the same systems are one thing to bridge.
            if crossing not in found[key]:
                found[key].append(crossing)
    return found


def flows_by_fate(desk: Desk) -> tuple[tuple[str, int], ...]:
    """How many flows stay within a group, cross a border, go to a shared service, or have an end that stays."""
    counts = desk.table("ties")["fate"].value_counts()
    return tuple(
        (desk.texts.say(f"fate_{fate}"), int(counts.get(fate, 0))) for fate in ("inside", "border", "shared", "stays")
    )
