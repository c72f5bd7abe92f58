"""Dialects of several tables that refer to each other: which sheet is which of them."""

from __future__ import annotations

from collections.abc import Iterable

from planner.ingest.dialects.columns import ColumnMap, MatchedSheet, load_tab, match_header, tabs_of
from planner.ingest.dialects.recognise import has_all, named_by_row
from planner.ingest.files.sheets import Sheet

Tab = tuple[MatchedSheet, ColumnMap]


def by_tab(sheets: Iterable[Sheet], dialect: str) -> dict[str, list[Tab]]:
    """Sort sheets by the map of the dialect that knows most of their columns.

    Returns
    -------
    dict of list
        For every map of the dialect the sheets that it fits, in their order; a sheet that none fits is left out.
    """
    found: dict[str, list[Tab]] = {tab: [] for tab in tabs_of(dialect)}
    for sheet in sheets:
        fits = [(tab, column_map, matched) for tab, column_map, matched in fitting(sheet, dialect) if matched]
        if fits:
            tab, column_map, matched = max(fits, key=lambda fit: (len(fit[1].signature), len(fit[2].matches)))
            found[tab].append((matched, column_map))
    return found


def fitting(sheet: Sheet, dialect: str) -> list[tuple[str, ColumnMap, MatchedSheet]]:
    """Maps of a dialect whose signature and required columns stand in a sheet."""
    fits, named = [], named_by_row(sheet)
    for tab in tabs_of(dialect):
        column_map = load_tab(dialect, tab)
        if has_all(named, column_map.signature) and (matched := match_header(sheet, column_map)):
            fits.append((tab, column_map, matched))
    return fits
