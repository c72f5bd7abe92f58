"""A case's own words about a file: which of its headers mean what, in which unit, and what its words say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from planner.case import Source
from planner.errors import InventoryError
from planner.ingest.cells.units import UNITS
from planner.ingest.cells.values import FALSE_TEXTS, TRUE_TEXTS
from planner.ingest.dialects.columns import ColumnMap, MappedColumn, words_of
from planner.schema import Column, load_table

_YES_NO = {"boolean": (*sorted(TRUE_TEXTS), *sorted(FALSE_TEXTS))}


def extend(column_map: ColumnMap, source: Source) -> ColumnMap:
    """Add what a source of the case says of its headers, units and words to a map.

    Raises
    ------
    InventoryError
        The case names a column that the table does not have, or a unit or a value that the column cannot have.
    """
    _refuse_unknown_columns(column_map, source)
    _refuse_wrong_units(column_map, source)
    _refuse_wrong_values(column_map, source)
    columns = tuple(_extended(column, source) for column in column_map.columns)
    ignored = (*column_map.ignored, *source.ignore)
    units = {**column_map.units, **source.units}
    return replace(column_map, columns=columns, ignored=ignored, units=units, kept=(*column_map.kept, *source.keep))


def _extended(column: MappedColumn, source: Source) -> MappedColumn:
    more = source.columns.get(column.name, [])
    own = (more,) if isinstance(more, str) else tuple(more)
    meanings = {**column.meanings, **words_of(source.means.get(column.name, {}))}
    return replace(column, headers=(*own, *column.headers), meanings=meanings, own=own)


def _refuse_unknown_columns(column_map: ColumnMap, source: Source) -> None:
    known = {column.name for column in column_map.columns}
    for name in (*source.columns, *source.units, *source.means):
        if name not in known:
            near = get_close_matches(name, sorted(known), n=1)
            raise InventoryError(
                f"the table '{column_map.table}' has no column '{name}'",
                place=_place(source),
                remedy=f"{f'Did you mean {near[0]}? ' if near else ''}Known columns: {', '.join(sorted(known))}.",
            )


def _refuse_wrong_units(column_map: ColumnMap, source: Source) -> None:
    for name, unit in source.units.items():
        column = _schema(column_map, name)
        if column is None or column.unit not in UNITS:
            raise _wrong(source, "units", name, unit, f"{name} has no unit to choose; remove it.")
        if unit.lower() not in UNITS[column.unit]:
            raise _wrong(source, "units", name, unit, f"Write one of {_listed(UNITS[column.unit])}.")


def _refuse_wrong_values(column_map: ColumnMap, source: Source) -> None:
    for name, means in source.means.items():
        column = _schema(column_map, name)
        allowed = (column.values or _YES_NO.get(column.type, ())) if column else ()
        for value in means:
            if not allowed:
                raise _wrong(source, "means", name, value, f"{name} has no words to choose among; remove it.")
            if value not in allowed:
                raise _wrong(source, "means", name, value, f"Write one of {_listed(allowed)}.")


def _schema(column_map: ColumnMap, name: str) -> Column | None:
    table = load_table(column_map.table)
    return table.column(name) if name in table.names else None


def _wrong(source: Source, key: str, name: str, value: str, remedy: str) -> InventoryError:
    return InventoryError(f"'{key}' of column {name} cannot be this", place=_place(source), value=value, remedy=remedy)


def _place(source: Source) -> str:
    return f"case.yaml ({source.file})"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
