"""All sources of a case to records: which reader each part of them has, and where its rows came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from planner.case import Case, Source
from planner.ingest.files.sheets import Sheet
from planner.ingest.readers.answers import read_answers
from planner.ingest.readers.beside import read_with_lists
from planner.ingest.readers.connections import read_connections
from planner.ingest.readers.grouped_disks import read_grouped
from planner.ingest.readers.konveyor import read_konveyor
from planner.ingest.readers.linked import Detailed
from planner.ingest.readers.plain import read_plain
from planner.ingest.readers.register_api import read_register
from planner.ingest.readers.relations import read_needs, read_relations
from planner.ingest.readers.rvtools import read_rvtools
from planner.ingest.readers.series.files import SeriesFile, find_series, series_dialects, series_of_sheet
from planner.ingest.readers.service_graph import read_graph
from planner.ingest.records.conform import Records
from planner.ingest.records.constants import refuse_unused, with_constants
from planner.ingest.records.decided import TABLE as MATCHES
from planner.ingest.records.identify import KINDS
from planner.ingest.records.stated import read_usage
from planner.ingest.sources import parts_of

# Readers of their own; every other dialect is one plain table.
READERS: Mapping[str, Callable[[list[Sheet], Source], list[Records]]] = {
    "rvtools": read_rvtools,
    "answers": read_answers,
    "archimate_relationships": read_needs,
    "azure_dependencies": read_connections,
    "azure_migrate": read_grouped,
    "konveyor": read_konveyor,
    "migration_center": read_with_lists,
    "migration_center_tags": read_with_lists,
    "register_api": read_register,
    "service_graph": read_graph,
    "servicenow_relations": read_relations,
    "tidal_databases": read_with_lists,
    "tidal_servers": read_with_lists,
}
DISKS = "disks"


@dataclass(frozen=True)
class Origin:
    """Where the rows of a sheet came from: the part of a source, its number in the case and its file's fingerprint."""

    part: Source
    number: str
    sha256: str

    def as_row(self) -> dict[str, str]:
        """Columns of table sources."""
        return {"source_id": self.number, "reader": str(self.part.reader), "sha256": self.sha256}


@dataclass(frozen=True)
class Reading:
    """What all sources hold, by table, in the order of case.yaml; `counts` account for rows of detail sheets.

    `series` are files of utilisation, by the number of their source, which are streamed later.
    """

    records: dict[str, list[Records]]
    origins: dict[str, list[Origin]]
    counts: list[dict[str, Any]] = field(default_factory=list)
    findings: list[pd.DataFrame] = field(default_factory=list)
    series: dict[str, list[SeriesFile]] = field(default_factory=dict)


def read_sources(case: Case) -> Reading:
    """Read every source of a case.

    Raises
    ------
    InventoryError
        A source cannot be read at all.
    """
    tables = (*(kind.table for kind in KINDS), DISKS, MATCHES)
    reading = Reading({table: [] for table in tables}, {table: [] for table in tables})
    for number, source in enumerate(case.sources, start=1):
        series = reading.series.setdefault(f"{number:02d}", find_series(case.folder, source))
        parts, findings = parts_of(case.folder, source, case.sources, list(series))
        reading.findings.extend(findings)
        filled: set[str] = set()
        for part, sheets in parts:
            if part.reader in series_dialects():
                series.append(series_of_sheet(case.folder, part, sheets))
            else:
                filled |= _note_part(reading, part, sheets, f"{number:02d}")
        refuse_unused(source, filled)
    return reading


def read_part(part: Source, sheets: list[Sheet]) -> list[Records]:
    """Read the sheets of one part by its reader."""
    read = READERS.get(str(part.reader), read_plain)(sheets, part)
    return [with_constants(read_usage(record), part) for record in read]


def _note_part(reading: Reading, part: Source, sheets: list[Sheet], number: str) -> set[str]:
    """Note what a part holds, and say which tables it fills."""
    origin = Origin(part, number, sheets[0].sha256)
    records = read_part(part, sheets)
    for record in records:
        reading.records[record.table].append(record)
        reading.origins[record.table].append(origin)
        if isinstance(record, Detailed):
            reading.counts.extend({**count, **origin.as_row()} for count in record.counts)
    return {record.table for record in records}
