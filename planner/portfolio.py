"""The conformed tables of one case: what the steps read and what they add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from planner.errors import SchemaError
from planner.schema import concat, conform, empty

APPEND_ONLY = frozenset({"findings"})


@dataclass(frozen=True)
class Declared:
    """What a step reads, column by column, and the tables that it makes; it has no findings."""

    reads: Mapping[str, Sequence[str]]
    makes: Sequence[str]


@dataclass(frozen=True, eq=False)
class Portfolio:
    """Tables by name; a step adds tables and never edits an earlier one (findings are a log and grow).

    One that `is_whole` has an empty table wherever nothing was said; one of declared tables has no others.
    """

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    is_whole: bool = True

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name in self.tables:
            return self.tables[name]
        if not self.is_whole:
            raise SchemaError("a step may not read a table that it does not declare", value=name)
        return empty(name)

    def only(self, columns: Mapping[str, Sequence[str]]) -> Portfolio:
        """Return some columns of some tables and nothing else."""
        return Portfolio({name: self[name][list(wanted)] for name, wanted in columns.items()}, is_whole=False)

    def __contains__(self, name: str) -> bool:
        return name in self.tables

    def with_tables(self, added: Mapping[str, pd.DataFrame]) -> Portfolio:
        """Return a portfolio with more tables, each checked against its schema.

        Raises
        ------
        SchemaError
            A table that exists already, or one that does not conform.
        """
        tables = dict(self.tables)
        for name, frame in added.items():
            if name in APPEND_ONLY:
                tables[name] = concat([self[name], conform(frame, name)], name)
            elif name in tables:
                raise SchemaError("a step may not replace the table of an earlier one", value=name)
            else:
                tables[name] = conform(frame, name)
        return Portfolio(tables)


def finding_rows(
    severity: str,
    code: str,
    *,
    table: str | None = None,
    row_id: object = None,
    file: object = None,
    sheet: object = None,
    row: object = None,
    column: object = None,
    value: object = None,
    detail: object = None,
    index: pd.Index | None = None,
) -> pd.DataFrame:
    """Build findings of one code; each argument is one value or a column of values.

    Parameters
    ----------
    severity, code
        `error`, `warning` or `info`, and the key of the text in `texts/findings.yaml`.
    index
        Rows to build when no argument is a Series; a single row by default.

    Returns
    -------
    Some columns of table findings; `concat` puts them together and checks them.
    """
    given = {
        "table": table,
        "row_id": row_id,
        "file": file,
        "sheet": sheet,
        "row": row,
        "column": column,
        "value": value,
        "detail": detail,
    }
    if index is None:
        index = next((item.index for item in given.values() if isinstance(item, pd.Series)), pd.RangeIndex(1))
    if len(index) == 0:
        return empty("findings")
    said = {name: item for name, item in given.items() if item is not None}
    return pd.DataFrame({"severity": severity, "code": code, **said}, index=index)
