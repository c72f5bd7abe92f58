"""Wave rules that bind the schedule: the pilot, what is not in the first waves, and the servers of a wave."""

from __future__ import annotations

import pandas as pd

from planner.calendar import first_week_ending
from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schedule.activities import CLOUD, Activity, change_of
from planner.schedule.budget_cycle import hold_for_money


def quarter_of(case: Case, weeks: int) -> list[int]:
    """Quarter of every week, counted from the first: that of its Friday, on which a cut-over ends."""
    fridays = pd.date_range(case.first_monday, periods=weeks, freq="7D") + pd.Timedelta(days=4)
    number = fridays.year * 4 + fridays.quarter
    quarters: list[int] = (number - number[0]).tolist()
    return quarters


def first_week_of_wave(case: Case, wave: int) -> int:
    """First week whose Friday lies in the quarter of a wave (1 = the quarter of the start)."""
    start = pd.Period(pd.Timestamp(case.first_monday) + pd.Timedelta(days=4), freq="Q")
    return first_week_ending(case, (start + (wave - 1)).start_time.date())


def bind(activities: dict[str, Activity], portfolio: Portfolio, case: Case, policy: Policy) -> str | None:
    """Add what the hard wave rules and the budget cycle ask of activities; returns the group of the pilot, if any."""
    changes = change_of(activities)
    hold_for_money(activities, portfolio, case, policy)
    _hold_back(changes, _critical(portfolio), "critical_not_first", case, policy)
    _hold_back(changes, _complex(portfolio, policy), "complex_not_first", case, policy)
    return _pilot(changes, portfolio, policy)


def _hold_back(changes: dict[str, Activity], groups: set[str], name: str, case: Case, policy: Policy) -> None:
    rule = policy.schedule.wave_rule(name)
    if rule.level != "hard":
        return
    first = first_week_of_wave(case, rule.value + 1)
    for group_id in sorted(groups & set(changes)):
        activity = changes[group_id]
        week = first - activity.parts[0].least + 1
        if activity.phase == "cutover" and activity.begun is None and week > activity.release:
            activity.release, activity.release_for = week, name


def _critical(portfolio: Portfolio) -> set[str]:
    critical = portfolio["systems"].loc[(portfolio["systems"]["criticality"] == 4).fillna(False), "system_id"]
    return set(portfolio["groups"].loc[portfolio["groups"]["system_id"].isin(critical), "group_id"])


def _complex(portfolio: Portfolio, policy: Policy) -> set[str]:
    facts = portfolio["facts"]
    many = facts.loc[(facts["server_count"] >= policy.schedule.complex_servers.value).fillna(False), "system_id"]
    return set(portfolio["groups"].loc[portfolio["groups"]["system_id"].isin(many), "group_id"])


def _pilot(changes: dict[str, Activity], portfolio: Portfolio, policy: Policy) -> str | None:
    """Let everything that moves to the cloud wait for the pilot, but for what the pilot itself waits for.

    The pilot is the one of the plan before while it is a candidate, or else the candidate that waits for the fewest
    others; the easiest one among equals. Once something has moved there is no first any more.
    """
    if policy.schedule.wave_rule("pilot_first").level != "hard":
        return None
    members = (
        portfolio["groups"].merge(portfolio["decisions"], on="system_id").merge(portfolio["priorities"], on="system_id")
    )
    cloud = members[members["disposition"].isin(CLOUD) & members["group_id"].isin(changes)]
    wanted = cloud[cloud["is_pilot_candidate"].fillna(False).astype(bool)]
    if not len(wanted) or any(changes[group_id].begun for group_id in cloud["group_id"].unique()):
        return None
    before = portfolio["baseline"]
    stays = wanted["system_id"].isin(before.loc[before["is_pilot"].astype(bool), "system_id"])
    wanted = wanted[stays] if stays.any() else wanted
    waits_for = {group_id: _needed(group_id, portfolio) for group_id in wanted["group_id"].unique()}
    keys = zip(
        wanted["group_id"].map(lambda group_id: len(waits_for[group_id])),
        wanted["rank"],
        wanted["group_id"],
        strict=True,
    )
    pilot = str(min(keys)[2])
    needed = waits_for[pilot]
    for group_id in sorted(set(cloud["group_id"]) - needed - {pilot}):
        if changes[group_id].phase == "cutover":
            changes[group_id].before.append((changes[pilot].key, 0))
    return pilot


def _needed(group_id: str, portfolio: Portfolio) -> set[str]:
    """Everything that comes before a group, at any distance."""
    order = portfolio["precedence"].groupby("after_group_id")["before_group_id"].agg(list).to_dict()
    found: set[str] = set()
    waiting = [group_id]
    while waiting:
        for before in order.get(waiting.pop(), []):
            if before not in found:
                found.add(before)
                waiting.append(before)
    return found
