"""The questions of `fardplan map`: what the table is, what an unsure header means, and whether to write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from planner.mapping.proposal import Proposal, Proposed
    from planner.texts import Texts

# What is likelier than not is the answer to Enter.
EVEN = 0.5


def missing_columns(proposal: Proposal, decided: Mapping[int, str | None]) -> list[str]:
    """Columns that the table must have and that no header means yet."""
    from planner.ingest.dialects.columns import load_map

    return [name for name in load_map(proposal.table).required if name not in decided.values()]


def ask_table(proposal: Proposal, texts: Texts) -> str:
    """Ask what the table is."""
    names: dict[str, str] = texts.mapping["tables"]
    typer.echo("\n" + texts.mapping["which_table"])
    for number, name in enumerate(names, start=1):
        typer.echo(f"  {number}  {names[name]}")
    return list(names)[_number(len(names), list(names).index(proposal.table) + 1, texts, least=1) - 1]


def ask_columns(proposal: Proposal, decided: dict[int, str | None], texts: Texts) -> None:
    """Ask what each unsure header means, and add the answers to what is decided."""
    from planner.mapping.report import examples, line_of, shown

    for one in proposal.columns:
        free = [candidate for candidate in one.candidates if candidate.column not in decided.values()]
        if not one.is_asked or not free:
            continue
        header = texts.mapping["question"].format(letter=one.field.letter, header=shown(one.field.header))
        typer.echo(f"\n{header}: {examples(one, texts)}")
        for number, candidate in enumerate(free, start=1):
            line = line_of(proposal.table, one, candidate, texts)
            typer.echo(f"  {number}  {line.means}, {line.confidence}: {line.why}")
        typer.echo(f"  0  {texts.mapping['none']}")
        answer = _number(len(free), 1 if free[0].confidence >= EVEN else 0, texts)
        decided[one.field.index] = free[answer - 1].column if answer else None


def ask_required(proposal: Proposal, decided: dict[int, str | None], texts: Texts) -> None:
    """Ask which header means each column that the table must have; stopping here writes nothing."""
    from planner.mapping.report import examples, label, shown

    for name in missing_columns(proposal, decided):
        open_columns: list[Proposed] = [one for one in proposal.columns if not decided.get(one.field.index)]
        typer.echo("\n" + texts.mapping["which_required"].format(column=label(name, texts)))
        for number, one in enumerate(open_columns, start=1):
            typer.echo(f"  {number}  {one.field.letter} {shown(one.field.header)}: {examples(one, texts)}")
        typer.echo(f"  0  {texts.mapping['stop']}")
        answer = _number(len(open_columns), 0, texts)
        if not answer:
            raise typer.Abort
        decided[open_columns[answer - 1].field.index] = name


def _number(most: int, default: int, texts: Texts, *, least: int = 0) -> int:
    while True:
        answer = str(typer.prompt(f"  {texts.mapping['choose']}", default=str(default))).strip()
        if answer.isdecimal() and least <= int(answer) <= most:
            return int(answer)
        typer.echo("  " + texts.mapping["not_listed"].format(least=least, most=most))


def is_agreed(case_file: Path, texts: Texts) -> bool:
    """Ask whether to write."""
    question, yes = texts.mapping["write"].format(file=case_file), texts.mapping["agree"]
    return str(typer.prompt(question, default=yes)).strip().casefold() in {yes, "j", "ja", "y", "yes"}
