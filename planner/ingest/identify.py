"""Which rows are the same thing: keys and duplicates, so that every row is used, merged or rejected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from planner.errors import SchemaError
from planner.ingest.coded import run_begins
from planner.ingest.conform import Records, short_hash
from planner.ingest.merge import Merged, merge
from planner.portfolio import finding_rows
from planner.schema import concat, conform

PREFIX = {"systems": "sys-", "servers": "srv-", "hosts": "host-", "dataflows": "flow-"}


@dataclass(frozen=True)
class Identified:
    """Records with keys: `frame` still holds staging columns; `counts` has one row per sheet."""

    frame: pd.DataFrame
    provenance: pd.DataFrame
    attributes: pd.DataFrame
    findings: pd.DataFrame
    rejects: pd.DataFrame
    counts: pd.DataFrame


def identify(records: list[Records], table: str, id_column: str, key: list[str], required: list[str]) -> Identified:
    """Give every row a key and put rows of one key together.

    A stated id merges rows that complete each other; name alone never does. Which row leads is decided by the order of
    sources and then by content, never by the order of rows.

    Parameters
    ----------
    records
        All sheets that fill this table, in the order of case.yaml.
    table
        Table to fill.
    id_column
        Its key; may be stated in the rows.
    key
        Columns whose text makes the key when none is stated.
    required
        Columns without which a row cannot be used.
    """
    rows = _stack(records, id_column)
    is_usable = rows["_only_complete"] | rows[required].notna().all(axis=1)
    kept = _with_keys(rows[is_usable].copy(), records, table, id_column, key)
    completing = kept[kept["_only_complete"]]
    known = kept.loc[~kept["_only_complete"], "_key"] if len(completing) else []
    is_stray = pd.Series(False, index=kept.index)
    is_stray[completing.index] = ~completing["_key"].isin(known)
    rejected = [
        _reject(rows[~is_usable], records, _first_missing(rows[~is_usable], required)),
        _reject(kept[is_stray], records, pd.Series(f"answer_to_unknown_{id_column}", kept.index[is_stray])),
    ]
    refused = pd.concat([rows.loc[~is_usable, "_source"], kept.loc[is_stray, "_source"]])
    kept = _in_order(kept[~is_stray])
    merged = merge(kept, records, table, id_column)
    return Identified(
        merged.frame,
        merged.provenance,
        merged.attributes,
        concat([*(record.findings for record in records), *_findings(kept, merged, table, records)], "findings"),
        concat(
            [
                *(conform(part, "rejects") for record in records for part in (record.rejects, record.side_rejects)),
                *rejected,
            ],
            "rejects",
        ),
        _counts(kept, refused, records),
    )


def _stack(records: list[Records], id_column: str) -> pd.DataFrame:
    frames = []
    for at, record in enumerate(records):
        frame = record.frame.astype("object")
        frames.append(frame.assign(_source=at, _position=frame.index, _row=record.rows.astype("object")))
        frames[-1]["_only_complete"] = record.only_complete
    stacked = pd.concat(frames, ignore_index=True)
    if id_column not in stacked:
        stacked[id_column] = pd.NA
    return stacked


def data_columns(frame: pd.DataFrame) -> list[str]:
    """Columns that were read, not those that say where."""
    return sorted(column for column in frame.columns if not column.startswith("_"))


def _with_keys(kept: pd.DataFrame, records: list[Records], table: str, id_column: str, key: list[str]) -> pd.DataFrame:
    kept["_stated"] = kept[id_column].notna()
    kept["_key"] = kept[id_column].where(kept["_stated"], PREFIX[table] + _hashes(kept, key))
    # What a row holds tells rows of one key apart; for the others nobody asks.
    is_shared = kept["_key"].duplicated(keep=False)
    kept["_signature"] = ""
    kept["_filled"] = 0
    shared = kept[is_shared]
    columns = data_columns(kept)
    kept.loc[is_shared, "_filled"] = shared[columns].notna().sum(axis=1)
    kept.loc[is_shared, "_signature"] = _signature(shared[columns], shared, records)
    kept["_namesake"] = False
    return _separate_namesakes(kept, is_shared & ~kept["_stated"])


def _in_order(kept: pd.DataFrame) -> pd.DataFrame:
    """By key, and of one key the row first that leads; `_follows` are the other rows of a key."""
    keys = kept["_key"].to_numpy(dtype=object)
    order = np.argsort(keys, kind="stable")
    leads = run_begins(keys[order])
    rows = kept.iloc[order]
    signature = pd.factorize(rows["_signature"], sort=True)[0]
    then = np.lexsort((signature, -rows["_filled"].to_numpy(), rows["_source"].to_numpy(), np.cumsum(leads)))
    return rows.iloc[then].assign(_follows=~leads)


def _signature(data: pd.DataFrame, rows: pd.DataFrame, records: list[Records]) -> list[str]:
    """All that the rows hold, columns that nothing reads included."""
    texts = ["\x1f".join(row) for row in data.astype("string").fillna("\x00").to_numpy(dtype=object)]
    aside = np.full(len(rows), "", dtype=object)
    for source, record in enumerate(records):
        mine = np.flatnonzero(rows["_source"].to_numpy() == source)
        given = record.attributes.loc[rows["_position"].iloc[mine]].to_numpy(dtype=object)
        aside[mine] = ["\x1f".join(row) for row in given]
    return [text + more for text, more in zip(texts, aside, strict=True)]


def _hashes(frame: pd.DataFrame, key: list[str]) -> pd.Series:
    unstated = frame[~frame["_stated"]]
    text = pd.Series("", index=unstated.index, dtype="string")
    for column in key:
        if column in frame.columns:
            text = text + "\x1f" + unstated[column].astype("string").fillna("").str.casefold()
    return text.map({value: short_hash(value) for value in text.unique()})


def _separate_namesakes(kept: pd.DataFrame, is_candidate: pd.Series) -> pd.DataFrame:
    # Rows without a stated id that share a name but differ are two things until a person says otherwise.
    differing = kept[is_candidate].groupby("_key")["_signature"].transform("nunique") > 1
    at = differing.index[differing]
    suffix = kept.loc[at, "_signature"].map(lambda text: short_hash(text, 6))
    kept.loc[at, "_key"] = kept.loc[at, "_key"].astype("string") + "-" + suffix.astype("string")
    kept.loc[at, "_namesake"] = True
    return kept


def _findings(kept: pd.DataFrame, merged: Merged, table: str, records: list[Records]) -> list[pd.DataFrame]:
    files = kept["_source"].map(dict(enumerate(record.file for record in records)))
    follows = kept["_follows"]
    shared = kept[kept["_key"].isin(kept.loc[follows, "_key"])] if follows.any() else kept[:0]
    same = pd.Series(True, index=kept.index)
    same[shared.index] = shared.groupby("_key")["_signature"].transform("nunique") == 1
    # What only completes is no second row of the same thing, wherever it stands in the order of sources.
    counted = ~kept["_only_complete"]
    again = counted & kept["_key"].where(counted).duplicated()
    places = {"table": table, "row_id": kept["_key"], "file": files, "row": kept["_row"]}
    return [
        _at("info", "exact_duplicate", places, follows & same),
        _at("warning", "merged_rows", places, again & ~same),
        _at("warning", "same_name_and_organisation", places, kept["_namesake"]),
        merged.conflicts,
    ]


def _at(severity: str, code: str, places: dict[str, Any], where: pd.Series) -> pd.DataFrame:
    at = where.index[where]
    picked = {name: part[at] if isinstance(part, pd.Series) else part for name, part in places.items()}
    return finding_rows(severity, code, index=at, **picked)


def _first_missing(rows: pd.DataFrame, required: list[str]) -> pd.Series:
    missing = rows[required].isna()
    return missing.idxmax(axis=1).map(lambda name: f"missing_{name}") if len(rows) else pd.Series(dtype="object")


def _reject(rows: pd.DataFrame, records: list[Records], code: pd.Series) -> pd.DataFrame:
    original = [
        records[source].original(position) for source, position in zip(rows["_source"], rows["_position"], strict=True)
    ]
    return conform(
        pd.DataFrame(
            {
                "file": [records[source].file for source in rows["_source"]],
                "sheet": [records[source].sheet for source in rows["_source"]],
                "row": rows["_row"].to_numpy(),
                "code": code.to_numpy(),
                "original": original,
            }
        ),
        "rejects",
    )


def _counts(kept: pd.DataFrame, refused: pd.Series, records: list[Records]) -> pd.DataFrame:
    follows = kept["_follows"]
    rows: list[dict[str, Any]] = []
    for at, record in enumerate(records):
        mine = kept["_source"] == at
        rejected = len(record.rejects) + int((refused == at).sum())
        rows.append(
            {
                "file": record.file,
                "sheet": record.sheet,
                "fills": record.table,
                "rows_in": record.rows_in,
                "rows_used": int((mine & ~follows).sum()),
                "rows_merged": int((mine & follows).sum()) + record.rows_folded,
                "rows_rejected": rejected,
            }
        )
        if rows[-1]["rows_in"] != rows[-1]["rows_used"] + rows[-1]["rows_merged"] + rows[-1]["rows_rejected"]:
            raise SchemaError("rows were lost while reading", place=record.file, value=str(rows[-1]))
    return pd.DataFrame(rows)
