"""What a system's servers become, what decided it, and which of them are sized from how much of them is used."""

from __future__ import annotations

import pandas as pd

from planner.view.desk import Desk

CONFIDENCES = (5, 4, 3, 2, 1)
NAMED_FILES = 3
NAMED_TYPES = 6


def sizing_of(desk: Desk) -> dict[str, tuple[str, ...]]:
    """What the cards say of the targets of each system that moves: types with what bound them, what has no target and
    why, and what was measured."""
    moved = desk.table("targets").query("state != 'not_moved'")
    cells = desk.table("provenance")
    files = cells.loc[cells["table"] == "utilisation", ["row_id", "file"]].astype("string").drop_duplicates()
    named = files.groupby("row_id")["file"].agg(list)
    return {
        str(key): (*_targets(desk, servers), *_lines(desk, servers, named))
        for key, servers in moved.groupby("system_id")
    }


def _targets(desk: Desk, servers: pd.DataFrame) -> tuple[str, ...]:
    """The types by number of servers; a person can read a few, the rest stands in the table."""
    say, columns = desk.texts.say, ["instance_type", "bound_by", "runner_up"]
    sized = servers[servers["state"] == "sized"][columns].astype("string").fillna("")
    counts = sized.value_counts().reset_index().sort_values(["count", *columns], ascending=[False, True, True, True])
    made = [
        say(
            "sizing_target" if runner_up else "sizing_target_alone",
            count=count,
            type=name,
            bound=", ".join(say(f"bound_by_{word}") for word in bound.split()),
            runner_up=runner_up,
        )
        for name, bound, runner_up, count in counts.head(NAMED_TYPES).itertuples(index=False)
    ]
    made += [say("sizing_more", count=len(counts) - NAMED_TYPES)] if len(counts) > NAMED_TYPES else []
    missing = servers.loc[servers["state"] != "sized", "state"].value_counts().sort_index()
    return (*made, *(f"{say(f'state_target_{state}')}: {count}" for state, count in missing.items()))


def _lines(desk: Desk, servers: pd.DataFrame, named: pd.Series) -> tuple[str, ...]:
    sizing, say = desk.plan.policy.sizing, desk.texts.say
    used = servers[servers[["vcpu_basis", "memory_gib_basis"]].eq("utilisation").any(axis=1)]
    waiting = int((servers["vcpu_basis"] == "contended").sum())
    told = (say("sizing_contended", count=waiting, limit=_written(desk, sizing.contention_cpu_ready_pct.value)),)
    if used.empty:
        return told if waiting else ()
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
        *(told if waiting else ()),
    )


def _range(desk: Desk, values: pd.Series) -> str:
    known = values.dropna()
    if known.empty:
        return "–"
    ends = dict.fromkeys(_written(desk, float(value)) for value in (known.min(), known.max()))
    return f"{'–'.join(ends)} %"


def _written(desk: Desk, value: float) -> str:
    return f"{value:g}".replace(".", "," if desk.texts.language == "sv" else ".")
