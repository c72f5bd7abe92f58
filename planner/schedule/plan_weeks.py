"""The schedule step: activities, their weeks, waves by quarter, and the workload of every team."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio, finding_rows
from planner.schedule.activities import FOUNDATION, Activity, activities_of, cutover_phases
from planner.schedule.calendar import capacity_weeks, friday, monday
from planner.schedule.serial import Placed, place
from planner.schema import concat, conform


def schedule(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """Give every group its weeks.

    Returns
    -------
    dict of DataFrame
        activities, demand, waves, workload, findings.

    Raises
    ------
    InfeasiblePlan
        No team for a role, or an activity that fits nowhere.
    """
    activities = activities_of(portfolio, case, policy)
    placed = place(activities, case)
    table = _activities(placed, case)
    waves = _waves(placed, activities, portfolio, case)
    return {
        "activities": table,
        "demand": _demand(placed),
        "waves": waves,
        "workload": _workload(placed, case),
        "findings": _findings(table, waves, portfolio, case, policy),
    }


def _activities(placed: list[Placed], case: Case) -> pd.DataFrame:
    rows = [
        {
            "activity_id": item.activity.key,
            "group_id": item.activity.group_id,
            "phase": item.activity.phase,
            "start_week": item.start,
            "end_week": item.end,
            "start_date": monday(case, item.start),
            "end_date": friday(case, item.end),
            "has_cutover": item.activity.cutovers > 0,
            "deadline_date": item.activity.deadline,
            "bound_by": item.bound_by,
            "is_late": item.activity.deadline is not None and friday(case, item.end) > item.activity.deadline,
        }
        for item in placed
    ]
    return conform(pd.DataFrame(rows), "activities")


def _demand(placed: list[Placed]) -> pd.DataFrame:
    rows = [
        {"activity_id": item.activity.key, "role": role, "days_per_week": value}
        for item in placed
        for role, value in item.activity.demand.items()
        if value > 0
    ]
    return conform(pd.DataFrame(rows), "demand")


def _waves(placed: list[Placed], activities: dict[str, Activity], portfolio: Portfolio, case: Case) -> pd.DataFrame:
    ends = cutover_phases(activities)
    by_key = {item.activity.key: item for item in placed}
    starts: dict[str, int] = {}
    for item in placed:
        starts[item.activity.group_id] = min(item.start, starts.get(item.activity.group_id, item.start))
    rows = [
        {"group_id": group_id, "start_date": monday(case, starts[group_id]), "end_date": friday(case, by_key[key].end)}
        for group_id, key in sorted(ends.items())
        if group_id != FOUNDATION
    ]
    if not rows:
        return conform(pd.DataFrame(), "waves")
    frame = pd.DataFrame(rows)
    quarters = pd.PeriodIndex(pd.to_datetime(frame["end_date"]), freq="Q")
    frame["quarter"] = [f"{period.year}-Q{period.quarter}" for period in quarters]
    number = {quarter: at for at, quarter in enumerate(sorted(frame["quarter"].unique()), start=1)}
    frame["wave"] = frame["quarter"].map(number)
    joined = frame.merge(portfolio["groups"][["group_id", "system_id"]], on="group_id")
    return conform(joined.sort_values(["wave", "end_date", "group_id", "system_id"]), "waves")


def _workload(placed: list[Placed], case: Case) -> pd.DataFrame:
    weeks = max((item.end for item in placed), default=-1) + 1
    parts = []
    for role in sorted(case.capacities):
        used = np.zeros(weeks)
        for item in placed:
            used[item.start : item.end + 1] += item.activity.demand.get(role, 0.0)
        parts.append(
            pd.DataFrame(
                {
                    "week": range(weeks),
                    "role": role,
                    "used_days": used.round(4),
                    "capacity_days": capacity_weeks(case, role, weeks),
                }
            )
        )
    load = pd.concat(parts, ignore_index=True)
    load["week_date"] = pd.Timestamp(case.first_monday) + pd.to_timedelta(load["week"] * 7, unit="D")
    return conform(load, "workload")


def _findings(
    table: pd.DataFrame, waves: pd.DataFrame, portfolio: Portfolio, case: Case, policy: Policy
) -> pd.DataFrame:
    members = portfolio["groups"].merge(portfolio["systems"][["system_id", "deadline_date"]], on="system_id")
    late = members.rename(columns={"deadline_date": "hard_date"}).merge(table[table["is_late"]], on="group_id")
    is_hard = late["hard_date"].notna()
    over = members.merge(table[table["end_date"] > pd.Timestamp(case.horizon_date)], on="group_id").drop_duplicates(
        "system_id"
    )
    servers = waves.merge(portfolio["facts"][["system_id", "server_count"]], on="system_id")
    moved = servers["system_id"].isin(
        portfolio["targets"].loc[portfolio["targets"]["state"] != "not_moved", "system_id"]
    )
    sums = servers[moved].groupby("wave")["server_count"].sum()
    crowded = sums[sums > policy.schedule.max_servers_per_wave.value].reset_index()
    return concat(
        [
            _late("error", late[is_hard]),
            _late("warning", late[~is_hard]),
            finding_rows(
                "warning",
                "after_horizon",
                table="systems",
                row_id=over["system_id"],
                value=over["end_date"].dt.strftime("%Y-%m-%d"),
            ),
            finding_rows(
                "warning", "wave_too_large", table="waves", row_id=crowded["wave"], value=crowded["server_count"]
            ),
        ],
        "findings",
    )


def _late(severity: str, late: pd.DataFrame) -> pd.DataFrame:
    return finding_rows(
        severity,
        "deadline_missed",
        table="systems",
        row_id=late["system_id"],
        value=late["deadline_date"].dt.strftime("%Y-%m-%d"),
        detail=late["end_date"].dt.strftime("%Y-%m-%d"),
    )
