"""Decisions that are expected when few are taken: told, and not moved."""

from __future__ import annotations

import pandas as pd

from planner.calendar import not_meeting
from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio, finding_rows


def soft_meetings(table: pd.DataFrame, portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Findings `decision_in_soft_window`, one per system whose step ends in a week of a soft rule on meetings."""
    steps = {step.name for step in policy.schedule.steps if step.needs_meeting}
    rows = table[table["step"].isin(steps) & (table["state"] == "planned")]
    rules = policy.schedule.calendar
    names = {week: not_meeting(case, rules, int(week), "soft") for week in sorted(rows["end_week"].unique())}
    rows = rows.assign(window=rows["end_week"].map(names))
    told = rows[rows["window"] != ""].merge(portfolio["groups"][["group_id", "system_id"]], on="group_id")
    return finding_rows(
        "info",
        "decision_in_soft_window",
        table="systems",
        row_id=told["system_id"],
        value=told["end_date"].dt.strftime("%Y-%m-%d"),
        detail=told["window"],
    )
