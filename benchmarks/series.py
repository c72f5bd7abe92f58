"""Utilisation series: a drawn month of points every five minutes, streamed, beside pandas on the whole file.

    python -m benchmarks.series [--servers 200] [--days 30] [--minutes 5] [--block-mb 8]

Prints, for the streamed reading (recognition, times, duplicates, coverage, percentiles, fate of every row) and for
pandas reading the whole file and grouping it to quantiles: seconds of CPU, peak GiB of a process of its own, and their
ratio. The percentiles of both are compared. `--servers 1000` is 8.6 million rows.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from planner.case import Source
from planner.ingest.readers.series.files import find_series
from planner.ingest.records.utilisation import measure
from planner.schema import empty

FILE = "serie.csv"
PERCENTILES = (50, 95, 99)


def write_series(folder: Path, servers: int, days: int, minutes: int, seed: int = 1) -> int:
    """A file in long form, server by server; the number of its rows."""
    draw = np.random.default_rng(seed)
    points = days * 24 * 60 // minutes
    times = pd.date_range("2026-09-01", periods=points, freq=f"{minutes}min").strftime("%Y-%m-%d %H:%M:%S")
    with (folder / FILE).open("w", encoding="utf-8", newline="") as file:
        file.write("Server;Tidpunkt;CPU %;Minne %\n")
        for number in range(servers):
            base = draw.uniform(3, 60)
            cpu = np.clip(draw.gamma(2, base / 2, points), 0, 100).round(2)
            memory = np.clip(draw.normal(base + 20, 5, points), 0, 100).round(2)
            frame = pd.DataFrame({"server": f"dvarg{number:05d}", "time": times, "cpu": cpu, "memory": memory})
            file.write(frame.to_csv(index=False, header=False, sep=";", lineterminator="\n"))
    return servers * points


def streamed(folder: Path, servers: int, block: int) -> pd.DataFrame:
    """Percentiles per server as the planner reads them."""
    names = [f"dvarg{number:05d}" for number in range(servers)]
    known = pd.DataFrame({"server_id": names, "name": names, "memory_gib": 16.0})
    series = {"01": find_series(folder, Source(file=FILE, timezone="Etc/UTC"))}
    table = measure(series, known, empty("provenance"), block).table.set_index("server_id")
    assert (table["coverage_pct"] == 100).all()
    return table


def whole(folder: Path) -> pd.DataFrame:
    """Percentiles per server as pandas gives them for the file as a whole."""
    frame = pd.read_csv(folder / FILE, sep=";", dtype={"Server": "category"}, parse_dates=["Tidpunkt"])
    grouped = frame.groupby("Server", observed=True)[["CPU %", "Minne %"]]
    return grouped.quantile([at / 100 for at in PERCENTILES], interpolation="higher")


def run_one(kind: str, folder: Path, servers: int, block: int) -> None:
    """Read in this process, and print seconds, peak and a digest of the result."""
    start = time.process_time()
    if kind == "streamed":
        table = streamed(folder, servers, block)
        values = [table[f"{name}_p{at}_pct"].mean() for name in ("cpu", "memory") for at in PERCENTILES]
    else:
        frame = whole(folder)
        values = [frame[name].xs(at / 100, level=1).mean() for name in ("CPU %", "Minne %") for at in PERCENTILES]
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps([seconds, peak, values]))


def measured(kind: str, folder: Path, servers: int, block: int) -> tuple[float, float, list[float]]:
    """Run one reading in a process of its own, whose peak of memory is its own too."""
    command = [sys.executable, "-m", "benchmarks.series", "--one", kind, str(folder), "--servers", str(servers)]
    done = subprocess.run([*command, "--block-mb", str(block / 1e6)], capture_output=True, text=True, check=True)
    seconds, peak, values = json.loads(done.stdout)
    return seconds, peak, values


def main() -> None:
    """Print one line for each way of reading."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=200)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--minutes", type=int, default=5)
    parser.add_argument("--block-mb", type=float, default=8)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    block = int(given.block_mb * 1e6)
    if given.one:
        run_one(given.one[0], Path(given.one[1]), given.servers, block)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = write_series(folder, given.servers, given.days, given.minutes)
        megabytes = (folder / FILE).stat().st_size / 1e6
        print(f"{given.servers} servers, {rows} rows, {megabytes:.0f} MB")
        found = {kind: measured(kind, folder, given.servers, block) for kind in ("streamed", "whole")}
    for kind, (seconds, peak, _) in found.items():
        print(f"{kind:>10} {seconds:8.2f} s {peak:8.2f} GiB {1e6 * seconds / rows:8.2f} us/row")
    ours, pandas = found["streamed"], found["whole"]
    apart = max(abs(a - b) for a, b in zip(ours[2], pandas[2], strict=True))
    print(f"ratio {ours[0] / pandas[0]:.2f} of the time, {ours[1] / pandas[1]:.2f} of the memory; {apart:.3f} apart")


if __name__ == "__main__":
    main()
