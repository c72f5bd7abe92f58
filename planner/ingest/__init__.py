"""From a case's files to the conformed tables: nothing lost, everything traced to its cell."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from planner.case import Case
from planner.collector import paused
from planner.errors import InventoryError, SchemaError
from planner.ingest.files.sheets import TRUNCATED_AT
from planner.ingest.flows.dependencies import propose_flows
from planner.ingest.readers.linked import witnesses_of
from planner.ingest.reading import DISKS, Reading, read_sources
from planner.ingest.records.addresses import name_addresses
from planner.ingest.records.assign import assign
from planner.ingest.records.decided import TABLE as MATCHES
from planner.ingest.records.decided import accounted, decisions_of
from planner.ingest.records.disks import place_disks
from planner.ingest.records.identify import KINDS, Identified, identify
from planner.ingest.records.precedence import ranks_of
from planner.ingest.records.utilisation import measure
from planner.policy import load_policy
from planner.policy.matching import Matching
from planner.portfolio import finding_rows
from planner.schema import concat, conform, empty, load_table

Parts = dict[str, list[pd.DataFrame]]


@paused()
def ingest(
    case: Case, matching: Matching | None = None, reviewed: pd.DataFrame | None = None
) -> dict[str, pd.DataFrame]:
    """Read every source of a case.

    Parameters
    ----------
    case
        The case.
    matching
        When rows of different sources are the same thing; as the case's policy says by default.
    reviewed
        Pairs of rows on which people decided elsewhere than in matches.csv, with its columns.

    Returns
    -------
    dict of DataFrame
        systems, servers, disks, hosts, dataflows, progress, assignments, matches, identifiers, utilisation, provenance,
        attributes, findings, rejects and sources.

    Raises
    ------
    InventoryError
        A source cannot be read at all, or no source holds a single system or server.
    CaseError
        The order of sources that the case states names a source or column that there is not.
    """
    reading = read_sources(case)
    decided = decisions_of(reading.records[MATCHES])
    said = decided if reviewed is None or reviewed.empty else pd.concat([decided, reviewed], ignore_index=True)
    done = _identified(case, reading, said, matching or load_policy(case.policy, case.folder).matching)
    matches = concat([item.matches for item in done.values()], MATCHES)
    counts, lost = accounted(decided, reading.records[MATCHES], matches)
    reading.counts.extend(
        {**count, **origin.as_row()} for count, origin in zip(counts, reading.origins[MATCHES], strict=True)
    )
    more: Parts = {"findings": reading.findings, "rejects": [lost], "provenance": []}
    if "servers" in done:
        servers, ids = reading.records["servers"], done["servers"].ids
        more["provenance"].append(witnesses_of(servers, ids, "servers", done["servers"].provenance))
    if reading.records[DISKS]:
        ids = done["servers"].ids if "servers" in done else []
        done[DISKS] = place_disks(reading.records[DISKS], reading.records["servers"], ids)
    return _tables(done, reading, matches, more)


def _identified(case: Case, reading: Reading, decided: pd.DataFrame, matching: Matching) -> dict[str, Identified]:
    ranks = ranks_of(case, reading.records, reading.origins)
    return {
        kind.table: identify(
            reading.records[kind.table],
            kind,
            matching,
            decided[decided["table"] == kind.table],
            ranks.get(kind.table, {}),
        )
        for kind in KINDS
        if reading.records[kind.table]
    }


def _tables(
    done: dict[str, Identified], reading: Reading, matches: pd.DataFrame, more: Parts
) -> dict[str, pd.DataFrame]:
    known = concat([item.identifiers for item in done.values()], "identifiers")
    stated = name_addresses(_frame(done, "dataflows"), _frame(done, "servers"), known)
    systems, servers, assignments, assigned = assign(_frame(done, "systems"), _frame(done, "servers"), stated, known)
    if systems.empty:
        raise InventoryError(
            "the sources hold no system and no server", place="case.yaml", remedy="Check files and headers."
        )
    cells = done["servers"].provenance if "servers" in done else empty("provenance")
    measured = measure(reading.series, _frame(done, "servers"), cells)
    flows, quoted = propose_flows(systems)
    stated = stated.assign(state="stated", confidence=1.0)
    own = [item.provenance for item in done.values()]
    provenance = concat([*own, *more["provenance"], measured.provenance, assigned], "provenance")
    if len(quoted):
        provenance = concat([provenance, _quote_cells(quoted, provenance)], "provenance")
    sources = [*_sources(done, reading), *measured.sources]
    findings = [*more["findings"], *(item.findings for item in done.values()), measured.findings, *_truncated(sources)]
    findings += [record.findings for record in reading.records[MATCHES]]
    tables = {
        **{name: _only_declared(_frame(done, name), name) for name in (DISKS, "hosts", "progress")},
        "systems": _only_declared(systems, "systems"),
        "servers": _only_declared(servers, "servers"),
        "dataflows": concat([_only_declared(stated, "dataflows"), flows], "dataflows"),
        "assignments": assignments,
        "matches": matches,
        "identifiers": known,
        "utilisation": measured.table,
        "provenance": _only_of_declared(provenance),
        "attributes": concat([item.attributes for item in done.values()], "attributes"),
        "findings": concat(findings, "findings"),
        "rejects": concat([*(item.rejects for item in done.values()), *more["rejects"], measured.rejects], "rejects"),
        "sources": pd.DataFrame([*sources, *reading.counts]),
    }
    _refuse_lost_rows(tables["sources"], tables["rejects"])
    return {name: _sorted(conform(frame, name), name) for name, frame in tables.items()}


def _sources(done: dict[str, Identified], reading: Reading) -> list[dict[str, Any]]:
    return [
        {**row, **reading.origins[table][at].as_row()}
        for table, item in done.items()
        for at, row in enumerate(item.counts.to_dict("records"))
    ]


def _refuse_lost_rows(sources: pd.DataFrame, rejects: pd.DataFrame) -> None:
    """Rows in = rows used + merged + rejected, of every sheet, and each rejected row stands in the rejects."""
    fates = sources[["rows_used", "rows_merged", "rows_rejected"]].sum(axis=1)
    lost = sources[sources["rows_in"] != fates]
    if len(lost):
        raise SchemaError("rows were lost while reading", place=lost["file"].iloc[0], value=lost.iloc[0].to_dict())
    listed = int(rejects["rows"].fillna(1).sum())
    if listed != sources["rows_rejected"].sum():
        raise SchemaError("rejected rows are not listed", value=f"{listed} of {sources['rows_rejected'].sum()}")


def _frame(done: dict[str, Identified], table: str) -> pd.DataFrame:
    return done[table].frame if table in done else _nothing(table).copy()


@lru_cache
def _nothing(table: str) -> pd.DataFrame:
    """Of a table that no source fills."""
    return pd.DataFrame(columns=load_table(table).names)


def _only_declared(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    declared = set(load_table(table).names)
    return frame[[column for column in frame.columns if column in declared]]


def _only_of_declared(provenance: pd.DataFrame) -> pd.DataFrame:
    """Cells of columns that the tables have; those of staging columns are read and used up."""
    tables = provenance["table"].cat.categories
    declared = {column for table in tables for column in load_table(str(table)).names} | {"quote"}
    columns = provenance["column"].cat.categories
    if declared.issuperset(columns):
        return provenance
    return provenance[columns.isin(declared)[provenance["column"].cat.codes.to_numpy()]]


def _quote_cells(origins: pd.DataFrame, provenance: pd.DataFrame) -> pd.DataFrame:
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
    if name == MATCHES or len(frame) < 2:
        return frame
    if name == "provenance":
        return _by_cell(frame)
    first = frame.columns[0]
    is_keyed = first.endswith("_id") and first != "source_id"
    twice = frame[first][frame[first].duplicated()]
    if is_keyed and len(twice):
        raise SchemaError("a key stands twice after reading", value=str(twice.iloc[0]))
    if is_keyed and frame[first].is_monotonic_increasing:
        return frame
    if not is_keyed and _stands_in_order(frame):
        return frame
    order = first if is_keyed else list(frame.columns)
    return frame.sort_values(order, kind="stable", na_position="last", ignore_index=True)


def _stands_in_order(frame: pd.DataFrame) -> bool:
    """Whether every row comes after the one before it, by the first of its columns that tell them apart."""
    alike = np.ones(len(frame) - 1, dtype=np.bool_)
    for name in frame.columns:
        if isinstance(frame[name].dtype, pd.CategoricalDtype) or frame[name].isna().any():
            return False
        values = frame[name].to_numpy(dtype=object)
        before, after = values[:-1][alike], values[1:][alike]
        if (after < before).any():
            return False
        alike[alike] = after == before
        if not alike.any():
            return True
    return True


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
