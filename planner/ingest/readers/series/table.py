"""From the tally to rows of table utilisation, each number with the cell in which its series begins."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from planner.ingest.files.sheets import column_letter
from planner.ingest.readers.series.scale import MAX_FRACTION
from planner.ingest.readers.series.slots import Spread
from planner.ingest.readers.series.tally import Metric, Tally

PERCENTILES = (50, 95, 99)
STATISTICS = (*(f"p{at}" for at in PERCENTILES), "max", "avg")
DAY_SECONDS = 86_400


def utilisation_of(tally: Tally, server_ids: pd.Series) -> pd.DataFrame:
    """One row per server that has a series."""
    count = len(tally.positions)
    positions = np.array(tally.positions, dtype=np.int64)
    cpu, memory = tally.metrics["cpu"], tally.metrics["memory"]
    spread = cpu.slots.spread(count, memory.slots)
    frame = pd.DataFrame({"server_id": server_ids.astype("string").to_numpy()[positions], "basis": "series"})
    for name, metric in tally.metrics.items():
        for column, values in _statistics(metric, count).items():
            frame[f"{name}_{column}_pct"] = values
        frame[f"{name}_points"] = _sized(metric.histogram.totals, count, 0)
    frame = frame.assign(**_times(tally, positions, [spread.get(number) for number in range(count)]))
    frame["doubtful"] = [" ".join(_doubtful(tally, number)) or None for number in range(count)]
    # A server of whose rows none had a value has no series.
    return frame[frame["points"] > 0].reset_index(drop=True)


def _statistics(metric: Metric, count: int) -> dict[str, np.ndarray]:
    counted = metric.histogram
    has_any = _sized(counted.totals, count, 0) > 0
    found = {f"p{at}": counted.percentiles(at) for at in PERCENTILES}
    found |= {"max": counted.maximum, "avg": counted.averages().round(2)}
    return {name: np.where(has_any, _sized(values, count, np.nan), np.nan) for name, values in found.items()}


def _sized(values: np.ndarray, count: int, blank: float) -> np.ndarray:
    """Values of just so many servers; those met last may lack a metric."""
    return np.concatenate([values[:count], np.full(max(count - len(values), 0), blank, dtype=values.dtype)])


def _times(tally: Tally, positions: np.ndarray, spread: list[Spread | None]) -> dict[str, Any]:
    first, last = tally.first[positions], tally.last[positions]
    known = [item or Spread(0, None, None, None) for item in spread]
    points = pd.Series([item.points for item in known], dtype="Int64")
    expected = pd.Series([item.expected for item in known], dtype="Int64")
    return {
        "points": points,
        "expected_points": expected,
        "coverage_pct": (100 * points / expected).clip(upper=100).round(2),
        "interval_minutes": pd.array([_minutes(item.interval_seconds) for item in known], dtype="Float64"),
        "longest_gap_minutes": pd.array([_minutes(item.longest_gap_seconds) for item in known], dtype="Float64"),
        "window_days": ((last - first) / DAY_SECONDS).round(3),
        "first_time": [_iso(second) for second in first.tolist()],
        "last_time": [_iso(second) for second in last.tolist()],
        "time_zone": [tally.zones.get(number) for number in range(len(positions))],
    }


def _minutes(seconds: int | None) -> float | None:
    return None if seconds is None else round(seconds / 60, 3)


def _iso(second: int) -> str | None:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if 0 <= second < 2**33 else None


def _doubtful(tally: Tally, number: int) -> list[str]:
    """Metrics of a server that never leave the range of fractions in a column of percentages."""
    return [
        name
        for name, metric in tally.metrics.items()
        if number in metric.is_percent and metric.histogram.maximum[number] <= MAX_FRACTION
    ]


def cells_of(tally: Tally, table: pd.DataFrame, server_ids: pd.Series) -> pd.DataFrame:
    """Provenance: for each number of a metric the cell in which the server's series begins."""
    known = set(table["server_id"])
    ids = server_ids.astype("string").to_numpy()[np.array(tally.positions, dtype=np.int64)]
    rows = [
        {
            "table": "utilisation",
            "row_id": ids[number],
            "column": f"{name}_{statistic}_pct",
            "file": file.name,
            "sheet": file.sheet,
            "row": line,
            "cell_column": column_letter(column),
        }
        for name, metric in tally.metrics.items()
        for number, (file, line, column) in sorted(metric.places.items())
        if ids[number] in known
        for statistic in STATISTICS
    ]
    return pd.DataFrame(rows)
