"""How much of each server is used: from series, else from what an inventory says in a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.ingest.readers.series.blocks import BLOCK_BYTES
from planner.ingest.readers.series.clock import Clock
from planner.ingest.readers.series.files import SeriesFile, zone_of
from planner.ingest.readers.series.notes import Fates, counts_of, doubtful, findings_of, rejects_of
from planner.ingest.readers.series.owners import Owners
from planner.ingest.readers.series.read import read_file
from planner.ingest.readers.series.scale import MINUTE, scale_of
from planner.ingest.readers.series.table import cells_of, utilisation_of
from planner.ingest.readers.series.tally import Tally
from planner.ingest.records.stated import stated_utilisation
from planner.schema import concat


@dataclass(frozen=True)
class Measured:
    """Table utilisation, and what reading it adds to the other tables."""

    table: pd.DataFrame
    provenance: pd.DataFrame
    findings: pd.DataFrame
    rejects: pd.DataFrame
    sources: list[dict[str, Any]]


def measure(
    series: dict[str, list[SeriesFile]],
    servers: pd.DataFrame,
    provenance: pd.DataFrame,
    block_bytes: int = BLOCK_BYTES,
) -> Measured:
    """Read the series of a case and join them to its servers.

    Parameters
    ----------
    series
        Files by the number of their source.
    servers, provenance
        Identified servers with their staging columns, and the cells of these.
    block_bytes
        Size of the pieces in which files are read.
    """
    table, cells = stated_utilisation(servers, provenance)
    if not any(series.values()):
        return Measured(table, cells, concat([], "findings"), concat([], "rejects"), [])
    scales = {source: scale_of(files) for source, files in series.items() if files}
    tally = Tally(len(servers), min((scale.slot_seconds for scale in scales.values()), default=MINUTE))
    owners, memory = Owners(servers), _memory(servers)
    clocks: dict[str, Clock] = {}
    fates: Fates = []
    for source, file in ((source, file) for source, files in series.items() for file in files):
        zone, _ = zone_of(file)
        if zone.key not in clocks:
            clocks[zone.key] = Clock(zone)
        fate = read_file(file, scales[source], clocks[zone.key], owners, memory, tally, block_bytes)
        fates.append((source, fate, scales[source]))
    ids = servers["server_id"] if len(servers) else pd.Series(dtype="string")
    counted = utilisation_of(tally, ids)
    is_stated_only = ~table["server_id"].isin(counted["server_id"])
    kept = ~cells["row_id"].isin(counted["server_id"]) if len(cells) else slice(None)
    return Measured(
        concat([counted, table[is_stated_only]], "utilisation"),
        concat([cells_of(tally, counted, ids), cells[kept]], "provenance"),
        concat([*findings_of(fates), doubtful(counted)], "findings"),
        rejects_of(fates),
        counts_of(fates),
    )


def _memory(servers: pd.DataFrame) -> NDArray[np.float64]:
    if "memory_gib" not in servers:
        return np.full(len(servers), np.nan)
    known = pd.to_numeric(servers["memory_gib"], errors="coerce")
    return np.asarray(known.to_numpy(dtype=float, na_value=np.nan))
