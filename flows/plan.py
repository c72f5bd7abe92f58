"""The flow `plan_roadmap`: one case, from its files to its documents, step by step as tasks.

Run it without any server set up: ``python -m flows.plan CASE [--out DIR] [--lang sv|en]``.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from prefect import flow, get_run_logger, task
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE

from flows.decided import tell_of_decided
from planner.errors import PlanMoved, PlannerError
from planner.origins import fetch, slug_of
from planner.pipeline import STEPS, Call, Outcome, plan
from planner.render.markdown import render_changes

Result = TypeVar("Result")
# Runs of one case that began at the same time: each of them can be overtaken by the others once.
MOST_TRIES = 4


class _NoCode(logging.Filter):
    """What a person can mend is the state of the run, in one line: no fault with lines of code."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], PlannerError))


for _name in ("prefect.flow_runs", "prefect.task_runs"):
    logging.getLogger(_name).addFilter(_NoCode())


def _run_name() -> str:
    from prefect.runtime import flow_run

    given = flow_run.parameters
    return f"{Path(str(given['case'])).name} {given.get('plan_date') or ''}".strip()


@flow(name="plan_roadmap", flow_run_name=_run_name, persist_result=False)
def plan_roadmap(
    case: str,
    out: str | None = None,
    language: str | None = None,
    audience: str = "intern",
    plan_date: date | None = None,
    store: str = ".fardplan",
    notify: str | None = None,
) -> str:
    """Plan one case.

    Parameters
    ----------
    case, out
        Where the case lives (a folder, `git+PATH` or `s3://bucket/prefix`) and its plan folder: a table is never a
        parameter of a flow or a task. The case is read when the run starts, whatever the event that started it said.
    language, audience, plan_date
        As for the command line.
    store
        Folder into which a case from S3 is copied.
    notify
        Notification block that is told when the plan moves what was decided, as type/name.

    Returns
    -------
    The plan folder.
    """
    name = slug_of(Path(case).name)

    def planned() -> Outcome:
        return plan(
            fetch(case, Path(store)),
            Path(out) if out else None,
            language=language,
            audience=audience,
            plan_date=plan_date,
            call=_caller(name),
        )

    made = _until_current(planned)
    _show(made, name)
    tell_of_decided(made, name, notify)
    get_run_logger().info("%s: %s", made.folder, made.view.conclusion)
    return str(made.folder)


def _until_current(planned: Callable[[], Outcome]) -> Outcome:
    """Plan, and again where another run made a plan of the case meanwhile: a change that came late is not lost."""
    for _ in range(MOST_TRIES - 1):
        try:
            return planned()
        except PlanMoved as reason:
            get_run_logger().info("%s", reason)
    return planned()


def _caller(name: str) -> Call:
    """Makes every step a task, and shows how many are done."""
    progress = create_progress_artifact(0.0, key=f"{name}-progress", description="Steps of the plan")
    done: list[str] = []

    def call(name: str, step: Callable[[], Result]) -> Result:
        run: Any = task(name=name, task_run_name=name, cache_policy=NO_CACHE, persist_result=False)(step)
        result: Result = run()
        done.append(name)
        if isinstance(progress, UUID):
            update_progress_artifact(progress, round(100 * len(done) / len(STEPS), 1))
        return result

    return call


def _show(made: Outcome, name: str) -> None:
    """The plan on Prefect's own pages: its page one, what differs from the plan before, and where it lies.

    No tables: Prefect cuts off what does not fit into a column, which would be the causes.
    """
    summary = (made.folder / "roadmap.md").read_text(encoding="utf-8").split("\n## ", 1)[0]
    create_markdown_artifact(summary, key=f"{name}-summary", description=made.view.conclusion)
    if (changes := made.view.changes) is not None:
        told = f"{changes.old_id} → {changes.new_id}"
        create_markdown_artifact(render_changes(made.view), key=f"{name}-diff", description=told)
    page = (made.folder / "roadmap.html").resolve()
    # Browsers open no file from a page of a server: the path is there to be copied.
    create_link_artifact(page.as_uri(), key=f"{name}-roadmap", link_text="roadmap.html", description=f"`{page}`")


def main(arguments: list[str] | None = None) -> int:
    """Run the flow from the command line; exit codes as `fardplan plan`."""
    parser = argparse.ArgumentParser(prog="python -m flows.plan", description="Plan one case as a Prefect flow.")
    parser.add_argument("case", help="folder of the case")
    parser.add_argument("--out", help="plan folder; CASE/plan by default")
    parser.add_argument("--lang", choices=["sv", "en"])
    parser.add_argument("--audience", choices=["intern", "offentlig"], default="intern")
    parser.add_argument("--date", type=date.fromisoformat, help="plan as of this day")
    given = parser.parse_args(arguments)
    try:
        folder = Path(plan_roadmap(given.case, given.out, given.lang, given.audience, given.date))
    except PlannerError as reason:
        print(f"fardplan: {reason}", file=sys.stderr)
        return 2
    print(folder)
    about = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return 1 if about["findings"]["error"] else 0


if __name__ == "__main__":
    sys.exit(main())
