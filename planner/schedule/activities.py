"""Groups and effort to activities: phases in order, with length, demand, order, release dates and deadlines."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd

from planner.calendar import areas_of, capacity_weeks, horizon_weeks, last_week_by
from planner.case import Case
from planner.errors import InfeasiblePlan
from planner.policy import Policy
from planner.policy.conditions import evaluate
from planner.portfolio import Portfolio

ORDER = ("foundation", "investigate", "decide", "procure", "prepare", "move", "cutover", "close")
FOUNDATION = "foundation"
WEEKS_PER_MONTH = 52 / 12
CLOUD = ("rehost", "relocate", "replatform", "refactor")


@dataclass(frozen=True)
class Begun:
    """First and last week of what has begun; `is_done` when it is over."""

    start: int
    end: int
    is_done: bool


@dataclass
class Part:
    """A phase within an activity: whole weeks without interruption, with even demand; `days` by role in all."""

    phase: str
    least: int
    days: dict[str, float]


@dataclass
class Activity:
    """One phase of one group, or the cut-over with the hypercare that follows it without a pause.

    `changes` is the number of systems that change hands in the last week of the first part, `servers` that of their
    servers. `due` is the last week in which the first part may end, from the nearest deadline of its group, `support`
    the same from the end of support, and `pinned` from what people decided. A step that
    `needs_meeting` ends in a week in which decisions are taken. `rank` is how easy its group is to take
    early (1 = easiest), that of its hardest member; 0 for the foundation. `before` names what it waits for, with the
    weeks between. What has `begun` stands fast.
    """

    key: str
    group_id: str
    parts: list[Part]
    step: str | None = None
    needs_meeting: bool = False
    changes: int = 0
    servers: int = 0
    areas: str = ""
    release: int = 0
    release_for: str | None = None
    due: int | None = None
    deadline: date | None = None
    support: int | None = None
    pinned: int | None = None
    rank: int = 0
    before: list[tuple[str, int]] = field(default_factory=list)
    begun: Begun | None = None

    @property
    def least(self) -> int:
        """Fewest weeks that its parts take together."""
        return sum(part.least for part in self.parts)

    @property
    def phase(self) -> str:
        """Its (first) phase."""
        return self.parts[0].phase

    @property
    def after_care(self) -> int:
        """Weeks after the cut-over that belong to it."""
        return sum([part.least for part in self.parts[1:]]) if len(self.parts) > 1 else 0


def activities_of(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, Activity]:
    """Make the activities of every group, by key: group after group, each in the order of its phases.

    Raises
    ------
    InfeasiblePlan
        The effort model needs a role for which the case has no team.
    """
    days = _days(portfolio)
    _check_roles({role for demand in days.values() for role in demand}, case)
    members = portfolio["groups"].merge(portfolio["decisions"][["system_id", "disposition"]], on="system_id")
    lead = _lead_weeks(portfolio, policy)
    pace = _slowest_pace(case, policy)
    activities: dict[str, Activity] = {}
    needs_foundation = set(members.loc[members["disposition"].isin(CLOUD), "group_id"])
    if needs_foundation:
        activities[FOUNDATION] = _foundation(case, policy)
    for (group_id, phase), demand in days.items():
        least = max(policy.schedule.min_weeks[phase], lead.get(group_id, 0) if phase == "procure" else 0)
        for activity in _phase(group_id, phase, least, demand, policy, pace):
            activities[activity.key] = activity
    for activity in _steps(members, portfolio, case, policy):
        activities[activity.key] = activity
    _describe(activities, portfolio, members, case)
    activities = {item.key: item for item in sorted(activities.values(), key=_place)}
    _chain(activities, needs_foundation, policy)
    _order(activities, portfolio)
    _deadlines(activities, portfolio, case)
    return activities


def _place(activity: Activity) -> tuple[bool, str, int, str]:
    return activity.group_id != FOUNDATION, activity.group_id, ORDER.index(activity.phase), activity.step or ""


def _days(portfolio: Portfolio) -> dict[tuple[str, Any], dict[str, float]]:
    """Likely person-days by group and phase, then by role."""
    effort = portfolio["effort"].merge(portfolio["groups"][["system_id", "group_id"]], on="system_id")
    sums = effort.groupby(["group_id", "phase", "role"], sort=True)["likely_days"].sum().reset_index()
    days: dict[tuple[str, Any], dict[str, float]] = {}
    for group_id, phase, role, value in sums.astype("object").itertuples(index=False, name=None):
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
    part = Part("foundation", policy.schedule.min_weeks["foundation"], dict(sorted(demand.items())))
    return Activity(FOUNDATION, FOUNDATION, [part])


def _slowest_pace(case: Case, policy: Policy) -> dict[str, float]:
    """Days a week that a role can give one activity in its leanest week that is not empty."""
    share = policy.schedule.max_share_of_team.value
    days = {role: capacity_weeks(case, role, horizon_weeks(case)) for role in sorted(case.capacities)}
    return {role: min([share * float(week.max()), *week[week > 0]]) for role, week in days.items()}


def _phase(
    group_id: str, phase: str, least: int, days: dict[str, float], policy: Policy, pace: dict[str, float]
) -> Iterable[Activity]:
    if phase != "move":
        yield Activity(f"{group_id}/{phase}", group_id, [Part(phase, least, days)])
        return
    share = policy.schedule.move_shares
    split = {name: {role: value * share[name] for role, value in days.items()} for name in share}
    yield Activity(f"{group_id}/move", group_id, [Part("move", least, split["move"])])
    parts = [Part("cutover", 1, split["cutover"])]
    if policy.schedule.hypercare_weeks:
        # Hypercare has one length, whatever the mode: it follows without a pause and others count on its end.
        needed = [math.ceil(value / pace[role]) for role, value in split["hypercare"].items() if pace[role] > 0]
        weeks = max(policy.schedule.hypercare_weeks, *needed)
        parts.append(Part("hypercare", weeks, split["hypercare"]))
    else:
        parts[0].days = {role: value + split["hypercare"][role] for role, value in parts[0].days.items()}
    yield Activity(f"{group_id}/cutover", group_id, parts)


def _steps(members: pd.DataFrame, portfolio: Portfolio, case: Case, policy: Policy) -> Iterable[Activity]:
    for step in policy.schedule.steps:
        concerned = members["disposition"].isin(step.options)
        if step.when is not None:
            systems = portfolio["systems"]
            holds = evaluate(step.when, systems, case.plan_date).fillna(False).astype(bool)
            concerned &= members["system_id"].isin(systems.loc[holds, "system_id"])
        for group_id in sorted(set(members.loc[concerned, "group_id"])):
            part, key = Part("decide", step.weeks, {}), f"{group_id}/decide/{step.name}"
            yield Activity(key, group_id, [part], step=step.name, needs_meeting=step.needs_meeting)


def _lead_weeks(portfolio: Portfolio, policy: Policy) -> dict[str, int]:
    """Weeks to a signed contract: the slow end (P80), since commitments are made on it."""
    weeks = {lead.route: math.ceil(lead.months_p80 * WEEKS_PER_MONTH) for lead in policy.schedule.lead_times}
    bought = portfolio["decisions"].loc[portfolio["decisions"]["disposition"] == "repurchase", "system_id"]
    facts = portfolio["facts"].merge(portfolio["groups"], on="system_id")
    facts = facts[facts["system_id"].isin(bought)]
    longest = facts["lead_route"].map(weeks).groupby(facts["group_id"]).max()
    return {str(key): int(value) for key, value in longest.items()}


def _describe(activities: dict[str, Activity], portfolio: Portfolio, members: pd.DataFrame, case: Case) -> None:
    """Tell activities how many systems and servers they change, in which areas, and how easy their group is."""
    # A retired system changes hands when it is closed; every other one in its cut-over.
    phase = members["disposition"].map(lambda option: "close" if option == "retire" else "cutover", na_action="ignore")
    changing = members[~members["disposition"].isin(["retain"]) & members["disposition"].notna()].assign(phase=phase)
    counts = changing.groupby(["group_id", "phase"]).size()
    moved = portfolio["targets"].loc[portfolio["targets"]["state"] != "not_moved", "system_id"].unique()
    on_the_way = changing[changing["system_id"].isin(moved)]
    servers = on_the_way.merge(portfolio["facts"][["system_id", "server_count"]], on="system_id")
    server_counts = servers.groupby(["group_id", "phase"])["server_count"].sum().to_dict()
    for at, count in counts.to_dict().items():
        activity = activities.get(f"{at[0]}/{at[1]}")
        if activity is not None:
            activity.changes = int(count)
            activity.servers = int(server_counts.get(at, 0))
    areas, ranks = areas_of(portfolio), _ranks(portfolio)
    for activity in activities.values():
        activity.rank = ranks.get(activity.group_id, 0)
        activity.areas = areas.get(activity.group_id, "") if activity.changes else ""


def _ranks(portfolio: Portfolio) -> dict[str, int]:
    """A group is as easy to take early as its hardest member."""
    ranks = portfolio["groups"].merge(portfolio["priorities"][["system_id", "rank"]], on="system_id")
    return {str(key): int(rank) for key, rank in ranks.groupby("group_id")["rank"].max().items()}


def _chain(activities: dict[str, Activity], needs_foundation: set[str], policy: Policy) -> None:
    """Phases of a group follow each other; a step waits for the decision's work and holds back its own phase."""
    before = {step.name: ORDER.index(step.before) for step in policy.schedule.steps}
    by_group: dict[str, list[Activity]] = {}
    for activity in activities.values():
        by_group.setdefault(activity.group_id, []).append(activity)
    for group_id, mine in by_group.items():
        phases = [item for item in mine if item.step is None]
        for earlier, later in pairwise(phases):
            later.before.append((earlier.key, 0))
        for step in (item for item in mine if item.step is not None):
            first = next((item for item in phases if item.phase == "decide"), None)
            step.before += [(first.key, 0)] if first else []
            held = (item for item in phases if ORDER.index(item.phase) >= before[str(step.step)])
            for later in list(held)[:1]:
                later.before.append((step.key, 0))
        if group_id in needs_foundation:
            for activity in (item for item in phases if item.phase == "prepare"):
                activity.before.append((FOUNDATION, 0))


