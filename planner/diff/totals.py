"""The sums of a plan, so that two of them can stand side by side."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.diff.rows import parsed
from planner.store import SavedPlan

POINTS = ("low", "likely", "high")
OPTIONS = ("retire", "repurchase", "rehost", "relocate", "replatform", "refactor", "retain", "undecided")
Points = dict[str, float]


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
    days, sek = _foundation(plan)
    sums |= {f"{point}_days": _sum(effort[f"{point}_days"], days.get(point)) for point in POINTS}
    for kind in ("one_off", "today", "target"):
        mine, more = costs[costs["kind"] == kind], sek if kind == "one_off" else {}
        sums |= {f"{kind}_{point}_sek": _sum(mine[f"{point}_sek"], more.get(point)) for point in POINTS}
    sums["waves"] = int(waves["quarter"].nunique())
    sums["last_change"] = str(waves["end_date"].max()) if len(waves) else None
    found = plan.manifest.get("findings", {})
    return sums | {f"findings_{name}": found.get(name) for name in ("error", "warning", "info")}


def _numbers(frame: pd.DataFrame, first: int) -> pd.DataFrame:
    return frame.astype(dict.fromkeys(frame.columns[first:], "Float64"))


def _foundation(plan: SavedPlan) -> tuple[Points, Points]:
    """Days and cost of the common foundation, which no system's effort holds: the plan's own sums have them too."""
    activities = parsed(plan.table("activities"), "activities", ["phase"])
    effort = plan.inputs.get("policy", {}).get("effort")
    if effort is None or not (activities["phase"] == "foundation").any():
        return {}, {}
    days = {point: sum(float(work["base"][point]) for work in effort["foundation"]) for point in POINTS}
    return days, {point: value * float(effort["day_rate"]["value"]) for point, value in days.items()}


def _sum(values: pd.Series, more: float | None = None) -> float | None:
    """What is known, together; unknown where nothing is."""
    total = values.sum(min_count=1)
    known = [float(part) for part in (total, more) if part is not None and not pd.isna(part)]
    return round(sum(known), 2) if known else None
