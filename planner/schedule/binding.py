"""What binds a schedule: why nothing starts a week earlier, how far it may slip, and the chain that sets the end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from planner.calendar import closing, horizon_weeks, not_meeting
from planner.case import Case
from planner.policy import Policy
from planner.schedule.draws import draws, largest, left_of
from planner.schedule.pose import BUDGET, CUTOVERS, SERVERS, Posed
from planner.schedule.problem import NEVER, Ints
from planner.schedule.result import SolveResult

WORDS = {CUTOVERS: "cutovers", SERVERS: "wave_size", BUDGET: "budget"}


class Bound(NamedTuple):
    """Why an activity does not start a week earlier: the kind, what in particular, and the activity that blocks."""

    kind: str
    detail: str | None = None
    blocker: int = -1


class Binding:
    """A schedule with what is left of every resource."""

    def __init__(
        self, posed: Posed, result: SolveResult, case: Case, policy: Policy, stood: Ints | None = None
    ) -> None:
        """Look at a schedule; `stood` is the first week of each activity in the plan before, -1 where it had none."""
        self.stood = [-1] * len(posed.problem) if stood is None else stood.tolist()
        self.posed, self.problem, self.case, self.policy = posed, posed.problem, case, policy
        self.start, self.mode = result.start.tolist(), result.mode.tolist()
        self.end = self.problem.ends(result.start, result.mode).tolist()
        self.slot = self.problem.slot.tolist()
        drawn = draws(self.problem, result.start, result.mode)
        self.left: list[list[int]] = left_of(self.problem, drawn).tolist()
        self.largest = largest(drawn)
        self.bounds = [self._bound(at) for at in range(len(self.problem))]
        self.slack = self._slack()
        self.critical = self._chain()

    def _bound(self, at: int) -> Bound:
        start, activity = self.start[at], self.posed.activities[at]
        if activity.begun is not None:
            return Bound("begun")
        if start == 0 or (start == self.problem.release[at] and activity.release_for == "today"):
            return Bound("start")
        waited = [before for before, lag in self.problem.predecessors(at) if self.end[before] + lag == start]
        if waited:
            # Of several, one of the own group first: the chain is read within the group as far as it goes.
            own = [at for at in waited if self.posed.activities[at].group_id == activity.group_id]
            return Bound("precedence", self.problem.names[(own or waited)[0]], (own or waited)[0])
        if start == self.problem.release[at]:
            return Bound("wave_rule", activity.release_for)
        row, week = int(self.problem.closed_row[at]), start - 1 + int(self.problem.watch[self.mode[at]])
        if row >= 0 and self.problem.closed[row][week]:
            rules = self.policy.schedule.calendar
            if activity.needs_meeting:
                return Bound("no_meeting", not_meeting(self.case, rules, week))
            return Bound("freeze", closing(self.case, rules, week, activity.areas))
        return self._short(at)

    def _short(self, at: int) -> Bound:
        """The resource that has too little left a week earlier, and who uses it."""
        for offset, weeks, demand in self.problem.segments(self.mode[at]):
            first = self.start[at] + offset - 1
            for resource, amount in demand.items():
                slots = self.slot[resource]
                if slots[first] == slots[first + weeks] and weeks == 1 and resource >= len(self.posed.roles):
                    continue
                if self.left[resource][slots[first]] < amount:
                    name = self.problem.resources[resource]
                    return Bound(WORDS.get(name, "capacity"), name, self.largest.get((resource, first + 1), -1))
        # Nothing but the plan before: what was told stays where it was.
        return Bound("kept" if self.stood[at] >= 0 else "capacity")

    def _slack(self) -> Ints:
        """Weeks by which each activity may slip before a deadline or the end of the whole slips, all else in turn."""
        horizon = horizon_weeks(self.case)
        last = max([*self.end, 0])
        latest = [max(last, horizon) if end > horizon else min(last, horizon) for end in self.end]
        for at, activity in enumerate(self.posed.activities):
            if activity.due is not None or activity.pinned is not None:
                latest[at] = int(min(self.problem.due[at], NEVER))
        after: dict[int, list[tuple[int, int]]] = {}
        for at in range(len(self.problem)):
            for before, lag in self.problem.predecessors(at):
                after.setdefault(before, []).append((at, lag))
            if self.bounds[at].kind != "precedence" and self.bounds[at].blocker >= 0:
                after.setdefault(self.bounds[at].blocker, []).append((at, 0))
        for at in sorted(range(len(self.problem)), key=lambda at: (-self.start[at], -self.end[at])):
            for follower, lag in after.get(at, []):
                latest[at] = min(latest[at], latest[follower] - (self.end[follower] - self.start[follower]) - lag)
        return np.array(latest, dtype=np.int64) - np.array(self.end, dtype=np.int64)

    def _chain(self) -> list[int]:
        """The critical chain, first activity first: from the last end back through what bound each one."""
        if not self.end:
            return []
        chain = [max(range(len(self.end)), key=lambda at: (self.end[at], -at))]
        while self.bounds[chain[-1]].blocker >= 0:
            chain.append(self.bounds[chain[-1]].blocker)
        return chain[::-1]

    def root(self, at: int) -> tuple[Bound, int]:
        """What binds an activity in the end: back through the phases of its own group; and where that binds."""
        while True:
            bound = self.bounds[at]
            own = bound.blocker >= 0 and (
                self.posed.activities[bound.blocker].group_id == self.posed.activities[at].group_id
            )
            if bound.kind != "precedence" or not own:
                return bound, at
            at = bound.blocker

    def behind(self, at: int) -> tuple[Bound, int] | None:
        """Where an activity waits for another group: what binds at the end of the chain of groups, and where."""
        found = None
        while self.bounds[at].kind == "precedence" and self.bounds[at].blocker >= 0:
            found = self.root(self.bounds[at].blocker)
            at = found[1]
        return found
