"""What would have to give way for a deadline, what it costs, and when the change is then: found by trying it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from planner.calendar import monday, this_week, week_of
from planner.case import Change
from planner.portfolio import Portfolio
from planner.schedule.activities import FOUNDATION, Activity, change_of
from planner.schedule.alternatives import Alternatives, Choice
from planner.schedule.clash import KINDS, Clashes, ancestors, dues
from planner.schedule.kernel import Kernel
from planner.schedule.pose import BUDGET, CUTOVERS, SERVERS, Posed, pose
from planner.schedule.priority import dense, latest_ends, shortest, topological
from planner.schedule.problem import Ints, Problem

DAYS_OF_ONE = 5.0
PEOPLE = (1, 2, 4)
# Limits of the case and the policy that may be raised: kind, unit, one step of it, and the steps that are tried.
LARGER = {
    CUTOVERS: ("more_cutovers", "systems_per_week", 1, (1, 2, 4)),
    SERVERS: ("more_waves", "waves", 1, (1, 2)),
    BUDGET: ("more_budget", "sek_per_year", 100_000, (1, 2, 5, 10, 20, 50, 100)),
}
# What holds back work without being a rule from which somebody could make an exception.
NO_RULES = ("today",)
# What does not save a deadline alone is told where it is so many weeks sooner.
WORTH_TELLING = 4


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
    choices: tuple[Choice, ...] = ()
    days: float | None = None


class Ways:
    """The ways out of a schedule's clashes."""

    def __init__(self, clashes: Clashes, portfolio: Portfolio) -> None:
        self.clashes, self.posed, self.problem, self.result = clashes, clashes.posed, clashes.problem, clashes.result
        self.case, self.policy = clashes.case, clashes.policy
        self.change_ends, self.dues = clashes.change_ends, clashes.dues
        self.alternatives = Alternatives(portfolio, self.case, self.policy)

    def of(self, at: int, family: list[int], due: int) -> Iterator[Relaxation]:
        """What would help, but for what cannot: people do not shorten a chain of phases and lead times."""
        kinds = set(KINDS)
        yield from self._faster(at, family, due)
        yield from self._otherwise(at, family, due)
        if self.clashes.earliest(at, family, kinds - {"freeze"}) <= due:
            yield from self._exception(at, due)
        if self.clashes.earliest(at, family, kinds - {"no_meeting"}) <= due:
            yield from self._meeting(at, family, due)
        if self.clashes.earliest(at, family, kinds - {"precedence"}) <= due:
            yield from self._without_order(at, family, due)
        if self.clashes.earliest(at, family, kinds - {"wave_rule"}) <= due:
            yield from self._without_rule(at, family, due)
        if self.clashes.earliest(at, family, kinds - {"capacity"}) <= due:
            yield from self._people(at, family, due)
            yield from self._larger(at, family, due)

    def _end(self, at: int, family: list[int], problem: Problem, latest: int) -> int | None:
        """Week of the change when this work goes first; None when it is after `latest` or others are late instead."""
        kernel = Kernel(problem)
        for priority in self._priorities(problem, self.result.start, family):
            begins, mode, failed = kernel.schedule(priority)
            ends = begins + problem.watch[mode] + 1
            allowed = self._late() - (ends[at] <= self.dues[at] + 1)
            if failed < 0 and ends[at] <= latest + 1 and self._late(ends) <= allowed:
                return int(ends[at]) - 1
        return None

    def _late(self, ends: Ints | None = None) -> int:
        ends = self.change_ends if ends is None else ends
        return sum(int(ends[at]) > due + 1 for at, due in self.dues.items())

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
        end = self._end(at, family, shorter, max(due, int(self.change_ends[at]) - 1 - WORTH_TELLING))
        if end is not None:
            yield Relaxation("faster_procurement", None, saved, "weeks", None, None, end)

    def _otherwise(self, at: int, family: list[int], due: int) -> Iterator[Relaxation]:
        """Another way to move for systems of the group or of what it waits for; told, like a faster procurement, even
        where it does not suffice alone. A person decides."""
        own, end = self.posed.activities[at].group_id, int(self.change_ends[at]) - 1
        groups = list(dict.fromkeys([own, *(self.posed.activities[item].group_id for item in reversed(family))]))
        begun = {self.posed.activities[item].group_id for item in family if self.posed.activities[item].begun}
        for choices in self.alternatives.sets([group for group in groups if group not in begun]):
            activities, days = self.alternatives.activities(choices)
            sooner = self._end_of(own, activities)
            if sooner is not None and (sooner <= due or sooner <= end - WORTH_TELLING):
                price = days * self.policy.effort.day_rate.value
                yield Relaxation(
                    "other_disposition", None, end - sooner, "weeks", None, price, sooner, choices, days
                )  # fmt: skip

    def _end_of(self, group_id: str, activities: dict[str, Activity]) -> int | None:
        """Week of a group's change with other activities, when no more deadlines of others are missed for it."""
        posed = pose(activities, self.case, self.policy)
        problem, at = posed.problem, posed.number[change_of(activities)[group_id].key]
        own, most = dues(posed, self.case), self._missed_by_others(group_id)
        kernel, found = Kernel(problem), []
        for priority in self._priorities(problem, self._places(posed), ancestors(problem, at)):
            begins, mode, failed = kernel.schedule(priority)
            ends = begins + problem.watch[mode] + 1
            late = sum(int(ends[item]) > due + 1 for item, due in own.items() if item != at)
            found += [int(ends[at]) - 1] if failed < 0 and late <= most else []
        return min(found, default=None)

    def _places(self, posed: Posed) -> Ints:
        """Where activities stood; one that the plan does not have stands with its group."""
        stood = dict(zip(self.problem.names, self.result.start.tolist(), strict=True))
        group: dict[str, int] = {}
        for activity, week in zip(self.posed.activities, self.result.start.tolist(), strict=True):
            group[activity.group_id] = min(week, group.get(activity.group_id, week))
        return np.array([stood.get(item.key, group.get(item.group_id, 0)) for item in posed.activities], dtype=np.int64)

    def _priorities(self, problem: Problem, start: Ints, family: list[int]) -> list[Ints]:
        """Orders in which work may be taken up so that a family goes first, the one nearest to the plan before."""
        first = np.ones(len(problem), dtype=np.int64)
        first[family] = 0
        urgent = latest_ends(problem, topological(problem), problem.weeks) - shortest(problem)
        return [dense(start), dense(first, start), dense(urgent, start), dense(first, urgent)]

    def _missed_by_others(self, group_id: str) -> int:
        return sum(
            int(self.change_ends[at]) > due + 1
            for at, due in self.dues.items()
            if self.posed.activities[at].group_id != group_id
        )

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
        family = ancestors(self.problem, at)
        end = self._end(at, family, replace(self.problem, closed_row=rows), due)
        if end is not None:
            yield Relaxation("freeze_exception", None, 1, "exception", monday(self.case, end), None, end)

    def _meeting(self, at: int, family: list[int], due: int) -> Iterator[Relaxation]:
        """An extra meeting for the decisions of the group."""
        own = self.posed.activities[at].group_id
        steps = [item for item in family if self.posed.activities[item].needs_meeting]
        steps = [item for item in steps if self.posed.activities[item].group_id == own]
        rows = self.problem.closed_row.copy()
        rows[steps] = -1
        end = self._end(at, family, replace(self.problem, closed_row=rows), due) if steps else None
        if end is not None:
            yield Relaxation("meeting_exception", None, len(steps), "exception", None, None, end)

    def _without_order(self, at: int, family: list[int], due: int) -> Iterator[Relaxation]:
        """The change before that of another group: somebody has to bridge what flows between the two."""
        own = self.posed.activities[at].group_id
        after = np.repeat(np.arange(len(self.problem)), np.diff(self.problem.before_at))
        group = np.array([activity.group_id for activity in self.posed.activities], dtype=object)
        crosses = (group[after] == own) & (group[self.problem.before] != own)
        for other in sorted(set(group[self.problem.before[crosses]]) - {FOUNDATION}):
            kept = ~(crosses & (group[self.problem.before] == other))
            counts = np.concatenate([[0], np.cumsum(np.bincount(after[kept], minlength=len(self.problem)))])
            freed = replace(
                self.problem, before_at=counts, before=self.problem.before[kept], lag=self.problem.lag[kept]
            )
            end = self._end(at, ancestors(freed, at), freed, due)
            if end is not None:
                yield Relaxation("without_order", str(other), 1, "exception", None, None, end)

    def _larger(self, at: int, family: list[int], due: int) -> Iterator[Relaxation]:
        """A higher limit: of changes a week, of servers a wave (by waves side by side) or of a year's budget."""
        for name, (kind, unit, step, sizes) in LARGER.items():
            if name not in self.problem.resources:
                continue
            resource = self.problem.resources.index(name)
            whole = int(self.problem.capacity[resource].max()) if name == SERVERS else step
            periods = int(self.problem.slot[resource][max(due, 0)]) + 1
            for size in sizes if self.clashes.work(resource, family) else ():
                capacity = self.problem.capacity.copy()
                capacity[resource][:periods] += whole * size
                end = self._end(at, family, replace(self.problem, capacity=capacity), due)
                if end is not None:
                    price = float(step * size * periods) if name == BUDGET else None
                    yield Relaxation(kind, None, step * size, unit, None, price, end)
                    break

    def _without_rule(self, at: int, family: list[int], due: int) -> Iterator[Relaxation]:
        """An exception from a rule that holds back the group's own work, the one nearest to its change first."""
        own = self.posed.activities[at].group_id
        held = [item for item in reversed(family) if self.posed.activities[item].group_id == own]
        rules = dict.fromkeys(self.posed.activities[item].release_for for item in held)
        for rule in (name for name in rules if name is not None and name not in NO_RULES):
            release = self.problem.release.copy()
            release[[item for item in held if self.posed.activities[item].release_for == rule]] = this_week(self.case)
            end = self._end(at, family, replace(self.problem, release=release), due)
            if end is not None:
                yield Relaxation("without_rule", rule, 1, "exception", None, None, end)

    def _people(self, at: int, family: list[int], due: int) -> Iterator[Relaxation]:
        """One person more of a role, then two, ...: from the month in which the work could begin."""
        first = min(int(self.result.start[item]) for item in family)
        day = monday(self.case, first).replace(day=1)
        week = max(week_of(self.case, day), 0)
        for role_at, role in enumerate(self.posed.roles):
            if not self.clashes.work(role_at, family) or due < week:
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
