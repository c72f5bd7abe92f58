"""The flow `plan_roadmap`: one case, from its files to its documents, step by step as tasks.

Run it without any server set up: ``python -m flows.plan CASE [--out DIR] [--lang sv|en]``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import unicodedata
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
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE

from planner.errors import PlannerError
from planner.pipeline import STEPS, plan

Result = TypeVar("Result")


def slug(text: str) -> str:
    """Key of an artifact: only a-z, 0-9 and dashes; Å, Ä and Ö lose their marks."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "case"


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
) -> str:
    """Plan one case.

    Parameters
    ----------
    case, out
        Folders, as paths: a table is never a parameter of a flow or a task.
    language, audience, plan_date
        As for the command line.

    Returns
    -------
    The plan folder.
    """
    progress = create_progress_artifact(0.0, key=f"{slug(Path(case).name)}-progress", description="Steps of the plan")
    done: list[str] = []

    def call(name: str, step: Callable[[], Result]) -> Result:
        result = task(name=name, task_run_name=name, cache_policy=NO_CACHE, persist_result=False)(step)()
        done.append(name)
        if isinstance(progress, UUID):
            update_progress_artifact(progress, round(100 * len(done) / len(STEPS), 1))
        return result

    made = plan(
        Path(case),
        Path(out) if out else None,
        language=language,
        audience=audience,
        plan_date=plan_date,
        call=call,
    )
    name = slug(Path(case).name)
    summary = (made.folder / "roadmap.md").read_text(encoding="utf-8").split("\n## ", 1)[0]
    create_markdown_artifact(summary, key=f"{name}-summary", description=made.view.conclusion)
    create_link_artifact(
        (made.folder / "roadmap.html").resolve().as_uri(), key=f"{name}-roadmap", link_text="roadmap.html"
    )
    return str(made.folder)


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
