"""The command `fardplan`. Imports nothing slow before a command needs it."""

from __future__ import annotations

import errno
import sys
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli_catalogue import app as catalogue_app
from planner.cli_compare import compare
from planner.cli_export import export_plan, read_edits
from planner.cli_fleet import fleet
from planner.cli_flows import deploy, notify, serve
from planner.cli_init import init_case
from planner.cli_loop import compare_plans, history, review_app
from planner.cli_map import map_columns
from planner.errors import PlannerError
from planner.language import Language

if TYPE_CHECKING:
    from planner.check import Line
    from planner.view.model.appendix import Note
    from planner.view.model.systems import System

app = typer.Typer(
    help="Färdplan plans a public body's way to the cloud: inventories in, a roadmap out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(catalogue_app, name="catalogue")
app.command("init")(init_case)
app.command("map")(map_columns)
app.command("compare")(compare)
app.command("export")(export_plan)
app.command("edits")(read_edits)
app.command("history")(history)
app.command("diff")(compare_plans)
app.add_typer(review_app, name="review")
app.command("fleet")(fleet)
app.command("serve")(serve)
app.command("deploy")(deploy)
app.command("notify")(notify)

STYLES = {"title": "bold", "error": "bold red", "warning": "yellow", "info": "dim"}
DONE, HAS_ERRORS, UNREADABLE = 0, 1, 2
# A full disk and a file that somebody else owns are no faults of the planner.
NOT_OURS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


class Audience(StrEnum):
    """Who a document is for."""

    intern = "intern"
    offentlig = "offentlig"


CaseFolder = Annotated[Path, typer.Argument(help="Folder of the case, with its case.yaml.", metavar="CASE")]
Lang = Annotated[
    Language | None,
    typer.Option("--lang", help="Language of documents and messages; the case's own by default."),
]
OnDate = Annotated[
    datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help="Plan as of this day instead of the case's plan_date."),
]


@app.command()
def plan(
    case: CaseFolder,
    out: Annotated[Path | None, typer.Option("--out", help="Plan folder; CASE/plan by default.")] = None,
    lang: Lang = None,
    audience: Annotated[Audience, typer.Option("--audience", help="Who the documents are for.")] = Audience.intern,
    on: OnDate = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="Look for the best dates; without it the plan before is changed as little as can be."
        ),
    ] = False,
) -> None:
    """Plan a case: read its inventory and write the roadmap.

    Where there is a plan already, only what the new facts force moves.
    """
    from planner import pipeline

    made = pipeline.plan(
        case, out, language=lang.value if lang else None, audience=audience.value, plan_date=_day(on), is_anew=full
    )
    view = made.view
    typer.echo(view.conclusion)
    typer.echo("  ".join(f"{label}: {count}" for label, count in view.finding_counts))
    _print_notes([note for note in view.findings if note.severity == "error"])
    for name in sorted(path.name for path in made.folder.iterdir() if path.is_file()):
        typer.echo(str(made.folder / name))
    raise typer.Exit(HAS_ERRORS if made.plan.has_errors else DONE)


@app.command()
def check(
    case: CaseFolder,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for findings.csv, changes.csv and the rejected rows, to be mended."),
    ] = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="Plan folder to compare with; CASE/plan by default.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also print every finding on a line of its own.")] = False,
    lang: Lang = None,
    on: OnDate = None,
) -> None:
    """Read a case and tell what was understood, what was not, and what would change against its last plan.

    With --out, write it and the rejected rows to a folder.
    """
    from planner import pipeline
    from planner.case import read_case
    from planner.check import every_finding, page, written
    from planner.ingest.records.rejected import rejected_files
    from planner.texts import load_texts

    read = read_case(case, _day(on))
    portfolio = pipeline.read_only(read)
    texts = load_texts(lang.value if lang else read.language)
    plan = against or read.folder / "plan"
    compared = pipeline.compare(portfolio, plan, texts, is_asked_for=against is not None)
    _print_lines(page(portfolio, compared, plan.name, texts))
    if everything:
        _print_lines(every_finding(portfolio, texts))
    if out is not None:
        _write(out, {**written(portfolio, compared, texts), **rejected_files(read, portfolio["rejects"])})
    raise typer.Exit(HAS_ERRORS if (portfolio["findings"]["severity"] == "error").any() else DONE)


