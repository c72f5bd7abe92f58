"""The schedule on synthetic portfolios and on published instances: quality, bound and CPU seconds.

    python -m benchmarks.schedule [--sizes 1000 10000 100000] [--kind j120 --all] [--seconds 20]

Published instances (PSPLIB and MMLIB as .sm and .mm, the RG300 and other sets in Patterson's format as .rcp) are
looked for, in it and below, in the folder that FARDPLAN_INSTANCES names, or in ../shared/data; `--kind` is how their
names begin. The sets are their authors' to give away: PSPLIB is on the pages of TU Muenchen, MMLIB and RG300 on those
of the OR&S group in Ghent; the source package `psplib` of the Python package index holds one instance of each of
several formats, which is enough to see that everything runs. Best known values are read from `bks.csv` beside the
instances (columns: instance, bks). To compare with PyJobShop, install it beside the project (`pip install pyjobshop`;
it is no dependency); without instances or without it that part says so. Everything is run with three seeds, and the
median is printed.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.portfolios import portfolio
from benchmarks.project_files import find, folders, read_instance
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
    """Published instances, against CP-SAT from nothing and PyJobShop: medians of three seeds."""
    paths = find(kind, limit)
    if not paths:
        print(f"{kind}: no instances in {', '.join(str(folder.name) for folder in folders())}: not measured")
        return
    best = _best_known(paths)
    print(
        "instance  ours  greedy  bound  over bound %  over best known %  CPU s  CP-SAT cold (CPU s)  PyJobShop (CPU s)"
    )
    for path in paths:
        problem = read_instance(path)
        ours = [_ours(problem, seconds, seed) for seed in SEEDS]
        cold = [_timed(partial(_cold, problem, seconds, seed)) for seed in SEEDS]
        peer = [_timed(partial(_peer, problem, seconds, seed)) for seed in SEEDS]
        objective, greedy, bound, spent = (statistics.median(column) for column in zip(*ours, strict=True))
        known = best.get(path.stem)
        print(f"{path.stem}  {objective:g}  {greedy:g}  {bound:g}  {100 * (objective / bound - 1):.2f}  "
              f"{'-' if known is None else f'{100 * (objective / known - 1):.2f}'}  {spent:.1f}  "
              f"{_median(cold)}  {_median(peer)}")  # fmt: skip


def _ours(problem: Problem, seconds: float, seed: int) -> tuple[int, int, int, float]:
    began = time.process_time()
    result = solve(problem, effort=Effort(exact_up_to=10_000, placements=50_000, seconds=seconds, seed=seed))
    return result.objective, result.greedy, result.lower_bound, time.process_time() - began


def _cold(problem: Problem, seconds: float, seed: int) -> int | None:
    found = Model(problem, problem.weeks).solve(0, seconds, seed)
    return None if found.start is None or found.mode is None else problem.objective(found.start, found.mode)


def _timed(run: Callable[[], int | None]) -> tuple[int | None, float]:
    began = time.process_time()
    return run(), time.process_time() - began


def _median(runs: list[tuple[int | None, float]]) -> str:
    """Median of the seeds that found a schedule, and of the CPU seconds; how many found none."""
    found = [objective for objective, _ in runs if objective is not None]
    spent = statistics.median(seconds for _, seconds in runs)
    if not found:
        return f"none ({spent:.1f})"
    without = f", {len(runs) - len(found)} of {len(runs)} without" if len(found) < len(runs) else ""
    return f"{statistics.median(found):g} ({spent:.1f}{without})"


def _best_known(paths: list[Path]) -> dict[str, int]:
    files = sorted({path.parent / "bks.csv" for path in paths} | {folder / "bks.csv" for folder in folders()})
    known: dict[str, int] = {}
    for file in (file for file in files if file.is_file()):
        with file.open(encoding="utf-8", newline="") as lines:
            known |= {Path(row["instance"]).stem: int(row["bks"]) for row in csv.DictReader(lines)}
    return known


def _peer(problem: Problem, seconds: float, seed: int) -> int | None:
    """Makespan that PyJobShop finds in the same time; renewable resources and stocks only, as in the libraries.

    None where it finds none or is not installed.
    """
    try:
        from pyjobshop import Model as Peer
    except ImportError:
        return None
    peer = Peer()
    limits = [*problem.capacity[:, 0].tolist()]
    resources = [peer.add_renewable(capacity=limit) for limit in limits]
    # Called non-renewable in its first versions.
    add_stock = getattr(peer, "add_consumable", None) or peer.add_non_renewable
    stocks = [add_stock(capacity=limit) for limit in problem.stock.tolist()]
    tasks = [peer.add_task() for _ in range(len(problem))]
    for at, task in enumerate(tasks):
        for mode in problem.modes(at):
            used = {resource: amount for _, _, d in problem.segments(mode) for resource, amount in d.items()}
            demands = [used.get(resource, 0) for resource in range(len(resources))] + problem.spend[mode].tolist()
            peer.add_mode(task, [*resources, *stocks], duration=int(problem.duration[mode]), demands=demands)
        for before, _ in problem.predecessors(at):
            peer.add_end_before_start(tasks[before], task)
    result = peer.solve(time_limit=seconds, display=False, num_workers=1, random_seed=seed)
    return int(result.objective) if result.best.tasks else None


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
