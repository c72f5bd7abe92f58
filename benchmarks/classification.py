"""Lenses, gates, rules and evidence on synthetic portfolios: time, memory and growth.

    python -m benchmarks.classification [--sizes 1000 10000 250000]

The systems are drawn from the schema itself: every field that a lens or a rule reads has one of its allowed values or,
as in a real register, mostly nothing. Prints seconds of CPU of each step, and what the classification (assess and
classify) takes per system and in memory; larger sizes must not take more per system.
"""

from __future__ import annotations

import argparse
import resource
import time
from datetime import date

import numpy as np
import pandas as pd

from planner.case import Case, Source, Team
from planner.classify import classify
from planner.lenses import assess
from planner.overlaps import overlaps
from planner.policy import load_policy
from planner.portfolio import Portfolio
from planner.prioritise import prioritise
from planner.questions import questions
from planner.schema import Column, conform, load_table

KNOWN_SHARE = 0.35
CLASSIFICATION = (assess, classify)
# They read what the classification says.
AFTERWARDS = (prioritise, overlaps, questions)
CASE = Case(
    organisation="Provby kommun",
    plan_date=date(2026, 11, 23),
    start_date=date(2027, 1, 11),
    sources=[Source(file="system.csv", reader="systems")],
    teams=[Team(role="application", name="Applikation", days_per_week=10)],
)


def synthetic(count: int, seed: int = 1, known_share: float = KNOWN_SHARE) -> Portfolio:
    """Systems with every field known for a share of them, and a cell for every known value."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"S{number:07d}" for number in range(count)], dtype=object)
    tables = {name: _table(name, ids, rng, known_share) for name in ("systems", "facts")}
    return Portfolio().with_tables({**tables, "provenance": _provenance(tables["systems"])})


def _table(name: str, ids: np.ndarray, rng: np.random.Generator, known_share: float) -> pd.DataFrame:
    columns = {
        column.name: _values(column, len(ids), rng, known_share)
        for column in load_table(name).columns
        if column.name not in {"system_id", "name"}
    }
    frame = pd.DataFrame({"system_id": ids, **columns})
    return conform(frame.assign(name=ids) if name == "systems" else frame, name)


def _values(column: Column, count: int, rng: np.random.Generator, known_share: float) -> pd.Series:
    known = np.ones(count, dtype=bool) if column.required else rng.random(count) < known_share
    return pd.Series(_drawn(column, count, rng)).where(known)


def _drawn(column: Column, count: int, rng: np.random.Generator) -> object:
    if column.type == "boolean":
        return pd.array(rng.random(count) < 0.1, dtype="boolean")
    if column.type == "date":
        return pd.Timestamp(CASE.plan_date) + pd.to_timedelta(rng.integers(-400, 2400, count), unit="D")
    if column.values:
        drawn = pd.Series(list(column.values), dtype="string").take(rng.integers(0, len(column.values), count))
        return drawn.astype("Int64" if column.type == "integer" else "string").to_numpy()
    if column.type in ("integer", "number"):
        low, high = column.low or 0, min(column.high or 5000, (column.low or 0) + 5000)
        return pd.array(rng.integers(int(low), int(high) + 1, count), dtype="Int64")
    words = pd.Series([f"{column.name} {number}" for number in range(200)], dtype="string")
    return words.take(rng.integers(0, 200, count)).to_numpy()


def _provenance(systems: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for at, name in enumerate(systems.columns[1:]):
        known = np.flatnonzero(systems[name].notna())
        part = pd.DataFrame({"row_id": systems["system_id"].to_numpy()[known], "row": known + 2})
        parts.append(part.assign(table="systems", column=name, file="register.csv", sheet=None, cell_column=f"C{at}"))
    return conform(pd.concat(parts, ignore_index=True), "provenance")


def run(count: int) -> dict[str, float]:
    """Seconds of CPU of each step, and what the classification takes and gives."""
    portfolio, policy = synthetic(count), load_policy()
    found: dict[str, float] = {}
    for step in (*CLASSIFICATION, *AFTERWARDS):
        start = time.process_time()
        portfolio = portfolio.with_tables(step(portfolio, CASE, policy))
        found[f"{step.__name__} s"] = time.process_time() - start
        if step == CLASSIFICATION[-1]:
            found["µs/system"] = sum(found.values()) / count * 1e6
            found["peak GiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            found["evidence"] = len(portfolio["evidence"])
    return found


def main() -> None:
    """Print one line per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 250_000])
    for number, count in enumerate(parser.parse_args().sizes):
        found = run(count)
        if number == 0:
            print(*(f"{name:>12}" for name in ("systems", *found)))
        cells = (f"{value:12}" if isinstance(value, int) else f"{value:12.2f}" for value in found.values())
        print(f"{count:12}", *cells, flush=True)


if __name__ == "__main__":
    main()
