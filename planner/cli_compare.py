"""The command `fardplan compare`: scenarios side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planner.language import Language


def compare(
    case: Annotated[Path, typer.Argument(help="Folder of the case, with its case.yaml.", metavar="CASE")],
    names: Annotated[
        list[str] | None, typer.Argument(help="Scenarios of the case; all by default.", metavar="SCENARIO...")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File to write the comparison to: .md or .csv.")] = None,
    lang: Annotated[Language | None, typer.Option("--lang", help="Language; the case's own by default.")] = None,
) -> None:
    """Plan a case and its scenarios, and show side by side what each leads to and which are dominated."""
    from planner.case import read_case
    from planner.pipeline import compare_scenarios
    from planner.render.scenarios import scenario_file, scenario_lines
    from planner.scenarios.dominance import dominated
    from planner.texts import load_texts

    read = read_case(case)
    texts = load_texts(lang.value if lang else read.language)
    results = compare_scenarios(read, names or [])
    found = dominated(results)
    if out is not None:
        content = scenario_file(out.name, results, found, texts)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(content)
        typer.echo(str(out))
        return
    for line in scenario_lines(results, found, texts):
        typer.echo(line)
