"""Konveyor application CSV: applications and the dependencies between them in one table."""

from __future__ import annotations

import dataclasses

from planner.case import Source
from planner.ingest.columns import MatchedSheet, load_tab, match_header
from planner.ingest.conform import Records, read_records, where_value, without_columns, without_rows
from planner.ingest.plain import find_sheet
from planner.ingest.sheets import Sheet

DIALECT = "konveyor"
APPLICATION, DEPENDENCY = "1", "2"
# Southbound: the application depends on the other one. Northbound: the other one depends on it.
IS_TURNED = {"southbound": False, "northbound": True}


def read_konveyor(sheets: list[Sheet], source: Source) -> list[Records]:
    """Read rows of type 1 as systems and rows of type 2 as data flows (formats reference 2.13).

    A row of another type, or a dependency without a direction, is rejected.

    Raises
    ------
    InventoryError
        No sheet has the headers of the dialect.
    """
    matched, column_map = find_sheet(sheets, source)
    edges = match_header(matched.sheet, load_tab(DIALECT, "edges"))
    if edges is not None:
        matched = where_value(matched, "record_type", lambda kind: kind != DEPENDENCY)
    systems = read_records(matched, column_map, source.is_pseudonymised)
    systems = without_rows(systems, systems.frame["record_type"].fillna("") != APPLICATION, "unknown_record_type")
    systems = without_columns(systems, ["record_type"])
    return [systems] if edges is None else [systems, _dependencies(edges, source)]


def _dependencies(edges: MatchedSheet, source: Source) -> Records:
    # What else stands in a dependency's row says nothing of it; the applications' part names the columns.
    edges = dataclasses.replace(edges, unmapped=())
    mine = where_value(edges, "record_type", lambda kind: kind == DEPENDENCY)
    flows = read_records(mine, load_tab(DIALECT, "edges"), source.is_pseudonymised)
    turned = flows.frame["direction"].astype("string").str.casefold().map(IS_TURNED)
    flows = without_rows(flows, turned.isna(), "dependency_without_direction")
    return without_columns(flows.turned(turned.reindex(flows.frame.index).astype(bool)), ["record_type", "direction"])
