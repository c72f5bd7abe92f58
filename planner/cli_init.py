"""The command `fardplan init`: a case from a folder of one's own files."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from planner.errors import CaseError
from planner.language import Language


def init_case(
    folder: Annotated[Path, typer.Argument(help="Folder of your files.", metavar="FOLDER")],
    organisation: Annotated[
        str | None, typer.Option("--organisation", help="Who the roadmap is for; the folder's name by default.")
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="Day of the plan, written into the case; today by default."),
    ] = None,
    lang: Annotated[Language, typer.Option("--lang", help="Language of the case.")] = Language.sv,
) -> None:
    """Make a case of a folder of files: writes case.yaml beside them, to be read through and changed."""
    from planner.new_case import WITH_SYSTEMS, new_case, write_new_case
    from planner.texts import load_texts

    if (folder / "case.yaml").exists():
        raise CaseError(
            "there is a case already", place=str(folder / "case.yaml"), remedy="Change it, or move it away first."
        )
    texts = load_texts(lang.value)
    # A plan reads no clock; here the day becomes an input, in the file.
    day = on.date() if on else date.today()
    case = new_case(folder, organisation or folder.resolve().name, day, texts)
    path = write_new_case(folder, case)
    say, unknown = texts.mapping, [one for one in case.found if not one.readers]
    key = "init_wrote" if case.recognised else "init_nothing"
    typer.echo(say[key].format(file=path, count=len(case.recognised)))
    for one in case.recognised:
        note = say["init_read"].format(readers=", ".join(one.readers), rows=one.rows)
        typer.echo(f"  {one.file}: {note}")
    for one in unknown:
        problem = say["init_problem"].format(problem=one.problem) if one.problem else say["init_unknown_short"]
        typer.echo(f"  {one.file}: {problem}")
    to_map = next((one.file for one in unknown if not one.problem), None)
    if case.recognised and not any(one.tables & WITH_SYSTEMS for one in case.recognised):
        typer.echo(say["init_no_systems"])
    if to_map:
        typer.echo(say["init_next_map"].format(file=quote(str(folder / to_map))))
    if any(one.tables & WITH_SYSTEMS for one in case.recognised):
        typer.echo(say["init_next_plan"].format(case=quote(str(folder))))
