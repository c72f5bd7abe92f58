"""What has begun is no decision any more: it stands where it was reported, or where the decided plan had it."""

from __future__ import annotations

import pandas as pd

from planner.calendar import this_week, week_of
from planner.case import Case
from planner.portfolio import Portfolio, finding_rows
from planner.schedule.activities import FOUNDATION, ORDER, Activity, Begun
from planner.schedule.anchor import Stood, stood_of

Weeks = dict[str, Begun]


def begin(activities: dict[str, Activity], portfolio: Portfolio, case: Case) -> pd.DataFrame:
    """Fix what has begun, and let nothing else begin before the day of the plan.

    A phase that has begun says that the phases before it in its group are done. Where nobody reports, what a decided
    plan had begin before the day of the plan counts as begun, and is told.

    Returns
    -------
    DataFrame
        Findings: what is taken as done or going on without a report, and reports of phases that the plan does not have.
    """
    today = this_week(case)
    found = _reported(activities, portfolio, case) if len(portfolio["reported"]) else {}
    open_at = _open_phases(activities, found)
    assumed = {
        key: item
        for key, item in _assumed(activities, portfolio, case).items()
        if key not in found and _rank(activities[key]) < open_at.get(activities[key].group_id, len(ORDER))
    }
    stood = stood_of(activities.values(), portfolio, case)
    known = {**assumed, **found}
    for key, item in {**known, **_implied(activities, known, stood)}.items():
        _fix(activities[key], item)
    for activity in activities.values():
        if activity.begun is None and activity.release < today:
            activity.release, activity.release_for = today, "today"
    return _told(activities, set(assumed), portfolio)


def _reported(activities: dict[str, Activity], portfolio: Portfolio, case: Case) -> Weeks:
    """Phases of groups as reported: begun with the first of their systems, done with the last."""
    today, found = this_week(case), {}
    rows = portfolio["reported"].merge(portfolio["groups"][["system_id", "group_id"]], on="system_id")
    size = portfolio["groups"].groupby("group_id").size()
    for (group_id, phase), part in rows.groupby(["group_id", "phase"], sort=True):
        activity = activities.get(f"{group_id}/{phase}")
        if activity is None:
            continue
        start = max(week_of(case, part["started"].min().date()), 0)
        is_done = bool(part["finished"].notna().all()) and len(part) >= min(size[group_id], max(activity.changes, 1))
        end = max(week_of(case, part["finished"].max().date()), start) if is_done else max(start, today)
        planned = start + activity.least - 1
        found[activity.key] = Begun(start, end if is_done else max(end, planned), is_done)
    return found


def _rank(activity: Activity) -> int:
    return ORDER.index(activity.phase)


def _open_phases(activities: dict[str, Activity], found: Weeks) -> dict[str, int]:
    """Place of the first phase of each group that is reported to go on: none after it is taken to have begun."""
    first: dict[str, int] = {}
    for key, item in found.items():
        if not item.is_done:
            group_id, rank = activities[key].group_id, _rank(activities[key])
            first[group_id] = min(rank, first.get(group_id, rank))
    return first


def _assumed(activities: dict[str, Activity], portfolio: Portfolio, case: Case) -> Weeks:
    """What the decided plan had begin before today."""
    today = this_week(case)
    decided = portfolio["baseline"][portfolio["baseline"]["is_decided"].astype(bool)]
    stood = stood_of(activities.values(), portfolio, case, decided)
    return {
        key: Begun(item.start, item.start + item.weeks - 1, item.start + item.weeks <= today)
        for key, item in stood.items()
        if item.start < today
    }


def _implied(activities: dict[str, Activity], known: Weeks, stood: dict[str, Stood]) -> Weeks:
    """Phases before one that has begun, in the same group, and the foundation before what stands on it."""
    first: dict[str, tuple[int, int]] = {}
    for key, item in known.items():
        activity = activities[key]
        place = (_rank(activity), item.start)
        first[activity.group_id] = max(place, first.get(activity.group_id, place), key=lambda pair: pair[0])
        if activity.phase in ("prepare", "move", "cutover") and FOUNDATION in activities:
            first.setdefault(FOUNDATION, (len(ORDER), item.start))
    found = {}
    for key, activity in activities.items():
        rank, start = first.get(activity.group_id, (-1, 0))
        if key not in known and _rank(activity) < rank:
            was = stood.get(key, Stood(start - activity.least, activity.least))
            end = max(min(was.start + was.weeks, start) - 1, 0)
            found[key] = Begun(max(min(was.start, end), 0), end, True)
    return found


def _fix(activity: Activity, item: Begun) -> None:
    activity.begun = item
    activity.release, activity.release_for = item.start, "begun"
    activity.before = []


def _told(activities: dict[str, Activity], assumed: set[str], portfolio: Portfolio) -> pd.DataFrame:
    groups = sorted({activities[key].group_id for key in assumed} - {FOUNDATION})
    members = portfolio["groups"][portfolio["groups"]["group_id"].isin(groups)]
    rows = portfolio["reported"].merge(portfolio["groups"][["system_id", "group_id"]], on="system_id")
    is_begun = members["group_id"].isin(rows["group_id"])
    taken = [
        finding_rows("warning", code, table="systems", row_id=members.loc[some, "system_id"])
        for code, some in (("progress_assumed", ~is_begun), ("progress_assumed_later", is_begun))
    ]
    keys = rows["group_id"] + "/" + rows["phase"]
    odd = rows[~keys.isin(activities)]
    lost = finding_rows("info", "progress_no_phase", table="systems", row_id=odd["system_id"], value=odd["phase"])
    return pd.concat([*taken, lost], ignore_index=True)
