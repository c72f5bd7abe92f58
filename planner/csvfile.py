"""Tables as CSV: written and read back, the same table as the same bytes.

A table of evidence has hundreds of thousands of rows and a few thousand different values in most columns: each value
is written and quoted once, and rows are put together from the finished texts.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from planner.errors import SchemaError
from planner.schema import DTYPES, Column, load_table

END = "\r\n"
SPECIAL = re.compile(r'[",\r\n]')


def to_csv_bytes(frame: pd.DataFrame) -> bytes:
    """Serialise a table: UTF-8, comma, CRLF, ISO dates, true/false, blank for unknown; the same bytes every time."""
    header = ",".join(map(_quoted, frame.columns))
    rows = map(",".join, zip(*(_cells(frame[name]) for name in frame.columns), strict=True))
    return "".join([line + END for line in (header, *rows)]).encode("utf-8")


def _cells(series: pd.Series) -> list[str]:
    """A column as it stands in the file; what is unknown has the code -1, and so the last text."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes, values = series.cat.codes.to_numpy(), series.cat.categories
    else:
        codes, values = pd.factorize(series)
    texts = [_quoted(_written(value)) for value in values.tolist()]
    cells: list[str] = np.array([*texts, ""], dtype=object)[codes].tolist()
    return cells


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if SPECIAL.search(text) else text


def from_csv_bytes(content: bytes, name: str, wanted: Collection[str] | None = None) -> pd.DataFrame:
    """Read what `to_csv_bytes` wrote, with the dtypes of the schema.

    Parameters
    ----------
    content, name
        The file, and the table that it is.
    wanted
        Its columns that are asked for; all by default.

    Returns
    -------
    DataFrame
        The columns that both the file and the schema have: a table of another version may have fewer or more.

    Raises
    ------
    SchemaError
        Not a table, or a value that is not of its column's type.
    """
    try:
        texts = pd.read_csv(
            io.BytesIO(content), dtype="string", keep_default_na=False, na_values=[""],
            usecols=None if wanted is None else lambda column: column in wanted,
        )  # fmt: skip
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as reason:
        raise SchemaError(f"table {name} cannot be read: {reason}") from reason
    columns = [column for column in load_table(name).columns if column.name in texts.columns]
    return pd.DataFrame({column.name: _read(texts[column.name], column, name) for column in columns})


def _read(texts: pd.Series, column: Column, table: str) -> pd.Series:
    readers: dict[str, Any] = {"boolean": {"true": True, "false": False}.__getitem__, "number": float, "integer": int}
    try:
        if column.type == "date":
            return pd.to_datetime(texts, format="%Y-%m-%d").astype(DTYPES["date"])
        if column.type in readers:
            known = {text: readers[column.type](text) for text in texts.dropna().unique()}
            values = [known.get(text, pd.NA) for text in texts]
            return pd.Series(values, index=texts.index, dtype=DTYPES[column.type])
        return texts.astype(DTYPES[column.type])
    except (KeyError, TypeError, ValueError) as reason:
        raise SchemaError(f"table {table}, column {column.name}: not {column.type}: {reason}") from reason
