"""What a schedule draws from every resource: all segments of all activities at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.schedule.problem import Ints, Problem


@dataclass(frozen=True)
class Draws:
    """One row per activity, segment and resource: how much a week, from which week, and the week after the last."""

    activity: Ints
    resource: Ints
    amount: Ints
    first: Ints
    end: Ints


def draws(problem: Problem, start: Ints, mode: Ints) -> Draws:
    """Read off what the chosen modes draw where they begin."""
    activity, segment = _members(problem.segment_at, mode)
    before = np.concatenate([[0], np.cumsum(problem.segment_weeks)])
    first = start[activity] + before[segment] - before[problem.segment_at[mode[activity]]]
    at, demand = _members(problem.demand_at, segment)
    weeks = problem.segment_weeks[segment[at]]
    return Draws(
        activity[at], problem.demand_of[demand], problem.demand[demand], first[at], first[at] + weeks
    )  # fmt: skip


def _members(first: Ints, chosen: Ints) -> tuple[Ints, Ints]:
    """Lists that lie in one array after each other: place of the list, and each member, of those that are chosen."""
    counts = first[chosen + 1] - first[chosen]
    place = np.repeat(np.arange(len(chosen)), counts)
    skipped = first[chosen] - (np.cumsum(counts) - counts)
    return place, np.arange(len(place)) + skipped[place]


def left_of(problem: Problem, drawn: Draws) -> Ints:
    """What is left of every resource in each of its slots."""
    change = np.zeros((len(problem.resources), problem.weeks + 1), dtype=np.int64)
    np.add.at(change, (drawn.resource, drawn.first), drawn.amount)
    np.add.at(change, (drawn.resource, drawn.end), -drawn.amount)
    used = np.cumsum(change, axis=1)[:, : problem.weeks]
    left = problem.capacity.copy()
    for resource in range(len(left)):
        np.subtract.at(left[resource], problem.slot[resource], used[resource])
    return left


def largest(drawn: Draws) -> dict[tuple[int, int], int]:
    """The activity that sets most of a resource free, the earlier one of equals, by resource and week."""
    order = np.lexsort((drawn.activity, -drawn.amount, drawn.end, drawn.resource))
    resource, end, activity = drawn.resource[order], drawn.end[order], drawn.activity[order]
    is_first = np.ones(len(order), dtype=np.bool_)
    is_first[1:] = (resource[1:] != resource[:-1]) | (end[1:] != end[:-1])
    keys = zip(resource[is_first].tolist(), end[is_first].tolist(), strict=True)
    return dict(zip(keys, activity[is_first].tolist(), strict=True))
