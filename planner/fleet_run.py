"""Plans many cases, each in a process of its own: what goes wrong with one is told, and never stops the others."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from planner.errors import CaseError, PlannerError
from planner.fleet import fleet_report, read_fleet
from planner.pipeline import plan, plan_tables
from planner.policy import load_policy
from planner.render.fleet import fleet_files
from planner.texts import load_texts

KILLED = "the process that planned it was killed; memory may have run out"
Said = Callable[[int, int, "CaseRun"], None]


@dataclass(frozen=True)
class CaseRun:
    """What came of one case: the folder of its plan, or the problem."""

    case: str
    folder: Path | None
    problem: str | None


def find_cases(folder: Path) -> dict[str, Path]:
    """Cases in the folders of a folder, by name.

    Raises
    ------
    CaseError
        There are none.
    """
    found = {path.parent.name: path.parent for path in sorted(folder.glob("*/case.yaml"))}
    if not found:
        raise CaseError("no folder in it has a case.yaml", place=str(folder), remedy="Give a folder of cases.")
    return found


def plan_one(case: str, folder: Path, out: Path, with_documents: bool = True) -> CaseRun:
    """Plan one case of many and say what came of it; raises nothing, so that one never stops the others."""
    try:
        made = plan(folder, out).folder if with_documents else plan_tables(folder, out)
    except PlannerError as reason:
        return CaseRun(case, None, str(reason))
    except Exception as fault:
        # A fault of ours in one case of hundreds: told with its kind, and the others go on.
        return CaseRun(case, None, f"a fault of the planner ({type(fault).__name__}: {fault}); report it with the case")
    return CaseRun(case, made, None)


def plan_all(
    cases: Mapping[str, Path],
    out: Path,
    workers: int | None = None,
    with_documents: bool = True,
    said: Said | None = None,
) -> list[CaseRun]:
    """Plan cases into folders of `out` in processes, as many at a time as there are processors.

    Parameters
    ----------
    cases
        Folders by name.
    out
        Each plan is written to the folder of the case's name in it.
    workers, with_documents
        Processes at a time; whether to render documents and search exactly, which is half of the work.
    said
        Told after each case: how many are done, of how many, and what came of it.

    Returns
    -------
    What came of each, by name.
    """
    done: dict[str, CaseRun] = {}
    for run in _runs(cases, out, max(1, workers or os.cpu_count() or 1), with_documents):
        done[run.case] = run
        if said:
            said(len(done), len(cases), run)
    return [done[case] for case in sorted(done)]


def _runs(cases: Mapping[str, Path], out: Path, workers: int, with_documents: bool) -> Iterator[CaseRun]:
    """Runs as they end. A process that is killed takes its pool with it: what was left is planned one by one."""
    left = dict(cases)
    with _pool(min(workers, len(cases))) as pool:
        for run in _ended(pool, cases, out, with_documents):
            del left[run.case]
            yield run
    for case, folder in left.items():
        with _pool(1) as alone:
            yield next(_ended(alone, {case: folder}, out, with_documents), CaseRun(case, None, KILLED))


def _pool(workers: int) -> ProcessPoolExecutor:
    # The planner is loaded once, in the process from which all others are forked.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return ProcessPoolExecutor(workers, mp_context=context)


def _ended(pool: Executor, cases: Mapping[str, Path], out: Path, with_documents: bool) -> Iterator[CaseRun]:
    """Runs as they end, but for those that a broken pool did not end."""
    coming: list[Future[CaseRun]] = []
    with suppress(BrokenProcessPool):
        for case, folder in cases.items():
            coming.append(pool.submit(plan_one, case, folder, out / case, with_documents))
    for future in as_completed(coming):
        try:
            yield future.result()
        except BrokenProcessPool:
            continue


def write_report(runs: Sequence[CaseRun], out: Path, language: str) -> list[Path]:
    """Write the fleet report of some runs beside their plans; a file is replaced in one step."""
    plans = {run.case: run.folder for run in runs if run.folder}
    fleet = read_fleet(plans, {run.case: str(run.problem) for run in runs if not run.folder})
    report = fleet_report(fleet, load_policy().overlaps.legal_forms)
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in fleet_files(report, load_texts(language)).items():
        fresh = out / f".{name}.new-{os.getpid()}"
        fresh.write_bytes(content)
        written.append(fresh.replace(out / name))
    return written
