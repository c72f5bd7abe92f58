"""Readers of the scheduling libraries' files, on instances of our own in their layout, written by our own writer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.project_files import find, read_instance, read_patterson, read_project, write_project
from planner.schedule.problem import Draft, Problem, Segment
from planner.schedule.result import Status
from planner.schedule.solve import Effort, solve


def instance(seed: int, jobs: int = 8, modes: int = 3) -> Problem:
    """A multi-mode instance with a dummy start and end, two renewable resources and two stocks."""
    rng = np.random.default_rng(seed)
    draft = Draft(100)
    for _ in range(2):
        draft.add_renewable("R", [10])
    stocks = [draft.add_stock(4 * jobs) for _ in range(2)]
    for at in range(jobs + 2):
        draft.add_activity(str(at + 1))
        if at in (0, jobs + 1):
            draft.add_mode(Segment(0), spend=dict.fromkeys(stocks, 0))
            continue
        for _ in range(modes):
            spend = {stock: int(rng.integers(0, 5)) for stock in stocks}
            draft.add_mode(
                Segment(int(rng.integers(1, 9)), {0: int(rng.integers(0, 9)), 1: int(rng.integers(0, 9))}), spend=spend
            )
        draft.add_before(0 if at < 3 else int(rng.integers(1, at)), at)
    for at in range(1, jobs + 1):
        draft.add_before(at, jobs + 1)
    return draft.problem()


@pytest.mark.parametrize("seed", range(3))
def test_what_is_written_is_read_back(seed: int) -> None:
    problem = instance(seed)
    read = read_project(write_project(problem))
    for name in ("duration", "spend", "stock", "demand", "demand_of", "before", "before_at", "mode_at", "capacity"):
        assert np.array_equal(getattr(read, name), getattr(problem, name)), name


def test_a_read_instance_is_solved_to_its_optimum() -> None:
    result = solve(read_project(write_project(instance(5, jobs=6))), effort=Effort(placements=500, exact_work=0.5))
    assert result.status is Status.OPTIMAL and result.gap == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("PRECEDENCE", "PRECEDING", "no section"),
        ("- renewable", "- renewabel", "nothing like"),
        ("nonrenewable              :  2", "nonrenewable              :  1", "limits"),
    ],
)
def test_a_damaged_file_says_what_is_wrong(old: str, new: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_project(write_project(instance(1)).replace(old, new))


def test_instances_are_found_evenly_and_missing_ones_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARDPLAN_INSTANCES", str(tmp_path))
    assert find("j120") == []
    for at in range(30):
        (tmp_path / f"j120{at:02d}.sm").write_text("", encoding="utf-8")
    assert [path.name for path in find("j120", 3)] == ["j12000.sm", "j12010.sm", "j12020.sm"]


def test_the_layout_of_the_larger_library_is_read() -> None:
    """MMLIB+ has no line of its horizon, a blank in the last title, tabs, and no stars at the end."""
    problem = instance(2)
    plain = write_project(problem)
    other = "\n".join(line for line in plain.splitlines() if not line.startswith("horizon"))
    other = (
        other.replace("RESOURCEAVAILABILITIES:", "\n RESOURCE AVAILABILITIES ").rstrip("*\n").replace("  ", "\t") + "\n"
    )
    read = read_project(other)
    for name in ("duration", "spend", "stock", "demand", "before", "mode_at"):
        assert np.array_equal(getattr(read, name), getattr(problem, name)), name
    longest = sum(max(problem.duration[mode] for mode in problem.modes(at)) for at in range(len(problem)))
    assert read.weeks == longest


# Three activities and a dummy end in Patterson's format, one of them broken over two lines.
PATTERSON = """4 2
5 3

0 0 0 2 2
3
4 2 1 1 4
3 5 0 1 4
0 0 0 0
"""


def test_pattersons_format_is_read(tmp_path: Path) -> None:
    path = tmp_path / "RG1.rcp"
    path.write_text(PATTERSON, encoding="ascii")
    problem = read_instance(path)
    assert problem.capacity[:, 0].tolist() == [5, 3] and problem.duration.tolist() == [0, 4, 3, 0]
    assert [problem.predecessors(at) for at in range(4)] == [[], [(0, 0)], [(0, 0)], [(1, 0), (2, 0)]]
    assert solve(problem, effort=Effort(placements=100, exact_work=0.5)).objective == 7


@pytest.mark.parametrize(("text", "said"), [(PATTERSON + "1 2\n", "2 numbers more"), (PATTERSON[:-9], "ends after")])
def test_a_file_in_another_format_is_not_taken_for_pattersons(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_patterson(text)
