"""Rows that a dialect itself says are not to be planned, and what a whole dialect cannot say."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pandas as pd

from planner.ingest.cells.values import clean, is_unknown
from planner.ingest.dialects.columns import ColumnMap, MatchedSheet, header_keys
from planner.ingest.files.sheets import Row
from planner.ingest.records.conform import Records, without_columns, without_rows
from planner.portfolio import finding_rows
from planner.schema import concat


def screened(records: Records, matched: MatchedSheet, column_map: ColumnMap) -> Records:
    """Reject the rows that the map of a dialect rules out, and tell of columns that the dialect lacks."""
    if column_map.identified_by:
        records = without_rows(records, ~_is_identified(records, matched, column_map.identified_by), "missing_key")
    for rule in column_map.rejected:
        if rule["column"] in records.frame:
            records = without_rows(records, _is_ruled_out(records.frame[rule["column"]], rule), str(rule["code"]))
    staged = {str(rule["column"]) for rule in column_map.rejected} & set(records.frame.columns)
    records = without_columns(records, sorted(staged))
    notes = [
        finding_rows("info", "dialect_lacks", table=records.table, file=records.file, sheet=records.sheet, detail=name)
        for name in column_map.lacks
    ]
    return dataclasses.replace(records, findings=concat([records.findings, *notes], "findings")) if notes else records


def _is_identified(records: Records, matched: MatchedSheet, keys: tuple[str, ...]) -> pd.Series:
    header = [clean(cell) for cell in matched.sheet.rows[matched.header_at]]
    at = {key: index for index, name in reversed(list(enumerate(header))) for key in header_keys(name)}
    wanted = [[_place(name, at) for name in key.split("+")] for key in keys]
    rows = dict(zip(matched.sheet.numbers, matched.sheet.rows, strict=True))
    said = [any(all(_says(rows[int(row)], one) for one in places) for places in wanted) for row in records.rows]
    return pd.Series(said, index=records.frame.index, dtype=bool)


def _place(name: str, at: Mapping[str, int]) -> int | None:
    return next((at[key] for key in header_keys(name) if key in at), None)


def _says(row: Row, at: int | None) -> bool:
    return at is not None and at < len(row) and not is_unknown(row[at])


def _is_ruled_out(texts: pd.Series, rule: Mapping[str, Any]) -> pd.Series:
    if "words" not in rule:
        return texts.notna()
    return texts.astype("string").str.casefold().isin([str(word).casefold() for word in rule["words"]])
