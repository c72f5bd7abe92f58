"""Commands that start the flows. They run in a process of their own: the planner itself never imports Prefect."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer


def serve(
    cases: Annotated[Path, typer.Argument(help="Folder of cases, each in a folder with its case.yaml.")],
    store: Annotated[
        Path | None, typer.Option("--store", help="Folder for plans and what was seen; CASES/.fardplan by default.")
    ] = None,
) -> None:
    """Keep watching a folder of cases on this machine, and plan anew what changes; needs no server and no worker."""
    _run("flows.serve", str(cases), *(["--store", str(store)] if store else []))


def deploy() -> None:
    """Put the flows of prefect.yaml on the Prefect server of PREFECT_API_URL, with the automation for dead runs."""
    _run("flows.deploy")


def notify(
    cases: Annotated[list[str], typer.Argument(help="Cases that have changed, as they are watched.")],
) -> None:
    """Tell the Prefect server that a case has changed, from a hook of another system: it is planned anew."""
    _run("flows.notify", *cases)


def _run(module: str, *given: str) -> None:
    """Run a module and end with its exit code; Ctrl+C goes to it, and it is waited for."""
    process = subprocess.Popen([sys.executable, "-m", module, *given])
    while True:
        try:
            raise typer.Exit(process.wait())
        except KeyboardInterrupt:
            continue
