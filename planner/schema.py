"""Tables declared by CSV: one file in `tables/` gives a table's columns, dtypes, checks and documentation."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from planner.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterable

TABLES = Path(__file__).parent / "tables"
DTYPES = {
    "text": "string",
    # A few texts many times over, such as file names: each is kept once.
    "word": "category",
    "choice": "string",
    "integer": "Int64",
    "number": "Float64",
    "boolean": "boolean",
    "date": "datetime64[us]",
}


@dataclass(frozen=True)
class Column:
    """One column: its type, unit, whether it may be unknown, allowed values or range, and what it means."""

    name: str
    type: str
    unit: str
    required: bool
    values: tuple[str, ...]
    low: float | None
    high: float | None
    description: str
    source: str


@dataclass(frozen=True)
class Table:
    """A table's name and columns, in the order in which they are written."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """Return one column; KeyError when the schema does not have it."""
        return self._by_name()[name]

    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}


@lru_cache
def load_table(name: str) -> Table:
    """Read one schema from `tables/<name>.csv`."""
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Table(name, tuple(_column(name, row) for row in rows))


def table_names() -> list[str]:
    """All declared tables, sorted."""
    return sorted(path.stem for path in TABLES.glob("*.csv"))


def _column(table: str, row: dict[str, str]) -> Column:
    if row["type"] not in DTYPES:
        raise SchemaError("unknown column type", place=f"tables/{table}.csv:{row['name']}", value=row["type"])
    low, ranged, high = row["values"].partition("..")
    return Column(
        name=row["name"],
        type=row["type"],
        unit=row["unit"],
        required=row["required"] == "yes",
        values=() if ranged else tuple(value for value in row["values"].split("|") if value),
        low=float(low) if ranged else None,
        high=float(high) if ranged else None,
        description=row["description"],
        source=row["source"],
    )


def empty(name: str) -> pd.DataFrame:
    """An empty table with the schema's columns and dtypes."""
    return conform(pd.DataFrame(), name)


def conform(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Give a frame its schema's columns, order and dtypes, and check what the schema promises.

    Parameters
    ----------
    frame
        Any frame; columns that the schema has and the frame lacks become unknown.
    name
        The table's name.

    Raises
    ------
    SchemaError
        A column that the schema does not know, a value that is not allowed, or a required value that is unknown.
    """
    table = load_table(name)
    extra = [str(column) for column in frame.columns if column not in table.names]
    if extra:
        raise SchemaError(f"table {name} has columns that its schema does not declare", value=extra)
    frame = frame.reset_index(drop=True)
    given = set(frame.columns)
    series = {column.name: _cast(frame, column, name) for column in table.columns}
    result = pd.DataFrame(series, columns=table.names, index=frame.index, copy=False)
    for column in table.columns:
        if column.name in given:
            _check(result[column.name], column, name)
        elif column.required and len(frame):
            raise SchemaError(f"table {name} lacks its required column", value=column.name)
    return result


def _cast(frame: pd.DataFrame, column: Column, table: str) -> pd.Series:
    dtype = DTYPES[column.type]
    if column.name not in frame.columns:
        return pd.Series(pd.NA, index=frame.index, dtype=dtype)
    series = frame[column.name]
    if isinstance(series.dtype, pd.CategoricalDtype) and dtype in ("string", "category"):
        return series
    try:
        series = series.astype("string") if dtype == "category" else series
        if series.dtype == object and dtype == "string":
            # The same as astype and four times as fast on millions of texts.
            return pd.Series(pd.array(series.to_numpy(), dtype="string"), index=series.index)
        return series if series.dtype == dtype else series.astype(dtype)
    except (TypeError, ValueError) as reason:
        raise SchemaError(f"table {table}, column {column.name}: not {column.type}: {reason}") from reason


def _check(series: pd.Series, column: Column, table: str) -> None:
    if column.required and series.isna().any():
        raise SchemaError(f"table {table}, column {column.name}: a required value is unknown")
    if column.values and not _is_listed(series, column.values):
        wrong = {str(value) for value in series.unique() if not pd.isna(value)} - set(column.values)
        if wrong:
            raise SchemaError(f"table {table}, column {column.name}: value not allowed", value=min(wrong))
    if column.low is not None and not series.dropna().between(column.low, column.high).all():
        raise SchemaError(f"table {table}, column {column.name}: a value is outside {column.low:g}..{column.high:g}")


def _is_listed(series: pd.Series, values: tuple[str, ...]) -> bool:
    """Whether all categories are allowed, so that there is no need to look at the rows."""
    return isinstance(series.dtype, pd.CategoricalDtype) and set(series.cat.categories) <= set(values)


def concat(frames: Iterable[pd.DataFrame], name: str) -> pd.DataFrame:
    """Put conforming frames under each other; none gives the empty table."""
    kept = [frame for frame in frames if len(frame)]
    if not kept:
        return empty(name)
    return conform(pd.concat(kept, ignore_index=True) if len(kept) > 1 else kept[0], name)


def to_csv_bytes(frame: pd.DataFrame) -> bytes:
    """Serialise a table: UTF-8, comma, CRLF, ISO dates, true/false, blank for unknown; the same bytes every time."""
    plain = frame.copy()
    for name in plain.columns:
        series = plain[name]
        if isinstance(series.dtype, pd.BooleanDtype):
            plain[name] = series.map({True: "true", False: "false"}).astype("string")
        elif pd.api.types.is_datetime64_any_dtype(series):
            plain[name] = series.dt.strftime("%Y-%m-%d")
    text: str = plain.to_csv(index=False, lineterminator="\r\n")
    return text.encode("utf-8")


def to_markdown(name: str) -> str:
    """Document one table: a Markdown table with a row per column."""
    lines = [
        f"## {name}",
        "",
        "| column | type | unit | required | values | what it is | source |",
        "|---|---|---|---|---|---|---|",
    ]
    for column in load_table(name).columns:
        allowed = ", ".join(column.values) if column.low is None else f"{column.low:g} to {column.high:g}"
        required = "yes" if column.required else ""
        cells = (column.name, column.type, column.unit, required, allowed, column.description, column.source)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
