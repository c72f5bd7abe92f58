"""Which of a system's servers are sized from how much of them is used, and from what."""

from __future__ import annotations

import pandas as pd

from planner.view.desk import Desk

CONFIDENCES = (5, 4, 3, 2, 1)
NAMED_FILES = 3


def sizing_of(desk: Desk) -> dict[str, tuple[str, ...]]:
    """What the cards say of each system with a server that is sized from its series; nothing of the others."""
    moved = desk.table("targets").query("state != 'not_moved'")
    is_used = moved[["vcpu_basis", "memory_gib_basis"]].eq("utilisation").any(axis=1)
    systems = moved[moved["system_id"].isin(moved.loc[is_used, "system_id"])]
    if systems.empty:
        return {}
    cells = desk.table("provenance")
    files = cells.loc[cells["table"] == "utilisation", ["row_id", "file"]].astype("string").drop_duplicates()
    named = files.groupby("row_id")["file"].agg(list)
    return {str(key): _lines(desk, servers, named) for key, servers in systems.groupby("system_id")}


def _lines(desk: Desk, servers: pd.DataFrame, named: pd.Series) -> tuple[str, ...]:
    sizing, say = desk.plan.policy.sizing, desk.texts.say
    used = servers[servers[["vcpu_basis", "memory_gib_basis"]].eq("utilisation").any(axis=1)]
    files = sorted({file for key in used["server_id"] if key in named for file in named[key]})
    counts = used["confidence"].value_counts()
    sure = ", ".join(
        say("sizing_confidence_step", step=key, count=counts[key]) for key in CONFIDENCES if counts.get(key, 0)
    )
    shown = ", ".join(files[:NAMED_FILES]) + " …" * (len(files) > NAMED_FILES)
    return (
        say("sizing_measured", count=len(used), servers=len(servers), percentile=f"{sizing.used_percentile.value:g}"),
        f"CPU {_range(desk, used['cpu_used_pct'])}; {say('sizing_memory')} {_range(desk, used['memory_used_pct'])}",
        say("sizing_confidence", counts=sure, comfort=_written(desk, sizing.used_comfort.value), files=shown),
    )


def _range(desk: Desk, values: pd.Series) -> str:
    known = values.dropna()
    if known.empty:
        return "–"
    ends = dict.fromkeys(_written(desk, float(value)) for value in (known.min(), known.max()))
    return f"{'–'.join(ends)} %"


def _written(desk: Desk, value: float) -> str:
    return f"{value:g}".replace(".", "," if desk.texts.language == "sv" else ".")
