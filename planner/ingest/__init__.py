"""From a case's files to the conformed tables: nothing lost, everything traced to its cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from planner.case import Case, Source
from planner.errors import InventoryError, SchemaError
from planner.ingest.addresses import name_addresses
from planner.ingest.answers import read_answers
from planner.ingest.assign import assign
from planner.ingest.beside import read_with_lists
from planner.ingest.conform import Records
from planner.ingest.connections import read_connections
from planner.ingest.decided import TABLE as MATCHES
from planner.ingest.decided import accounted, decisions_of
from planner.ingest.dependencies import propose_flows
from planner.ingest.identify import KINDS, Identified, identify
from planner.ingest.konveyor import read_konveyor
from planner.ingest.plain import read_plain
from planner.ingest.precedence import ranks_of
from planner.ingest.register_api import read_register
from planner.ingest.relations import read_needs, read_relations
from planner.ingest.rvtools import count_details, read_rvtools
from planner.ingest.series.files import SeriesFile, find_series, series_dialects, series_of_sheet
from planner.ingest.service_graph import read_graph
from planner.ingest.sheets import TRUNCATED_AT, Sheet
from planner.ingest.sources import parts_of
from planner.ingest.stated import read_usage
from planner.ingest.utilisation import Measured, measure
from planner.policy import load_policy
from planner.policy.matching import Matching
from planner.portfolio import finding_rows
from planner.schema import concat, conform, empty, load_table

# Readers of their own; every other dialect is one plain table.
READERS: Mapping[str, Callable[[list[Sheet], Source], list[Records]]] = {
    "rvtools": read_rvtools,
    "answers": read_answers,
    "archimate_relationships": read_needs,
    "azure_dependencies": read_connections,
    "konveyor": read_konveyor,
    "migration_center": read_with_lists,
    "migration_center_tags": read_with_lists,
    "register_api": read_register,
    "service_graph": read_graph,
    "servicenow_relations": read_relations,
    "tidal_databases": read_with_lists,
    "tidal_servers": read_with_lists,
}
Origin = tuple[Source, str, str]


def ingest(case: Case, matching: Matching | None = None) -> dict[str, pd.DataFrame]:
    """Read every source of a case.

    Parameters
    ----------
    case
        The case.
    matching
        When rows of different sources are the same thing; as the case's policy says by default.

    Returns
    -------
    dict of DataFrame
        systems, servers, hosts, dataflows, assignments, matches, identifiers, utilisation, provenance, attributes,
        findings, rejects and sources.

    Raises
    ------
    InventoryError
        A source cannot be read at all, or no source holds a single system or server.
    CaseError
        The order of sources that the case states names a source or column that there is not.
    """
    matching = matching or load_policy(case.policy, case.folder).matching
    records: dict[str, list[Records]] = {table: [] for table in (*(kind.table for kind in KINDS), MATCHES)}
    origins: dict[str, list[Origin]] = {table: [] for table in records}
    details: list[dict[str, Any]] = []
    notes: list[pd.DataFrame] = []
    series: dict[str, list[SeriesFile]] = {}
    for number, source in enumerate(case.sources, start=1):
        mine = series.setdefault(f"{number:02d}", find_series(case.folder, source))
        parts, found = parts_of(case.folder, source, list(mine))
        notes += found
        for part, sheets in parts:
            if part.reader in series_dialects():
                mine.append(series_of_sheet(case.folder, part, sheets))
                continue
            for record in map(read_usage, READERS.get(str(part.reader), read_plain)(sheets, part)):
                records[record.table].append(record)
                origins[record.table].append((part, f"{number:02d}", sheets[0].sha256))
                if part.reader == "rvtools" and record.table == "servers":
                    details += [{**count, **_origin(origins["servers"][-1])} for count in count_details(sheets, record)]
    decided = decisions_of(records[MATCHES])
    ranks = ranks_of(case, records, origins)
    done = {
        kind.table: identify(
            records[kind.table],
            kind,
            matching,
            decided[decided["table"] == kind.table],
            ranks.get(kind.table, {}),
        )
        for kind in KINDS
        if records[kind.table]
    }
    matches = concat([item.matches for item in done.values()], "matches")
    counts, lost = accounted(decided, records[MATCHES], matches)
    details += [{**row, **_origin(origin)} for row, origin in zip(counts, origins[MATCHES], strict=True)]
    notes += [record.findings for record in records[MATCHES]]
    servers = done["servers"].provenance if "servers" in done else empty("provenance")
    measured = measure(series, _frame(done, "servers"), servers)
    return _tables(done, origins, details, notes, lost, measured)


def _origin(origin: Origin) -> dict[str, str]:
    source, number, sha256 = origin
    return {"source_id": number, "reader": str(source.reader), "sha256": sha256}


def _tables(
    done: dict[str, Identified],
    origins: dict[str, list[Origin]],
    details: list[dict[str, Any]],
    notes: list[pd.DataFrame],
    lost: pd.DataFrame,
    measured: Measured,
) -> dict[str, pd.DataFrame]:
    known = concat([item.identifiers for item in done.values()], "identifiers")
    stated = name_addresses(_frame(done, "dataflows"), _frame(done, "servers"), known)
    systems, servers, assignments, assigned = assign(_frame(done, "systems"), _frame(done, "servers"), stated, known)
    if systems.empty:
        raise InventoryError(
            "the sources hold no system and no server", place="case.yaml", remedy="Check files and headers."
        )
    flows, quoted = propose_flows(systems)
    provenance = concat([*(item.provenance for item in done.values()), measured.provenance, assigned], "provenance")
    provenance = concat([provenance, _quote_cells(quoted, provenance)], "provenance")
    sources = [
        {**row, **_origin(origins[table][at])}
        for table, item in done.items()
        for at, row in enumerate(item.counts.to_dict("records"))
    ] + measured.sources
    tables = {
        "systems": _only_declared(systems, "systems"),
        "servers": _only_declared(servers, "servers"),
        "hosts": _only_declared(_frame(done, "hosts"), "hosts"),
        "dataflows": concat(
            [_only_declared(stated.assign(state="stated", confidence=1.0), "dataflows"), flows],
            "dataflows",
        ),
        "assignments": assignments,
        "matches": concat([item.matches for item in done.values()], "matches"),
        "identifiers": known,
        "utilisation": measured.table,
        "provenance": _only_of_declared(provenance),
        "attributes": concat([item.attributes for item in done.values()], "attributes"),
        "findings": concat(
            [*notes, *(item.findings for item in done.values()), measured.findings, *_truncated(sources)], "findings"
        ),
        "rejects": concat([*(item.rejects for item in done.values()), lost, measured.rejects], "rejects"),
        "sources": pd.DataFrame([*sources, *details]),
    }
    return {name: _sorted(conform(frame, name), name) for name, frame in tables.items()}


def _frame(done: dict[str, Identified], table: str) -> pd.DataFrame:
    return done[table].frame if table in done else pd.DataFrame(columns=load_table(table).names)


def _only_declared(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    return frame[[column for column in frame.columns if column in load_table(table).names]]


def _only_of_declared(provenance: pd.DataFrame) -> pd.DataFrame:
    """Cells of columns that the tables have; those of staging columns are read and used up."""
    tables = provenance["table"].cat.categories
    declared = {column for table in tables for column in load_table(str(table)).names} | {"quote"}
    columns = provenance["column"].cat.categories
    if declared.issuperset(columns):
        return provenance
    return provenance[columns.isin(declared)[provenance["column"].cat.codes.to_numpy()]]


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
    if name == MATCHES:
        return frame
    first = frame.columns[0]
    is_keyed = first.endswith("_id") and first != "source_id"
    twice = frame[first][frame[first].duplicated()]
    if is_keyed and len(twice):
        raise SchemaError("a key stands twice after reading", value=str(twice.iloc[0]))
    order = first if is_keyed else list(frame.columns)
    return frame.sort_values(order, kind="stable", na_position="last", ignore_index=True)


def _by_cell(provenance: pd.DataFrame) -> pd.DataFrame:
    """By table, row and column, of which each stands once; millions of rows are sorted by the ranks of their words."""
    place = np.zeros(len(provenance), dtype=np.int64)
    for name in ("table", "row_id", "column"):
        words = provenance[name].cat.categories.to_numpy(dtype=object)
        rank = np.empty(len(words), dtype=np.int64)
        rank[np.argsort(words, kind="stable")] = np.arange(len(words))
        place = place * len(words) + rank[provenance[name].cat.codes.to_numpy()]
    if (place[1:] >= place[:-1]).all():
        return provenance
    return provenance.take(np.argsort(place, kind="stable")).reset_index(drop=True)
