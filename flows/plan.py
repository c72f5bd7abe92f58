"""The flow `plan_roadmap`: one case, from its files to its documents, step by step as tasks.

Run it without any server set up: ``python -m flows.plan CASE [--out DIR] [--lang sv|en]``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from prefect import flow, task
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE

from flows.decided import tell_of_decided
from planner.errors import PlannerError
from planner.origins import fetch, slug_of
from planner.pipeline import STEPS, Outcome, plan
from planner.view.model.changes import Changes

Result = TypeVar("Result")


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
    progress = create_progress_artifact(0.0, key=f"{name}-progress", description="Steps of the plan")
    done: list[str] = []

    def call(name: str, step: Callable[[], Result]) -> Result:
        result = task(name=name, task_run_name=name, cache_policy=NO_CACHE, persist_result=False)(step)()
        done.append(name)
        if isinstance(progress, UUID):
            update_progress_artifact(progress, round(100 * len(done) / len(STEPS), 1))
        return result

    made = plan(
        fetch(case, Path(store)),
        Path(out) if out else None,
        language=language,
        audience=audience,
        plan_date=plan_date,
        call=call,
    )
    _show(made, name)
    tell_of_decided(made, name, notify)
    return str(made.folder)


def _show(made: Outcome, name: str) -> None:
    """The plan on Prefect's own pages: its page one, what differs from the plan before, and where it lies."""
    summary = (made.folder / "roadmap.md").read_text(encoding="utf-8").split("\n## ", 1)[0]
    create_markdown_artifact(summary, key=f"{name}-summary", description=made.view.conclusion)
    changes = made.view.changes
    if changes is not None:
        create_table_artifact(_changed(changes), key=f"{name}-diff", description=f"{changes.old_id} - {changes.new_id}")
    create_link_artifact(
        (made.folder / "roadmap.html").resolve().as_uri(), key=f"{name}-roadmap", link_text="roadmap.html"
    )


def _changed(changes: Changes) -> list[dict[str, str]]:
    sums = [
        {"what": item.label, "system": "", "before": _text(item.before), "after": _text(item.after)}
        for item in changes.totals
        if item.before != item.after
    ]
    return sums + [
        {"what": item.label, "system": str(item.system.name), "before": item.before, "after": item.after}
        for item in changes.systems
    ]


def _text(value: object) -> str:
    return "?" if value is None else str(value)


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
