"""Plain tables of systems, servers or data flows: one sheet, one header row, a column map."""

from __future__ import annotations

import dataclasses
import re

import pandas as pd

from planner.case import Source
from planner.errors import InventoryError
from planner.ingest.dialects.columns import ColumnMap, MatchedSheet, header_keys, load_map, match_header
from planner.ingest.dialects.own_columns import extend
from planner.ingest.dialects.screen import screened
from planner.ingest.files.sheets import Sheet
from planner.ingest.records.conform import Records, read_records, without_columns
from planner.portfolio import finding_rows
from planner.schema import concat


def read_plain(sheets: list[Sheet], source: Source) -> list[Records]:
    """Read the one sheet of a source that holds its table."""
    matched, column_map = find_sheet(sheets, source)
    records = read_records(matched, column_map, source.is_pseudonymised)
    records = _with_name(screened(_without_known(records, column_map), matched, column_map))
    return [_with_os_version(records)]


def _without_known(records: Records, column_map: ColumnMap) -> Records:
    """Say of the columns that the map keeps as attributes once which they are, instead of asking about each."""
    kept = {key for header in column_map.kept for key in header_keys(header)}
    findings = records.findings
    headers = findings["value"].where(findings["code"] == "unknown_column", "").fillna("")
    known = headers.map(lambda header: not kept.isdisjoint(header_keys(header))).astype(bool)
    if not known.any():
        return records
    note = finding_rows(
        "info",
        "columns_kept_aside",
        file=records.file,
        sheet=records.sheet,
        row=findings.loc[known, "row"].iloc[0],
        detail=str(int(known.sum())),
        value=", ".join(headers[known]),
    )
    return dataclasses.replace(records, findings=concat([findings[~known], note], "findings"))


def _with_name(records: Records) -> Records:
    """Name a server by its address or its id in the source where it has no name."""
    frame, cells = records.frame, records.cells
    if records.table != "servers":
        return records
    for column in (name for name in ("ip_addresses", "source_key") if name in frame):
        unnamed = frame["name"].isna() & frame[column].notna()
        if unnamed.any():
            frame = frame.assign(name=frame["name"].mask(unnamed, frame[column].map(_first, na_action="ignore")))
            at = cells["position"].isin(frame.index[unnamed]) & (cells["column"] == column)
            witness = cells[at].assign(column="name")
            witness = witness.assign(raw=None) if records.is_pseudonymised else witness
            cells = pd.concat([cells, witness], ignore_index=True)
    return dataclasses.replace(records, frame=frame, cells=cells)


def _first(text: str) -> str:
    return re.split(r"[;,\s]", text)[0]


def _with_os_version(records: Records) -> Records:
    """Put a version that has a column of its own after the name of the operating system, unless the name says it."""
    frame, cells = records.frame, records.cells
    if "os_version" not in frame:
        return records
    version = frame["os_version"]
    name = frame["os"] if "os" in frame else pd.Series(pd.NA, index=frame.index, dtype="object")
    texts = [_named(*pair) for pair in zip(name, version, strict=True)]
    # Where only the version is said, it is all that is known of the system.
    alone = cells["position"].isin(frame.index[name.isna() & version.notna()])
    cells = cells.assign(column=cells["column"].mask(alone & (cells["column"] == "os_version"), "os"))
    frame = frame.assign(os=pd.Series(texts, index=frame.index, dtype="object"))
    return without_columns(dataclasses.replace(records, frame=frame, cells=cells), ["os_version"])


def _named(name: str, version: str) -> str:
    if pd.isna(name) or pd.isna(version):
        return version if pd.isna(name) else name
    return name if version.casefold() in name.casefold() else f"{name} {version}"


def find_sheet(sheets: list[Sheet], source: Source) -> tuple[MatchedSheet, ColumnMap]:
    """Find the sheet whose header row names the required columns.

    Raises
    ------
    InventoryError
        No sheet has a header row with the required columns; says which are missing and what the first row holds.
    """
    column_map = extend(load_map(str(source.reader)), source)
    wanted = [sheet for sheet in sheets if source.sheet is None or sheet.name == source.sheet]
    if not wanted:
        names = ", ".join(str(sheet.name) for sheet in sheets)
        raise InventoryError(
            f"no sheet is named '{source.sheet}'", place=source.file, remedy=f"The sheets are: {names}."
        )
    for sheet in wanted:
        matched = match_header(sheet, column_map)
        if matched:
            return matched, column_map
    raise _no_header(wanted[0], column_map, source)


def _no_header(sheet: Sheet, column_map: ColumnMap, source: Source) -> InventoryError:
    names = {
        column.name: column.headers[1] if len(column.headers) > 1 else column.name for column in column_map.columns
    }
    needed = ", ".join(
        " or ".join(f"{name} (for instance '{names[name]}')" for name in need.split("|"))
        for need in column_map.required
    )
    first = " | ".join(str(cell) for cell in sheet.rows[0][:8]) if sheet.rows else "no rows at all"
    return InventoryError(
        f"no header row with the required columns: {needed}",
        place=f"{source.file}:1",
        value=first[:200],
        remedy="Name the header under 'columns' of this source in case.yaml.",
    )
