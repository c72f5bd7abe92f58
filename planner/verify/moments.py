"""When systems change hands, read off the plan: what several promises are about."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import pandas as pd

from planner.case import Case
from planner.portfolio import Portfolio

CHANGES = {"retire", "rehost", "relocate", "repurchase", "replatform", "refactor"}
CLOUD = {"rehost", "relocate", "replatform", "refactor"}


def first_day(case: Case) -> date:
    """Monday of the week in which work begins."""
    return case.start_date - timedelta(days=case.start_date.weekday())


def planned(rows: pd.DataFrame) -> pd.DataFrame:
    """Activities that have not begun: the rest is what happened, and keeps no promise of the planner's."""
    return rows[rows["state"] == "planned"]


def begun(portfolio: Portfolio) -> set[str]:
    """Ids of the activities that have begun."""
    rows = portfolio["activities"]
    return set(rows.loc[rows["state"] != "planned", "activity_id"])


# Nine promises ask for the same rows of the plan that is checked.
@lru_cache(maxsize=1)
def change_rows(portfolio: Portfolio) -> pd.DataFrame:
    """Every system that changes, with its group, option and the activity with which it changes hands."""
    rows = portfolio["groups"].merge(portfolio["decisions"][["system_id", "disposition"]], on="system_id")
    rows = rows[rows["disposition"].isin(CHANGES)]
    # A retired system changes hands when it is closed, every other one in its cut-over.
    rows = rows.assign(phase=rows["disposition"].map(lambda option: "close" if option == "retire" else "cutover"))
    moments = portfolio["activities"].query("has_cutover")
    columns = ["activity_id", "group_id", "phase", "start_week", "end_week", "start_date", "end_date", "is_late"]
    return rows.merge(moments[columns], on=["group_id", "phase"], how="left")


def group_moments(portfolio: Portfolio) -> pd.DataFrame:
    """First and last week of the activity with which a whole group has changed hands, by group."""
    rows = portfolio["activities"].query("has_cutover").sort_values("end_week")
    return rows.groupby("group_id")[["activity_id", "start_week", "end_week", "end_date"]].last()
