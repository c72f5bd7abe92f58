"""The schedule on synthetic portfolios and on published instances: quality, bound and CPU seconds.

    python -m benchmarks.schedule [--sizes 1000 10000 100000] [--kind j120 --all] [--seconds 20]

Published instances (PSPLIB, MMLIB) are looked for in the folder that FARDPLAN_INSTANCES names, or in ../shared/data;
without them, and without PyJobShop, that part says so. Best known values are read from `bks.csv` beside the instances
(columns: instance, bks). Portfolios are drawn with three seeds, and the median is printed.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks.portfolios import portfolio
from benchmarks.project_files import find, folders, read_project
from planner.schedule.bounds import resource_end
from planner.schedule.exact import Model
from planner.schedule.kernel import Kernel
from planner.schedule.priority import earliest_ends, topological
from planner.schedule.problem import Problem
from planner.schedule.solve import Effort, solve

SEEDS = (1, 2, 3)


def kernel_seconds(problem: Problem, compiled: bool) -> float:
    """CPU seconds of one schedule, after a first one that loads and compiles."""
    kernel = Kernel(problem, compiled=compiled)
    priority = np.arange(len(problem))
    kernel.schedule(priority)
    began = time.process_time()
    kernel.schedule(priority)
    return time.process_time() - began


def portfolios(sizes: list[int]) -> None:
    """Kernel and solver on synthetic portfolios."""
    print("activities  kernel s (python)  kernel s (numba)  solve s  end over bound %  against greedy %  late")
    for size in sizes:
        rows = [_portfolio(size, seed) for seed in SEEDS]
        median = [statistics.median(column) for column in zip(*rows, strict=True)]
        print(f"{size:10d}" + "".join(f"{value:18.3f}" for value in median))


def _portfolio(size: int, seed: int) -> tuple[float, ...]:
    problem = portfolio(size, seed)
    plain = kernel_seconds(problem, compiled=False)
    fast = kernel_seconds(problem, compiled=True)
    began = time.process_time()
    result = solve(problem, effort=Effort(exact_up_to=400, exact_work=0.05, placements=15_000))
    seconds = time.process_time() - began
    ends = problem.ends(result.start, result.mode)
    late = int(((ends > problem.due) & (problem.late_weight >= 1000)).sum())
    # The bound on the end of everything: the longest chain, or the work of the fullest team.
    least = max(int(earliest_ends(problem, topological(problem)).max()), resource_end(problem))
    over = 100 * (int(ends.max()) / least - 1)
    return plain, fast, seconds, over, 100 * (result.objective / result.greedy - 1), late


def published(kind: str, limit: int | None, seconds: float) -> None:
    """Published instances, against CP-SAT from nothing and PyJobShop."""
    paths = find(kind, limit)
    if not paths:
        print(f"{kind}: no instances in {', '.join(str(folder.name) for folder in folders())}: not measured")
        return
    best = _best_known(paths)
    print("instance  ours  bound  status  CPU s  CP-SAT cold  PyJobShop  best known")
    for path in paths:
        problem = read_project(path.read_text(encoding="latin-1"))
        began = time.process_time()
        result = solve(problem, effort=Effort(exact_up_to=10_000, placements=50_000, seconds=seconds))
        spent = time.process_time() - began
        cold = Model(problem, problem.weeks).solve(0, seconds)
        alone = "-" if cold.start is None or cold.mode is None else problem.objective(cold.start, cold.mode)
        print(path.stem, result.objective, result.lower_bound, result.status, f"{spent:.1f}", alone,
              _peer(problem, seconds), best.get(path.stem, "-"))  # fmt: skip


def _best_known(paths: list[Path]) -> dict[str, int]:
    files = sorted({path.parent / "bks.csv" for path in paths} | {folder / "bks.csv" for folder in folders()})
    known: dict[str, int] = {}
    for file in (file for file in files if file.is_file()):
        with file.open(encoding="utf-8", newline="") as lines:
            known |= {Path(row["instance"]).stem: int(row["bks"]) for row in csv.DictReader(lines)}
    return known


def _peer(problem: Problem, seconds: float) -> object:
    """Makespan that PyJobShop finds in the same time; renewable resources and stocks only, as in the libraries."""
    try:
        from pyjobshop import Model as Peer
    except ImportError:
        return "not installed"
    peer = Peer()
    limits = [*problem.capacity[:, 0].tolist()]
    resources = [peer.add_renewable(capacity=limit) for limit in limits]
    stocks = [peer.add_non_renewable(capacity=limit) for limit in problem.stock.tolist()]
    tasks = [peer.add_task() for _ in range(len(problem))]
    for at, task in enumerate(tasks):
        for mode in problem.modes(at):
            used = {resource: amount for _, _, d in problem.segments(mode) for resource, amount in d.items()}
            demands = [used.get(resource, 0) for resource in range(len(resources))] + problem.spend[mode].tolist()
            peer.add_mode(task, [*resources, *stocks], duration=int(problem.duration[mode]), demands=demands)
        for before, _ in problem.predecessors(at):
            peer.add_end_before_start(tasks[before], task)
    return int(peer.solve(time_limit=seconds, display=False, num_workers=1).objective)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1000, 10_000, 100_000])
    parser.add_argument("--kind", nargs="*", default=["j120", "J50", "J100"])
    parser.add_argument("--all", action="store_true", help="all instances, not twenty of a kind")
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    portfolios(given.sizes)
    for kind in given.kind:
        published(kind, None if given.all else 20, given.seconds)


if __name__ == "__main__":
    main()
