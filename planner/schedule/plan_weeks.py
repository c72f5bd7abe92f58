"""The schedule step: activities, their weeks, waves by quarter, the workload of every team, and what binds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.calendar import capacity_weeks, monday, this_week
from planner.case import Case
from planner.collector import paused
from planner.policy import Policy
from planner.portfolio import Portfolio, finding_rows
from planner.schedule import impossible
from planner.schedule.activities import Activity, activities_of, change_of
from planner.schedule.anchor import anchors_of
from planner.schedule.begun import begin
from planner.schedule.binding import Binding
from planner.schedule.budget_cycle import asked_for
from planner.schedule.meetings import soft_meetings
from planner.schedule.missed import missed
from planner.schedule.pins import pin
from planner.schedule.placing import Earlier, Placing, place
from planner.schedule.pose import Posed, pose
from planner.schedule.priority import dense, latest_ends, shortest, topological
from planner.schedule.problem import Ints
from planner.schedule.solve import Circle, Effort, Unplaceable
from planner.schedule.told import clash_tables, solution_table, wave_bounds
from planner.schedule.wave_checks import wave_checks
from planner.schedule.wave_rules import bind
from planner.schema import concat, conform


@paused()
def schedule(
    portfolio: Portfolio, case: Case, policy: Policy, earlier: Earlier | None = None
) -> dict[str, pd.DataFrame]:
    """Give every group its weeks.

    Parameters
    ----------
    portfolio, case, policy
        What is planned.
    earlier
        Gives the placements and the solution of the plan before, where what was asked then has a fingerprint.

    Returns
    -------
    dict of DataFrame
        activities, placements, demand, waves, workload, wave_bounds, wave_checks, clashes, relaxations, solution,
        findings.

    Raises
    ------
    InfeasiblePlan
        No team for a role, an activity that fits nowhere, or work that waits for itself.
    """
    activities = activities_of(portfolio, case, policy)
    told = begin(activities, portfolio, case)
    pilot = bind(activities, portfolio, case, policy)
    pin(activities, portfolio, case)
    posed = pose(activities, case, policy)
    placing = _placed(posed, portfolio, case, policy, earlier)
    result, near = placing.result, placing.near
    binding = Binding(posed, result, case, policy, near.anchors.start if near else None)
    rows = _rows(posed, binding)
    table = _activities(rows, binding, case)
    waves = _waves(table, activities, portfolio)
    clashes, relaxations = clash_tables(missed(posed, result, case, policy, portfolio), case)
    return {
        "activities": table,
        "placements": placing.table(posed.problem),
        "demand": _demand(rows),
        "waves": waves,
        "workload": _workload(rows, case),
        "wave_bounds": wave_bounds(waves, activities, posed, binding),
        "wave_checks": wave_checks(portfolio, waves, pilot, case, policy),
        "clashes": clashes,
        "relaxations": relaxations,
        "solution": solution_table(posed, result, pilot, near, portfolio),
        "findings": concat(
            [
                _findings(table, waves, portfolio, case, policy),
                soft_meetings(table, portfolio, case, policy),
                asked_for(portfolio, case, policy),
                told,
            ],
            "findings",
        ),
    }


def _effort(policy: Policy) -> Effort:
    search = policy.schedule.search
    return Effort(search.exact_up_to, search.exact_work, search.placements)


def _placed(posed: Posed, portfolio: Portfolio, case: Case, policy: Policy, earlier: Earlier | None) -> Placing:
    anchors = anchors_of(posed, portfolio, case, policy)
    try:
        return place(posed, _by_urgency(posed), anchors, _effort(policy), earlier)
    except Unplaceable as reason:
        raise impossible.no_room(posed, reason.activity, case, policy) from None
    except Circle as reason:
        raise impossible.circle(posed, reason.activities) from None


def _by_urgency(posed: Posed) -> Ints | None:
    """Group by group, so that what is begun is also finished: latest start, then priority, then the smaller work."""
    problem = posed.problem
    order = topological(problem)
    if len(order) < len(problem):
        return None
    latest = latest_ends(problem, order, problem.weeks) - shortest(problem)
    group, _ = pd.factorize(np.array([activity.group_id for activity in posed.activities], dtype=object))
    rank = np.array([activity.rank for activity in posed.activities])
    days = [sum(sum(part.days.values()) for part in activity.parts) for activity in posed.activities]
    first = np.full(len(group), latest.max(initial=0))
    np.minimum.at(first, group, latest)
    work = np.bincount(group, weights=days).round(4)
    return dense(first[group], rank, work[group], group.astype(np.int64))


class _Row:
    """One phase of one activity in its weeks (both inclusive)."""

    __slots__ = ("activity", "at", "demand", "end", "key", "phase", "start")

    def __init__(self, at: int, activity: Activity, part: int, start: int, weeks: int) -> None:
        self.at, self.activity, self.start, self.end = at, activity, start, start + weeks - 1
        self.phase = activity.parts[part].phase
        self.key = activity.key if part == 0 else f"{activity.group_id}/{self.phase}"
        self.demand = {role: value / weeks for role, value in activity.parts[part].days.items() if value > 0}


def _rows(posed: Posed, binding: Binding) -> list[_Row]:
    made = []
    for at, activity in enumerate(posed.activities):
        start, length = binding.start[at], binding.end[at] - binding.start[at]
        made.append(_Row(at, activity, 0, start, length - activity.after_care))
        if len(activity.parts) > 1:
            made.append(_Row(at, activity, 1, start + length - activity.after_care, activity.after_care))
    return made


EFFORT_PHASE = {"cutover": "move", "hypercare": "move"}


def _activities(rows: list[_Row], binding: Binding, case: Case) -> pd.DataFrame:
    critical = set(binding.critical)
    bounds = [binding.bounds[row.at] for row in rows]
    is_first = [row.key == row.activity.key for row in rows]
    start, end = np.array([row.start for row in rows]), np.array([row.end for row in rows])
    monday = pd.Timestamp(case.first_monday)
    deadline = pd.to_datetime(
        [row.activity.deadline if first else None for row, first in zip(rows, is_first, strict=True)]
    )
    end_date = monday + pd.to_timedelta(end * 7 + 4, unit="D")
    frame = pd.DataFrame(
        {
            "activity_id": [row.key for row in rows],
            "group_id": [row.activity.group_id for row in rows],
            "phase": [row.phase for row in rows],
            "step": [row.activity.step for row in rows],
            "effort_phase": [None if row.activity.step else EFFORT_PHASE.get(row.phase, row.phase) for row in rows],
            "start_week": start,
            "end_week": end,
            "start_date": monday + pd.to_timedelta(start * 7, unit="D"),
            "end_date": end_date,
            "has_cutover": [row.activity.changes > 0 and first for row, first in zip(rows, is_first, strict=True)],
            "deadline_date": deadline,
            "bound_by": [bound.kind if first else "precedence" for bound, first in zip(bounds, is_first, strict=True)],
            "bound_detail": [
                bound.detail if first else row.activity.key
                for row, bound, first in zip(rows, bounds, is_first, strict=True)
            ],
            "state": [_state(row, case) for row in rows],
            "slack_weeks": [int(binding.slack[row.at]) for row in rows],
            "is_critical": [row.at in critical for row in rows],
        }
    )
    frame["effort_share"] = _effort_share(frame, [sum(row.demand.values()) for row in rows])
    frame["is_late"] = (deadline.notna() & (end_date > deadline)).astype(bool)
    return conform(frame.sort_values("activity_id", kind="stable"), "activities")


def _state(row: _Row, case: Case) -> str:
    """What has begun is done by report or because its weeks have passed; hypercare goes by its own weeks."""
    begun, today = row.activity.begun, this_week(case)
    if begun is None or row.start > today:
        return "planned"
    is_first = row.key == row.activity.key
    return "done" if row.end < today or (begun.is_done and is_first) else "running"


def _effort_share(frame: pd.DataFrame, days_per_week: list[float]) -> pd.Series:
    """Which part of a phase's effort each of the activities has that share it; the same part where it is none."""
    days = pd.Series(days_per_week, index=frame.index) * (frame["end_week"] - frame["start_week"] + 1)
    of_phase = days.groupby([frame["group_id"], frame["effort_phase"]])
    whole = of_phase.transform("sum")
    return (days / whole).where(whole > 0, 1 / of_phase.transform("size")).round(6)


