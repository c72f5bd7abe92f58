"""`fardplan catalogue`: show the cloud facts that plans rest on, and read new ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Cloud facts: instance types, offerings, regions, services and prices.", no_args_is_help=True)

DAY = ["%Y-%m-%d"]
IS_PARTLY_OLD = 1
Region = Annotated[list[str] | None, typer.Option("--region", help="A region; may be given several times.")]


@app.command("show")
def show(
    region: Annotated[str | None, typer.Option("--region", help="Only this region.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--catalogue", help="Folder of a snapshot; the shipped one by default.")
    ] = None,
    on: Annotated[datetime | None, typer.Option("--date", formats=DAY, help="Ages as of this day; today.")] = None,
) -> None:
    """Show the cloud facts that plans rest on: state, rows, date and age of each part, and where they come from."""
    from planner.catalogue import load_catalogue
    from planner.catalogue.describe import describe_catalogue

    for line in describe_catalogue(load_catalogue(folder), region, on.date() if on else date.today()):
        typer.echo(line)


@app.command("refresh")
def refresh_catalogue(
    out: Annotated[Path, typer.Option("--out", help="Folder for the new snapshot.")],
    on: Annotated[datetime, typer.Option("--date", formats=DAY, help="Date to write on the snapshot.")],
    region: Region = None,
    profile: Annotated[str | None, typer.Option("--profile", help="Profile of the AWS configuration.")] = None,
    last: Annotated[
        Path | None, typer.Option("--last", help="Snapshot that stands in for what fails; the shipped one by default.")
    ] = None,
    part: Annotated[
        list[str] | None, typer.Option("--part", help="Only this part; may be given several times.")
    ] = None,
) -> None:
    """Read instance types, offerings, services and prices from AWS into a dated snapshot (needs credentials).

    What fails keeps the facts of the last snapshot with their date (exit code 1); run the same command again to ask
    only for that.
    """
    from planner.catalogue import load_catalogue
    from planner.catalogue.parts import EVERY_PART
    from planner.catalogue.refresh import DEFAULT_REGIONS, refresh

    regions = region or list(DEFAULT_REGIONS)
    with _progress() as progress:
        made = refresh(
            out,
            regions,
            on.date(),
            session=_session(profile),
            parts=part or EVERY_PART,
            last=last,
            progress=progress,
        )
    failed = [row for row in load_catalogue(made).manifest["parts"] if row["state"] in {"kept", "missing"}]
    for row in failed:
        what = f"kept from {row['captured_date']}" if row["state"] == "kept" else "missing"
        typer.echo(f"{row['region']} {row['part']}: {what} ({row['reason']})", err=True)
    typer.echo(str(made))
    raise typer.Exit(IS_PARTLY_OLD if failed else 0)


@app.command("providers")
def show_providers() -> None:
    """Show the providers that cases may name, with whose they are, where, and who scored their sovereignty."""
    from planner.facts.providers import load_providers

    for item in load_providers().providers:
        regions = ", ".join(f"{place.id} ({place.country})" for place in item.regions) or "no regions known"
        owner = f"owner {item.owner_country or '?'}, law {item.jurisdiction or '?'}"
        typer.echo(f"{item.id}  {item.name_en}: {item.provider_class}, {owner}; {regions} [{item.mark}, {item.as_of}]")
        for score in item.sovereignty:
            level = f", SEAL-{score.overall}" if score.overall is not None else ""
            said = f"{score.score_pct_low:g}-{score.score_pct_high:g} %{level} by {score.scored_by}, {score.as_of}"
            typer.echo(f"    sovereignty {said}: {score.source}")
        for certificate in item.certifications:
            typer.echo(f"    {certificate.name}, by {certificate.stated_by}: {certificate.source}")


def _session(profile: str | None) -> Any:
    from planner.catalogue.client import open_session

    return open_session(profile)


@contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None]]:
    """A bar where there is a terminal; nothing where there is none."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("")
        yield lambda done, total, name: bar.update(task, completed=done, total=total, description=name)
