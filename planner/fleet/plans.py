"""The plans of a fleet, read from their folders: a run hands on paths, never tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from planner.errors import PlannerError
from planner.store import MANIFEST, load_tables

TABLES = ("systems", "servers", "decisions", "effort", "costs", "groups", "activities")
# What the report reads of them; a plan of a large body is some fifty megabytes.
COLUMNS = {
    "systems": ["system_id", "name", "vendor", "product", "contract_end_date", "annual_cost_sek"],
    "servers": ["server_id"],
    "decisions": ["system_id", "disposition"],
    "effort": ["system_id", "likely_days"],
    "costs": ["system_id", "kind", "state", "low_sek", "high_sek"],
    "groups": ["group_id", "system_id"],
    "activities": ["group_id", "end_date", "has_cutover", "is_late"],
}


@dataclass(frozen=True)
class Fleet:
    """Tables of all plans under each other, each row with its case; and what each plan says of itself.

    `problems` says by case why there is no plan.
    """

    tables: dict[str, pd.DataFrame]
    manifests: dict[str, dict[str, Any]]
    problems: dict[str, str]


def read_fleet(plans: Mapping[str, Path], problems: Mapping[str, str]) -> Fleet:
    """Read plans by the name of their case; one that cannot be read becomes a problem of its own."""
    frames: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
    manifests, failed = {}, dict(problems)
    for case, folder in sorted(plans.items()):
        try:
            tables = load_tables(folder, TABLES, COLUMNS)
            manifests[case] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        except PlannerError as reason:
            failed[case] = str(reason)
            continue
        for name, frame in tables.items():
            frames[name].append(frame.reindex(columns=COLUMNS[name]).assign(case=case))
    stacked = {
        name: pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=[*COLUMNS[name], "case"])
        for name, kept in frames.items()
    }
    return Fleet(stacked, manifests, failed)


def fleet_problems(fleet: Fleet) -> list[str]:
    """One line for each case without a plan."""
    return [f"{case}: {problem}" for case, problem in sorted(fleet.problems.items())]
