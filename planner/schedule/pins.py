"""Dates that people gave: what they ask of the activity with which a group has changed hands."""

from __future__ import annotations

from datetime import date

import pandas as pd

from planner.calendar import first_week_ending, last_week_by
from planner.case import Case
from planner.portfolio import Portfolio
from planner.schedule.activities import Activity, change_of


def pin(activities: dict[str, Activity], portfolio: Portfolio, case: Case) -> None:
    """Hold the changes of groups to the pins of their systems: the latest beginning and the earliest end of several.

    What a pin asks is told when it cannot be kept (finding `pin_not_held`): a group has one date, whatever its members
    were promised.
    """
    changes = change_of(activities)
    home = portfolio["groups"].set_index("system_id")["group_id"]
    for system_id, kind, value in portfolio["pins"][["system_id", "kind", "value"]].itertuples(index=False, name=None):
        activity = changes.get(str(home.get(system_id)))
        if activity is not None and activity.begun is None:
            first, last = _span(kind, value)
            _hold(activity, first, last, case)


def _span(kind: str, value: str) -> tuple[date | None, date | None]:
    if kind == "quarter":
        quarter = pd.Period(value.replace("-", ""), freq="Q")
        return quarter.start_time.date(), quarter.end_time.date()
    day = date.fromisoformat(value)
    return (day, None) if kind == "not_before" else (None, day)


def _hold(activity: Activity, first: date | None, last: date | None, case: Case) -> None:
    if first is not None:
        week = first_week_ending(case, first) - activity.parts[0].least + 1
        if week > activity.release:
            activity.release, activity.release_for = week, "pin"
    if last is not None:
        week = last_week_by(case, last)
        activity.pinned = week if activity.pinned is None else min(activity.pinned, week)
