"""Records that refer to records of another sheet: what detail sheets say of servers, and disks of servers."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd

from planner.ingest.conform import Records
from planner.ingest.identify import Identified
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


def ids_of(records: list[Records], done: Identified, id_column: str) -> list[pd.Series]:
    """The id that each row was given: the stated one, else that of the row's cells or of the finding that tells of it.

    Unknown for rows that were rejected, and where two files of one name leave open which row is meant.
    """
    cells = done.provenance.loc[done.provenance["column"] == "name", ["row_id", "file", "sheet", "row"]].astype(
        "object"
    )
    told = done.findings[done.findings["code"].isin(["exact_duplicate", "merged_rows"])][["row_id", "file", "row"]]
    given = pd.concat([cells, told.astype("object")], ignore_index=True)
    given["name"] = given["row_id"].map(done.frame.set_index(id_column)["name"])
    given = given.drop_duplicates(["row_id", "file", "row"]).set_index(["file", "row", "name"])["row_id"]
    given = given[~given.index.duplicated(keep=False)]
    found = []
    for record in records:
        names = record.frame["name"].astype("object")
        places = pd.MultiIndex.from_arrays([[record.file] * len(names), record.rows.reindex(names.index), names])
        ids = pd.Series(given.reindex(places).to_numpy(), index=names.index, dtype="object")
        stated = record.frame[id_column] if id_column in record.frame else pd.Series(pd.NA, index=names.index)
        found.append(stated.astype("object").fillna(ids).where(names.notna()))
    return found


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
