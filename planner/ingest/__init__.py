"""From a case's files to the conformed tables: nothing lost, everything traced to its cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from planner.case import Case, Source
from planner.errors import InventoryError, SchemaError
from planner.ingest.answers import read_answers
from planner.ingest.assign import assign
from planner.ingest.conform import Records
from planner.ingest.connections import read_connections
from planner.ingest.dependencies import propose_flows
from planner.ingest.identify import Identified, identify
from planner.ingest.konveyor import read_konveyor
from planner.ingest.plain import read_plain
from planner.ingest.relations import read_relations
from planner.ingest.rvtools import count_details, read_rvtools
from planner.ingest.sheets import TRUNCATED_AT, Sheet
from planner.ingest.sources import parts_of
from planner.portfolio import finding_rows
from planner.schema import concat, conform, load_table

# Readers of their own; every other dialect is one plain table.
READERS: Mapping[str, Callable[[list[Sheet], Source], list[Records]]] = {
    "rvtools": read_rvtools,
    "answers": read_answers,
    "azure_dependencies": read_connections,
    "konveyor": read_konveyor,
    "servicenow_relations": read_relations,
}
KEYS: Mapping[str, tuple[str, list[str], list[str]]] = {
    "systems": ("system_id", ["name", "organisation"], ["name"]),
    "servers": ("server_id", ["name"], ["name"]),
    "hosts": ("host_id", ["host_id"], ["host_id"]),
    "dataflows": ("flow_id", ["source_system", "target_system", "purpose"], ["source_system", "target_system"]),
}


def ingest(case: Case) -> dict[str, pd.DataFrame]:
    """Read every source of a case.

    Returns
    -------
    dict of DataFrame
        systems, servers, hosts, dataflows, assignments, provenance, attributes, findings, rejects and sources.

    Raises
    ------
    InventoryError
        A source cannot be read at all, or no source holds a single system or server.
    """
    records: dict[str, list[Records]] = {table: [] for table in KEYS}
    origins: dict[str, list[tuple[Source, str, str]]] = {table: [] for table in KEYS}
    details: list[dict[str, Any]] = []
    notes: list[pd.DataFrame] = []
    for number, source in enumerate(case.sources, start=1):
        parts, found = parts_of(case.folder, source, case.sources)
        notes += found
        for part, sheets in parts:
            for record in READERS.get(str(part.reader), read_plain)(sheets, part):
                records[record.table].append(record)
                origins[record.table].append((part, f"{number:02d}", sheets[0].sha256))
                if part.reader == "rvtools" and record.table == "servers":
                    details += [{**count, **_origin(origins["servers"][-1])} for count in count_details(sheets, record)]
    done = {table: identify(records[table], table, *KEYS[table]) for table in KEYS if records[table]}
    return _tables(done, origins, details, notes)


def _origin(origin: tuple[Source, str, str]) -> dict[str, str]:
    source, number, sha256 = origin
    return {"source_id": number, "reader": str(source.reader), "sha256": sha256}


def _tables(
    done: dict[str, Identified],
    origins: dict[str, list[tuple[Source, str, str]]],
    details: list[dict[str, Any]],
    notes: list[pd.DataFrame],
) -> dict[str, pd.DataFrame]:
    stated = _frame(done, "dataflows")
    systems, servers, assignments, assigned = assign(_frame(done, "systems"), _frame(done, "servers"), stated)
    if systems.empty:
        raise InventoryError(
            "the sources hold no system and no server", place="case.yaml", remedy="Check files and headers."
        )
    flows, quoted = propose_flows(systems)
    provenance = concat([*(item.provenance for item in done.values()), assigned], "provenance")
    provenance = concat([provenance, _quote_cells(quoted, provenance)], "provenance")
    sources = [
        {**row, **_origin(origins[table][at])}
        for table, item in done.items()
        for at, row in enumerate(item.counts.to_dict("records"))
    ]
    tables = {
        "systems": _only_declared(systems, "systems"),
        "servers": _only_declared(servers, "servers"),
        "hosts": _only_declared(_frame(done, "hosts"), "hosts"),
        "dataflows": concat(
            [_only_declared(stated.assign(state="stated"), "dataflows"), flows],
            "dataflows",
        ),
        "assignments": assignments,
        "provenance": provenance[provenance["column"].isin(_declared(provenance))],
        "attributes": concat([item.attributes for item in done.values()], "attributes"),
        "findings": concat([*notes, *(item.findings for item in done.values()), *_truncated(sources)], "findings"),
        "rejects": concat([item.rejects for item in done.values()], "rejects"),
        "sources": pd.DataFrame([*sources, *details]),
    }
    return {name: _sorted(conform(frame, name), name) for name, frame in tables.items()}


def _frame(done: dict[str, Identified], table: str) -> pd.DataFrame:
    return done[table].frame if table in done else pd.DataFrame(columns=load_table(table).names)


def _only_declared(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    return frame[[column for column in frame.columns if column in load_table(table).names]]


def _declared(provenance: pd.DataFrame) -> set[str]:
    return {column for table in provenance["table"].unique() for column in load_table(str(table)).names} | {"quote"}


def _quote_cells(origins: pd.DataFrame, provenance: pd.DataFrame) -> pd.DataFrame:
    if origins.empty:
        return pd.DataFrame()
    found = origins.merge(
        provenance, left_on=["system_id", "column"], right_on=["row_id", "column"], validate="many_to_one"
    )
    return conform(
        found.assign(table="dataflows", row_id=found["flow_id"], column="quote").drop(columns=["system_id", "flow_id"]),
        "provenance",
    )


def _truncated(sources: list[dict[str, Any]]) -> list[pd.DataFrame]:
    return [
        finding_rows("warning", "perhaps_truncated", file=row["file"], sheet=row["sheet"], value=row["rows_in"])
        for row in sources
        if row["rows_in"] in TRUNCATED_AT
    ]


def _sorted(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    if name == "provenance":
        return _by_cell(frame)
    first = frame.columns[0]
    is_keyed = first.endswith("_id") and first != "source_id"
    twice = frame[first][frame[first].duplicated()]
    if is_keyed and len(twice):
        raise SchemaError("a key stands twice after reading", value=str(twice.iloc[0]))
    order = first if is_keyed else list(frame.columns)
    return frame.sort_values(order, kind="stable", na_position="last", ignore_index=True)


def _by_cell(provenance: pd.DataFrame) -> pd.DataFrame:
    """By table, row and column, of which each stands once; millions of rows are sorted by the ranks of their words."""
    ranks = []
    for name in ("column", "row_id", "table"):
        words = provenance[name].cat.categories.to_numpy(dtype=object)
        rank = np.empty(len(words), dtype=np.int32)
        rank[np.argsort(words, kind="stable")] = np.arange(len(words))
        ranks.append(rank[provenance[name].cat.codes.to_numpy()])
    return provenance.take(np.lexsort(ranks)).reset_index(drop=True)
