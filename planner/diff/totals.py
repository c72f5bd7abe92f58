"""The sums of a plan, so that two of them can stand side by side."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.diff.rows import parsed
from planner.store import SavedPlan

POINTS = ("low", "likely", "high")
OPTIONS = ("retire", "repurchase", "rehost", "relocate", "replatform", "refactor", "retain", "undecided")


@dataclass(frozen=True)
class Total:
    """One sum in either plan; unknown where nothing that goes into it is known."""

    key: str
    before: float | str | None
    after: float | str | None


def totals_of(old: SavedPlan, new: SavedPlan) -> tuple[Total, ...]:
    """All sums, in the order in which people read them."""
    one, other = _sums(old), _sums(new)
    return tuple(Total(key, one.get(key), other[key]) for key in other)


def _sums(plan: SavedPlan) -> dict[str, float | str | None]:
    decisions = parsed(plan.table("decisions"), "decisions", ["system_id", "disposition", "state"])
    counts = decisions["disposition"].fillna("undecided").value_counts()
    costs = _numbers(parsed(plan.table("costs"), "costs", ["kind", *(f"{point}_sek" for point in POINTS)]), 1)
    effort = _numbers(parsed(plan.table("effort"), "effort", [f"{point}_days" for point in POINTS]), 0)
    waves = parsed(plan.table("waves"), "waves", ["end_date", "quarter"])
    sums: dict[str, float | str | None] = {"systems": len(decisions)}
    sums |= {f"option_{name}": int(counts.get(name, 0)) for name in OPTIONS}
    sums["settled"] = int((decisions["state"] == "settled").sum())
    sums |= {f"{point}_days": _sum(effort[f"{point}_days"]) for point in POINTS}
    for kind in ("one_off", "today", "target"):
        mine = costs[costs["kind"] == kind]
        sums |= {f"{kind}_{point}_sek": _sum(mine[f"{point}_sek"]) for point in POINTS}
    sums["waves"] = int(waves["quarter"].nunique())
    sums["last_change"] = str(waves["end_date"].max()) if len(waves) else None
    found = plan.manifest.get("findings", {})
    return sums | {f"findings_{name}": found.get(name) for name in ("error", "warning", "info")}


def _numbers(frame: pd.DataFrame, first: int) -> pd.DataFrame:
    return frame.astype(dict.fromkeys(frame.columns[first:], "Float64"))


def _sum(values: pd.Series) -> float | None:
    total = values.sum(min_count=1)
    return None if pd.isna(total) else round(float(total), 2)
