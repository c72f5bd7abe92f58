"""Bounds that no schedule can beat: the order of the work, and the work that the resources can do."""

from __future__ import annotations

import numpy as np

from planner.schedule.priority import earliest_ends
from planner.schedule.problem import Problem


def lower_bound(problem: Problem, order: list[int]) -> int:
    """A value that the objective of no schedule is below: every activity at its earliest, all work squeezed."""
    ends = earliest_ends(problem, order)
    late = np.maximum(ends - problem.due, 0) * problem.late_weight
    makespan = max(int(ends.max(initial=0)), resource_end(problem))
    return int(late.sum() + (ends * problem.end_weight).sum() + problem.makespan_weight * makespan)


def resource_end(problem: Problem) -> int:
    """First week by which every renewable resource can have done all that is asked of it."""
    return max([0, *(_full_week(problem, at) for at in range(len(problem.resources)))])


def _full_week(problem: Problem, resource: int) -> int:
    """First week by which a renewable resource can have done all that is asked of it."""
    if not problem.is_renewable(resource):
        return 0
    work = _least_work(problem, resource)
    done = np.cumsum(problem.capacity[resource])
    return int(np.searchsorted(done, work)) + 1 if 0 < work <= done[-1] else 0


def _least_work(problem: Problem, resource: int) -> int:
    segment = np.repeat(np.arange(len(problem.segment_weeks)), np.diff(problem.demand_at))
    amount = np.where(problem.demand_of == resource, problem.demand * problem.segment_weeks[segment], 0)
    mode = np.repeat(np.arange(len(problem.duration)), np.diff(problem.segment_at))
    by_mode = np.bincount(mode[segment], weights=amount, minlength=len(problem.duration)).astype(np.int64)
    return int(np.minimum.reduceat(by_mode, problem.mode_at[:-1]).sum()) if len(problem) else 0
