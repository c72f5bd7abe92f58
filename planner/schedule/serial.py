"""Serial schedule generation: one activity after the other, each in its earliest feasible weeks."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from planner.case import Case
from planner.errors import InfeasiblePlan
from planner.schedule.activities import Activity
from planner.schedule.calendar import Flags, capacity_weeks, frozen_weeks, horizon_weeks

Days = npt.NDArray[np.float64]
TOLERANCE = 1e-6
EXTRA_YEARS = 20


@dataclass(frozen=True)
class Placed:
    """Weeks of an activity (both inclusive) and what kept it from an earlier start."""

    activity: Activity
    start: int
    end: int
    bound_by: str


def place(activities: dict[str, Activity], case: Case) -> list[Placed]:
    """Place every activity by the serial schedule-generation scheme, most urgent first.

    Urgency of a group is the latest start that still meets the deadlines behind it (the horizon where there is
    none); ties go to the
    smaller piece of work and then by key, so that the same input gives the same plan.

    Raises
    ------
    InfeasiblePlan
        An activity fits nowhere; names it and what it needs.
    """
    weeks = horizon_weeks(case) + 52 * EXTRA_YEARS
    roles = sorted(case.capacities)
    left = np.vstack(
        [
            *(capacity_weeks(case, role, weeks) for role in roles),
            np.full(weeks, float(case.max_cutovers_per_week)),
        ]
    )
    frozen = frozen_weeks(case, weeks)
    placed: dict[str, Placed] = {}
    for key in _by_urgency(activities, horizon_weeks(case)):
        activity = activities[key]
        earliest = max((placed[before].end + 1 for before in activity.before), default=0)
        start = _first_start(activity, earliest, left, frozen, roles)
        placed[key] = Placed(
            activity, start, start + activity.weeks - 1, _bound_by(activity, earliest, start, left, roles)
        )
        _take(activity, start, left, roles)
    return [placed[key] for key in sorted(placed)]


def _by_urgency(activities: dict[str, Activity], horizon: int) -> list[str]:
    """Order of placing: group by group, so that what is begun is also finished, the most urgent group first."""
    rank = _group_ranks(activities, horizon)
    waiting = {key: len(set(activity.before)) for key, activity in activities.items()}
    followers = _followers(activities)
    ready = [(rank[activities[key].group_id], key) for key, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        _, key = heapq.heappop(ready)
        order.append(key)
        for follower in followers[key]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                heapq.heappush(ready, (rank[activities[follower].group_id], follower))
    return order


def _group_ranks(activities: dict[str, Activity], horizon: int) -> dict[str, tuple[int, int, float, str]]:
    # Latest start, then the priority of the policy, then the smaller piece of work.
    latest = _latest_starts(activities, horizon)
    first: dict[str, int] = {}
    rank: dict[str, int] = {}
    days: dict[str, float] = {}
    for key, activity in activities.items():
        group = activity.group_id
        rank[group] = activity.rank
        first[group] = min(latest[key], first.get(group, latest[key]))
        days[group] = days.get(group, 0.0) + activity.weeks * sum(activity.demand.values())
    return {group: (first[group], rank[group], round(days[group], 4), group) for group in first}


def _followers(activities: dict[str, Activity]) -> dict[str, list[str]]:
    followers: dict[str, list[str]] = {key: [] for key in activities}
    for key, activity in activities.items():
        for before in sorted(set(activity.before)):
            followers[before].append(key)
    return followers


def _latest_starts(activities: dict[str, Activity], horizon: int) -> dict[str, int]:
    followers = _followers(activities)
    open_after = {key: len(after) for key, after in followers.items()}
    latest: dict[str, int] = {}
    ready = sorted(key for key, count in open_after.items() if count == 0)
    while ready:
        key = ready.pop()
        activity = activities[key]
        due = horizon - 1 if activity.due_week is None else activity.due_week
        end = min([due, *(latest[follower] - 1 for follower in followers[key])])
        latest[key] = end - activity.weeks + 1
        for before in sorted(set(activity.before)):
            open_after[before] -= 1
            if open_after[before] == 0:
                ready.append(before)
    return latest


def _needs(activity: Activity, roles: list[str]) -> tuple[list[int], Days]:
    at = [number for number, role in enumerate(roles) if activity.demand.get(role, 0.0) > 0]
    return at, np.array([activity.demand[roles[number]] for number in at])


def _first_start(activity: Activity, earliest: int, left: Days, frozen: Flags | None, roles: list[str]) -> int:
    at, needs = _needs(activity, roles)
    short = (left[at, earliest:] + TOLERANCE < needs[:, None]).any(axis=0)
    blocked = np.concatenate([[0], np.cumsum(short)])
    is_free = blocked[activity.weeks :] == blocked[: -activity.weeks]
    if activity.cutovers:
        last = slice(earliest + activity.weeks - 1, None)
        is_free &= left[-1, last] + TOLERANCE >= activity.cutovers
        if frozen is not None:
            is_free &= ~frozen[last]
    if not is_free.any():
        raise InfeasiblePlan(
            f"activity {activity.key} ({activity.weeks} weeks) fits in no week of the calendar",
            place="case.yaml: teams, freezes",
            value={role: round(value, 2) for role, value in activity.demand.items()},
            remedy="Raise the capacity of these roles (person-days a week) or shorten a freeze.",
        )
    return earliest + int(is_free.argmax())


def _bound_by(activity: Activity, earliest: int, start: int, left: Days, roles: list[str]) -> str:
    if start == earliest:
        return "precedence" if earliest > 0 else "start"
    return "capacity" if _first_start(activity, earliest, left, None, roles) == start else "freeze"


def _take(activity: Activity, start: int, left: Days, roles: list[str]) -> None:
    end = start + activity.weeks
    at, needs = _needs(activity, roles)
    left[at, start:end] -= needs[:, None]
    if activity.cutovers:
        left[-1, end - 1] -= activity.cutovers
