"""A matched sheet to conformed records: values, provenance to the cell, findings, and every row accounted for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.ingest.cells.body import Body, body_of
from planner.ingest.cells.coded import Coded, Texts
from planner.ingest.cells.splitters import SPLITTERS
from planner.ingest.cells.values import Conventions, clean, conventions_of, is_unknown, known_texts, parse
from planner.ingest.dialects.columns import ColumnMap, MappedColumn, Match, MatchedSheet
from planner.ingest.files.sheets import Row, Sheet, column_letter
from planner.portfolio import finding_rows
from planner.schema import Column, Table, concat, load_table

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

    def originals(self, positions: Iterable[int]) -> list[str | None]:
        """What stood in some rows, for the table of rejects; nothing of it where names are to be kept out."""
        wanted = list(positions)
        if self.is_pseudonymised or not wanted:
            return [None] * len(wanted)
        read = self.cells[self.cells["position"].isin(wanted)]
        said: dict[int, list[str]] = {}
        for position, column, raw in zip(read["position"], read["column"], read["raw"], strict=True):
            if isinstance(raw, str):
                said.setdefault(position, []).append(f"{column}={raw}")
        return [" | ".join(said.get(position, ())) for position in wanted]

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
    rejects = pd.DataFrame({"row": records.rows[lost].to_numpy(), "original": records.originals(lost)})
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
    sheet, body = matched.sheet, body_of(matched)
    cells = {match.index: Coded.of(body.columns[match.index]) for match in matched.matches}
    proofs = [cells[match.index].words for match in matched.matches if _may_prove(match, column_map.table)]
    conventions = conventions_of(chain.from_iterable(proofs), sheet.delimiter)
    parts = [_column(match, cells[match.index], conventions, column_map) for match in matched.matches]
    frame, read_from = _assemble(parts, len(body.numbers), is_pseudonymised)
    rows = pd.Series(body.numbers, dtype="Int64")
    findings = [
        finding for part in parts for finding in _cell_findings(part, sheet, rows, column_map, is_pseudonymised)
    ]
    findings += [_note(sheet.file, code, value) for code, value in sheet.notes]
    if body.short and sheet.delimiter:
        findings.append(
            finding_rows("warning", "short_rows", file=sheet.file, row=body.short[0], value=len(body.short))
        )
    return Records(
        column_map.table,
        sheet.file,
        sheet.name,
        frame,
        rows,
        read_from,
        _attributes(matched, body, is_pseudonymised),
        concat([*findings, _unmapped(matched, is_known=bool(column_map.signature))], "findings"),
        _rejects(sheet.file, sheet.name, body.too_wide, is_pseudonymised),
        len(body.numbers) + len(body.too_wide),
        is_pseudonymised,
    )


def _note(file: str, code: str, value: str) -> pd.DataFrame:
    """A note about a file as a whole; a guessed encoding may have spoilt names, so it is more than a note."""
    return finding_rows("warning" if code == "assumed_encoding" else "info", code, file=file, value=value)


@dataclass(frozen=True)
class _Part:
    """What one column of a sheet says: values and codes of findings, for every distinct cell."""

    match: Match
    cells: Coded
    values: dict[str, list[Any]]
    codes: dict[str, list[str | None]]


def _may_prove(match: Match, table: str) -> bool:
    """Whether the cells of a column show how the file writes numbers and dates; versions and names do not."""
    schema = load_table(table)
    return match.column.split is not None or (
        match.column.name in schema.names and schema.column(match.column.name).type in ("number", "integer", "date")
    )


def _column(match: Match, cells: Coded, conventions: Conventions, column_map: ColumnMap) -> _Part:
    mapped, schema = match.column, load_table(column_map.table)
    if mapped.is_presence:
        return _Part(match, cells, {mapped.name: [pd.NA if is_unknown(word) else True for word in cells.words]}, {})
    if _is_plain_text(mapped, schema):
        return _Part(match, cells, {mapped.name: known_texts(cells.texts)}, {})
    pieces: dict[str, Sequence[object]] = {mapped.name: cells.words}
    if mapped.split:
        texts = pd.Series(cells.texts, dtype="object")
        pieces = {name: piece.tolist() for name, piece in SPLITTERS[mapped.split](texts, mapped.name).items()}
    values: dict[str, list[Any]] = {}
    codes: dict[str, list[str | None]] = {}
    for name, piece in pieces.items():
        column = schema.column(name) if name in schema.names else STAGING
        unit = match.unit or column_map.units.get(name)
        values[name], codes[name] = parse(piece, column, conventions, mapped.meanings, unit)
    return _Part(match, cells, values, codes)


def _is_plain_text(mapped: MappedColumn, schema: Table) -> bool:
    column = schema.column(mapped.name) if mapped.name in schema.names else STAGING
    return column.type == "text" and not (mapped.split or mapped.meanings or column.values)


def _assemble(parts: list[_Part], count: int, is_pseudonymised: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    # Two headers may fill one column (a notice period of its own and one inside the contract text): the first that
    # says something wins, unless the map says that they add up.
    columns: dict[str, Texts] = {}
    is_filled: dict[str, NDArray[np.bool_]] = {}
    cells: list[pd.DataFrame] = []
    for part in parts:
        for name, words in part.values.items():
            values = part.cells.spread(words)
            is_said = np.array([word is not pd.NA for word in words], dtype=np.bool_)[part.cells.codes]
            before = is_filled.get(name, np.zeros(count, dtype=np.bool_))
            if name in columns:
                if part.match.column.repeats == "sum":
                    both = before & is_said
                    columns[name][both] += values[both]
                columns[name][is_said & ~before] = values[is_said & ~before]
            else:
                columns[name] = values
            is_filled[name] = before | is_said
            # One cell bears witness to a value: of a sum, the first.
            at = np.flatnonzero(is_said & ~before)
            cells.append(_cells_read(part, name, at, is_named=not (is_pseudonymised and name == "name")))
    return pd.DataFrame(columns, index=pd.RangeIndex(count), dtype="object"), pd.concat(cells, ignore_index=True)


def _cells_read(part: _Part, name: str, at: NDArray[np.intp], *, is_named: bool) -> pd.DataFrame:
    is_shown = is_named and not part.match.column.is_presence
    raw = part.cells.spread(part.cells.texts)[at] if is_shown else "" if is_named else None
    letter = column_letter(part.match.index)
    return pd.DataFrame({"position": at, "column": name, "cell_column": letter, "raw": raw}, index=range(len(at)))


def _attributes(matched: MatchedSheet, body: Body, is_pseudonymised: bool) -> pd.DataFrame:
    kept = [] if is_pseudonymised else _told_apart(matched.unmapped)
    cells = {header: Coded.of(body.columns[index]) for index, header in kept}
    texts = {header: coded.spread(coded.texts) for header, coded in cells.items()}
    return pd.DataFrame(texts, index=pd.RangeIndex(len(body.numbers)))


def _rejects(file: str, sheet: str | None, bad: list[tuple[int, Row]], is_pseudonymised: bool) -> pd.DataFrame:
    frame = pd.DataFrame({"row": [number for number, _ in bad]})
    frame["original"] = [None if is_pseudonymised else " | ".join(clean(cell) for cell in row) for _, row in bad]
    return frame.assign(file=file, sheet=sheet, code="too_many_cells")


def _cell_findings(
    part: _Part, sheet: Sheet, rows: pd.Series, column_map: ColumnMap, is_pseudonymised: bool
) -> list[pd.DataFrame]:
    found = []
    for name, codes in part.codes.items():
        for code in sorted({code for code in codes if code}):
            at = part.cells.where([one == code for one in codes])
            texts = pd.Series(part.cells.spread(part.cells.texts)[at], index=at, dtype="object")
            found.append(
                finding_rows(
                    "warning",
                    code,
                    table=column_map.table,
                    file=sheet.file,
                    sheet=sheet.name,
                    row=rows[at],
                    column=column_letter(part.match.index),
                    detail=name,
                    value=None if is_pseudonymised and name == "name" else texts,
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
