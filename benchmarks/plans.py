"""Two saved plans of many systems, and the time to compare them.

    python -m benchmarks.plans [--sizes 1000 10000]

Systems are those of benchmarks.classification; work and waves are drawn. Between the plans one cell of one system in a
hundred is another one, and two in a hundred change hands in another quarter. Prints seconds of wall clock.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.classification import CASE, synthetic
from planner.classify import classify
from planner.csvfile import to_csv_bytes
from planner.diff import diff
from planner.lenses import assess
from planner.plan import FORMAT
from planner.policy import load_policy
from planner.portfolio import Portfolio
from planner.schema import conform
from planner.store import open_saved

COUNT = 10_000
PHASES = ("decide", "procure", "prepare", "move", "close")
QUARTERS = [f"{year}-Q{number}" for year in range(2027, 2031) for number in range(1, 5)]


def ten_thousand(folder: Path, count: int = COUNT) -> tuple[Path, Path]:
    """Write two plans into a folder."""
    before = synthetic(count)
    systems = before["systems"].copy()
    at = np.arange(0, count, 100)
    systems.loc[at, "lifecycle"] = "phasing_out"
    systems.loc[at, "retire_year"] = 2027
    after = Portfolio(dict(before.tables) | {"systems": systems})
    quarter = np.random.default_rng(2).integers(0, len(QUARTERS), count)
    moved = quarter.copy()
    moved[::50] = (moved[::50] + 1) % len(QUARTERS)
    return _saved(before, quarter, folder / "old"), _saved(after, moved, folder / "new")


def _saved(portfolio: Portfolio, quarter: np.ndarray, folder: Path) -> Path:
    policy = load_policy()
    for step in (assess, classify):
        portfolio = portfolio.with_tables(step(portfolio, CASE, policy))
    ids = portfolio["systems"]["system_id"]
    days = pd.DataFrame({"low_days": 1.0, "likely_days": 2.0, "high_days": 4.0}, index=range(len(ids) * len(PHASES)))
    effort = days.assign(system_id=ids.repeat(len(PHASES)).to_numpy(), phase=list(PHASES) * len(ids), role="business")
    groups = pd.DataFrame({"group_id": "g-" + ids, "system_id": ids, "reason": "alone"})
    waves = groups[["system_id", "group_id"]].assign(
        wave=quarter + 1, quarter=np.array(QUARTERS)[quarter], start_date="2027-01-11", end_date="2028-01-14"
    )
    made = {"effort": effort, "groups": groups, "waves": waves}
    tables = dict(portfolio.tables) | {name: conform(frame, name) for name, frame in made.items()}
    return _written({name: to_csv_bytes(frame) for name, frame in tables.items()}, folder)


def _written(tables: dict[str, bytes], folder: Path) -> Path:
    (folder / "tables").mkdir(parents=True)
    for name, content in tables.items():
        (folder / "tables" / f"{name}.csv").write_bytes(content)
    told = {name: {"sha256": hashlib.sha256(content).hexdigest()} for name, content in tables.items()}
    about = {"format": FORMAT, "plan_id": folder.name, "tables": told}
    (folder / "manifest.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


def main() -> None:
    """Print the time of each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, COUNT])
    for size in parser.parse_args().sizes:
        with tempfile.TemporaryDirectory() as place:
            old, new = ten_thousand(Path(place), size)
            started = time.perf_counter()
            found = diff(open_saved(old), open_saved(new))
            print(f"{size:>8} systems: {time.perf_counter() - started:.2f} s, {len(found.changes)} changes")


if __name__ == "__main__":
    main()
