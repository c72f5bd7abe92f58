"""Konveyor application CSV: applications and the dependencies between them in one table."""

from __future__ import annotations

import dataclasses

from planner.case import Source
from planner.ingest.dialects.columns import MatchedSheet, load_tab, match_header
from planner.ingest.dialects.positions import APPLICATION, DEPENDENCY, DIALECT, with_header
from planner.ingest.files.sheets import Row, Sheet
from planner.ingest.readers.plain import find_sheet
from planner.ingest.records.conform import Records, read_records, where_value, without_columns, without_rows
from planner.portfolio import finding_rows
from planner.schema import concat

# Southbound: the application depends on the other one. Northbound: the other one depends on it.
IS_TURNED = {"southbound": False, "northbound": True}


def read_konveyor(sheets: list[Sheet], source: Source) -> list[Records]:
    """Read applications as systems, and dependencies as data flows (formats reference 2.13).

    A dependency stands in a row of type 2, or in that of the application itself. A row of another type, or a dependency
    without a direction, is rejected. A file without a known header row is read by position, as Konveyor does.

    Raises
    ------
    InventoryError
        No sheet has the headers of the dialect, or as many columns as one of its variants.
    """
    placed = [with_header(sheet) for sheet in sheets]
    matched, column_map = find_sheet([sheet or given for sheet, given in zip(placed, sheets, strict=True)], source)
    edges = match_header(matched.sheet, load_tab(DIALECT, "edges"))
    if edges is not None:
        matched = where_value(matched, "record_type", lambda kind: kind != DEPENDENCY)
    systems = read_records(matched, column_map, source.is_pseudonymised)
    if any(placed):
        note = finding_rows("warning", "read_by_position", file=systems.file, sheet=systems.sheet)
        systems = dataclasses.replace(systems, findings=concat([systems.findings, note], "findings"))
    systems = without_rows(systems, systems.frame["record_type"].fillna("") != APPLICATION, "unknown_record_type")
    systems = without_columns(systems, ["record_type"])
    return [systems] if edges is None else [systems, _dependencies(edges, source)]


def _dependencies(edges: MatchedSheet, source: Source) -> Records:
    # What else stands in a dependency's row says nothing of it; the applications' part names the columns.
    edges = dataclasses.replace(edges, unmapped=())
    stated = where_value(edges, "record_type", lambda kind: kind == DEPENDENCY)
    beside = where_value(where_value(edges, "record_type", lambda kind: kind == APPLICATION), "target_system", bool)
    at = sorted([*zip(stated.sheet.numbers, stated.sheet.rows, strict=True), *_body(beside)], key=lambda item: item[0])
    sheet = dataclasses.replace(edges.sheet, numbers=[number for number, _ in at], rows=[row for _, row in at])
    flows = read_records(dataclasses.replace(edges, sheet=sheet), load_tab(DIALECT, "edges"), source.is_pseudonymised)
    turned = flows.frame["direction"].astype("string").str.casefold().map(IS_TURNED)
    flows = without_rows(flows, turned.isna(), "dependency_without_direction")
    return without_columns(flows.turned(turned.reindex(flows.frame.index).astype(bool)), ["record_type", "direction"])


def _body(matched: MatchedSheet) -> list[tuple[int, Row]]:
    below = matched.header_at + 1
    return list(zip(matched.sheet.numbers[below:], matched.sheet.rows[below:], strict=True))
