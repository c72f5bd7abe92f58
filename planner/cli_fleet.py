"""The command `fardplan fleet`: many organisations side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planner.language import Language

HAS_FAILED = 1


def fleet(
    folder: Annotated[Path, typer.Argument(help="Folder of cases, each in a folder with its case.yaml.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the plans, by the cases' names, and the report.")],
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes at a time; as many as processors by default.")
    ] = None,
    tables_only: Annotated[
        bool, typer.Option("--tables-only", help="Without documents and exact search: half the work.")
    ] = False,
    lang: Annotated[Language, typer.Option("--lang", help="Language of the report.")] = Language.sv,
) -> None:
    """Plan many cases side by side and report what the organisations have in common.

    A case that cannot be planned is told in the report and never stops the others (exit code 1).
    """
    from planner.fleet_run import CaseRun, find_cases, plan_all, write_report
    from planner.texts import load_texts

    words = load_texts(lang.value).fleet

    def said(done: int, total: int, run: CaseRun) -> None:
        state = words["planned" if run.folder else "failed"]
        typer.echo(words["progress"].format(done=done, total=total, case=run.case, state=state), err=True)
        if run.problem:
            typer.echo(f"  {run.problem}", err=True)

    runs = plan_all(find_cases(folder), out, workers, not tables_only, said)
    planned = sum(1 for run in runs if run.folder)
    typer.echo(words["done"].format(planned=planned, total=len(runs)))
    for path in write_report(runs, out, lang.value):
        typer.echo(str(path))
    raise typer.Exit(HAS_FAILED if planned < len(runs) else 0)
