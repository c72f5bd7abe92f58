"""Records that refer to records of another sheet: what detail sheets say of servers, and disks of servers."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd

from planner.ingest.records.conform import Records
from planner.schema import concat, conform

WITNESS = ["position", "column", "sheet", "row", "cell_column", "raw"]


@dataclass(frozen=True)
class Detailed(Records):
    """Records that rows of other sheets of the file were merged into.

    `counts` accounts for the rows of each such sheet. `witnesses` has the cells there, one per value: position of the
    record, column of the table, sheet, row, letter and raw text.
    """

    counts: tuple[dict[str, Any], ...] = ()
    witnesses: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=WITNESS))


@dataclass(frozen=True)
class Disks(Detailed):
    """Disks, each of the record at `owners` of `servers`.

    Without `servers` a disk is of the server with the same `source_key`.
    """

    servers: Records | None = None
    owners: pd.Series = field(default_factory=pd.Series)


def detailed(records: Records, counts: tuple[dict[str, Any], ...], witnesses: pd.DataFrame) -> Detailed:
    """Records with what other sheets say of them."""
    given = {item.name: getattr(records, item.name) for item in fields(Records)}
    return Detailed(**given, counts=counts, witnesses=witnesses)


def witnesses_of(records: list[Records], ids: list[pd.Series], table: str, known: pd.DataFrame) -> pd.DataFrame:
    """Provenance of what other sheets say, where no cell of the record's own row is known for it."""
    parts = []
    for record, keys in zip(records, ids, strict=True):
        if isinstance(record, Detailed) and len(record.witnesses):
            said = record.witnesses.assign(table=table, file=record.file, row_id=record.witnesses["position"].map(keys))
            parts.append(said.drop(columns="position").dropna(subset="row_id"))
    if not parts:
        return conform(pd.DataFrame(), "provenance")
    cells = pd.concat(parts, ignore_index=True).drop_duplicates(["row_id", "column"])
    columns = set(cells["column"])
    before = known.loc[known["column"].isin(columns), ["row_id", "column"]].astype("object").assign(_known=True)
    cells = cells.merge(before, on=["row_id", "column"], how="left")
    return concat([cells[cells["_known"].isna()].drop(columns="_known")], "provenance")
