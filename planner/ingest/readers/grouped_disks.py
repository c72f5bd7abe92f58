"""Azure Migrate server imports: a row is a server, and each group of columns in it a disk."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from planner.case import Source
from planner.ingest.dialects.columns import ColumnMap, MappedColumn, MatchedSheet, load_maps, match_header
from planner.ingest.files.sheets import Sheet
from planner.ingest.readers.linked import Disks
from planner.ingest.readers.plain import find_sheet, read_plain
from planner.ingest.records.conform import Records, read_records
from planner.schema import concat

MOST, SIZE = 8, "capacity_gib"


def read_grouped(sheets: list[Sheet], source: Source) -> list[Records]:
    """Read the servers and, where a group of columns says a size, their disks (formats reference 2.6).

    Raises
    ------
    InventoryError
        No sheet has the headers of the dialect.
    """
    matched, column_map = find_sheet(sheets, source)
    (servers,) = read_plain(sheets, source)
    spec = load_maps(str(source.reader))[str(source.reader)]["disks"]
    groups = [(number, _group(matched, number, spec, column_map)) for number in range(1, MOST + 1)]
    read = [
        (number, read_records(found, part, source.is_pseudonymised))
        for number, (found, part) in groups
        if found is not None
    ]
    return [servers, _stacked(servers, read)] if read else [servers]


def _group(
    matched: MatchedSheet, number: int, spec: dict[str, list[str]], servers: ColumnMap
) -> tuple[MatchedSheet | None, ColumnMap]:
    columns = tuple(MappedColumn(name, tuple(text.format(n=number) for text in texts)) for name, texts in spec.items())
    part = ColumnMap("disks", columns, (), (SIZE,), units={SIZE: servers.units["storage_gib"]})
    # What the file as a whole is like, and which columns nothing reads, is told with the servers.
    found = match_header(replace(matched.sheet, notes=()), part)
    return (None if found is None else replace(found, unmapped=())), part


def _stacked(servers: Records, read: list[tuple[int, Records]]) -> Disks:
    """One record per disk; its position is that of its server, moved on by the number of servers per group."""
    frames, rows, cells, owners = [], [], [], []
    first = read[0][1]
    for number, part in read:
        step = (number - 1) * len(first.frame)
        at = part.frame.index[part.frame[SIZE].notna()]
        label = f"Disk {number}"
        frames.append(part.frame.loc[at].assign(label=label).set_axis(at + step))
        rows.append(part.rows[at].set_axis(at + step))
        owners.append(pd.Series(at, index=at + step))
        mine = part.cells[part.cells["position"].isin(at)]
        # A label has no cell of its own: the cell of the size bears witness to the disk.
        mine = pd.concat([mine, mine[mine["column"] == SIZE].assign(column="label")], ignore_index=True)
        cells.append(mine.assign(position=mine["position"] + step))
    frame = pd.concat(frames)
    return Disks(
        "disks",
        servers.file,
        servers.sheet,
        frame,
        pd.concat(rows),
        pd.concat(cells, ignore_index=True),
        pd.DataFrame(index=frame.index),
        concat([part.findings for _, part in read], "findings"),
        first.rejects.iloc[:0],
        len(frame),
        servers.is_pseudonymised,
        servers=servers,
        owners=pd.concat(owners),
    )
