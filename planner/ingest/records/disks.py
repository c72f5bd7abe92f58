"""Disks of the servers that were identified: each with its server, its cells and its place in the accounts."""

from __future__ import annotations

import pandas as pd

from planner.ingest.readers.linked import Disks, witnesses_of
from planner.ingest.records.conform import Records, short_hash
from planner.ingest.records.identify import Identified
from planner.portfolio import finding_rows
from planner.schema import concat, conform, load_table

TABLE, WITHOUT = "disks", "disk_without_server"


def place_disks(disks: list[Records], servers: list[Records], ids: list[pd.Series]) -> Identified:
    """Give every disk its server and a key.

    Where several sources list the disks of one server, those of the first source stand, and the others' rows count as
    merged with them.

    Parameters
    ----------
    disks
        Records of disks, in the order of case.yaml.
    servers, ids
        Records of servers, and the id that each of their rows was given.
    """
    rows = pd.concat([_owned(record, at, servers, ids) for at, record in enumerate(disks)], ignore_index=True)
    is_lost = rows["server_id"].isna()
    first = rows.groupby("server_id")["_source"].transform("min")
    is_used = ~is_lost & (rows["_source"] == first)
    kept = rows[is_used].copy()
    kept["disk_id"] = _keys(kept)
    keys = [_by_position(kept[kept["_source"] == at]) for at in range(len(disks))]
    lost = [_lost(record, rows[is_lost & (rows["_source"] == at)]) for at, record in enumerate(disks)]
    declared = [name for name in kept.columns if name in load_table(TABLE).names]
    provenance = concat([_cells(record, key) for record, key in zip(disks, keys, strict=True)], "provenance")
    return Identified(
        frame=kept[declared],
        provenance=concat([provenance, witnesses_of(disks, keys, TABLE, provenance)], "provenance"),
        attributes=conform(pd.DataFrame(), "attributes"),
        findings=concat([*(record.findings for record in disks), *(found for found, _ in lost)], "findings"),
        rejects=concat(
            [*(conform(record.rejects, "rejects") for record in disks), *(rejects for _, rejects in lost)], "rejects"
        ),
        counts=pd.DataFrame(
            [
                _count(record, is_used[rows["_source"] == at], is_lost[rows["_source"] == at])
                for at, record in enumerate(disks)
            ]
        ),
    )


def _owned(record: Records, at: int, servers: list[Records], ids: list[pd.Series]) -> pd.DataFrame:
    frame = record.frame.astype("object")
    if isinstance(record, Disks) and record.servers is not None:
        number = next(number for number, server in enumerate(servers) if server.rows is record.servers.rows)
        owner = record.owners.map(ids[number])
    else:
        owner = frame["source_key"].map(_by_source_key(servers, ids))
    return frame.assign(server_id=owner.astype("object"), _source=at, _position=frame.index, _row=record.rows)


def _by_source_key(servers: list[Records], ids: list[pd.Series]) -> pd.Series:
    """Id of the server with each key; of those that one server has."""
    parts = [
        pd.DataFrame({"key": record.frame["source_key"], "id": keys})
        for record, keys in zip(servers, ids, strict=True)
        if "source_key" in record.frame
    ]
    if not parts:
        return pd.Series(dtype="object")
    pairs = pd.concat(parts).dropna().astype("object").drop_duplicates()
    return pairs.drop_duplicates("key", keep=False).set_index("key")["id"]


def _keys(kept: pd.DataFrame) -> pd.Series:
    """A key from the server and what tells its disks apart: the key in the source, else the label, else the order."""
    told = pd.Series(pd.NA, index=kept.index, dtype="string")
    for name in ("disk_key", "label"):
        if name in kept:
            told = told.fillna(kept[name].astype("string"))
    text = kept["server_id"].astype("string") + "\x1f" + told.fillna("")
    turn = text.groupby(text).cumcount().astype("string")
    return (text + "\x1f" + turn).map(lambda word: f"disk-{short_hash(word, 12)}")


def _by_position(kept: pd.DataFrame) -> pd.Series:
    return pd.Series(kept["disk_id"].to_numpy(), index=kept["_position"].to_numpy(), dtype="object")


def _cells(record: Records, keys: pd.Series) -> pd.DataFrame:
    cells = record.cells[record.cells["column"].isin(load_table(TABLE).names)]
    said = cells.assign(
        table=TABLE,
        row_id=cells["position"].map(keys),
        file=record.file,
        sheet=record.sheet,
        row=record.rows.reindex(cells["position"]).to_numpy(),
    )
    return said.drop(columns="position").dropna(subset="row_id")


def _lost(record: Records, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    if rows.empty:
        return pd.DataFrame(), pd.DataFrame()
    rejects = pd.DataFrame({"row": rows["_row"].to_numpy(), "original": record.originals(rows["_position"])}).assign(
        file=record.file, sheet=record.sheet, code=WITHOUT
    )
    return finding_rows("warning", WITHOUT, file=record.file, sheet=record.sheet, value=len(rows)), rejects


def _count(record: Records, is_used: pd.Series, is_lost: pd.Series) -> dict[str, object]:
    return {
        "file": record.file,
        "sheet": record.sheet,
        "fills": TABLE,
        "rows_in": record.rows_in,
        "rows_used": int(is_used.sum()),
        "rows_merged": int((~is_used & ~is_lost).sum()) + record.rows_folded,
        "rows_rejected": len(record.rejects) + int(is_lost.sum()),
    }
