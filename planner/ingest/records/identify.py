"""Which rows are the same thing: keys and duplicates, so that every row is used, merged or rejected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.ingest.cells.coded import run_begins
from planner.ingest.records.conform import Records, short_hash
from planner.ingest.records.identifiers import identifiers
from planner.ingest.records.match import Matches, match, no_matches
from planner.ingest.records.merge import Merged, merge
from planner.policy.matching import Matching
from planner.portfolio import finding_rows
from planner.schema import concat, conform, empty

PREFIX = {"systems": "sys-", "servers": "srv-", "hosts": "host-", "dataflows": "flow-", "progress": "prog-"}


@dataclass(frozen=True)
class Kind:
    """How records of one table are told apart: its key, the columns whose text makes the key when none is stated, and
    the columns without which a row cannot be used."""

    table: str
    id_column: str
    key: tuple[str, ...]
    required: tuple[str, ...]


KINDS = (
    Kind("systems", "system_id", ("name", "organisation"), ("name",)),
    Kind("servers", "server_id", ("name",), ("name",)),
    Kind("hosts", "host_id", ("host_id",), ("host_id",)),
    Kind("dataflows", "flow_id", ("source_system", "target_system", "purpose"), ("source_system", "target_system")),
    Kind("progress", "progress_id", ("system", "phase"), ("system", "phase")),
)
MATCHED = ("systems", "servers")


@dataclass(frozen=True)
class Identified:
    """Records with keys: `frame` still holds staging columns; `counts` has one row per sheet.

    `ids` has, for every sheet, the key that each of its rows was given, by position; rejected rows have none.
    """

    frame: pd.DataFrame
    provenance: pd.DataFrame
    attributes: pd.DataFrame
    findings: pd.DataFrame
    rejects: pd.DataFrame
    counts: pd.DataFrame
    ids: list[pd.Series] = field(default_factory=list)
    matches: pd.DataFrame = field(default_factory=lambda: empty("matches"))
    identifiers: pd.DataFrame = field(default_factory=lambda: empty("identifiers"))


def identify(
    records: list[Records],
    kind: Kind,
    matching: Matching,
    decided: pd.DataFrame,
    ranks: Mapping[str, NDArray[np.intp]],
) -> Identified:
    """Give every row a key and put rows of one key together.

    A stated id merges rows that complete each other, and rules do where they are sure (`match`); name alone never
    does. Which row leads is decided by the order of sources and then by content, never by the order of rows.

    Parameters
    ----------
    records
        All sheets that fill this table, in the order of case.yaml.
    kind
        How its records are told apart.
    matching
        When rows of different sources are the same thing.
    decided
        What persons decided of it (see `match`).
    ranks
        For columns whose order of sources the case states: rank of every sheet.
    """
    table, required = kind.table, list(kind.required)
    rows = _stack(records, kind.id_column)
    is_usable = rows["_only_complete"] | rows[required].notna().all(axis=1)
    kept = _with_base(rows[is_usable].copy(), records, kind)
    matches = _matched(kept, records, table, matching, decided)
    kept = _with_keys(kept, matches)
    completing = kept["_only_complete"]
    is_stray = completing & ~kept["_key"].isin(kept.loc[~completing, "_key"]) if completing.any() else completing
    rejected = [
        _reject(rows[~is_usable], records, _first_missing(rows[~is_usable], required)),
        _reject(kept[is_stray], records, pd.Series(f"answer_to_unknown_{kind.id_column}", kept.index[is_stray])),
    ]
    refused = pd.concat([rows.loc[~is_usable, "_source"], kept.loc[is_stray, "_source"]])
    kept = _in_order(kept[~is_stray])
    merged = merge(kept, records, table, kind.id_column, ranks, matching.same_within.value)
    findings = [*(record.findings for record in records), *_findings(kept, merged, table, records), matches.findings]
    read_rejects = [conform(part, "rejects") for record in records for part in (record.rejects, record.side_rejects)]
    return Identified(
        merged.frame,
        merged.provenance,
        merged.attributes,
        concat(findings, "findings"),
        concat([*read_rejects, *rejected], "rejects"),
        _counts(kept, refused, records),
        [_ids(kept[kept["_source"] == at]) for at in range(len(records))],
        matches.table,
        identifiers(_shown(kept, records), table) if table in MATCHED else empty("identifiers"),
    )


def _shown(kept: pd.DataFrame, records: list[Records]) -> pd.DataFrame:
    hidden = [at for at, record in enumerate(records) if record.is_pseudonymised]
    return kept[~kept["_source"].isin(hidden)] if hidden else kept


def _ids(mine: pd.DataFrame) -> pd.Series:
    return pd.Series(mine["_key"].to_numpy(dtype=object), index=mine["_position"].to_numpy(), dtype="object")


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


def _with_base(kept: pd.DataFrame, records: list[Records], kind: Kind) -> pd.DataFrame:
    """Add `_base`, the key that a row states or that its name makes, and what tells rows of one base apart."""
    kept["_stated"] = kept[kind.id_column].notna()
    kept["_base"] = kept[kind.id_column].where(kept["_stated"], PREFIX[kind.table] + _hashes(kept, list(kind.key)))
    # What a row holds tells rows of one base apart; for the others nobody asks.
    is_shared = kept["_base"].duplicated(keep=False)
    shared = kept[is_shared]
    columns = _data_columns(kept)
    kept["_signature"], kept["_filled"] = "", 0
    if len(shared):
        kept.loc[is_shared, "_filled"] = shared[columns].notna().sum(axis=1)
        kept.loc[is_shared, "_signature"] = _signature(shared[columns], shared, records)
    # Rows without a stated id that share a name but differ are two things until a rule or a person says otherwise.
    kept["_cluster"] = kept["_base"]
    is_open = is_shared & ~kept["_stated"]
    if is_open.any():
        kept.loc[is_open, "_cluster"] = kept.loc[is_open, "_base"] + "\x1f" + kept.loc[is_open, "_signature"]
    return kept


def _matched(
    kept: pd.DataFrame, records: list[Records], table: str, matching: Matching, decided: pd.DataFrame
) -> Matches:
    own = kept[~kept["_only_complete"]]
    if table not in MATCHED or own["_source"].nunique() < 2:
        return no_matches()
    numbers, _ = pd.factorize(own["_cluster"])
    rows = own.assign(cluster=numbers, source=own["_source"], row=own["_row"], handle=_handles(own))
    rows["file"] = own["_source"].map(dict(enumerate(record.file for record in records)))
    return match(rows.drop_duplicates(["cluster", "source"]), table, matching, decided)


def _handles(own: pd.DataFrame) -> pd.Series:
    """A key that stays when another cell of the row changes: the base, where one row of its source has it."""
    alone = own.groupby(["_source", "_base"])["_cluster"].transform("nunique") == 1
    return own["_base"].where(alone, own["_base"] + "-" + own["_signature"].map(_suffix))


def _suffix(signature: str) -> str:
    return short_hash(signature, 6)


def _with_keys(kept: pd.DataFrame, matches: Matches) -> pd.DataFrame:
    """Add `_key`: the base of the row that leads, told apart where several records would have the same."""
    cluster = kept["_cluster"].map(matches.joined) if matches.joined else kept["_cluster"]
    own = kept.assign(_cluster=cluster)[~kept["_only_complete"]]
    if not own["_base"].duplicated().any() and not matches.joined:
        return kept.assign(_key=kept["_base"], _namesake=False)
    order = ["_cluster", "_source", "_filled", "_signature"]
    leads = own.sort_values(order, ascending=[True, True, False, True], kind="stable").drop_duplicates("_cluster")
    is_namesake = leads["_base"].duplicated(keep=False) & ~leads["_stated"]
    key = leads["_base"].where(~is_namesake, leads["_base"] + "-" + leads["_signature"].map(_suffix))
    key_of = dict(zip(leads["_cluster"], key, strict=True))
    # An answer is about the record that bears the id, or whose row bore it before it was merged.
    known = {**dict(zip(own["_base"], cluster[own.index].map(key_of), strict=True)), **{name: name for name in key}}
    keys = cluster.map(key_of).where(~kept["_only_complete"], kept["_base"].map(known).fillna(kept["_base"]))
    namesakes = set(leads.loc[is_namesake, "_cluster"])
    return kept.assign(_key=keys, _namesake=cluster.isin(namesakes) & ~kept["_only_complete"])


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


def _findings(kept: pd.DataFrame, merged: Merged, table: str, records: list[Records]) -> list[pd.DataFrame]:
    follows = kept["_follows"]
    if not (follows.any() or kept["_namesake"].any()):
        return [merged.conflicts]
    files = kept["_source"].map(dict(enumerate(record.file for record in records)))
    shared = kept[kept["_key"].isin(kept.loc[follows, "_key"])] if follows.any() else kept[:0]
    same = pd.Series(True, index=kept.index)
    same[shared.index] = shared.groupby("_key")["_signature"].transform("nunique") == 1
    # What only completes is no second row of the same thing, wherever it stands in the order of sources.
    counted = ~kept["_only_complete"]
    # Nor is it what a rule or a person joined: table matches tells of that.
    again = counted & kept["_cluster"].where(counted).duplicated()
    places = {"table": table, "row_id": kept["_key"], "file": files, "row": kept["_row"]}
    return [
        _at("info", "exact_duplicate", places, follows & same),
        _at("warning", "merged_rows", places, again & ~same),
        _at("warning", "same_name_and_organisation", places, kept["_namesake"]),
        merged.conflicts,
    ]


def _at(severity: str, code: str, places: dict[str, Any], where: pd.Series) -> pd.DataFrame:
    at = where.index[where]
    if at.empty:
        return empty("findings")
    picked = {name: part[at] if isinstance(part, pd.Series) else part for name, part in places.items()}
    return finding_rows(severity, code, index=at, **picked)


def _first_missing(rows: pd.DataFrame, required: list[str]) -> pd.Series:
    missing = rows[required].isna()
    return missing.idxmax(axis=1).map(lambda name: f"missing_{name}") if len(rows) else pd.Series(dtype="object")


def _reject(rows: pd.DataFrame, records: list[Records], code: pd.Series) -> pd.DataFrame:
    if rows.empty:
        return empty("rejects")
    original = np.full(len(rows), None, dtype=object)
    for source in rows["_source"].unique():
        mine = np.flatnonzero(rows["_source"] == source)
        original[mine] = records[source].originals(rows["_position"].iloc[mine])
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
    return pd.DataFrame(rows)
