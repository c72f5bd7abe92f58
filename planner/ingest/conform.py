"""A matched sheet to conformed records: values, provenance to the cell, findings, and every row accounted for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from planner.ingest.columns import ColumnMap, Match, MatchedSheet
from planner.ingest.sheets import column_letter
from planner.ingest.splitters import SPLITTERS
from planner.ingest.values import Conventions, clean, clean_all, conventions_of, is_unknown, parse
from planner.portfolio import finding_rows
from planner.schema import Column, concat, load_table

# So many columns that nothing reads are named; the others are counted.
NAMED = 12
STAGING = Column("", "text", "", False, (), None, None, "", "")


@dataclass(frozen=True)
class Records:
    """Rows of one sheet, not yet identified.

    `frame` has the table's columns plus staging columns and is indexed by position; `rows` are the row numbers in
    the file.
    `rejects` are rows of this sheet, `side_rejects` rows of detail tabs that belong to none of its records.
    `cells` has one row per value read: position, column of the table, letter in the file and the raw text.
    `rows_folded` of its rows were folded into others before they were read.
    Rows that `only_complete` fill blanks of records that other sources make, and make none themselves.
    """

    table: str
    file: str
    sheet: str | None
    frame: pd.DataFrame
    rows: pd.Series
    cells: pd.DataFrame
    attributes: pd.DataFrame
    findings: pd.DataFrame
    rejects: pd.DataFrame
    rows_in: int
    is_pseudonymised: bool
    side_rejects: pd.DataFrame = field(default_factory=pd.DataFrame)
    only_complete: bool = False
    rows_folded: int = 0

    def original(self, position: int) -> str | None:
        """What stood in a row, for the table of rejects; nothing of it where names are to be kept out."""
        if self.is_pseudonymised:
            return None
        read = self.cells[self.cells["position"] == position]
        return " | ".join(
            f"{column}={raw}" for column, raw in zip(read["column"], read["raw"], strict=True) if isinstance(raw, str)
        )

    def turned(self, where: pd.Series) -> Records:
        """Swap source and target of some data flows, in their values and in the cells these stand in."""
        ends = {"source_system": "target_system", "target_system": "source_system"}
        frame = self.frame.copy()
        frame.loc[where, list(ends)] = self.frame.loc[where, list(ends.values())].to_numpy()
        is_turned = self.cells["position"].isin(frame.index[where])
        swapped = self.cells["column"].mask(is_turned, self.cells["column"].replace(ends))
        return replace(self, frame=frame, cells=self.cells.assign(column=swapped))


def where_value(matched: MatchedSheet, name: str, keep: Callable[[str], bool]) -> MatchedSheet:
    """Keep the rows of a sheet for which the text of one column fits, and its header."""
    sheet = matched.sheet
    at = next(match.index for match in matched.matches if match.column.name == name)
    kept = [
        number
        for number, row in enumerate(sheet.rows)
        if number <= matched.header_at or keep(clean(row[at]) if at < len(row) else "")
    ]
    rows, numbers = [sheet.rows[number] for number in kept], [sheet.numbers[number] for number in kept]
    return replace(matched, sheet=replace(sheet, rows=rows, numbers=numbers))


def without_rows(records: Records, where: pd.Series, code: str) -> Records:
    """Reject some rows that were read, with what stood in them."""
    lost = records.frame.index[where]
    rejects = pd.DataFrame({"row": records.rows[lost].to_numpy(), "original": [records.original(at) for at in lost]})
    rejects = rejects.assign(file=records.file, sheet=records.sheet, code=code)
    return replace(
        records,
        frame=records.frame.drop(lost),
        rows=records.rows.drop(lost),
        cells=records.cells[~records.cells["position"].isin(lost)],
        attributes=records.attributes.drop(lost),
        rejects=pd.concat([records.rejects, rejects], ignore_index=True),
    )


def without_columns(records: Records, names: list[str]) -> Records:
    """Drop staging columns that a reader has used."""
    cells = records.cells[~records.cells["column"].isin(names)]
    return replace(records, frame=records.frame.drop(columns=names), cells=cells)


def read_records(matched: MatchedSheet, column_map: ColumnMap, is_pseudonymised: bool) -> Records:
    """Parse every row below the header.

    Parameters
    ----------
    matched
        The sheet and what its header means.
    column_map
        The table that it fills, and the units of columns whose header names none.
    is_pseudonymised
        Keep names and whole rows out of findings, rejects and attributes.
    """
    sheet, table, units = matched.sheet, column_map.table, column_map.units
    width = len(sheet.rows[matched.header_at])
    body, numbers, bad_rows = body_of(matched, width)
    cells = pd.DataFrame(body, columns=range(width), dtype="object")
    rows = pd.Series(numbers, dtype="Int64")
    conventions = conventions_of(pd.concat([cells[match.index] for match in matched.matches]), sheet.delimiter)
    parts = [_column(match, cells[match.index], conventions, table, units) for match in matched.matches]
    frame, read_from = _assemble(parts, cells.index, is_pseudonymised)
    findings = [
        finding
        for part in parts
        for finding in _cell_findings(part, sheet.file, sheet.name, rows, table, is_pseudonymised)
    ]
    findings += [finding_rows("info", code, file=sheet.file, value=value) for code, value in sheet.notes]
    attributes = pd.DataFrame(
        {header: clean_all(cells[index]) for index, header in _told_apart(matched.unmapped)}, index=cells.index
    )
    return Records(
        table,
        sheet.file,
        sheet.name,
        frame,
        rows,
        read_from,
        attributes.iloc[:, :0] if is_pseudonymised else attributes,
        concat([*findings, _unmapped(matched, is_known=bool(column_map.signature))], "findings"),
        _rejects(sheet.file, sheet.name, bad_rows, is_pseudonymised),
        len(body) + len(bad_rows),
        is_pseudonymised,
    )


@dataclass(frozen=True)
class _Part:
    match: Match
    raw: pd.Series
    values: dict[str, pd.Series]
    codes: dict[str, pd.Series]


def _assemble(parts: list[_Part], index: pd.Index, is_pseudonymised: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    # Two headers may fill one column (a notice period of its own and one inside the contract text): the first that
    # says something wins, unless the map says that they add up.
    columns: dict[str, pd.Series] = {}
    cells: list[pd.DataFrame] = []
    for part in parts:
        letter = column_letter(part.match.index)
        for name, values in part.values.items():
            before = columns.get(name)
            is_sum = part.match.column.repeats == "sum"
            is_new = values.notna() if before is None or is_sum else values.notna() & before.isna()
            if before is None:
                columns[name] = values
            elif is_sum:
                columns[name] = before.where(~is_new, before.fillna(0) + values.fillna(0))
            else:
                columns[name] = before.where(~is_new, values)
            # One cell bears witness to a value: of a sum, the first.
            is_new &= True if before is None else before.isna()
            raw = None if is_pseudonymised and name == "name" else part.raw[is_new]
            cells.append(pd.DataFrame({"position": index[is_new], "column": name, "cell_column": letter, "raw": raw}))
    return pd.DataFrame(columns, index=index), pd.concat(cells, ignore_index=True)


def body_of(matched: MatchedSheet, width: int) -> tuple[list[list[object]], list[int], list[tuple[int, list[object]]]]:
    """Rows below the header with their numbers, and the rows that have more cells than it."""
    header = [clean(cell) for cell in matched.sheet.rows[matched.header_at]]
    body, numbers, bad = [], [], []
    for number, row in zip(matched.sheet.numbers, matched.sheet.rows, strict=True):
        if number <= matched.sheet.numbers[matched.header_at]:
            continue
        if clean(row[0]) == header[0] and [clean(cell) for cell in row[:width]] == header:
            continue  # merged workbooks repeat the header inside the data
        if any(clean(cell) for cell in row[width:]):
            bad.append((number, row))
        else:
            body.append((row + [""] * width)[:width])
            numbers.append(number)
    return body, numbers, bad


def _rejects(file: str, sheet: str | None, bad: list[tuple[int, list[object]]], is_pseudonymised: bool) -> pd.DataFrame:
    frame = pd.DataFrame({"row": [number for number, _ in bad]})
    frame["original"] = [None if is_pseudonymised else " | ".join(clean(cell) for cell in row) for _, row in bad]
    return frame.assign(file=file, sheet=sheet, code="too_many_cells")


def _column(match: Match, cells: pd.Series, conventions: Conventions, table: str, units: Mapping[str, str]) -> _Part:
    mapped = match.column
    schema = load_table(table)
    if mapped.split:
        pieces = SPLITTERS[mapped.split](clean_all(cells), mapped.name)
    elif mapped.is_presence:
        return _Part(match, pd.Series("", index=cells.index), {mapped.name: _presence(cells)}, {})
    else:
        pieces = {mapped.name: cells}
    values: dict[str, pd.Series] = {}
    codes: dict[str, pd.Series] = {}
    for name, piece in pieces.items():
        column = schema.column(name) if name in schema.names else STAGING
        unit = match.unit or units.get(name)
        values[name], codes[name] = parse(piece, column, conventions, mapped.meanings, unit)
    return _Part(match, clean_all(cells), values, codes)


def _presence(cells: pd.Series) -> pd.Series:
    filled = ~cells.map(is_unknown)
    return filled.astype("boolean").where(filled, pd.NA)


def _cell_findings(
    part: _Part, file: str, sheet: str | None, rows: pd.Series, table: str, is_pseudonymised: bool
) -> list[pd.DataFrame]:
    found = []
    for name, codes in part.codes.items():
        wrong = codes.dropna()
        for code, group in wrong.groupby(wrong):
            found.append(
                finding_rows(
                    "warning",
                    str(code),
                    table=table,
                    file=file,
                    sheet=sheet,
                    row=rows[group.index],
                    column=column_letter(part.match.index),
                    detail=name,
                    value=None if is_pseudonymised and name == "name" else part.raw[group.index],
                )
            )
    return found


def _told_apart(columns: tuple[tuple[int, str], ...]) -> list[tuple[int, str]]:
    """Headers of columns that nothing reads; one that stands several times bears its letter from the second on."""
    seen: set[str] = set()
    named = []
    for index, header in columns:
        named.append((index, f"{header} [{column_letter(index)}]" if header in seen else header))
        seen.add(header)
    return named


def _unmapped(matched: MatchedSheet, *, is_known: bool) -> pd.DataFrame:
    """Columns that fill nothing: each of them where the headers are people's own, all in one of a known dialect."""
    if is_known and matched.unmapped:
        return finding_rows(
            "info",
            "columns_kept_aside",
            file=matched.sheet.file,
            sheet=matched.sheet.name,
            row=matched.sheet.numbers[matched.header_at],
            detail=str(len(matched.unmapped)),
            value=", ".join(header for _, header in matched.unmapped[:NAMED])
            + (" …" if len(matched.unmapped) > NAMED else ""),
        )
    index = pd.RangeIndex(len(matched.unmapped))
    return finding_rows(
        "info",
        "unknown_column",
        file=matched.sheet.file,
        sheet=matched.sheet.name,
        row=matched.sheet.numbers[matched.header_at],
        index=index,
        column=pd.Series([column_letter(at) for at, _ in matched.unmapped], index=index, dtype="object"),
        value=pd.Series([header for _, header in matched.unmapped], index=index, dtype="object"),
    )


def short_hash(text: str, length: int = 10) -> str:
    """First hex digits of SHA-256: a stable key that reveals nothing at a glance."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:length]
