"""What a system's servers become, what decided it, and which of them are sized from how much of them is used."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pandas as pd

from planner.view.desk import Desk, text

CONFIDENCES = (5, 4, 3, 2, 1)
NAMED_FILES = 3
NAMED_TYPES = 6
READ = (
    "system_id", "server_id", "state", "instance_type", "bound_by", "runner_up", "vcpu_basis", "memory_gib_basis",
    "cpu_used_pct", "memory_used_pct", "confidence",
)  # fmt: skip
Server = dict[str, Any]


def sizing_of(desk: Desk) -> dict[str, tuple[str, ...]]:
    """What the cards say of the targets of each system that moves: types with what bound them, what has no target and
    why, and what was measured."""
    moved = desk.table("targets").query("state != 'not_moved'")
    cells = desk.table("provenance")
    files = cells.loc[cells["table"] == "utilisation", ["row_id", "file"]].astype("string").drop_duplicates()
    named = {str(key): list(part) for key, part in files.groupby("row_id")["file"]}
    by_system: dict[str, list[Server]] = defaultdict(list)
    for row in moved[list(READ)].astype(object).itertuples(index=False):
        by_system[str(row[0])].append(dict(zip(READ, row, strict=True)))
    return {key: (*_targets(desk, servers), *_lines(desk, servers, named)) for key, servers in by_system.items()}


def _targets(desk: Desk, servers: list[Server]) -> tuple[str, ...]:
    """The types by number of servers; a person can read a few, the rest stands in the table."""
    say = desk.texts.say
    kinds = Counter(
        tuple(text(row[name]) for name in ("instance_type", "bound_by", "runner_up"))
        for row in servers
        if row["state"] == "sized"
    )
    counts = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    made = [
        say(
            "sizing_target" if runner_up else "sizing_target_alone",
            count=count,
            type=name,
            bound=", ".join(say(f"bound_by_{word}") for word in bound.split()),
            runner_up=runner_up,
        )
        for (name, bound, runner_up), count in counts[:NAMED_TYPES]
    ]
    made += [say("sizing_more", count=len(counts) - NAMED_TYPES)] if len(counts) > NAMED_TYPES else []
    missing = Counter(str(row["state"]) for row in servers if row["state"] != "sized")
    return (*made, *(f"{say(f'state_target_{state}')}: {count}" for state, count in sorted(missing.items())))


def _lines(desk: Desk, servers: list[Server], named: dict[str, list[str]]) -> tuple[str, ...]:
    sizing, say = desk.plan.policy.sizing, desk.texts.say
    used = [row for row in servers if "utilisation" in (text(row["vcpu_basis"]), text(row["memory_gib_basis"]))]
    waiting = sum(text(row["vcpu_basis"]) == "contended" for row in servers)
    limit = desk.written(sizing.contention_cpu_ready_pct.value)
    told = (say("sizing_contended", count=waiting, limit=limit),) if waiting else ()
    if not used:
        return told
    files = sorted({file for row in used for file in named.get(str(row["server_id"]), [])})
    counts = Counter(row["confidence"] for row in used)
    sure = ", ".join(
        say("sizing_confidence_step", step=key, count=counts[key]) for key in CONFIDENCES if counts.get(key, 0)
    )
    shown = ", ".join(files[:NAMED_FILES]) + " …" * (len(files) > NAMED_FILES)
    cpu, memory = (_range(desk, [row[name] for row in used]) for name in ("cpu_used_pct", "memory_used_pct"))
    return (
        say(
            "sizing_measured",
            count=len(used),
            servers=len(servers),
            percentile=desk.written(sizing.used_percentile.value),
        ),
        f"CPU {cpu}; {say('sizing_memory')} {memory}",
        say("sizing_confidence", counts=sure, comfort=desk.written(sizing.used_comfort.value), files=shown),
        *told,
    )


def _range(desk: Desk, values: list[Any]) -> str:
    known = [float(value) for value in values if not pd.isna(value)]
    if not known:
        return "–"
    ends = dict.fromkeys(desk.written(value) for value in (min(known), max(known)))
    return f"{'–'.join(ends)} %"
