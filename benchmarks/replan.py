"""A re-plan after one change on synthetic portfolios: seconds, and how much moves, against planning anew.

    python -m benchmarks.replan [--sizes 1000 10000]

A portfolio is placed, one activity in the middle takes twice as long, and the schedule is made again: by repair, and
without regard to the one before. Dates are half a year after where the work ended, if they are not later anyway. Up to
400 activities it is searched ten times as long, too, to say how few there can be.
Prints medians of three seeds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace

import numpy as np

from benchmarks.portfolios import PHASES, portfolio
from planner.schedule.anchor import Anchors
from planner.schedule.priority import topological
from planner.schedule.problem import Problem
from planner.schedule.repair import repair
from planner.schedule.solve import Effort, solve
from planner.schedule.steady import steady

SEEDS = (1, 2, 3)
SLACK_WEEKS = 26
EFFORT = Effort(exact_up_to=400, exact_work=0.05, placements=15_000)


def changed(problem: Problem, at: int) -> Problem:
    """The problem with an activity that takes twice as long."""
    first, last = int(problem.mode_at[at]), int(problem.mode_at[at + 1])
    weeks, duration, watch = problem.segment_weeks.copy(), problem.duration.copy(), problem.watch.copy()
    for mode in range(first, last):
        segment = int(problem.segment_at[mode])
        duration[mode] += weeks[segment]
        weeks[segment] *= 2
    return replace(problem, segment_weeks=weeks, duration=duration, watch=watch)


def one(size: int, seed: int) -> tuple[float, ...]:
    """CPU seconds of a repair, groups moved by it, by the whole search, by the exact solver at length, and anew."""
    before = portfolio(size, seed)
    placed = solve(before, effort=EFFORT)
    unit = np.arange(len(before)) // PHASES
    anchors = Anchors(
        placed.start, before.watch[placed.mode] + 1, unit, np.ones(int(unit[-1]) + 1, dtype=np.int64),
        np.maximum(before.due, before.ends(placed.start, placed.mode)) + SLACK_WEEKS,
    )  # fmt: skip
    problem = changed(before, len(before) // 2 // PHASES * PHASES + 2)
    anew = solve(problem, effort=EFFORT)
    order = topological(problem)
    began = time.process_time()
    repaired = repair(problem, order, anchors)
    seconds = time.process_time() - began
    least = float("nan")
    kept = steady(problem, anchors, anew, EFFORT).kept
    if size <= EFFORT.exact_up_to:
        best = steady(problem, anchors, anew, replace(EFFORT, exact_work=0.5)).kept
        least = float(anchors.moved(best.start).sum())
    moved = [float(anchors.moved(start).sum()) for start in (repaired[0], kept.start, anew.start)]
    return seconds, moved[0], moved[1], least, moved[2], float(len(anchors.weight))


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[300, 1000, 10_000])
    given = parser.parse_args()
    print("activities  repair CPU s  moved: repair, kept, at least, anew  groups")
    for size in given.sizes:
        rows = [one(size, seed) for seed in SEEDS]
        print(f"{size:10d}" + "".join(f"{statistics.median(column):12.3f}" for column in zip(*rows, strict=True)))


if __name__ == "__main__":
    main()
