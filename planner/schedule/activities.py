"""Groups and effort to activities: phases in order, with duration, demand, order and deadlines."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from planner.case import Case
from planner.errors import InfeasiblePlan
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schedule.calendar import week_of

ORDER = ("foundation", "investigate", "decide", "procure", "prepare", "move", "close")
FOUNDATION = "foundation"
WEEKS_PER_MONTH = 52 / 12
CLOUD = ("rehost", "relocate", "replatform", "refactor")


@dataclass
class Activity:
    """One phase of one group: whole weeks without interruption, with even demand.

    `demand` is person-days a week by role. `cutovers` is the number of systems that change hands in the last week.
    `rank` is how easy its group is to take early (1 = easiest), that of its hardest member; 0 for the foundation.
    `due_week` is the last week in which it may end, from the nearest deadline of its group; None without one.
    """

    key: str
    group_id: str
    phase: str
    weeks: int
    demand: dict[str, float]
    cutovers: int = 0
    due_week: int | None = None
    deadline: date | None = None
    rank: int = 0
    before: list[str] = field(default_factory=list)


def activities_of(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, Activity]:
    """Make the activities of every group, in the order of their keys.

    Raises
    ------
    InfeasiblePlan
        The effort model needs a role for which the case has no team.
    """
    days = _days(portfolio)
    _check_roles({role for demand in days.values() for role in demand}, case)
    members = portfolio["groups"].merge(portfolio["decisions"][["system_id", "disposition"]], on="system_id")
    lead = _lead_weeks(portfolio, policy)
    activities: dict[str, Activity] = {}
    needs_foundation = set(members.loc[members["disposition"].isin(CLOUD), "group_id"])
    if needs_foundation:
        activities[FOUNDATION] = _foundation(case, policy)
    cutovers = _cutovers(members)
    ranks = _ranks(portfolio)
    for (group_id, phase), demand in days.items():
        least = max(policy.schedule.min_weeks[phase], lead.get(group_id, 0) if phase == "procure" else 0)
        activity = _activity(group_id, phase, least, demand, case, policy)
        activity.cutovers = min(cutovers.get((group_id, phase), 0), case.max_cutovers_per_week)
        activity.rank = ranks.get(group_id, 0)
        activities[activity.key] = activity
    _chain(activities, needs_foundation)
    _order(activities, portfolio)
    _deadlines(activities, portfolio, case)
    return activities


def _days(portfolio: Portfolio) -> dict[tuple[str, Any], dict[str, float]]:
    """Likely person-days by group and phase, then by role."""
    effort = portfolio["effort"].merge(portfolio["groups"][["system_id", "group_id"]], on="system_id")
    sums = effort.groupby(["group_id", "phase", "role"], sort=True)["likely_days"].sum().reset_index()
    days: dict[tuple[str, Any], dict[str, float]] = {}
    for group_id, phase, role, value in sums.itertuples(index=False, name=None):
        days.setdefault((group_id, phase), {})[role] = float(value)
    return days


def _check_roles(roles: set[str], case: Case) -> None:
    missing = sorted(roles - set(case.capacities))
    if missing:
        raise InfeasiblePlan(
            f"the effort model needs the role '{missing[0]}' and the case has no team for it",
            place="case.yaml: teams",
            remedy=f"Add a team for: {', '.join(missing)}.",
        )


def _foundation(case: Case, policy: Policy) -> Activity:
    demand = {work.role: work.base.likely for work in policy.effort.foundation}
    _check_roles(set(demand), case)
    return _activity(FOUNDATION, "foundation", policy.schedule.min_weeks["foundation"], demand, case, policy)


def _activity(group_id: str, phase: str, least: int, days: dict[str, float], case: Case, policy: Policy) -> Activity:
    share = policy.schedule.max_share_of_team.value
    # In a freeze only a part of a team is at work: an activity that may have to cross one is sized for the
    # smallest part that is not zero.
    smallest = min((freeze.capacity_pct / 100 for freeze in case.freezes if freeze.capacity_pct > 0), default=1.0)
    rate = min(share, smallest)
    needed = max((math.ceil(value / (rate * case.capacities[role])) for role, value in days.items()), default=1)
    weeks = max(least, needed, 1)
    key = group_id if group_id == FOUNDATION else f"{group_id}/{phase}"
    return Activity(key, group_id, phase, weeks, {role: value / weeks for role, value in sorted(days.items())})


def _lead_weeks(portfolio: Portfolio, policy: Policy) -> dict[str, int]:
    """Weeks to a signed contract: the slow end (P80), since commitments are made on it."""
    weeks = {lead.route: math.ceil(lead.months_p80 * WEEKS_PER_MONTH) for lead in policy.schedule.lead_times}
    bought = portfolio["decisions"].loc[portfolio["decisions"]["disposition"] == "repurchase", "system_id"]
    facts = portfolio["facts"].merge(portfolio["groups"], on="system_id")
    facts = facts[facts["system_id"].isin(bought)]
    longest = facts["lead_route"].map(weeks).groupby(facts["group_id"]).max()
    return {str(key): int(value) for key, value in longest.items()}


def _cutovers(members: pd.DataFrame) -> dict[tuple[str, str], int]:
    phase = members["disposition"].map(lambda option: "close" if option == "retire" else "move", na_action="ignore")
    changing = members[~members["disposition"].isin(["retain"]) & members["disposition"].notna()].assign(phase=phase)
    return {key: int(count) for key, count in changing.groupby(["group_id", "phase"]).size().items()}


def _ranks(portfolio: Portfolio) -> dict[str, int]:
    """A group is as easy to take early as its hardest member."""
    ranks = portfolio["groups"].merge(portfolio["priorities"][["system_id", "rank"]], on="system_id")
    return {str(key): int(rank) for key, rank in ranks.groupby("group_id")["rank"].max().items()}


def _chain(activities: dict[str, Activity], needs_foundation: set[str]) -> None:
    last: dict[str, Activity] = {}
    for activity in sorted(activities.values(), key=lambda item: (item.group_id, ORDER.index(item.phase))):
        if activity.group_id in last:
            activity.before.append(last[activity.group_id].key)
        last[activity.group_id] = activity
        if activity.phase == "prepare" and activity.group_id in needs_foundation:
            activity.before.append(FOUNDATION)


def cutover_phases(activities: dict[str, Activity]) -> dict[str, str]:
    """Activity of each group with which its systems have changed hands: the last one that has cut-overs."""
    keys: dict[str, str] = {}
    for activity in sorted(activities.values(), key=lambda item: ORDER.index(item.phase)):
        if activity.cutovers:
            keys[activity.group_id] = activity.key
    return keys


def _order(activities: dict[str, Activity], portfolio: Portfolio) -> None:
    ends = cutover_phases(activities)
    for before, after in portfolio["precedence"][["before_group_id", "after_group_id"]].itertuples(
        index=False, name=None
    ):
        if before in ends and after in ends:
            # Finish before finish: what is needed has changed hands before the dependant's own cut-over activity
            # begins.
            activities[ends[after]].before.append(ends[before])


def _deadlines(activities: dict[str, Activity], portfolio: Portfolio, case: Case) -> None:
    systems = portfolio["systems"][["system_id", "deadline_date", "contract_end_date"]].merge(
        portfolio["groups"], on="system_id"
    )
    option = systems["system_id"].map(portfolio["decisions"].set_index("system_id")["disposition"])
    contract = systems["contract_end_date"].where(option.isin(["repurchase", "retire"]))
    nearest = systems[["deadline_date"]].assign(contract=contract).min(axis=1).groupby(systems["group_id"]).min()
    ends = cutover_phases(activities)
    for group_id, day in nearest.dropna().items():
        if group_id in ends:
            activity = activities[ends[str(group_id)]]
            activity.deadline = day.date()
            activity.due_week = week_of(case, day.date())
