"""Tables declared by CSV: one file in `tables/` gives a table's columns, dtypes, checks and documentation."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

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

_DTYPES = {name: pd.api.types.pandas_dtype(dtype) for name, dtype in DTYPES.items()}


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

    @cached_property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """Return one column; KeyError when the schema does not have it."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def promising(self) -> tuple[Column, ...]:
        """Columns that promise more than their type."""
        return tuple(column for column in self.columns if column.required or column.values or column.low is not None)


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
    return _empty(name).copy()


@lru_cache
def _empty(name: str) -> pd.DataFrame:
    table = load_table(name)
    return pd.DataFrame({column.name: pd.Series(dtype=DTYPES[column.type]) for column in table.columns})


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
    given = dict.fromkeys(frame.columns)
    extra = [str(column) for column in given.keys() - set(table.names)]
    if extra:
        raise SchemaError(f"table {name} has columns that its schema does not declare", value=sorted(extra))
    if not len(frame):
        return empty(name)
    if not _is_counted(frame.index):
        frame = frame.reset_index(drop=True)
    result = frame
    if not _is_typed(frame, table):
        values = {
            column.name: _cast(frame[column.name], column, name) if column.name in given else _unknown(column, frame)
            for column in table.columns
        }
        result = pd.DataFrame(values, index=frame.index, copy=False)
    for column in table.promising:
        if column.name in given:
            _check(result[column.name], column, name)
        elif column.required:
            raise SchemaError(f"table {name} lacks its required column", value=column.name)
    return result


def _is_counted(index: pd.Index) -> bool:
    return isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1 and index.name is None


def _is_typed(frame: pd.DataFrame, table: Table) -> bool:
    """Whether all columns stand in order with their dtypes already."""
    return frame.columns.tolist() == table.names and all(
        isinstance(dtype, pd.CategoricalDtype) if column.type == "word" else dtype == _DTYPES[column.type]
        for column, dtype in zip(table.columns, frame.dtypes, strict=True)
    )


def _unknown(column: Column, frame: pd.DataFrame) -> Any:
    return _no_value(DTYPES[column.type]).take(np.zeros(len(frame), dtype=np.intp))


@lru_cache
def _no_value(dtype: str) -> Any:
    return pd.array([pd.NA], dtype=dtype) if dtype != "category" else pd.Categorical([pd.NA], dtype="category")


def _cast(series: pd.Series, column: Column, table: str) -> pd.Series:
    dtype = DTYPES[column.type]
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
    # On arrays, not series: a thousand small tables are checked for every plan.
    if column.required and series.array.isna().any():
        raise SchemaError(f"table {table}, column {column.name}: a required value is unknown")
    if column.values and not _is_listed(series, column.values):
        wrong = {str(value) for value in series.array.dropna().unique()} - set(column.values)
        if wrong:
            raise SchemaError(f"table {table}, column {column.name}: value not allowed", value=min(wrong))
    if column.low is not None:
        numbers = series.array.to_numpy(dtype=np.float64, na_value=np.nan)
        if ((numbers < column.low) | (numbers > column.high)).any():
            raise SchemaError(
                f"table {table}, column {column.name}: a value is outside {column.low:g}..{column.high:g}"
            )


def _is_listed(series: pd.Series, values: tuple[str, ...]) -> bool:
    """Whether all categories are allowed, so that there is no need to look at the rows."""
    return isinstance(series.dtype, pd.CategoricalDtype) and set(series.cat.categories) <= set(values)


def concat(frames: Iterable[pd.DataFrame], name: str) -> pd.DataFrame:
    """Put conforming frames under each other; none gives the empty table."""
    kept = [frame for frame in frames if len(frame)]
    if not kept:
        return empty(name)
    return conform(pd.concat(_one_vocabulary(kept, name), ignore_index=True) if len(kept) > 1 else kept[0], name)


def _one_vocabulary(frames: list[pd.DataFrame], name: str) -> list[pd.DataFrame]:
    """Give columns of words the same categories everywhere, so that they stay codes."""
    for column in load_table(name).columns:
        given = [frame[column.name] for frame in frames if column.name in frame]
        if column.type == "word" and all(isinstance(words.dtype, pd.CategoricalDtype) for words in given):
            words = union_categoricals(given).categories
            frames = [frame.assign(**{column.name: frame[column.name].cat.set_categories(words)}) for frame in frames]
    return frames


def to_texts(series: pd.Series) -> pd.Series:
    """Values as a CSV writes them; unknown stays unknown."""
    if isinstance(series.dtype, pd.BooleanDtype):
        return series.map({True: "true", False: "false"}).astype("string")
    if pd.api.types.is_datetime64_any_dtype(series):
        return series.dt.strftime("%Y-%m-%d").astype("string")
    return series.astype("string")


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
