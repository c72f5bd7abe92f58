"""Utilisation that an inventory states in a column: an average, a maximum, one point, or a declared value.

Column maps put such cells into staging columns named `usage_<metric>_<statistic>_<unit>`: metric `cpu` or `memory`;
statistic `avg`, `max`, `point` or `declared`; unit `pct`, `share` (a fraction or a percentage, as the column's values
tell: the header says one and files hold the other), `mib` or `gib`.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from planner.ingest.cells.values import BadValue, read_number
from planner.ingest.readers.series.scale import MAX_FRACTION
from planner.ingest.records.conform import Records
from planner.portfolio import finding_rows
from planner.schema import concat, conform, empty

GIB_PER_UNIT = {"mib": 1 / 1024, "gib": 1.0}
_USAGE = re.compile(r"usage_(cpu|memory)_(avg|max|point|declared)_(pct|share|mib|gib)")
_BASIS = {"avg": "average_max", "max": "average_max", "declared": "declared", "point": "point"}
_ORDER = ("average_max", "declared", "point")


def read_usage(records: Records) -> Records:
    """Read the staged cells of a sheet to percentages or GiB; what is no such value is left out with a finding."""
    columns = [name for name in records.frame.columns if _USAGE.fullmatch(name)]
    if not columns:
        return records
    frame, found = records.frame.copy(), []
    lost: list[tuple[str, pd.Index]] = []
    for column in columns:
        values, wrong, is_mixed = _values(frame[column].astype("object"), column.rpartition("_")[2])
        lost.append((column, wrong.index))
        raw = frame.loc[wrong.index, column]
        where = {"table": "utilisation", "file": records.file, "sheet": records.sheet}
        where["detail"] = f"{column.split('_')[1]}_pct"
        for code in sorted(wrong.unique()):
            at = wrong.index[wrong == code]
            found.append(finding_rows("warning", code, row=records.rows[at], value=raw[at].astype("string"), **where))
        if is_mixed:
            found.append(finding_rows("warning", "usage_mixed_scales", **where))
        frame[column] = values
    cells = records.cells
    for column, at in lost:
        cells = cells[~((cells["column"] == column) & cells["position"].isin(at))]
    return replace(records, frame=frame, cells=cells, findings=concat([records.findings, *found], "findings"))


def _values(cells: pd.Series, unit: str) -> tuple[pd.Series, pd.Series, bool]:
    """Values, the codes of cells that are none, and whether fractions stand among percentages."""
    known = {cell: _number(cell) for cell in cells.dropna().unique()}
    codes = cells.map(lambda cell: known[cell] if isinstance(known[cell], str) else None, na_action="ignore").dropna()
    numbers = pd.to_numeric(cells.map(lambda cell: known[cell], na_action="ignore").drop(codes.index), errors="coerce")
    numbers = numbers.dropna()
    is_mixed = False
    if unit == "share" and len(numbers):
        small = numbers <= MAX_FRACTION
        is_mixed = bool(small.any() and not small.all() and (numbers[small] > 0).any())
        numbers = numbers[~small] if is_mixed else numbers * 100 if small.all() else numbers
    limit = 100 if unit in ("pct", "share") else float("inf")
    outside = (numbers < 0) | (numbers > limit)
    negative = numbers[outside].map(lambda value: "negative_value" if value < 0 else "implausible_value")
    values = numbers[~outside].reindex(cells.index).astype("Float64")
    return values.astype("object"), pd.concat([codes, negative]).astype("object"), is_mixed


def _number(cell: object) -> float | str:
    # A share of a hundred has no thousands: a single mark is that of decimals.
    try:
        return read_number(cell, "," if "," in str(cell) else ".", None)
    except BadValue as reason:
        return str(reason.args[0])


def stated_utilisation(servers: pd.DataFrame, provenance: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of table utilisation from the staged columns of identified servers, and their provenance."""
    found = {name: match for name in servers.columns if (match := _USAGE.fullmatch(name))}
    if not found:
        return empty("utilisation"), empty("provenance")
    table = pd.DataFrame({"server_id": servers["server_id"]})
    basis = pd.DataFrame(index=servers.index)
    columns: dict[str, str] = {}
    for name, match in sorted(found.items()):
        metric, statistic, unit = match.groups()
        column = f"{metric}_{'point' if statistic == 'declared' else statistic}_pct"
        values = _percentages(servers, name, unit)
        table[column] = table[column].fillna(values) if column in table else values
        columns[name] = column
        basis[name] = pd.Series(_ORDER.index(_BASIS[statistic]), index=servers.index).where(values.notna())
    has_any = basis.notna().any(axis=1)
    table["basis"] = basis.min(axis=1).map(dict(enumerate(_ORDER)))
    table = conform(table[has_any], "utilisation")
    said = pd.concat([servers.loc[servers[name].notna(), ["server_id"]].assign(column=name) for name in columns])
    cells = provenance.merge(said.rename(columns={"server_id": "row_id"}), on=["row_id", "column"])
    moved = cells.assign(table="utilisation", column=cells["column"].astype("string").map(columns))
    return table, conform(moved.drop_duplicates(["row_id", "column"]), "provenance")


def _percentages(servers: pd.DataFrame, name: str, unit: str) -> pd.Series:
    values = servers[name].astype("Float64")
    if unit in GIB_PER_UNIT:
        memory = servers["memory_gib"].astype("Float64") if "memory_gib" in servers else pd.NA
        values = 100 * values * GIB_PER_UNIT[unit] / memory
    return values.where(values.between(0, 100)).round(2)
