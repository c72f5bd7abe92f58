"""Activities to a problem: roles, cut-overs a week, servers a wave and budgets as resources, in whole numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner.calendar import Weeks, capacity_weeks, closed_weeks, horizon_weeks, without_meetings
from planner.case import Case
from planner.policy import Policy
from planner.schedule.activities import FOUNDATION, Activity, Begun, Part
from planner.schedule.problem import NEVER, Draft, Problem, Segment
from planner.schedule.wave_rules import quarter_of

# Amounts are thousandths of a person-day; demand is rounded up and capacity down, so that a plan never breaks a cap.
SCALE = 1000
EXTRA_YEARS = 20
CUTOVERS, SERVERS, BUDGET = "cutovers", "servers", "budget"


@dataclass(frozen=True)
class Posed:
    """The problem, and what its numbers stand for."""

    problem: Problem
    activities: tuple[Activity, ...]
    number: dict[str, int]
    roles: tuple[str, ...]


def pose(activities: dict[str, Activity], case: Case, policy: Policy, late_weight: int | None = None) -> Posed:
    """Pose the problem of placing activities in the weeks of a case.

    Deadlines are due dates with a heavy weight: a plan that misses one is still a plan, and is told.
    """
    horizon = horizon_weeks(case)
    weeks = horizon + 52 * EXTRA_YEARS
    draft = Draft(weeks, makespan_weight=policy.schedule.weights.makespan)
    roles = tuple(sorted(case.capacities))
    _resources(draft, case, policy, roles, weeks)
    rules = policy.schedule.calendar
    closed = {
        areas: draft.add_closed(closed_weeks(case, rules, weeks, areas))
        for areas in sorted({activity.areas for activity in activities.values() if activity.changes})
    }
    no_meeting = draft.add_closed(without_meetings(case, rules, weeks))
    number = {key: at for at, key in enumerate(activities)}
    sizes = _Sizes(case, policy, roles, weeks)
    for activity in activities.values():
        draft.add_activity(
            activity.key,
            release=activity.release,
            closed_row=_closed_row(activity, closed, no_meeting),
            is_fixed=activity.begun is not None,
            **_weights(activity, horizon, policy),
        )
        for segments, watch in sizes.modes(activity):
            draft.add_mode(*segments, watch=watch)
        for before, lag in activity.before:
            draft.add_before(number[before], number[activity.key], lag)
    return Posed(draft.problem(), tuple(activities.values()), number, roles)


def _closed_row(activity: Activity, closed: dict[str, int], no_meeting: int) -> int:
    if activity.begun is not None:
        return -1
    return closed[activity.areas] if activity.changes else no_meeting if activity.needs_meeting else -1


def _resources(draft: Draft, case: Case, policy: Policy, roles: tuple[str, ...], weeks: int) -> None:
    for role in roles:
        days = capacity_weeks(case, role, weeks)
        draft.add_renewable(role, np.floor(days * SCALE + 1e-6).astype(np.int64))
    draft.add_renewable(CUTOVERS, [case.max_cutovers_per_week])
    quarters = quarter_of(case, weeks)
    draft.add_periods(SERVERS, [_most_servers(policy)] * (quarters[-1] + 1), quarters)
    if case.budgets:
        years = (pd.date_range(case.first_monday, periods=weeks, freq="7D").year - case.first_monday.year).to_numpy()
        limits = [case.budgets.get(case.first_monday.year + at, NEVER) for at in range(int(years[-1]) + 1)]
        draft.add_periods(BUDGET, [int(min(limit, NEVER)) for limit in limits], years)


def _most_servers(policy: Policy) -> int:
    return int(policy.schedule.max_servers_per_wave.value * policy.schedule.parallel_waves.value)


def _weights(activity: Activity, horizon: int, policy: Policy) -> dict[str, int]:
    """Nearest due date and weight; deadlines first, then the horizon, then the end of support."""
    weights, care = policy.schedule.weights, activity.after_care
    promised = [week for week in (activity.due, activity.pinned) if week is not None]
    if promised:
        return {"due": min(promised) + 1 + care, "late_weight": weights.late, "end_weight": weights.change}
    if activity.support is not None and 0 <= activity.support < horizon:
        return {"due": activity.support + 1 + care, "late_weight": weights.after_support, "end_weight": weights.change}
    due = {"due": horizon + care, "late_weight": weights.over_horizon}
    return {**due, "end_weight": weights.change if activity.changes else 0}


class _Sizes:
    """Modes of activities: at the pace of the policy's share of a team, and slower where a freeze leaves fewer days."""

    def __init__(self, case: Case, policy: Policy, roles: tuple[str, ...], weeks: int) -> None:
        self.case, self.policy = case, policy
        self.at = {role: number for number, role in enumerate(roles)}
        share = policy.schedule.max_share_of_team.value
        days = {role: capacity_weeks(case, role, weeks) for role in roles}
        self.pace = {role: share * float(values.max()) for role, values in days.items()}
        self.slow = {role: min(self.pace[role], _least(values)) for role, values in days.items()}
        self.rate = math.ceil(policy.effort.day_rate.value)
        self.most_servers = _most_servers(policy)

    def modes(self, activity: Activity) -> list[tuple[list[Segment], int]]:
        """Segments of each mode, and the week in it in which systems change hands."""
        if activity.begun is not None:
            return [self._as_begun(activity, activity.begun)]
        paces = [self.pace, self.slow] if activity.group_id != FOUNDATION and self.slow != self.pace else [self.pace]
        # A mode is told by its length alone.
        lengths = dict.fromkeys(self._weeks(activity.parts[0], pace) for pace in paces)
        return [self._mode(activity, weeks) for weeks in lengths]

    def _as_begun(self, activity: Activity, begun: Begun) -> tuple[list[Segment], int]:
        """As long as it takes; what follows a cut-over without a pause is as long as it is planned to be."""
        weeks = begun.end - begun.start + 1
        segments = [Segment(weeks, self._demand(activity.parts[0], weeks))]
        segments += [Segment(part.least, self._demand(part, part.least)) for part in activity.parts[1:]]
        return segments, weeks - 1

    def _mode(self, activity: Activity, weeks: int) -> tuple[list[Segment], int]:
        segments: list[Segment] = []
        first, *others = activity.parts
        demand = self._demand(first, weeks)
        if activity.changes:
            segments += [Segment(weeks - 1, demand)] if weeks > 1 else []
            segments.append(Segment(1, demand | self._change(activity)))
        else:
            segments.append(Segment(weeks, demand))
        segments += [Segment(part.least, self._demand(part, part.least)) for part in others]
        return segments, weeks - 1

    def _weeks(self, part: Part, pace: dict[str, float]) -> int:
        weeks = max(part.least, 1)
        for role, value in part.days.items():
            if pace[role] > 0 and value > weeks * pace[role]:
                weeks = max(weeks, math.ceil(value / pace[role] - 1e-9))
        return weeks

    def _demand(self, part: Part, weeks: int) -> dict[int, int]:
        demand = {self.at[role]: math.ceil(value / weeks * SCALE - 1e-6) for role, value in part.days.items()}
        if self.case.budgets:
            demand[len(self.at) + 2] = math.ceil(sum(part.days.values()) * self.rate / weeks)
        return demand

    def _change(self, activity: Activity) -> dict[int, int]:
        # A group larger than a limit cannot be split: it takes the whole of its week or wave, and is told.
        return {
            len(self.at): min(activity.changes, self.case.max_cutovers_per_week),
            len(self.at) + 1: min(activity.servers, self.most_servers),
        }


def _least(days: Weeks) -> float:
    working = days[days > 0]
    return float(working.min()) if len(working) else 0.0
