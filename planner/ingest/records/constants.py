"""What the case says of every row of a source: that all its servers are of production, or all of one organisation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from planner.case import Source
from planner.errors import InventoryError
from planner.ingest.cells.values import Conventions, parse
from planner.ingest.records.conform import Records
from planner.schema import Column, load_table

# Where a value stands that no cell of the file holds.
PLACE = "case.yaml"


def with_constants(records: Records, source: Source) -> Records:
    """Fill what the rows leave blank with what the case says of all of them; a cell of the file goes before it.

    Raises
    ------
    InventoryError
        The column cannot have the value, or it tells one record from another.
    """
    names = [name for name in source.constants if name in load_table(records.table).names]
    frame, cells = records.frame, [records.cells]
    for name in names:
        value = _value(source, load_table(records.table).column(name))
        before = frame[name] if name in frame else pd.Series(pd.NA, index=frame.index, dtype="object")
        at = frame.index[before.isna()]
        frame = frame.assign(**{name: before.mask(before.isna(), value)})
        raw = str(source.constants[name])
        cells.append(
            pd.DataFrame(
                {"position": np.asarray(at), "column": name, "cell_column": PLACE, "raw": raw}, index=range(len(at))
            )
        )
    return replace(records, frame=frame, cells=pd.concat(cells, ignore_index=True)) if names else records


def refuse_unused(source: Source, tables: Iterable[str]) -> None:
    """Refuse a constant of which no table of the source has the column.

    Raises
    ------
    InventoryError
        There is one.
    """
    filled = sorted(set(tables))
    known = {name for table in filled for name in load_table(table).names}
    unused = [name for name in source.constants if name not in known]
    if filled and unused:
        raise InventoryError(
            f"'constants' names a column that no table of this source has: {unused[0]}",
            place=f"{PLACE} ({source.file})",
            remedy=f"The source fills {', '.join(filled)}: docs/tables.md lists their columns.",
        )


def _value(source: Source, column: Column) -> Any:
    stated = source.constants[column.name]
    if column.name == "name" or column.name.endswith("_id"):
        raise _wrong(source, column.name, stated, "It tells one record from another: give it a column of the file.")
    (value,), (code,) = parse([stated], column, Conventions(decimal="."), {}, None)
    if code or value is pd.NA:
        allowed = f"one of {', '.join(column.values)}" if column.values else f"a {column.type}"
        raise _wrong(source, column.name, stated, f"Write {allowed}, or leave it out: what is not said is unknown.")
    return value


def _wrong(source: Source, name: str, value: object, remedy: str) -> InventoryError:
    return InventoryError(
        f"'constants' of column {name} cannot be this", place=f"{PLACE} ({source.file})", value=value, remedy=remedy
    )