def change_of(activities: dict[str, Activity]) -> dict[str, Activity]:
    """Activity of each group with which its systems have changed hands: the last one that has cut-overs."""
    found: dict[str, Activity] = {}
    for activity in activities.values():
        if activity.changes:
            found[activity.group_id] = activity
    return found


def _order(activities: dict[str, Activity], portfolio: Portfolio) -> None:
    changes = change_of(activities)
    order = portfolio["precedence"][["before_group_id", "after_group_id"]].drop_duplicates()
    for before, after in order.astype("object").itertuples(index=False, name=None):
        if before in changes and after in changes:
            # What is needed has changed hands in an earlier week; its hypercare need not be over.
            changes[after].before.append((changes[before].key, -changes[before].after_care))


def _deadlines(activities: dict[str, Activity], portfolio: Portfolio, case: Case) -> None:
    dated = portfolio["systems"][["system_id", "deadline_date", "contract_end_date"]]
    dated = dated.merge(portfolio["facts"][["system_id", "support_end_date"]], on="system_id")
    systems = dated.merge(portfolio["groups"], on="system_id")
    option = systems["system_id"].map(portfolio["decisions"].set_index("system_id")["disposition"])
    contract = systems["contract_end_date"].where(option.isin(["repurchase", "retire"]))
    nearest = systems[["deadline_date"]].assign(contract=contract).min(axis=1).groupby(systems["group_id"]).min()
    support = systems["support_end_date"].groupby(systems["group_id"]).min()
    changes = change_of(activities)
    for group_id, day in nearest.dropna().items():
        if group_id in changes:
            changes[str(group_id)].deadline = day.date()
            changes[str(group_id)].due = last_week_by(case, day.date())
    for group_id, day in support.dropna().items():
        if group_id in changes:
            changes[str(group_id)].support = last_week_by(case, day.date())
