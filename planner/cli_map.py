"""The command `fardplan map`: a column map that is proposed, decided where it is unsure, and written into the case."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli_ask import ask_columns, ask_required, ask_table, is_agreed, missing_columns
from planner.errors import InventoryError, PlannerError
from planner.language import Language

if TYPE_CHECKING:
    from rich.console import Console

    from planner.mapping.proposal import Proposal
    from planner.mapping.report import Line
    from planner.mapping.subject import Subject
    from planner.texts import Texts

# Narrower columns would cut headers; wider ones are hard to follow across.
WIDEST = 120


class Table(StrEnum):
    """Tables that a file of one's own can fill."""

    systems = "systems"
    servers = "servers"
    dataflows = "dataflows"


def map_columns(
    file: Annotated[Path, typer.Argument(help="A table: CSV, XLSX, JSON or YAML.", metavar="FILE")],
    case: Annotated[
        Path | None, typer.Option("--case", help="Folder of the case; beside the file or its folder by default.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take what is sure, leave the rest.")] = False,
    sheet: Annotated[str | None, typer.Option("--sheet", help="Sheet of a workbook.")] = None,
    table: Annotated[Table | None, typer.Option("--table", help="What the table is, if the proposal is wrong.")] = None,
    lang: Annotated[Language | None, typer.Option("--lang", help="Language of questions and messages.")] = None,
) -> None:
    """Propose what the columns of an unknown table mean, ask where unsure, and write the map into the case."""
    from planner.mapping.knowledge import weight
    from planner.mapping.subject import known_reader, subject_of
    from planner.texts import load_texts

    subject = subject_of(file, case, sheet)
    texts = load_texts(lang.value if lang else subject.language)
    reader = None if table else known_reader(subject)
    if reader:
        _needs_no_map(subject, reader, texts)
        return
    header_at, proposal = _proposed(subject, table.value if table else None)
    console = _console()
    _show(console, subject, header_at, proposal, texts)
    if not yes and not _is_terminal():
        typer.echo("\n" + texts.mapping["how_on"].format(percent=int(weight("thresholds", "sure") * 100)))
        return
    with _nothing_written_when_stopped():
        decided, proposal = _decided(proposal, subject, yes, texts, is_stated=table is not None)
        _write(file, subject, header_at, proposal, decided, yes, texts)


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _needs_no_map(subject: Subject, reader: str, texts: Texts) -> None:
    from planner.case_file import block, source_data

    typer.echo(texts.mapping["is_recognised"].format(file=subject.name, reader=reader))
    typer.echo("  - " + "\n    ".join(block(source_data(subject.source), 0)))


def _proposed(subject: Subject, table: str | None) -> tuple[int, Proposal]:
    from planner.mapping.proposal import propose
    from planner.mapping.sample import fields_of, header_row_of

    header_at = header_row_of(subject.sheet)
    source = subject.source.model_copy(update={"reader": table}) if table else subject.source
    names = (Path(source.file).stem, subject.sheet.name or "")
    return header_at, propose(fields_of(subject.sheet, header_at), names, source)


def _console() -> Console:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    return Console(highlight=False, markup=False, width=min(console.width, WIDEST))


def _show(console: Console, subject: Subject, header_at: int, proposal: Proposal, texts: Texts) -> None:
    from planner.mapping.report import report

    say, made = texts.mapping, report(proposal, texts)
    rows, number = len(subject.sheet.rows) - header_at - 1, subject.sheet.numbers[header_at]
    typer.echo(say["head"].format(file=subject.name, rows=rows, row=number))
    named = {"table": say["tables"][proposal.table], "percent": min(int(proposal.confidence * 100), 99)}
    typer.echo(say["is_stated" if proposal.confidence >= 1 else "is_table"].format(**named))
    for title, lines in ((say["group_sure"], made.sure), (say["group_ask"], made.unsure)):
        if lines:
            _show_lines(console, title, lines, texts)
    for title, headers in ((say["group_aside"], made.aside), (say["group_personal"], made.personal)):
        if headers:
            console.print(f"\n{title}\n  {', '.join(headers)}")


