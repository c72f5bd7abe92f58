"""From decisions about columns to a source of the case: only what the reader does not know already is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from planner.case import Source
from planner.errors import InventoryError
from planner.ingest.cells.values import clean
from planner.ingest.dialects.columns import MatchedSheet, fingerprint_of, load_map, match_header, match_row
from planner.ingest.dialects.own_columns import extend
from planner.ingest.files.sheets import Sheet
from planner.mapping.proposal import Proposed
from planner.mapping.words import meanings_of, unit_of


@dataclass(frozen=True)
class Made:
    """A source with its column map, and words of the file that it leaves unknown, by column."""

    source: Source
    unknown_words: Mapping[str, list[str]]


def source_of(
    sheet: Sheet,
    header_at: int,
    table: str,
    columns: tuple[Proposed, ...],
    decided: Mapping[int, str | None],
    before: Source,
) -> Made:
    """Write decisions about columns as a source.

    Parameters
    ----------
    sheet, header_at
        The sheet and its header row, counted from 0 in the sheet's rows.
    table
        What it fills.
    columns
        What was proposed, with samples.
    decided
        The column that each header (by its place) means; None where a person said that it means none.
    before
        What the case says of the file already; nothing of it is taken away.

    Raises
    ------
    InventoryError
        The sheet cannot be read so: two headers for one column, or none for a required one.
    """
    wanted = {index: name for index, name in decided.items() if name is not None}
    declined = [one.field.header for one in columns if one.field.index in decided and decided[one.field.index] is None]
    personal = [one.field.header for one in columns if one.is_personal and one.field.index not in wanted]
    source = before.model_copy(update={"reader": table, "header": fingerprint_of(sheet.rows[header_at])})
    source = _with(source, keep=[header for header in declined if header not in personal], ignore=personal)
    source = _with_columns(source, sheet, header_at, wanted)
    source = _without_others(source, sheet, header_at, wanted)
    matched = _checked(source, sheet, wanted)
    return _with_words(source, table, columns, matched)


def _with(source: Source, **lists: list[str]) -> Source:
    more = {
        name: [*getattr(source, name), *(one for one in given if one not in getattr(source, name))]
        for name, given in lists.items()
    }
    return source.model_copy(update=more)


def _read_as(source: Source, sheet: Sheet, header_at: int) -> dict[int, tuple[str, str]]:
    matched = match_row(sheet, header_at, extend(load_map(str(source.reader)), source))
    return {match.index: (match.column.name, match.header) for match in matched.matches}


def _with_columns(source: Source, sheet: Sheet, header_at: int, wanted: Mapping[int, str]) -> Source:
    """Name the headers that the reader does not know, and of two that it knows for one column the one that is meant."""
    read = _read_as(source, sheet, header_at)
    names = [name for name, _ in read.values()]
    told: dict[str, list[str] | str] = dict(source.columns)
    for index, name in sorted(wanted.items()):
        if read.get(index, ("", ""))[0] != name or names.count(name) > 1:
            given = told.get(name, [])
            told[name] = [*([given] if isinstance(given, str) else given), clean(sheet.rows[header_at][index])]
    return source.model_copy(update={"columns": told})


def _without_others(source: Source, sheet: Sheet, header_at: int, wanted: Mapping[int, str]) -> Source:
    """Keep as attributes what the reader would read on its own although it was not wanted."""
    read = _read_as(source, sheet, header_at)
    others = [header for index, (name, header) in sorted(read.items()) if wanted.get(index) != name]
    return _with(source, keep=[header for header in others if header not in source.ignore])


def _checked(source: Source, sheet: Sheet, wanted: Mapping[int, str]) -> MatchedSheet:
    column_map = extend(load_map(str(source.reader)), source)
    matched = match_header(sheet, column_map)
    read = {match.index: match.column.name for match in matched.matches} if matched else {}
    if matched is None or read != wanted:
        raise InventoryError(
            "the headers cannot be told apart",
            place=f"{sheet.file}[{sheet.name}]" if sheet.name else sheet.file,
            value=sorted({*wanted.values()} ^ {*read.values()}),
            remedy="Give each column of the file a header of its own.",
        )
    return matched


def _with_words(source: Source, table: str, columns: tuple[Proposed, ...], matched: MatchedSheet) -> Made:
    fields = {one.field.index: one.field for one in columns}
    units, means, unknown = dict(source.units), dict(source.means), {}
    for match in matched.matches:
        name, field = match.column.name, fields[match.index]
        unit = None if match.unit or name in units else unit_of(table, name, field)
        if unit:
            units[name] = unit
        found, left = meanings_of(table, match.column, field)
        if found:
            old = means.get(name, {})
            means[name] = {value: [*old.get(value, []), *found.get(value, [])] for value in {**old, **found}}
        if left:
            unknown[name] = left
    return Made(source.model_copy(update={"units": units, "means": means}), unknown)
