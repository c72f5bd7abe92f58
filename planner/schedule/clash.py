"""Why a deadline cannot be kept: the smallest set of constraints that clash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from planner.calendar import closing, last_week_by
from planner.case import Case
from planner.policy import Policy
from planner.schedule.activities import FOUNDATION
from planner.schedule.pose import BUDGET, CUTOVERS, SERVERS, Posed
from planner.schedule.problem import Ints, Problem
from planner.schedule.result import SolveResult

# In the order in which they are tried to be left out: what is easiest to change stays longest in the answer.
KINDS = ("phases", "precedence", "foundation", "freeze", "no_meeting", "wave_rule", "capacity", "lead_time")
# What the amounts of the resources that are no teams stand for.
LIMITS = {CUTOVERS: "cutovers", SERVERS: "wave_size", BUDGET: "budget"}


@dataclass(frozen=True)
class Clash:
    """One constraint of a set that clashes."""

    kind: str
    subject: str | None = None
    weeks: int | None = None


class Clashes:
    """What clashes where a schedule misses a deadline."""

    def __init__(self, posed: Posed, result: SolveResult, case: Case, policy: Policy) -> None:
        self.posed, self.problem, self.result = posed, posed.problem, result
        self.case, self.policy = case, policy
        self.min_weeks = policy.schedule.min_weeks
        self.change_ends = result.start + self.problem.watch[result.mode] + 1
        self.dues = dues(posed, case)

    def why(self, at: int, family: list[int], due: int) -> tuple[bool, list[Clash]]:
        if self.earliest(at, family, set(KINDS)) > due:
            kept = list(KINDS)
            for kind in KINDS:
                if self.earliest(at, family, set(kept) - {kind}) > due:
                    kept.remove(kind)
            _, chain = self._chain(at, family, set(kept))
            # What is held back by a date does not hang on the day on which work begins.
            start = [] if "wave_rule" in kept and self.problem.release[chain[0]] > 0 else self._start(due)
            return True, [*start, *(item for kind in kept for item in self._clash(kind, at, chain))]
        every = self._due_by(due) | set(family)
        for resource, name in enumerate(self.problem.resources):
            if self.work(resource, family) > self._capacity(resource, due, family):
                return True, [Clash(LIMITS.get(name, "capacity"), name)]
            if self.work(resource, every) > self._capacity(resource, due, every):
                return True, [Clash(LIMITS.get(name, "shared_capacity"), name)]
        return False, self.observed(family)

    def _capacity(self, resource: int, due: int, items: Iterable[int]) -> int:
        """All that there is of a resource up to a week, or to the end of the period that holds it; of changes, in the
        weeks that are open to some of them."""
        last = int(self.problem.slot[resource][min(due, self.problem.weeks - 1)]) + 1 if due >= 0 else 0
        capacity = self.problem.capacity[resource][:last]
        if self.problem.resources[resource] == CUTOVERS:
            changing = [item for item in items if self.posed.activities[item].changes]
            rows = {int(self.problem.closed_row[item]) for item in changing}
            is_open = [
                ~self.problem.closed[row][:last] if row >= 0 else np.ones(last, np.bool_) for row in sorted(rows)
            ]
            capacity = capacity[np.logical_or.reduce(is_open)] if is_open else capacity
        return int(capacity.sum())

    def _start(self, due: int) -> list[Clash]:
        return [Clash("start")] if due >= 0 else [Clash("start", "passed")]

    def earliest(self, at: int, family: list[int], kinds: set[str]) -> int:
        """Earliest week of the change when only some kinds of constraints count, and capacity is no matter."""
        return self._chain(at, family, kinds)[0]

    def _chain(self, at: int, family: list[int], kinds: set[str]) -> tuple[int, list[int]]:
        """That week, and the activities that make it so late: one after the other, the change last."""
        ends: dict[int, int] = {}
        waits: dict[int, int] = {}
        for item in family:
            stands = "wave_rule" in kinds or self.problem.fixed[item]
            begin = int(self.problem.release[item]) if stands else 0
            for before, lag in self.problem.predecessors(item):
                if self._edge(item, before) in kinds and ends[before] + lag > begin:
                    begin, waits[item] = ends[before] + lag, before
            mode = min(self.problem.modes(item), key=lambda mode: int(self.problem.duration[mode]))
            weeks = self._length(item, mode, kinds)
            watch = int(self.problem.watch[mode]) - (int(self.problem.duration[mode]) - weeks)
            row = int(self.problem.closed_row[item])
            if row >= 0 and ("no_meeting" if self.posed.activities[item].needs_meeting else "freeze") in kinds:
                is_open = np.flatnonzero(~self.problem.closed[row][begin + watch :])
                begin += int(is_open[0]) if len(is_open) else self.problem.weeks
            if item == at:
                chain = [at]
                while chain[-1] in waits:
                    chain.append(waits[chain[-1]])
                return begin + watch, chain[::-1]
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
        elif kind == "freeze":
            yield Clash("freeze", self._closing(at))
        else:
            yield Clash(kind)

    def _closing(self, at: int) -> str | None:
        """What closes the week in which the change could take place otherwise."""
        if self.problem.closed_row[at] < 0:
            return None
        week = self.earliest(at, ancestors(self.problem, at), set(KINDS) - {"freeze"})
        rules, areas = self.policy.schedule.calendar, self.posed.activities[at].areas
        return closing(self.case, rules, week, areas) or None

    def _slowest(self, item: int) -> str | None:
        """Role that makes an activity longer than it has to be."""
        activity = self.posed.activities[item]
        mode = min(self.problem.modes(item), key=lambda mode: int(self.problem.duration[mode]))
        if int(self.problem.duration[mode]) <= sum(part.least for part in activity.parts):
            return None
        return max(
            (days / self.case.capacities[role], role) for part in activity.parts for role, days in part.days.items()
        )[1]

    def work(self, resource: int, items: list[int] | set[int]) -> int:
        """The least that some activities can draw from a resource until their changes."""
        return int(self._least_work[list(items), resource].sum())

    @cached_property
    def _least_work(self) -> Ints:
        """By activity and resource; what the segments draw that begin after the change is left out."""
        problem = self.problem
        ends = np.cumsum(problem.segment_weeks)
        mode = np.repeat(np.arange(len(problem.duration)), np.diff(problem.segment_at))
        offset = ends - problem.segment_weeks - np.concatenate([[0], ends])[problem.segment_at[mode]]
        counts = np.where(offset <= problem.watch[mode], problem.segment_weeks, 0)
        segment = np.repeat(np.arange(len(counts)), np.diff(problem.demand_at))
        drawn = np.zeros((len(problem.duration), len(problem.resources)), dtype=np.int64)
        np.add.at(drawn, (mode[segment], problem.demand_of), problem.demand * counts[segment])
        least: Ints = np.minimum.reduceat(drawn, problem.mode_at[:-1], axis=0)
        return least

    def _due_by(self, due: int) -> set[int]:
        """Everything that has to be over by a week, with all it waits for."""
        return set(ancestors(self.problem, *(at for at, own in self.dues.items() if own <= due)))

    def observed(self, family: list[int]) -> list[Clash]:
        """Roles that the activity and what it waits for had to wait for in this schedule."""
        roles = {
            self.posed.roles[resource]
            for item in family
            for _, _, demand in self.problem.segments(int(self.result.mode[item]))
            for resource in demand
            if resource < len(self.posed.roles)
        }
        return [Clash("shared_capacity", role) for role in sorted(roles)]


def dues(posed: Posed, case: Case) -> dict[int, int]:
    """Week by which each change has to have taken place: its deadline or the date that people gave, or the horizon."""
    horizon = last_week_by(case, case.horizon_date)
    lasts = set({activity.group_id: at for at, activity in enumerate(posed.activities) if activity.changes}.values())
    return {
        at: min(asked, default=horizon)
        for at, asked in enumerate([w for w in (item.due, item.pinned) if w is not None] for item in posed.activities)
        if asked or at in lasts
    }


def ancestors(problem: Problem, *activities: int) -> list[int]:
    """Activities and all they wait for, each after what it waits for."""
    order: list[int] = []
    seen: set[int] = set()
    stack = [(at, False) for at in reversed(activities)]
    while stack:
        item, is_done = stack.pop()
        if is_done:
            order.append(item)
        elif item not in seen:
            seen.add(item)
            stack.append((item, True))
            stack += [(before, False) for before, _ in problem.predecessors(item)]
    return order
