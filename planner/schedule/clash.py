"""Why a deadline cannot be kept: the smallest set of constraints that clash, and what would have to give way."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from planner.calendar import monday, week_of
from planner.case import Case, Change
from planner.policy import Policy
from planner.schedule.activities import FOUNDATION, Activity
from planner.schedule.kernel import Kernel
from planner.schedule.pose import SCALE, Posed, pose
from planner.schedule.priority import dense, latest_ends, shortest, topological
from planner.schedule.problem import Ints, Problem
from planner.schedule.result import SolveResult

# In the order in which they are tried to be left out: what is easiest to change stays longest in the answer.
KINDS = ("phases", "precedence", "foundation", "freeze", "wave_rule", "capacity", "lead_time")
DAYS_OF_ONE = 5.0
PEOPLE = (1, 2, 4)
# Deadlines explained at length, and the size up to which other plans are tried out for them.
EXPLAINED = 10
TRIED_UP_TO = 2_000


@dataclass(frozen=True)
class Clash:
    """One constraint of a set that clashes."""

    kind: str
    subject: str | None = None
    weeks: int | None = None


@dataclass(frozen=True)
class Relaxation:
    """What would have to give way; `end` is the last week of the change then."""

    kind: str
    subject: str | None
    amount: float
    unit: str
    first: date | None
    price_sek: float | None
    end: int


@dataclass(frozen=True)
class Missed:
    """A deadline that the plan misses, why, and what would help."""

    activity: Activity
    end: int
    late: int
    is_proven: bool
    clashes: tuple[Clash, ...]
    relaxations: tuple[Relaxation, ...]


class Clashes:
    """The missed deadlines of one schedule."""

    def __init__(self, posed: Posed, result: SolveResult, case: Case, policy: Policy) -> None:
        self.posed, self.problem, self.result = posed, posed.problem, result
        self.case, self.policy = case, policy
        self.min_weeks = policy.schedule.min_weeks
        self.change_ends = result.start + self.problem.watch[result.mode] + 1

    def missed(self) -> list[Missed]:
        """Missed deadlines, the latest first; the first ten are explained at length."""
        late = [
            (int(self.change_ends[at]) - activity.due - 1, at)
            for at, activity in enumerate(self.posed.activities)
            if activity.due is not None and self.change_ends[at] > activity.due + 1
        ]
        order = sorted(late, key=lambda item: (-item[0], item[1]))
        return [self._explain(at, weeks, depth < EXPLAINED) for depth, (weeks, at) in enumerate(order)]

    def _explain(self, at: int, weeks: int, at_length: bool) -> Missed:
        activity, due = self.posed.activities[at], _due(self.posed.activities[at])
        family = self._ancestors(at)
        is_proven, clashes = self._why(at, family, due) if at_length else (False, self._observed(family))
        end = int(self.change_ends[at]) - 1
        later = Relaxation("later_deadline", None, weeks, "weeks", None, None, end)
        others = tuple(self._ways(at, family, due)) if at_length and len(self.problem) <= TRIED_UP_TO else ()
        return Missed(activity, end, weeks, is_proven, (Clash("deadline"), *clashes), (later, *others))

    def _ancestors(self, at: int) -> list[int]:
        """An activity and all it waits for, each after what it waits for."""
        order: list[int] = []
        seen: set[int] = set()
        stack = [(at, False)]
        while stack:
            item, is_done = stack.pop()
            if is_done:
                order.append(item)
            elif item not in seen:
                seen.add(item)
                stack.append((item, True))
                stack += [(before, False) for before, _ in self.problem.predecessors(item)]
        return order

    def _why(self, at: int, family: list[int], due: int) -> tuple[bool, list[Clash]]:
        if self._earliest(at, family, set(KINDS)) > due:
            kept = list(KINDS)
            for kind in KINDS:
                if self._earliest(at, family, set(kept) - {kind}) > due:
                    kept.remove(kind)
            near = [item for item in family if "precedence" in kept or self._is_own(item, at)]
            return True, [*self._start(due), *(item for kind in kept for item in self._clash(kind, at, near))]
        for role_at, role in enumerate(self.posed.roles):
            needed = self._work(role_at, family)
            if needed > self.problem.capacity[role_at][: due + 1].sum():
                return True, [Clash("capacity", role, math.ceil(needed / SCALE))]
            shared = self._work(role_at, self._due_by(due) | set(family))
            if shared > self.problem.capacity[role_at][: due + 1].sum():
                return True, [Clash("shared_capacity", role, math.ceil(shared / SCALE))]
        return False, self._observed(family)

    def _is_own(self, item: int, at: int) -> bool:
        return self.posed.activities[item].group_id in (self.posed.activities[at].group_id, FOUNDATION)

    def _start(self, due: int) -> list[Clash]:
        return [Clash("start")] if due >= 0 else [Clash("start", "passed")]

    def _earliest(self, at: int, family: list[int], kinds: set[str]) -> int:
        """Earliest week of the change when only some kinds of constraints count, and capacity is no matter."""
        ends: dict[int, int] = {}
        for item in family:
            stands = "wave_rule" in kinds or self.problem.fixed[item]
            begin = int(self.problem.release[item]) if stands else 0
            for before, lag in self.problem.predecessors(item):
                if self._edge(item, before) in kinds:
                    begin = max(begin, ends[before] + lag)
            mode = min(self.problem.modes(item), key=lambda mode: int(self.problem.duration[mode]))
            weeks = self._length(item, mode, kinds)
            watch = int(self.problem.watch[mode]) - (int(self.problem.duration[mode]) - weeks)
            row = int(self.problem.closed_row[item])
            if row >= 0 and "freeze" in kinds:
                is_open = np.flatnonzero(~self.problem.closed[row][begin + watch :])
                begin += int(is_open[0]) if len(is_open) else self.problem.weeks
            if item == at:
                return begin + watch
            ends[item] = begin + weeks
        raise AssertionError("an activity is among its own ancestors")

    def _edge(self, item: int, before: int) -> str:
        mine, other = self.posed.activities[item], self.posed.activities[before]
        if other.group_id == mine.group_id:
            return "phases"
        if other.group_id == FOUNDATION:
            return "foundation"
        return "precedence"

    def _length(self, item: int, mode: int, kinds: set[str]) -> int:
        weeks = int(self.problem.duration[mode])
        activity = self.posed.activities[item]
        if "capacity" not in kinds:
            weeks = sum(part.least for part in activity.parts)
        if activity.phase == "procure" and "lead_time" not in kinds:
            weeks = min(weeks, self.min_weeks["procure"])
        return weeks

    def _clash(self, kind: str, at: int, family: list[int]) -> Iterator[Clash]:
        mine = self.posed.activities[at].group_id
        activities = [self.posed.activities[item] for item in family]
        if kind == "phases":
            own = [item for item in family if self.posed.activities[item].group_id == mine]
            weeks = sum(int(self.problem.duration[self.problem.mode_at[item]]) for item in own)
            yield Clash("phases", " ".join(dict.fromkeys(self.posed.activities[item].phase for item in own)), weeks)
        elif kind == "lead_time":
            long = [item for item in activities if item.phase == "procure"]
            for item in long:
                yield Clash("lead_time", item.group_id, item.parts[0].least)
        elif kind == "foundation":
            yield Clash("foundation", None, next(i.parts[0].least for i in activities if i.group_id == FOUNDATION))
        elif kind == "precedence":
            for group in sorted({item.group_id for item in activities} - {mine, FOUNDATION}):
                yield Clash("precedence", group)
        elif kind == "capacity":
            for role in sorted({self._slowest(item) for item in family} - {None}, key=str):
                yield Clash("capacity", role)
        elif kind == "wave_rule":
            for rule in sorted({item.release_for for item in activities if item.release_for}):
                yield Clash("wave_rule", rule)
        else:
            yield Clash(kind)

    def _slowest(self, item: int) -> str | None:
        """Role that makes an activity longer than it has to be."""
        activity = self.posed.activities[item]
        mode = min(self.problem.modes(item), key=lambda mode: int(self.problem.duration[mode]))
        if int(self.problem.duration[mode]) <= sum(part.least for part in activity.parts):
            return None
        return max(
            (days / self.case.capacities[role], role) for part in activity.parts for role, days in part.days.items()
        )[1]

    def _work(self, resource: int, items: list[int] | set[int]) -> int:
        return sum(
            min(
                sum(weeks * demand.get(resource, 0) for _, weeks, demand in self._before_change(mode))
                for mode in self.problem.modes(item)
            )
            for item in sorted(items)
        )

    def _before_change(self, mode: int) -> list[tuple[int, int, dict[int, int]]]:
        watch = int(self.problem.watch[mode])
        return [segment for segment in self.problem.segments(mode) if segment[0] <= watch]

    def _due_by(self, due: int) -> set[int]:
        """Everything that has to be over by a week, with all it waits for."""
        found: set[int] = set()
        for at, activity in enumerate(self.posed.activities):
            if activity.due is not None and activity.due <= due:
                found |= set(self._ancestors(at))
        return found

    def _observed(self, family: list[int]) -> list[Clash]:
        """Roles that the activity and what it waits for had to wait for in this schedule."""
        roles = {
            self.posed.roles[resource]
            for item in family
            for _, _, demand in self.problem.segments(int(self.result.mode[item]))
            for resource in demand
            if resource < len(self.posed.roles)
        }
        return [Clash("shared_capacity", role) for role in sorted(roles)]

    def _ways(self, at: int, family: list[int], due: int) -> Iterator[Relaxation]:
        """What would help, but for what cannot: people do not shorten a chain of phases and lead times."""
        kinds = set(KINDS)
        yield from self._faster(at, family, due)
        if self._earliest(at, family, kinds - {"freeze"}) <= due:
            yield from self._exception(at, due)
        if self._earliest(at, family, kinds - {"wave_rule"}) <= due:
            yield from self._without_rule(at, family, due)
        if self._earliest(at, family, kinds - {"capacity"}) <= due:
            yield from self._people(at, family, due)

    def _end(self, at: int, family: list[int], problem: Problem, latest: int) -> int | None:
        """Week of the change when this work goes first; None when it is after `latest` or others are late instead."""
        first = np.ones(len(problem), dtype=np.int64)
        first[family] = 0
        kernel, start = Kernel(problem), self.result.start
        order = topological(problem)
        urgent = latest_ends(problem, order, problem.weeks) - shortest(problem)
        for priority in (dense(start), dense(first, start), dense(urgent, start), dense(first, urgent)):
            begins, mode, failed = kernel.schedule(priority)
            ends = begins + problem.watch[mode] + 1
            allowed = self._late() - (ends[at] <= _due(self.posed.activities[at]) + 1)
            if failed < 0 and ends[at] <= latest + 1 and self._late(ends) <= allowed:
                return int(ends[at]) - 1
        return None

    def _late(self, ends: Ints | None = None) -> int:
        ends = self.change_ends if ends is None else ends
        return sum(
            activity.due is not None and int(ends[at]) > activity.due + 1
            for at, activity in enumerate(self.posed.activities)
        )

    def _faster(self, at: int, family: list[int], due: int) -> Iterator[Relaxation]:
        """The median lead time instead of the cautious one, for what is bought on the way; told even where it does
        not suffice alone, by the end that it leads to."""
        quick = {lead.months_p80: lead.months_p50 for lead in self.policy.schedule.lead_times}
        weeks = self.problem.segment_weeks.copy()
        saved = 0
        for item in family:
            activity = self.posed.activities[item]
            if activity.phase == "procure":
                months = {math.ceil(slow * 52 / 12): math.ceil(fast * 52 / 12) for slow, fast in quick.items()}
                for mode in self.problem.modes(item):
                    segment = int(self.problem.segment_at[mode])
                    fewer = months.get(int(weeks[segment]), int(weeks[segment]))
                    saved = max(saved, int(weeks[segment]) - fewer)
                    weeks[segment] = fewer
        if not saved:
            return
        sums = np.concatenate([[0], np.cumsum(weeks)])
        duration = sums[self.problem.segment_at[1:]] - sums[self.problem.segment_at[:-1]]
        shorter = replace(self.problem, segment_weeks=weeks, duration=duration, demand=self._same_work(weeks))
        end = self._end(at, family, shorter, max(due, int(self.change_ends[at]) - 5))
        if end is not None:
            yield Relaxation("faster_procurement", None, saved, "weeks", None, None, end)

    def _same_work(self, weeks: Ints) -> Ints:
        segment = np.repeat(np.arange(len(weeks)), np.diff(self.problem.demand_at))
        work = self.problem.demand * self.problem.segment_weeks[segment]
        demand: Ints = np.where(
            weeks[segment] == self.problem.segment_weeks[segment], self.problem.demand, -(-work // weeks[segment])
        )
        return demand

    def _exception(self, at: int, due: int) -> Iterator[Relaxation]:
        if self.problem.closed_row[at] < 0:
            return
        rows = self.problem.closed_row.copy()
        rows[at] = -1
        family = self._ancestors(at)
        end = self._end(at, family, replace(self.problem, closed_row=rows), due)
        if end is not None:
            yield Relaxation("freeze_exception", None, 1, "exception", monday(self.case, end), None, end)

    def _without_rule(self, at: int, family: list[int], due: int) -> Iterator[Relaxation]:
        rule = self.posed.activities[at].release_for
        if rule is None:
            return
        release = self.problem.release.copy()
        release[at] = 0
        end = self._end(at, family, replace(self.problem, release=release), due)
        if end is not None:
            yield Relaxation("without_rule", rule, 1, "exception", None, None, end)

    def _people(self, at: int, family: list[int], due: int) -> Iterator[Relaxation]:
        """One person more of a role, then two, ...: from the month in which the work could begin."""
        first = min(int(self.result.start[item]) for item in family)
        day = monday(self.case, first).replace(day=1)
        week = max(week_of(self.case, day), 0)
        for role_at, role in enumerate(self.posed.roles):
            if not self._work(role_at, family) or due < week:
                continue
            for people in PEOPLE:
                days = people * DAYS_OF_ONE
                end = self._end(at, family, self._with_more(role, days, day), due)
                if end is not None:
                    price = days * (due - week + 1) * self.policy.effort.day_rate.value
                    begin = max(day, self.case.first_monday)
                    yield Relaxation("more_people", role, days, "days_per_week", begin, price, end)
                    break

    def _with_more(self, role: str, days: float, first: date) -> Problem:
        """The problem with more days of a role from a day on."""
        teams = []
        for team in self.case.teams:
            if team.role == role:
                begun = [change for change in team.changes if change.first <= first]
                before = max(begun, key=lambda change: change.first).days_per_week if begun else team.days_per_week
                later = [
                    change.model_copy(update={"days_per_week": change.days_per_week + days})
                    for change in team.changes
                    if change.first > first
                ]
                grown = Change(first=max(first, self.case.first_monday), days_per_week=before + days)
                team = team.model_copy(update={"changes": [*begun, grown, *later]})
            teams.append(team)
        case = self.case.model_copy(update={"teams": teams})
        return pose({activity.key: activity for activity in self.posed.activities}, case, self.policy).problem


def _due(activity: Activity) -> int:
    assert activity.due is not None
    return activity.due
