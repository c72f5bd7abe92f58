"""Commands that start the flows. They run in a process of their own: the planner itself never imports Prefect."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def serve(
    cases: Annotated[Path, typer.Argument(help="Folder of cases, each in a folder with its case.yaml.")],
    store: Annotated[
        Path | None, typer.Option("--store", help="Folder for plans and what was seen; CASES/.fardplan by default.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="Of the Prefect server that is started where there is none; 4200.")
    ] = None,
) -> None:
    """Keep watching a folder of cases on this machine, and plan anew what changes; needs no server and no worker."""
    given = [*(["--store", str(store)] if store else []), *(["--port", str(port)] if port else [])]
    _run("flows.serve", str(cases), *given)


def deploy() -> None:
    """Put the flows of prefect.yaml on the Prefect server of PREFECT_API_URL, with the automation for dead runs."""
    _run("flows.deploy")


def notify(
    cases: Annotated[list[str], typer.Argument(help="Cases that have changed, as they are watched.")],
) -> None:
    """Tell the Prefect server that a case has changed, from a hook of another system: it is planned anew."""
    _run("flows.notify", *cases)


def _run(module: str, *given: str) -> None:
    """Become that module: signals, such as those of a service manager, and the exit code are then its own."""
    os.execv(sys.executable, [sys.executable, "-m", module, *given])