def _show_lines(console: Console, title: str, lines: tuple[Line, ...], texts: Texts) -> None:
    from rich.table import Table as Grid

    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="", width=console.width)
    # Widths do not depend on what is in the table, so that the groups stand in line.
    for name, share in (("header", 25), ("means", 26), ("sure", 0), ("why", 36)):
        text = title if name == "header" else texts.mapping[f"column_{name}"]
        grid.add_column(text, ratio=share or None, width=None if share else 9, justify="right" if not share else "left")
    for line in lines:
        grid.add_row(line.header, line.means, line.confidence, line.why)
    with console.capture() as drawn:
        console.print(grid)
    typer.echo("\n" + "\n".join(row.rstrip() for row in drawn.get().splitlines()))


@contextmanager
def _nothing_written_when_stopped() -> Iterator[None]:
    try:
        yield
    except (typer.Abort, KeyboardInterrupt, EOFError):
        typer.echo(err=True)
        raise PlannerError("stopped; nothing was written") from None


def _decided(
    proposal: Proposal, subject: Subject, yes: bool, texts: Texts, *, is_stated: bool
) -> tuple[Mapping[int, str | None], Proposal]:
    from planner.mapping.knowledge import weight

    if proposal.confidence < weight("thresholds", "sure") and not is_stated:
        if yes:
            raise InventoryError(
                "it is not sure enough what the table is", place=subject.name, remedy="Say it with --table."
            )
        chosen = ask_table(proposal, texts)
        if chosen != proposal.table:
            proposal = _proposed(subject, chosen)[1]
    decided: dict[int, str | None] = {one.field.index: one.column for one in proposal.columns if one.is_sure}
    if not yes:
        ask_columns(proposal, decided, texts)
        ask_required(proposal, decided, texts)
    missing = missing_columns(proposal, decided)
    if missing:
        raise InventoryError(
            f"no header surely means {', '.join(missing)}, which the table must have",
            place=subject.name,
            remedy="Run it without --yes to say which one does, or name it under 'columns' in case.yaml.",
        )
    return decided, proposal


def _write(
    file: Path,
    subject: Subject,
    header_at: int,
    proposal: Proposal,
    decided: Mapping[int, str | None],
    yes: bool,
    texts: Texts,
) -> None:
    from planner.case_file import block, source_data, write_source
    from planner.mapping.column_map import source_of

    say = texts.mapping
    made = source_of(subject.sheet, header_at, proposal.table, proposal.columns, decided, subject.source)
    _show_words(subject, made.source.units, made.source.means, made.unknown_words, texts)
    text = "\n    ".join(block(source_data(made.source), 0))
    if subject.case_file is None:
        typer.echo("\n" + say["no_case"].format(folder=quote(str(file.parent))))
        typer.echo(f"  - {text}")
        return
    if made.source == subject.source and subject.at is not None:
        typer.echo("\n" + say["unchanged"].format(file=subject.case_file))
    else:
        typer.echo(f"\n  - {text}\n")
        if not yes and not is_agreed(subject.case_file, texts):
            raise typer.Abort
        write_source(subject.case_file, made.source, subject.at)
        typer.echo(say["wrote"].format(file=subject.case_file))
    typer.echo(say["next_check"].format(case=quote(str(subject.case_file.parent))))


def _show_words(
    subject: Subject,
    units: Mapping[str, str],
    means: Mapping[str, Mapping[str, list[str]]],
    unknown: Mapping[str, list[str]],
    texts: Texts,
) -> None:
    from planner.mapping.report import label, shown
    from planner.mapping.shapes import holds_person

    say, lines = texts.mapping, []
    lines += [
        say["unit"].format(column=label(name, texts), unit=unit)
        for name, unit in units.items()
        if subject.source.units.get(name) != unit
    ]
    for name, values in means.items():
        if subject.source.means.get(name) != values:
            words = "; ".join(
                f"{', '.join(map(shown, them))} = {texts.value(name, value)}" for value, them in values.items()
            )
            lines.append(say["means"].format(column=label(name, texts), words=words))
    for name, them in unknown.items():
        if not holds_person(tuple(them)):
            words = ", ".join(shown(word, 24) for word in them[:5]) + (" …" if len(them) > 5 else "")
            lines.append(say["unknown_words"].format(column=label(name, texts), words=words))
    if lines:
        typer.echo()
    for line in lines:
        _console().print(line)