@app.command()
def explain(
    case: CaseFolder,
    system: Annotated[str, typer.Argument(help="Id or name of a system.", metavar="SYSTEM")],
    lang: Lang = None,
    on: OnDate = None,
) -> None:
    """Explain one system: what is proposed, by which rules, from which cells, what lost and what is unknown."""
    from planner.case import read_case
    from planner.explain import explain_system
    from planner.pipeline import compute
    from planner.render.characters import writable
    from planner.store import open_history
    from planner.view import build_view

    read = read_case(case, _day(on))
    view = build_view(compute(read, history=open_history(read)), lang.value if lang else read.language, "intern")
    typer.echo(writable(explain_system(_find(view.systems, system), view.meta.language)))


@app.command("questions")
def ask(
    case: CaseFolder,
    out: Annotated[Path | None, typer.Option("--out", help="Form to fill in: a file .xlsx or .csv.")] = None,
    lang: Lang = None,
    on: OnDate = None,
) -> None:
    """List the questions whose answers would settle the most; with --out, write them as a form to fill in."""
    from planner.case import read_case
    from planner.pipeline import compute
    from planner.render.form import write_form
    from planner.texts import load_texts
    from planner.view.questions import question_rows, summary

    read = read_case(case, _day(on))
    portfolio, texts = compute(read).portfolio, load_texts(lang.value if lang else read.language)
    if out is not None:
        write_form(question_rows(portfolio, texts), texts, out)
        typer.echo(str(out))
        return
    for line in summary(portfolio, texts) or [texts.interface["q_none"]]:
        typer.echo(line)


def _find(systems: tuple[System, ...], wanted: str) -> System:
    import difflib

    folded = wanted.casefold().strip()
    found = [item for item in systems if folded in (item.system_id.casefold(), item.name.casefold())]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(item.system_id for item in found)
        raise PlannerError("several systems have this name", value=wanted, remedy=f"Give one of the ids: {ids}.")
    near = difflib.get_close_matches(
        wanted, [name for item in systems for name in (item.name, item.system_id)], n=3, cutoff=0.5
    )
    raise PlannerError(
        "no such system",
        value=wanted,
        remedy=f"Did you mean: {', '.join(near)}?" if near else "See systems.csv in the plan folder.",
    )


def _day(on: datetime | None) -> date | None:
    return on.date() if on else None


def _write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
        typer.echo(str(folder / name))


def _print_notes(found: list[Note]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False)
    for note in found:
        place = f"{note.place}: " if note.place else ""
        label = Text(f"{note.severity_label}: ", style=STYLES[note.severity])
        console.print(label.append(f"{place}{note.text} {note.remedy}", style="default"))


def _print_lines(lines: list[Line]) -> None:
    from rich.console import Console
    from rich.text import Text

    # Plain when piped; a terminal breaks no line that is broken already.
    console = Console(soft_wrap=True, highlight=False)
    for line in lines:
        console.print(Text(line.text, style=STYLES.get(line.kind, "")))


def main() -> None:
    """Run the command line: errors that a person can mend are said in one line, with exit code 2."""
    try:
        app()
    except PlannerError as reason:
        typer.echo(f"fardplan: {reason}", err=True)
        sys.exit(UNREADABLE)
    except OSError as reason:
        if reason.errno not in NOT_OURS:
            raise
        typer.echo(f"fardplan: {reason.filename or 'a file'} cannot be written or read ({reason.strerror}).", err=True)
        sys.exit(UNREADABLE)


if __name__ == "__main__":
    main()
