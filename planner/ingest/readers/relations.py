"""Relations between records: which depend on which, and which system runs on which server."""

from __future__ import annotations

import dataclasses

from planner.case import Source
from planner.ingest.dialects.columns import load_maps
from planner.ingest.files.sheets import Sheet
from planner.ingest.readers.plain import read_plain
from planner.ingest.records.conform import Records, without_columns, without_rows

DIALECT = "servicenow_relations"


def read_needs(sheets: list[Sheet], source: Source) -> list[Records]:
    """Read relations of an architecture model, whose direction is settled already.

    Raises
    ------
    InventoryError
        No sheet has the headers of the dialect.
    """
    (records,) = read_plain(sheets, source)
    is_hosting = (records.frame["is_hosting"] == "yes").astype("object")
    cells = records.cells[records.cells["column"] != "is_hosting"]
    return [dataclasses.replace(records, frame=records.frame.assign(is_hosting=is_hosting), cells=cells)]


def read_relations(sheets: list[Sheet], source: Source) -> list[Records]:
    """Read relations from which an order follows: the parent depends on the child (formats reference 2.9).

    Others, such as `Owns::Owned by`, are rejected, since nobody waits for anybody in them. The staging column
    `is_hosting` marks what runs on what.

    Raises
    ------
    InventoryError
        No sheet has the headers of the dialect.
    """
    words = load_maps(DIALECT)[DIALECT]
    (records,) = read_plain(sheets, source)
    relation = records.frame["relation"]
    records = without_rows(records, ~relation.isin(words["ordered"]), "relation_without_order")
    is_hosting = records.frame["relation"].isin(words["hosting"])
    kept = without_columns(records, ["relation"])
    frame = kept.frame.assign(purpose=records.frame["relation"], is_hosting=is_hosting.astype("object"))
    cells = records.cells.assign(column=records.cells["column"].replace("relation", "purpose"))
    return [dataclasses.replace(kept, frame=frame, cells=cells)]
