"""The flow `plan_fleet`: many organisations side by side, one task each, and the report that compares them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner

from planner.errors import PlannerError
from planner.fleet_run import CaseRun, find_cases, plan_one, write_report

AT_A_TIME = 2
LOCAL = "local"


@flow(name="plan_fleet", persist_result=False, retries=0)
def plan_fleet(
    cases: str,
    out: str,
    language: str = "sv",
    scheduler: str | None = None,
    at_a_time: int = AT_A_TIME,
    tables_only: bool = False,
) -> list[str]:
    """Plan every case in the folders of a folder.

    The planner is bound by the processor: threads only spare memory and start at once, and do not make it faster. A
    Dask scheduler gives each task a process of its own, on this machine or on others that see the same folders.

    Parameters
    ----------
    cases, out
        Folder of cases; folder for their plans and the report.
    language
        Of the report.
    scheduler
        Address of a Dask scheduler, `tcp://host:8786`; `local` for a cluster of this machine that ends with the run;
        threads of this process by default.
    at_a_time
        Threads, or processes of a local cluster; a cluster of others has its own number.
    tables_only
        Leave out each case's documents, a quarter to a half of the work: the report needs none of them.

    Returns
    -------
    Files of the report.
    """
    runs = _plan_cases.with_options(task_runner=_runner(scheduler, at_a_time))(cases, out, tables_only)
    for run in runs:
        if run.problem:
            get_run_logger().warning("%s: %s", run.case, run.problem)
    written = write_report(runs, Path(out), language)
    page = next(path for path in written if path.suffix == ".md")
    create_markdown_artifact(page.read_text(encoding="utf-8"), key="fleet-report")
    return [str(path) for path in written]


@flow(name="plan_cases", persist_result=False, retries=0)
def _plan_cases(cases: str, out: str, tables_only: bool) -> list[CaseRun]:
    found = find_cases(Path(cases))
    coming = [plan_case.submit(case, str(folder), str(Path(out) / case), tables_only) for case, folder in found.items()]
    return [_ended(case, future) for case, future in zip(found, coming, strict=True)]


@task(name="plan_case", task_run_name="{case}", cache_policy=NO_CACHE, persist_result=False, retries=0)
def plan_case(case: str, folder: str, out: str, tables_only: bool) -> CaseRun:
    """Plan one case; what comes back is the path of its plan, or what is wrong with it."""
    return plan_one(case, Path(folder), Path(out), not tables_only)


def _ended(case: str, future: Any) -> CaseRun:
    state = future.wait() or future.state
    if state.is_completed():
        run: CaseRun = future.result()
        return run
    # A worker that was killed, for instance: the others' plans are not lost by it.
    return CaseRun(case, None, f"the task did not end as it should ({state.name}: {state.message})")


def _runner(scheduler: str | None, at_a_time: int) -> Any:
    if scheduler is None:
        return ThreadPoolTaskRunner(max_workers=at_a_time)
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError:
        raise PlannerError(
            "Dask is not installed", place="scheduler", value=scheduler, remedy="Install the extra: fardplan[dask]."
        ) from None
    if scheduler == LOCAL:
        # A thread in each: the planner is bound by the processor, and threads of one process share one.
        return DaskTaskRunner(
            cluster_kwargs={"n_workers": at_a_time, "threads_per_worker": 1, "dashboard_address": None}
        )
    return DaskTaskRunner(address=scheduler)
