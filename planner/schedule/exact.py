"""CP-SAT: a better schedule from a given one, and a bound. Same input, same schedule: one thread, counted work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.schedule.problem import NEVER, Ints, Problem

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

    from planner.schedule.anchor import Anchors


@dataclass(frozen=True)
class Found:
    """What the exact solver says: a status word of PyJobShop's, the schedule if there is one, the bound, the work."""

    status: str
    start: Ints | None
    mode: Ints | None
    lower_bound: int
    work: float


class Model:
    """A problem in CP-SAT's terms. `last` is the first week in which nothing runs any more."""

    def __init__(self, problem: Problem, last: int) -> None:
        from ortools.sat.python import cp_model

        self.cp, self.problem, self.last = cp_model, problem, last
        self.model = cp_model.CpModel()
        self.start: list[Any] = []
        self.end: list[Any] = []
        self.present: list[Any] = [None] * len(problem.duration)
        self.intervals: dict[int, list[tuple[Any, int, Any, int]]] = {}
        for activity in range(len(problem)):
            self._activity(activity)
        self._order()
        for resource in sorted(self.intervals):
            self._resource(resource)
        self._stocks()
        self.makespan = self.model.new_int_var(0, last, "")
        if self.end:
            self.model.add_max_equality(self.makespan, self.end)
        self._objective()

    def _activity(self, activity: int) -> None:
        problem, model = self.problem, self.model
        modes = problem.modes(activity)
        release, deadline = int(problem.release[activity]), min(int(problem.deadline[activity]), self.last)
        durations = [int(problem.duration[mode]) for mode in modes]
        latest = release if problem.fixed[activity] else max(deadline - min(durations), release, 0)
        start = model.new_int_var(max(release, 0), latest, "")
        end = start + durations[0]
        if len(modes) > 1:
            end = model.new_int_var(0, deadline, "")
        self.start.append(start)
        self.end.append(end)
        flags = [1] if len(modes) == 1 else [model.new_bool_var("") for _ in modes]
        if len(modes) > 1:
            model.add_exactly_one(flags)
        for mode, flag in zip(modes, flags, strict=True):
            self.present[mode] = flag
            if len(modes) > 1:
                model.add(end == start + int(problem.duration[mode])).only_enforce_if(flag)
            self._open(activity, mode, start, flag)
            self._demand(mode, start, flag, len(modes) > 1)

    def _open(self, activity: int, mode: int, start: Any, flag: Any) -> None:
        row = int(self.problem.closed_row[activity])
        if row < 0:
            return
        open_weeks = np.flatnonzero(~self.problem.closed[row][: self.last]) - int(self.problem.watch[mode])
        domain = self.cp.Domain.from_values(open_weeks[open_weeks >= 0].tolist())
        made = self.model.add_linear_expression_in_domain(start, domain)
        if not isinstance(flag, int):
            made.only_enforce_if(flag)

    def _demand(self, mode: int, start: Any, flag: Any, is_optional: bool) -> None:
        for offset, weeks, demand in self.problem.segments(mode):
            if not demand:
                continue
            if is_optional:
                interval = self.model.new_optional_fixed_size_interval_var(start + offset, weeks, flag, "")
            else:
                interval = self.model.new_fixed_size_interval_var(start + offset, weeks, "")
            for resource, amount in demand.items():
                self.intervals.setdefault(resource, []).append((interval, amount, (start + offset, weeks), flag))

    def _order(self) -> None:
        for activity in range(len(self.problem)):
            for before, lag in self.problem.predecessors(activity):
                self.model.add(self.start[activity] >= self.end[before] + lag)

    def _resource(self, resource: int) -> None:
        if not self.problem.is_renewable(resource):
            self._periods(resource)
            return
        capacity = self.problem.capacity[resource][: self.last]
        most = int(capacity.max(initial=0))
        items = [(interval, amount) for interval, amount, _, _ in self.intervals[resource]]
        # What is missing from the most is taken by something that lies fixed.
        changes = np.flatnonzero(np.diff(capacity)) + 1
        for first, last in zip([0, *changes.tolist()], [*changes.tolist(), len(capacity)], strict=True):
            if capacity[first] < most:
                items.append((self.model.new_fixed_size_interval_var(first, last - first, ""), most - capacity[first]))
        self.model.add_cumulative([item[0] for item in items], [int(item[1]) for item in items], most)

    def _periods(self, resource: int) -> None:
        slots = self.problem.slot[resource][: self.last]
        for slot in np.unique(slots).tolist():
            weeks = np.flatnonzero(slots == slot)
            limit = int(self.problem.capacity[resource][slot])
            if limit >= NEVER:
                continue
            parts = [
                amount * self._overlap(start, length, flag, int(weeks[0]), int(weeks[-1]) + 1)
                for _, amount, (start, length), flag in self.intervals[resource]
            ]
            self.model.add(sum(parts) <= limit)

    def _overlap(self, start: Any, weeks: int, flag: Any, first: int, last: int) -> Any:
        """Weeks of a segment that lie in a period (at least: the solver may not count fewer)."""
        inside = self.model.new_int_var(0, min(weeks, last - first), "")
        # Wholly before, wholly after, or else counted from either side: min(end, last) - max(start, first).
        earlier, later = self.model.new_bool_var(""), self.model.new_bool_var("")
        self.model.add(start + weeks <= first).only_enforce_if(earlier)
        self.model.add(start >= last).only_enforce_if(later)
        counted = [~earlier, ~later, *([] if isinstance(flag, int) else [flag])]
        low, high = self.model.new_int_var(0, self.last, ""), self.model.new_int_var(0, self.last, "")
        self.model.add_max_equality(low, [start, first])
        self.model.add_min_equality(high, [start + weeks, last])
        self.model.add(inside >= high - low).only_enforce_if(counted)
        return inside

    def _stocks(self) -> None:
        for stock, amount in enumerate(self.problem.stock.tolist()):
            spent = [
                int(self.problem.spend[mode, stock]) * self.present[mode]
                for mode in range(len(self.present))
                if self.problem.spend[mode, stock]
            ]
            if spent:
                self.model.add(sum(spent) <= amount)

    def _objective(self) -> None:
        self.model.minimize(sum(self._terms()))

    def _terms(self) -> list[Any]:
        problem = self.problem
        terms = [problem.makespan_weight * self.makespan] if problem.makespan_weight else []
        for activity in range(len(problem)):
            if problem.end_weight[activity]:
                terms.append(int(problem.end_weight[activity]) * self.end[activity])
        return terms + self._late(problem.due)

    def _late(self, dates: Ints) -> list[Any]:
        """What missing some due dates costs."""
        terms = []
        for activity, due in enumerate(dates.tolist()):
            weight = int(self.problem.late_weight[activity])
            if weight and due < self.last:
                late = self.model.new_int_var(0, self.last, "")
                self.model.add(late >= self.end[activity] - due)
                terms.append(weight * late)
        return terms

    def move_fewest(self, anchors: Anchors) -> None:
        """Look for dates that must hold first, and then for the fewest groups moved, instead of for the objective."""
        anchored = np.flatnonzero(anchors.start >= 0).tolist()
        moved = {unit: self.model.new_bool_var("") for unit in np.unique(anchors.unit[anchored]).tolist()}
        for at in anchored:
            stays = self.model.add(self.start[at] == int(anchors.start[at]))
            stays.only_enforce_if(~moved[int(anchors.unit[at])])
        late = self._late(anchors.due)
        weights = [int(anchors.weight[unit]) * flag for unit, flag in moved.items()]
        self.model.minimize((int(anchors.weight.sum()) + 1) * sum(late) + sum(weights))

    def move_nearest(self, anchors: Anchors, start: Ints, mode: Ints) -> None:
        """Keep what a schedule leaves in its place and the dates it keeps; the rest is to move the fewest weeks, and
        then as the objective has it."""
        moved = anchors.moved(start)
        weeks = []
        for at in np.flatnonzero(anchors.start >= 0).tolist():
            anchor = int(anchors.start[at])
            if not moved[anchors.unit[at]]:
                self.model.add(self.start[at] == anchor)
                continue
            weeks.append(self.model.new_int_var(0, self.last, ""))
            self.model.add(weeks[-1] >= self.start[at] - anchor)
            self.model.add(weeks[-1] >= anchor - self.start[at])
        late = self._late(anchors.due)
        self.model.add(sum(late) <= anchors.late(self.problem, start, mode))
        most = 10 * self.problem.objective(start, mode) + 1
        self.model.minimize(most * sum(weeks) + sum(self._terms()))

    def hint(self, start: Ints, mode: Ints) -> None:
        """Tell the solver of a schedule to begin with."""
        for activity in range(len(self.problem)):
            self.model.add_hint(self.start[activity], int(start[activity]))
            modes = self.problem.modes(activity)
            for at in modes if len(modes) > 1 else ():
                self.model.add_hint(self.present[at], int(at == mode[activity]))

    def solve(self, work: float, seconds: float | None = None, seed: int = 0, by_core: bool = False) -> Found:
        """Search for `work` (deterministic time); `seconds` and `seed` are for benchmarks, since clocks differ.

        `by_core` is for the fewest of many things: what cannot hold together raises the bound until the rest can.
        """
        solver = self.cp.CpSolver()
        # Two strategies in turn on one thread: the same search on every run, unlike two that race each other.
        solver.parameters.num_workers = 1 if by_core else 2
        solver.parameters.interleave_search = not by_core
        solver.parameters.optimize_with_core = by_core
        # On thousands of activities these alone take longer than the search.
        solver.parameters.cp_model_probing_level = 0
        solver.parameters.symmetry_level = 0
        solver.parameters.random_seed = seed
        solver.parameters.max_deterministic_time = work
        if seconds is not None:
            solver.parameters.max_time_in_seconds = seconds
            solver.parameters.max_deterministic_time = 1e9
        status = solver.solve(self.model)
        words = {self.cp.OPTIMAL: "optimal", self.cp.FEASIBLE: "feasible", self.cp.INFEASIBLE: "infeasible"}
        word = words.get(status, "unknown")
        if word not in ("optimal", "feasible"):
            return Found(word, None, None, 0, solver.response_proto.deterministic_time)
        start = np.array([solver.value(item) for item in self.start], dtype=np.int64)
        mode = np.array([self._chosen(solver, at) for at in range(len(self.problem))], dtype=np.int64)
        bound = int(np.ceil(solver.best_objective_bound - 1e-6))
        return Found(word, start, mode, bound, solver.response_proto.deterministic_time)

    def _chosen(self, solver: cp_model.CpSolver, activity: int) -> int:
        modes = self.problem.modes(activity)
        return next(at for at in modes if len(modes) == 1 or solver.boolean_value(self.present[at]))
