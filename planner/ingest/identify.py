"""Which rows are the same thing: keys, merges and duplicates, so that every row is used, merged or rejected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from planner.errors import SchemaError
from planner.ingest.conform import Records, short_hash
from planner.portfolio import finding_rows
from planner.schema import concat, conform, load_table

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
    rejected = [_reject(rows[~is_usable], records, _first_missing(rows[~is_usable], required))]
    kept = rows[is_usable].copy()
    kept["_signature"] = _signature(kept, records)
    kept["_stated"] = kept[id_column].notna()
    kept["_key"] = kept[id_column].where(kept["_stated"], PREFIX[table] + _hashes(kept, key))
    kept = _separate_namesakes(kept)
    is_stray = kept["_only_complete"] & ~kept["_key"].isin(kept.loc[~kept["_only_complete"], "_key"])
    rejected.append(_reject(kept[is_stray], records, pd.Series(f"answer_to_unknown_{id_column}", kept.index[is_stray])))
    refused = pd.concat([rows.loc[~is_usable, "_source"], kept.loc[is_stray, "_source"]])
    kept = kept[~is_stray]
    kept = kept.sort_values(
        ["_key", "_source", "_filled", "_signature"], ascending=[True, True, False, True], kind="stable"
    )
    merged = _merge(kept, id_column)
    findings = _findings(kept, merged, table, records)
    return Identified(
        merged,
        _provenance(kept, records, table, id_column),
        _attributes(kept, records, table),
        concat([*(record.findings for record in records), *findings], "findings"),
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


def _data_columns(frame: pd.DataFrame) -> list[str]:
    return sorted(column for column in frame.columns if not column.startswith("_"))


def _signature(frame: pd.DataFrame, records: list[Records]) -> pd.Series:
    columns = _data_columns(frame)
    frame["_filled"] = frame[columns].notna().sum(axis=1)
    rows = frame[columns].astype("string").fillna("\x00").to_numpy(dtype=object)
    return pd.Series(["\x1f".join(row) for row in rows], index=frame.index, dtype="string") + _unmapped_text(
        frame, records
    )


def _unmapped_text(frame: pd.DataFrame, records: list[Records]) -> pd.Series:
    parts = [
        pd.Series(["\x1f".join(row) for row in record.attributes.to_numpy(dtype=object)], index=record.attributes.index)
        for record in records
    ]
    lookup = {(at, position): text for at, part in enumerate(parts) for position, text in part.items()}
    keys = list(zip(frame["_source"], frame["_position"], strict=True))
    return pd.Series([lookup[key] for key in keys], index=frame.index, dtype="string")


def _hashes(frame: pd.DataFrame, key: list[str]) -> pd.Series:
    text = pd.Series("", index=frame.index, dtype="string")
    for column in key:
        if column in frame.columns:
            text = text + "\x1f" + frame[column].astype("string").fillna("").str.casefold()
    return text.map({value: short_hash(value) for value in text.unique()})


def _separate_namesakes(frame: pd.DataFrame) -> pd.DataFrame:
    # Rows without a stated id that share a name but differ are two things until a person says otherwise.
    unstated = frame[~frame["_stated"]]
    differing = unstated.groupby("_key")["_signature"].transform("nunique") > 1
    at = differing.index[differing]
    suffix = frame.loc[at, "_signature"].map(lambda text: short_hash(text, 6))
    frame.loc[at, "_key"] = frame.loc[at, "_key"].astype("string") + "-" + suffix.astype("string")
    frame["_namesake"] = False
    frame.loc[at, "_namesake"] = True
    return frame


def _merge(kept: pd.DataFrame, id_column: str) -> pd.DataFrame:
    columns = [column for column in _data_columns(kept) if column != id_column]
    is_alone = ~kept["_key"].duplicated(keep=False)
    together = kept[~is_alone].groupby("_key")[columns].first().reset_index()
    merged = pd.concat([kept.loc[is_alone, ["_key", *columns]], together], ignore_index=True)
    return merged.sort_values("_key", ignore_index=True).rename(columns={"_key": id_column})


def _findings(kept: pd.DataFrame, merged: pd.DataFrame, table: str, records: list[Records]) -> list[pd.DataFrame]:
    files = kept["_source"].map(dict(enumerate(record.file for record in records)))
    follows = kept["_key"].duplicated()
    same = kept.groupby("_key")["_signature"].transform("nunique") == 1
    # What only completes is no second row of the same thing, wherever it stands in the order of sources.
    counted = ~kept["_only_complete"]
    again = counted & kept["_key"].where(counted).duplicated()
    places = {"table": table, "row_id": kept["_key"], "file": files, "row": kept["_row"]}
    found = [
        _at("info", "exact_duplicate", places, follows & same),
        _at("warning", "merged_rows", places, again & ~same),
        _at("warning", "same_name_and_organisation", places, kept["_namesake"]),
    ]
    schema = load_table(table).names
    repeated = kept[kept["_key"].isin(kept.loc[follows & ~same, "_key"])]
    if repeated.empty:
        return found
    for column in (name for name in _data_columns(kept) if name in schema):
        variants = repeated.groupby("_key")[column].nunique()
        for key in variants.index[variants > 1]:
            values = repeated.loc[repeated["_key"] == key, column].dropna().astype("string").drop_duplicates()
            found.append(
                finding_rows(
                    "warning",
                    "conflicting_values",
                    table=table,
                    row_id=key,
                    detail=column,
                    value=" / ".join(values),
                )
            )
    return found


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


def _provenance(kept: pd.DataFrame, records: list[Records], table: str, id_column: str) -> pd.DataFrame:
    ranks = kept.reset_index(drop=True)[["_key", "_source", "_position", "_row"]].reset_index(names="_rank")
    cells = pd.concat([record.cells.assign(_source=at) for at, record in enumerate(records)], ignore_index=True)
    cells = cells.merge(
        ranks, left_on=["_source", "position"], right_on=["_source", "_position"], validate="many_to_one"
    )
    if kept["_key"].duplicated().any():
        cells = cells.sort_values(["_key", "column", "_rank"], kind="stable").drop_duplicates(["_key", "column"])
    files = dict(enumerate(record.file for record in records))
    sheets = dict(enumerate(record.sheet for record in records))
    return conform(
        pd.DataFrame(
            {
                "table": table,
                "row_id": cells["_key"],
                "column": cells["column"],
                "file": cells["_source"].map(files),
                "sheet": cells["_source"].map(sheets),
                "row": cells["_row"],
                "cell_column": cells["cell_column"],
                "raw": cells["raw"],
            }
        ),
        "provenance",
    )


def _attributes(kept: pd.DataFrame, records: list[Records], table: str) -> pd.DataFrame:
    parts = []
    for at, record in enumerate(records):
        mine = kept[kept["_source"] == at]
        headers = record.attributes.columns.to_numpy(dtype=object)
        texts = record.attributes.reindex(mine["_position"]).fillna("").to_numpy(dtype=object)
        row, column = np.nonzero(texts != "")
        said = {"row_id": mine["_key"].to_numpy()[row], "header": headers[column], "value": texts[row, column]}
        parts.append(pd.DataFrame({"table": table, **said}))
    return concat(parts, "attributes")


def _counts(kept: pd.DataFrame, refused: pd.Series, records: list[Records]) -> pd.DataFrame:
    follows = kept["_key"].duplicated()
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
