"""How few move after one change: others give way where a date would be missed, and parts of the schedule are solved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.portfolios import PHASES, portfolio
from benchmarks.replan import changed
from planner.schedule.anchor import Anchors
from planner.schedule.closer import closer
from planner.schedule.eject import eject
from planner.schedule.part import part
from planner.schedule.priority import topological
from planner.schedule.problem import NEVER, Problem
from planner.schedule.repair import Stuck, repair
from planner.schedule.solve import Effort, solve
from planner.schedule.steady import steady
from tests.test_schedule_solver import check, random_problem

GREEDY = Effort(exact_up_to=0, exact_work=0, placements=0)


def after_a_change(size: int, seed: int) -> tuple[Problem, Anchors]:
    """A portfolio of which an activity in the middle takes twice as long, and where everything stood."""
    before = portfolio(size, seed)
    placed = solve(before, effort=GREEDY)
    unit = np.arange(size) // PHASES
    due = np.maximum(before.due, before.ends(placed.start, placed.mode)) + 26
    weeks = before.watch[placed.mode] + 1
    anchors = Anchors(placed.start, weeks, unit, np.ones(int(unit[-1]) + 1, dtype=np.int64), due)
    return changed(before, size // 2 // PHASES * PHASES + 2), anchors


def anchored(before: Problem, problem: Problem) -> Anchors:
    """Anchors at a schedule of a problem, in groups of three; every other due date of the new one must hold."""
    placed = solve(before, effort=GREEDY)
    unit = np.arange(len(before)) // 3
    due = np.where(np.arange(len(problem)) % 2 == 0, problem.due, NEVER)
    return Anchors(
        placed.start, before.watch[placed.mode] + 1, unit, np.ones(int(unit[-1]) + 1, dtype=np.int64), due
    )  # fmt: skip


def doubled(seed: int) -> tuple[Problem, Anchors]:
    """A random problem in which something became due early and something else may begin later."""
    before = random_problem(seed, size=20)
    rng = np.random.default_rng(seed)
    due, release = before.due.copy(), before.release.copy()
    due[rng.integers(0, len(due), 3)] = rng.integers(5, 20, 3)
    release[rng.integers(0, len(release))] += int(rng.integers(1, 15))
    problem = replace(before, due=due, release=release)
    return problem, anchored(before, problem)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000))
def test_what_gives_way_still_keeps_every_constraint(seed: int) -> None:
    problem, anchors = doubled(seed)
    check(problem, *eject(problem, topological(problem), anchors))


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_a_part_put_back_keeps_every_constraint_and_is_never_further(seed: int) -> None:
    problem, anchors = doubled(seed)
    try:
        placed = repair(problem, topological(problem), anchors)
    except Stuck:
        return
    found = closer(problem, anchors, placed, 0.01, 0.02)
    check(problem, *found)
    assert anchors.value(problem, *found) <= anchors.value(problem, *placed)


def test_what_lies_fast_bounds_what_is_free() -> None:
    """The middle of a chain of three may use the weeks between the other two, and no more of the role than they leave."""
    from planner.schedule.problem import Draft, Segment

    draft = Draft(30)
    role = draft.add_renewable("r", [2])
    for name in ("a", "b", "c"):
        draft.add_activity(name)
        draft.add_mode(Segment(2, {role: 1}))
    draft.add_before(0, 1)
    draft.add_before(1, 2, 1)
    problem = draft.problem()
    start, mode = np.array([0, 4, 10]), np.array([0, 1, 2])
    anchors = Anchors(start, np.full(3, 2), np.arange(3), np.ones(3, dtype=np.int64), np.full(3, NEVER))
    one = part(problem, anchors, (start, mode), np.array([1]))
    assert (one.problem.release.tolist(), one.problem.deadline.tolist()) == ([2], [9])
    assert one.problem.capacity[0, :12].tolist() == [1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1]
    moved = one.put_back((start, mode), np.array([6]), np.array([0]))
    assert (moved[0].tolist(), moved[1].tolist()) == ([0, 6, 10], [0, 1, 2])


@pytest.mark.parametrize("seed", [1, 2])
def test_others_give_way_where_a_repair_would_miss_dates(seed: int) -> None:
    problem, anchors = after_a_change(300, seed)
    order = topological(problem)
    late = [anchors.late(problem, *placed(problem, order, anchors)) for placed in (repair, eject)]
    assert late[1] < late[0] / 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_few_groups_move_after_one_change_and_the_same_ones_every_time(seed: int) -> None:
    problem, anchors = after_a_change(300, seed)
    anew = solve(problem, effort=GREEDY)
    effort = Effort(exact_up_to=400, exact_work=0.05, placements=0)
    kept, again = (steady(problem, anchors, anew, effort).kept for _ in range(2))
    check(problem, kept.start, kept.mode)
    late, moved, *_ = anchors.value(problem, kept.start, kept.mode)
    assert late <= anchors.late(problem, anew.start, anew.mode)
    assert moved <= len(anchors.weight) // 4
    assert (kept.start == again.start).all() and (kept.mode == again.mode).all()
