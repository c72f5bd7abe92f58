"""Series of use as files hold them: two servers, and a month of points; servers, times and values are made up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from planner.case import Source, read_case
from planner.ingest import ingest
from planner.ingest.readers.series.files import find_series
from planner.ingest.records.utilisation import Measured, measure
from planner.schema import empty

MakeCase = Callable[..., Path]
SERVERS = "Server;vCPU;Minne (GB);OS\ndvarg01;8;32;RHEL 9\ndvarg02;4;16;RHEL 9\n"
START = datetime(2026, 9, 1)
KNOWN = pd.DataFrame({"server_id": ["s1", "s2"], "name": ["dvarg01", "dvarg02"], "memory_gib": [32.0, 16.0]})


def month(server: str, values: Callable[[int], str], days: int = 30, step: int = 5) -> list[str]:
    """Rows of a series, one every `step` minutes."""
    points = days * 24 * 60 // step
    return [f"{server};{START + timedelta(minutes=step * at):%Y-%m-%d %H:%M:%S};{values(at)}" for at in range(points)]


def read(make_case: MakeCase, series: str | bytes, source: str = "timezone: Etc/UTC", **more: Any) -> dict[str, Any]:
    """Ingest a case of two servers and a series."""
    files = {"servrar.csv": SERVERS, "serie.csv": series}
    return ingest(read_case(make_case(files, f"  - file: servrar.csv\n  - {{file: serie.csv, {source}}}\n", **more)))


def streamed(folder: Path, text: str, block: int = 8_000_000, zone: str = "Etc/UTC") -> Measured:
    """Read a series in blocks of some bytes."""
    folder.mkdir(exist_ok=True)
    (folder / "serie.csv").write_text(text, encoding="utf-8")
    series = {"01": find_series(folder, Source(file="serie.csv", timezone=zone))}
    return measure(series, KNOWN, empty("provenance"), block)


def fate(tables: dict[str, pd.DataFrame], reader: str = "utilisation") -> tuple[int, ...]:
    """Rows in, used, merged and rejected."""
    row = tables["sources"].set_index("reader").loc[reader]
    return tuple(int(row[name]) for name in ("rows_in", "rows_used", "rows_merged", "rows_rejected"))


def codes(tables: dict[str, pd.DataFrame], table: str = "findings") -> list[str]:
    """Codes of findings or rejects."""
    return sorted(tables[table]["code"])
