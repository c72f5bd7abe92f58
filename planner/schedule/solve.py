"""Solve a problem: a greedy schedule first, then what search and the exact solver make of it, never worse."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from planner.schedule.bounds import lower_bound, resource_end
from planner.schedule.exact import Model
from planner.schedule.improve import improve
from planner.schedule.kernel import Kernel
from planner.schedule.priority import dense, earliest_ends, latest_ends, shortest, tails, topological
from planner.schedule.problem import Ints, Problem
from planner.schedule.result import SolveResult, Status


class Unplaceable(Exception):
    """An activity fits in no week of the calendar; `activity` is its number."""

    def __init__(self, activity: int) -> None:
        super().__init__(activity)
        self.activity = activity


class Circle(Exception):
    """Activities wait for each other; `activities` are the numbers of those that can never begin."""

    def __init__(self, activities: list[int]) -> None:
        super().__init__(activities)
        self.activities = activities


@dataclass(frozen=True)
class Effort:
    """How much to search: up to how many activities exactly, for how much work, and how many placements otherwise.

    `seconds` ends the exact search by the clock instead, and `seed` varies it: both are for benchmarks.
    """

    exact_up_to: int = 400
    exact_work: float = 1.0
    placements: int = 20_000
    seconds: float | None = None
    seed: int = 0


def solve(problem: Problem, priority: Ints | None = None, effort: Effort | None = None) -> SolveResult:
    """Find a good schedule; hard deadlines that it misses make it UNKNOWN, or INFEASIBLE where that is proven.

    Parameters
    ----------
    problem
        What to place.
    priority
        The order in which a person would take up the work, for the first schedule; by latest ends otherwise.
    effort
        How much to search.

    Raises
    ------
    Circle
        Activities wait for each other.
    Unplaceable
        An activity fits in no week.
    """
    effort = effort or Effort()
    began = time.perf_counter()
    order = topological(problem)
    if len(order) < len(problem):
        raise Circle(sorted(set(range(len(problem))) - set(order)))
    kernel = Kernel(problem)
    rules = priorities(problem, order, priority)
    start, mode = _greedy(kernel, rules)
    greedy = problem.objective(start, mode)
    bound = lower_bound(problem, order)
    start, mode = improve(kernel, rules, start, mode, effort.placements, bound)
    result = SolveResult(
        _status(problem, start, mode), start, mode, problem.objective(start, mode), bound, greedy,
        "serial", 0.0,
    )  # fmt: skip
    if 0 < len(problem) <= effort.exact_up_to and (effort.exact_work or effort.seconds):
        result = _exact(problem, kernel, result, effort)
    if result.status is Status.FEASIBLE and result.objective == result.lower_bound:
        result = replace(result, status=Status.OPTIMAL)
    return replace(result, runtime=time.perf_counter() - began)


def priorities(problem: Problem, order: list[int], given: Ints | None = None) -> list[Ints]:
    """Rules for the first schedules, the given one first."""
    latest = latest_ends(problem, order, problem.weeks)
    rules = [] if given is None else [given]
    rules.append(dense(latest, latest - shortest(problem)))
    if len(problem) <= 20_000:
        rules.append(dense(-tails(problem, order)))
    return rules


def _greedy(kernel: Kernel, rules: list[Ints]) -> tuple[Ints, Ints]:
    """The schedule of the first rule that places everything."""
    failed = -1
    for rule in rules:
        start, mode, failed = kernel.schedule(rule)
        if failed < 0:
            return start, mode
    raise Unplaceable(failed)


def _status(problem: Problem, start: Ints, mode: Ints) -> Status:
    meets = bool((problem.ends(start, mode) <= problem.deadline).all()) and _stocks_hold(problem, mode)
    return Status.FEASIBLE if meets else Status.UNKNOWN


def _stocks_hold(problem: Problem, mode: Ints) -> bool:
    return bool((problem.spend[mode].sum(axis=0) <= problem.stock).all())


def _exact(problem: Problem, kernel: Kernel, first: SolveResult, effort: Effort) -> SolveResult:
    last = _last(problem, first)
    model = Model(problem, last)
    if first.status is Status.FEASIBLE:
        # ortools 9.15 aborts the whole process on a hint for a model that it finds impossible while loading it.
        model.hint(first.start, first.mode)
    found = model.solve(effort.exact_work, effort.seconds, effort.seed)
    if found.status == "infeasible":
        return replace(first, status=Status.INFEASIBLE, solver="cp-sat")
    bound = max(first.lower_bound, found.lower_bound)
    if found.start is None or found.mode is None:
        return first
    # Pushed together: nothing waits that need not.
    start, mode, failed = kernel.schedule(dense(found.start), found.mode)
    if failed >= 0 or problem.objective(start, mode) > problem.objective(found.start, found.mode):
        start, mode = found.start, found.mode
    objective = problem.objective(start, mode)
    if first.status is Status.FEASIBLE and objective >= first.objective:
        return replace(first, lower_bound=min(bound, first.objective))
    bound = min(bound, objective)
    status = Status.OPTIMAL if found.status == "optimal" or bound == objective else Status.FEASIBLE
    return SolveResult(status, start, mode, objective, bound, first.greedy, "cp-sat", 0.0)


def _last(problem: Problem, first: SolveResult) -> int:
    """A week by which every better schedule has ended: what is above the bound can at most go into a later end."""
    ends = int(problem.ends(first.start, first.mode).max(initial=1))
    if first.status is not Status.FEASIBLE or not problem.makespan_weight:
        return min(problem.weeks, 2 * ends + 52)
    room = (first.objective - first.lower_bound) // problem.makespan_weight
    least = max(int(earliest_ends(problem, topological(problem)).max(initial=0)), resource_end(problem))
    return min(problem.weeks, max(ends, least + room))
