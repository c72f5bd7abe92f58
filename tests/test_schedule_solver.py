"""The solver on its own: order, capacity, closed weeks, the exact solver, bounds, and the same bytes on every run."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.schedule.exact import Model
from planner.schedule.kernel import Kernel
from planner.schedule.priority import earliest_ends, tails, topological
from planner.schedule.problem import NEVER, Draft, Problem, Segment
from planner.schedule.result import SolveResult, Status
from planner.schedule.solve import Circle, Effort, Unplaceable, solve
from tests.conftest import REPOSITORY, run_environment

EXACT = Effort(exact_up_to=100, exact_work=0.02, placements=2000)
GREEDY = Effort(exact_up_to=0, placements=0)


def random_problem(seed: int, size: int = 20, weeks: int = 200) -> Problem:
    """Two roles with a freeze, a limit on changes, a budget a year, modes, segments and a random order."""
    rng = np.random.default_rng(seed)
    draft = Draft(weeks, makespan_weight=3)
    share = np.where((np.arange(weeks) % 52) < 6, 4, 10)
    for name in ("a", "b"):
        draft.add_renewable(name, share)
    draft.add_renewable("changes", [2])
    draft.add_periods("budget", [150] * 4, np.minimum(np.arange(weeks) // 52, 3))
    row = draft.add_closed((np.arange(weeks) % 13) < 3)
    for at in range(size):
        is_change = at % 3 == 0
        draft.add_activity(
            f"n{at}", release=int(rng.integers(0, 8)), due=int(rng.integers(10, 60)), late_weight=5,
            end_weight=1, closed_row=row if is_change else -1,
        )  # fmt: skip
        length, amount = int(rng.integers(1, 6)), int(rng.integers(1, 5))
        demand = {int(rng.integers(0, 2)): amount, 3: 1}
        if is_change:
            draft.add_mode(Segment(1, demand | {2: 1}), Segment(2, {0: 1}))
        else:
            draft.add_mode(Segment(length, demand))
            draft.add_mode(Segment(length * 2, {role: max(value // 2, 1) for role, value in demand.items()}))
        for before in sorted({int(rng.integers(0, at)) for _ in range(2)} if at else set()):
            draft.add_before(before, at, -2 if before % 3 == 0 else 0)
    return draft.problem()


def check(problem: Problem, start: np.ndarray, mode: np.ndarray) -> None:
    """Every constraint, counted week by week."""
    left = problem.capacity.copy()
    for at in range(len(problem)):
        assert mode[at] in problem.modes(at)
        assert start[at] >= problem.release[at]
        for before, lag in problem.predecessors(at):
            assert start[at] >= start[before] + problem.duration[mode[before]] + lag
        if problem.closed_row[at] >= 0:
            assert not problem.closed[problem.closed_row[at]][start[at] + problem.watch[mode[at]]]
        for offset, weeks, demand in problem.segments(int(mode[at])):
            for week in range(start[at] + offset, start[at] + offset + weeks):
                for resource, amount in demand.items():
                    left[resource][problem.slot[resource][week]] -= amount
    assert (left >= 0).all()


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000))
def test_any_greedy_schedule_keeps_every_constraint_and_nothing_waits_that_need_not(seed: int) -> None:
    problem = random_problem(seed)
    result = solve(problem, effort=GREEDY)
    check(problem, result.start, result.mode)
    assert result.lower_bound <= result.objective == problem.objective(result.start, result.mode)


@pytest.mark.parametrize("seed", range(4))
def test_the_exact_solver_keeps_them_too_and_is_never_worse_than_the_greedy_start(seed: int) -> None:
    problem = random_problem(seed)
    result = solve(problem, effort=EXACT)
    check(problem, result.start, result.mode)
    assert result.lower_bound <= result.objective <= result.greedy
    assert result.status in (Status.OPTIMAL, Status.FEASIBLE)


def test_a_proven_optimum_is_that_of_trying_everything() -> None:
    draft = Draft(30)
    role = draft.add_renewable("r", [2])
    for at, (weeks, amount) in enumerate([(3, 1), (2, 2), (4, 1), (1, 2)]):
        draft.add_activity(f"n{at}")
        draft.add_mode(Segment(weeks, {role: amount}))
    problem = draft.problem()
    best = min(
        problem.objective(*Kernel(problem, compiled=False).schedule(np.array(order))[:2])
        for order in __import__("itertools").permutations(range(4))
    )
    result = solve(problem, effort=EXACT)
    assert (result.objective, result.status, result.gap) == (best, Status.OPTIMAL, 0.0)


def test_stocks_choose_the_mode() -> None:
    draft = Draft(30)
    stock = draft.add_stock(3)
    for name in ("x", "y"):
        draft.add_activity(name)
        draft.add_mode(Segment(1), spend={stock: 3})
        draft.add_mode(Segment(4), spend={stock: 0})
    result = solve(draft.problem(), effort=EXACT)
    assert result.status is Status.OPTIMAL and result.objective == 4


def test_a_deadline_that_cannot_be_kept_is_proven_impossible() -> None:
    draft = Draft(30)
    role = draft.add_renewable("r", [1])
    for name in ("x", "y"):
        draft.add_activity(name, deadline=5)
        draft.add_mode(Segment(3, {role: 1}))
    assert solve(draft.problem(), effort=EXACT).status is Status.INFEASIBLE
    assert solve(draft.problem(), effort=GREEDY).status is Status.UNKNOWN


@pytest.mark.parametrize("seed", range(3))
def test_compiled_or_not_the_schedule_is_the_same(seed: int) -> None:
    pytest.importorskip("numba")
    problem = random_problem(seed, size=60, weeks=600)
    priority = np.random.default_rng(seed).permutation(60)
    plain, fast = (Kernel(problem, compiled=compiled).schedule(priority) for compiled in (False, True))
    assert plain[0].tolist() == fast[0].tolist() and plain[1].tolist() == fast[1].tolist()


HASHED = """
import hashlib
from tests.test_schedule_solver import EXACT, random_problem, solve
made = solve(random_problem(7), effort=EXACT)
print(hashlib.sha256(made.start.tobytes() + made.mode.tobytes()).hexdigest(), made.lower_bound)
"""


@pytest.mark.slow
def test_every_run_gives_the_same_bytes() -> None:
    made = solve(random_problem(7), effort=EXACT)
    here = f"{hashlib.sha256(made.start.tobytes() + made.mode.tobytes()).hexdigest()} {made.lower_bound}"
    for _ in range(2):
        there = subprocess.run(
            [sys.executable, "-c", HASHED],
            cwd=REPOSITORY,
            env=run_environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert there.stdout.strip() == here


def chain(size: int, weeks: int) -> Problem:
    """Each of one week after the other."""
    draft = Draft(weeks)
    role = draft.add_renewable("r", [1])
    for at in range(size):
        draft.add_activity(f"n{at}")
        draft.add_mode(Segment(1, {role: 1}))
        if at:
            draft.add_before(at - 1, at)
    return draft.problem()


def test_a_chain_of_five_thousand_is_placed_or_named() -> None:
    result = solve(chain(5000, 5000), effort=GREEDY)
    assert result.objective == result.lower_bound == 5000 and result.status is Status.OPTIMAL
    with pytest.raises(Unplaceable) as refused:
        solve(chain(5000, 4000), effort=GREEDY)
    assert refused.value.activity == 4000


@pytest.mark.slow
def test_a_hub_of_ten_thousand_is_placed() -> None:
    draft = Draft(2000)
    role = draft.add_renewable("r", [10])
    for at in range(10_001):
        draft.add_activity(f"n{at}")
        draft.add_mode(Segment(1, {role: 1}))
        if at:
            draft.add_before(0, at)
    problem = draft.problem()
    result = solve(problem, effort=GREEDY)
    assert result.objective == 1001


def test_a_circle_is_named() -> None:
    problem = chain(5, 20)
    draft = Draft(20)
    for at in range(4):
        draft.add_activity(f"n{at}")
        draft.add_mode(Segment(1))
    for before, after in ((0, 1), (1, 2), (2, 1), (2, 3)):
        draft.add_before(before, after)
    with pytest.raises(Circle) as refused:
        solve(draft.problem())
    assert refused.value.activities == [1, 2, 3]
    assert len(topological(problem)) == 5


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_order_and_critical_path_are_those_of_networkx(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 25))
    lengths = data.draw(st.lists(st.integers(1, 9), min_size=size, max_size=size))
    pairs = data.draw(st.sets(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=60))
    edges = [(before, after) for before, after in sorted(pairs) if before < after]
    draft = Draft(400)
    graph = nx.DiGraph()
    for at, weeks in enumerate(lengths):
        draft.add_activity(f"n{at}")
        draft.add_mode(Segment(weeks))
        graph.add_node(at)
    for before, after in edges:
        draft.add_before(before, after)
        graph.add_edge(before, after, weight=lengths[before])
    problem = draft.problem()
    order = topological(problem)
    assert order == list(nx.lexicographical_topological_sort(graph))
    ends = earliest_ends(problem, order)
    for at in range(size):
        into = [nx.dag_longest_path_length(graph.subgraph(nx.ancestors(graph, at) | {at})), 0]
        assert ends[at] == max(into) + lengths[at]
    longest = max(ends)
    assert max(tails(problem, order)) == longest == solve(problem, effort=GREEDY).objective


def test_the_model_takes_a_schedule_of_the_kernel_as_it_is() -> None:
    problem = random_problem(3)
    first = solve(problem, effort=GREEDY)
    fixed = replace(problem, release=first.start.copy(), deadline=np.full(len(problem), NEVER, dtype=np.int64))
    model = Model(fixed, problem.weeks)
    for at in range(len(problem)):
        model.model.add(model.start[at] == int(first.start[at]))
        if len(problem.modes(at)) > 1:
            model.model.add(model.present[int(first.mode[at])] == 1)
    found = model.solve(1.0)
    assert found.status == "optimal" and found.lower_bound == first.objective
    assert isinstance(first, SolveResult)
