"""A part of a problem by itself: some activities are free, and everything else lies where a schedule has it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from planner.schedule.anchor import Anchors
from planner.schedule.draws import Draws, draws, left_of
from planner.schedule.problem import Draft, Ints, Problem, Segment
from planner.schedule.repair import Placed


@dataclass(frozen=True)
class Part:
    """The free activities as a problem, numbered anew, and where they stood and are."""

    whole: Problem
    free: Ints
    problem: Problem
    anchors: Anchors
    placed: Placed

    def put_back(self, placed: Placed, start: Ints, mode: Ints) -> Placed:
        """The whole schedule with the free activities elsewhere."""
        starts, modes = placed[0].copy(), placed[1].copy()
        starts[self.free] = start
        modes[self.free] = mode + self._shift()
        return starts, modes

    def _shift(self) -> Ints:
        shift: Ints = self.whole.mode_at[self.free] - self.problem.mode_at[:-1]
        return shift


def part(problem: Problem, anchors: Anchors, placed: Placed, free: Ints) -> Part:
    """Let some activities go; nothing fixed is among them."""
    start, mode = placed
    made = _drafted(problem, placed, free)
    is_free = np.zeros(len(problem), dtype=np.bool_)
    is_free[free] = True
    made = replace(
        made,
        resources=problem.resources,
        capacity=left_of(problem, _of_others(draws(problem, start, mode), is_free)),
        slot=problem.slot,
        closed=problem.closed,
        stock=problem.stock - problem.spend[mode[~is_free]].sum(axis=0),
    )
    # A group of which something else has moved has moved, whatever comes of its free activities.
    has_moved = anchors.unit[(anchors.start >= 0) & (start != anchors.start) & ~is_free]
    weight = anchors.weight.copy()
    weight[has_moved] = 0
    own = Anchors(anchors.start[free], anchors.weeks[free], anchors.unit[free], weight, anchors.due[free])
    first = mode[free] - problem.mode_at[free] + made.mode_at[:-1]
    return Part(problem, free, made, own, (start[free], first))


def _of_others(drawn: Draws, is_free: npt.NDArray[np.bool_]) -> Draws:
    rest = ~is_free[drawn.activity]
    return Draws(
        drawn.activity[rest], drawn.resource[rest], drawn.amount[rest], drawn.first[rest], drawn.end[rest]
    )  # fmt: skip


def _drafted(problem: Problem, placed: Placed, free: Ints) -> Problem:
    """Activities, modes and order; what the others leave of resources follows."""
    release, deadline, edges = _between(problem, placed, free)
    draft = Draft(problem.weeks, problem.makespan_weight)
    for _ in problem.stock:
        draft.add_stock(0)
    for place, at in enumerate(free.tolist()):
        draft.add_activity(
            problem.names[at], release=int(release[place]), deadline=int(deadline[place]), due=int(problem.due[at]),
            late_weight=int(problem.late_weight[at]), end_weight=int(problem.end_weight[at]),
            closed_row=int(problem.closed_row[at]),
        )  # fmt: skip
        for mode in problem.modes(at):
            segments = [Segment(weeks, demand) for _, weeks, demand in problem.segments(mode)]
            spend = {stock: int(amount) for stock, amount in enumerate(problem.spend[mode]) if amount}
            draft.add_mode(*segments, watch=int(problem.watch[mode]), spend=spend)
    for before, after, lag in edges:
        draft.add_before(before, after, lag)
    # Resources of no size: they are put in their place as a whole.
    for name in problem.resources:
        draft.add_renewable(name, [0])
    return draft.problem()


def _between(problem: Problem, placed: Placed, free: Ints) -> tuple[Ints, Ints, list[tuple[int, int, int]]]:
    """First start and last end that what lies fast leaves to the free activities, and what they wait for among them."""
    ends = problem.ends(*placed)
    place = np.full(len(problem), -1, dtype=np.int64)
    place[free] = np.arange(len(free))
    release = problem.release[free].copy()
    deadline = np.maximum(problem.deadline, ends)[free]
    after = np.repeat(np.arange(len(problem)), np.diff(problem.before_at))
    before, lag = problem.before, problem.lag
    held = (place[after] >= 0) & (place[before] < 0)
    np.maximum.at(release, place[after[held]], ends[before[held]] + lag[held])
    holds = (place[before] >= 0) & (place[after] < 0)
    np.minimum.at(deadline, place[before[holds]], placed[0][after[holds]] - lag[holds])
    both = (place[before] >= 0) & (place[after] >= 0)
    edges = np.stack([place[before[both]], place[after[both]], lag[both]], axis=1)
    return release, deadline, [(int(one), int(other), int(weeks)) for one, other, weeks in edges]