def _demand(rows: list[_Row]) -> pd.DataFrame:
    made = [(row.key, role, value) for row in rows for role, value in row.demand.items()]
    frame = pd.DataFrame(made, columns=["activity_id", "role", "days_per_week"])
    return conform(frame.sort_values(["activity_id", "role"], kind="stable"), "demand")


def _waves(table: pd.DataFrame, activities: dict[str, Activity], portfolio: Portfolio) -> pd.DataFrame:
    ends = {group_id: activity.key for group_id, activity in change_of(activities).items()}
    if not ends:
        return conform(pd.DataFrame(), "waves")
    last = table.set_index("activity_id")["end_date"]
    frame = pd.DataFrame({"group_id": list(ends), "end_date": last.reindex(list(ends.values())).to_numpy()})
    frame["start_date"] = frame["group_id"].map(table.groupby("group_id")["start_date"].min())
    quarters = pd.PeriodIndex(frame["end_date"], freq="Q")
    frame["quarter"] = [f"{period.year}-Q{period.quarter}" for period in quarters]
    number = {quarter: at for at, quarter in enumerate(sorted(frame["quarter"].unique()), start=1)}
    frame["wave"] = frame["quarter"].map(number)
    joined = frame.merge(portfolio["groups"][["group_id", "system_id"]], on="group_id")
    return conform(joined.sort_values(["wave", "end_date", "group_id", "system_id"]), "waves")


def _workload(rows: list[_Row], case: Case) -> pd.DataFrame:
    weeks = max((row.end for row in rows), default=-1) + 1
    used = {role: np.zeros(weeks + 1) for role in sorted(case.capacities)}
    for row in rows:
        for role, value in row.demand.items():
            used[role][row.start] += value
            used[role][row.end + 1] -= value
    parts = [
        pd.DataFrame(
            {
                "week": range(weeks),
                "role": role,
                "used_days": (np.cumsum(days)[:weeks] + 0.0).round(4).clip(min=0),
                "capacity_days": capacity_weeks(case, role, weeks),
            }
        )
        for role, days in used.items()
    ]
    load = pd.concat(parts, ignore_index=True)
    load["week_date"] = pd.Timestamp(monday(case, 0)) + pd.to_timedelta(load["week"] * 7, unit="D")
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
    most = policy.schedule.max_servers_per_wave.value * policy.schedule.parallel_waves.value
    crowded = sums[sums > most].reset_index()
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
