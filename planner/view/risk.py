"""How sure the dates and the cost are: what the simulation says, for readers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from planner.view.desk import Desk, iso, number
from planner.view.model.schedule import Critical, DeadlineChance, Tick, Uncertain
from planner.view.model.terms import Span

MOST_CRITICAL = 8
# Below this it is not worth a reader's time.
LEAST_CRITICAL_PCT = 10.0
UNKNOWN: Span = (None, None, None)


def uncertain(desk: Desk) -> tuple[Uncertain, ...]:
    """Waves and, last, the whole plan; what a wave costs is for internal readers."""
    table = desk.table("risk_waves")
    first, length = _span(desk)
    return tuple(_uncertain(desk, row, first, length) for row in table.to_dict("records"))


def _uncertain(desk: Desk, row: dict[Any, Any], first: pd.Timestamp, length: int) -> Uncertain:
    is_whole = row["scope"] == "plan"
    days = [row[f"{name}_date"] for name in ("planned", "p50", "p80", "p95")]
    sek = (number(row["p50_sek"]), number(row["p80_sek"]), number(row["p95_sek"]))
    planned, p50, p80, p95 = (f"{day:%Y-%m-%d}" for day in days)
    return Uncertain(
        None if is_whole else int(row["wave"]),
        planned,
        p50,
        p80,
        p95,
        float(row["on_plan_pct"]) / 100,
        float(row["by_goal_pct"]) / 100,
        sek if is_whole or desk.is_internal else UNKNOWN,
        tuple(round((day - first).days / length, 4) for day in days),
    )


def _span(desk: Desk) -> tuple[pd.Timestamp, int]:
    table = desk.table("risk_waves")
    first = pd.Timestamp(desk.plan.case.first_monday)
    last = table[["planned_date", "p95_date"]].max().max() if len(table) else first
    return first, max((last - first).days, 1)


def ticks(desk: Desk) -> tuple[Tick, ...]:
    """First days of years on the picture of uncertainty."""
    first, length = _span(desk)
    last = (first + pd.Timedelta(days=length)).year
    days = [pd.Timestamp(date(year, 1, 1)) for year in range(first.year + 1, last + 1)]
    return (Tick(str(first.year), 0.0), *(Tick(str(day.year), round((day - first).days / length, 4)) for day in days))


def deadlines(desk: Desk) -> tuple[DeadlineChance, ...]:
    """Deadlines of groups, the least sure first."""
    table = desk.table("risk_deadlines").query("kind == 'deadline'")
    rows = table.sort_values(["chance_pct", "deadline_date", "group_id"]).to_dict("records")
    return tuple(
        DeadlineChance(
            desk.refs(desk.members_of[row["group_id"]]),
            iso(row["deadline_date"]) or "",
            iso(row["planned_date"]) or "",
            iso(row["p80_date"]) or "",
            float(row["chance_pct"]) / 100,
        )
        for row in rows
    )


def critical(desk: Desk) -> tuple[Critical, ...]:
    """Activities that decide most often when the last change is done."""
    table = desk.table("risk_activities").merge(desk.table("activities")[["activity_id", "phase"]], on="activity_id")
    table = table[table["criticality_pct"] >= LEAST_CRITICAL_PCT]
    rows = table.sort_values(["criticality_pct", "activity_id"], ascending=[False, True]).head(MOST_CRITICAL)
    return tuple(
        Critical(
            desk.texts.say(f"phase_{row['phase']}"),
            desk.refs(desk.members_of.get(row["group_id"], [])),
            float(row["criticality_pct"]) / 100,
            iso(row["p80_date"]) or "",
        )
        for row in rows.to_dict("records")
    )
