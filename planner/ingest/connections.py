"""Connections that were seen on the network: millions of rows, folded to who talks to whom about what."""

from __future__ import annotations

import dataclasses

from planner.case import Source
from planner.ingest.columns import MatchedSheet
from planner.ingest.conform import Records, read_records, without_columns
from planner.ingest.plain import find_sheet
from planner.ingest.sheets import Sheet
from planner.ingest.values import clean


def read_connections(sheets: list[Sheet], source: Source) -> list[Records]:
    """Read a dependency export (formats reference 2.7): the source depends on the destination.

    A machine without a name is known by its address. The purpose names the program and its port.

    Raises
    ------
    InventoryError
        No sheet has the headers of the dialect.
    """
    matched, column_map = find_sheet(sheets, source)
    folded = _folded(matched)
    records = read_records(folded, column_map, source.is_pseudonymised)
    more = len(matched.sheet.rows) - len(folded.sheet.rows)
    frame = records.frame.reindex(columns=[*dict.fromkeys([*records.frame.columns, "purpose", "port"])])
    purposes = [_purpose(*pair) for pair in zip(frame["purpose"], frame["port"], strict=True)]
    counted = dataclasses.replace(
        records, frame=frame.assign(purpose=purposes), rows_in=records.rows_in + more, rows_folded=more
    )
    return [without_columns(counted, ["port"])]


def _folded(matched: MatchedSheet) -> MatchedSheet:
    """The sheet with the first row of each connection."""
    sheet, wanted = matched.sheet, [match.index for match in matched.matches]
    seen: set[tuple[str, ...]] = set()
    kept = []
    for number, row in enumerate(sheet.rows):
        key = tuple(clean(row[at]) if at < len(row) else "" for at in wanted)
        if number <= matched.header_at or key not in seen or len(row) > len(sheet.rows[matched.header_at]):
            kept.append(number)
        if number > matched.header_at:
            seen.add(key)
    rows, numbers = [sheet.rows[number] for number in kept], [sheet.numbers[number] for number in kept]
    return dataclasses.replace(matched, sheet=dataclasses.replace(sheet, rows=rows, numbers=numbers))


def _purpose(program: object, port: object) -> str | None:
    parts = [clean(program), f"port {clean(port)}" if clean(port) else ""]
    return ", ".join(part for part in parts if part) or None
