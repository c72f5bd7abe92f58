"""Right-sizing: drawn servers against drawn types, by the dominance table, by brute force and by a loop in pandas.

    python -m benchmarks.sizing [--servers 100000] [--types 1000] [--looped 1000]

Prints, in one run: seconds of CPU from needs to a table with names and prices (the tables of types built anew), those
of building the same table when the answers are known already (the floor), of brute force in numpy over all types, of a
pandas filter per server (a sample, scaled up), and of the whole step `size` with the shipped catalogue. Prices of all
ways are compared.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.classification import CASE
from planner.catalogue import load_catalogue
from planner.policy import load_policy
from planner.portfolio import Portfolio
from planner.schema import conform
from planner.size import choose, size
from planner.size.offers import Offers

NEEDS = ("need_vcpu", "need_memory_gib", "need_sustained_vcpu")
HOLDS = ("vcpu", "memory_gib", "sustained")


def drawn_offers(count: int, seed: int = 1) -> pd.DataFrame:
    """Types with a price for each vCPU and GiB and some noise; every tenth is burstable. Cheapest first."""
    rng = np.random.default_rng(seed)
    vcpu = rng.choice([1, 2, 4, 8, 16, 32, 48, 64, 96, 128], count).astype(float)
    memory = vcpu * rng.choice([1, 2, 4, 8, 16], count)
    price = (0.02 * vcpu + 0.005 * memory) * rng.uniform(0.8, 1.3, count)
    frame = pd.DataFrame(
        {
            "instance_type": [f"t{number}.x" for number in range(count)],
            "vcpu": vcpu,
            "memory_gib": memory,
            "sustained": np.where(rng.random(count) < 0.1, vcpu * rng.choice([0.1, 0.2, 0.4], count), np.inf),
            "usd_per_hour": price.round(5),
            "as_of": "2025-04-04",
            "source": "drawn",
        }
    )
    prices = {f"{name}_per_hour": frame["usd_per_hour"] * 0.6 for name in ("licence", "reserved_1y", "reserved_3y")}
    return frame.assign(**prices).sort_values(["usd_per_hour", "instance_type"], ignore_index=True)


def drawn_needs(count: int, seed: int = 2) -> pd.DataFrame:
    """Needs of servers, some too large for any type; the average is known of every third."""
    rng = np.random.default_rng(seed)
    vcpu = rng.gamma(1.2, 4, count).round(2)
    sustained = np.where(rng.random(count) < 0.33, vcpu * rng.uniform(0, 0.5, count), np.inf)
    return pd.DataFrame(dict(zip(NEEDS, (vcpu, rng.gamma(1.2, 20, count).round(2), sustained), strict=True)))


def floor(offers: Offers, cells: np.ndarray) -> pd.DataFrame:
    """Build the table when it is known where every server's answer stands: columns taken and put into pandas."""
    words = {
        name: pd.Categorical.from_codes(codes.take(cells), found, validate=False)
        for name, (codes, found) in offers.words_by_cell.items()
    }
    return pd.DataFrame(
        words | {name: column.take(cells) for name, column in offers.numbers_by_cell.items()}, copy=False
    )


def brute(needs: pd.DataFrame, table: pd.DataFrame, block: int = 2_000) -> np.ndarray:
    """Price of the first type that covers all needs, tried one by one for every server."""
    holds = [table[name].to_numpy(dtype=float) for name in HOLDS]
    prices = np.append(table["usd_per_hour"].to_numpy(dtype=float), np.nan)
    wanted = [needs[name].to_numpy(dtype=float) for name in NEEDS]
    found = np.empty(len(needs))
    for at in range(0, len(needs), block):
        part = slice(at, at + block)
        fits = np.logical_and.reduce([have >= need[part, None] for have, need in zip(holds, wanted, strict=True)])
        found[part] = prices[np.where(fits.any(axis=1), fits.argmax(axis=1), len(table))]
    return found


def looped(needs: pd.DataFrame, table: pd.DataFrame) -> np.ndarray:
    """The same with a filter of pandas per server."""
    found = []
    for row in needs.itertuples():
        fits = table[
            (table["vcpu"] >= row.need_vcpu)
            & (table["memory_gib"] >= row.need_memory_gib)
            & (table["sustained"] >= row.need_sustained_vcpu)
        ]
        found.append(fits["usd_per_hour"].iloc[0] if len(fits) else np.nan)
    return np.array(found)


def portfolio_of(count: int, seed: int = 3) -> Portfolio:
    """Servers that are rehosted, each a system of its own, without series."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"s{number:07d}" for number in range(count)], dtype=object)
    servers = {
        "server_id": ids,
        "name": ids,
        "os": rng.choice(["RHEL 9", "Windows Server 2019", "Ubuntu 22.04", ""], count),
        "vcpu": rng.choice([1, 2, 4, 8, 16], count),
        "memory_gib": rng.choice([2.0, 4.0, 8.0, 16.0, 64.0], count),
        "storage_gib": rng.choice([50.0, 200.0, 1000.0], count),
    }
    tables: dict[str, dict[str, Any]] = {
        "servers": servers,
        "systems": {"system_id": ids, "name": ids},
        "assignments": {"server_id": ids, "system_id": ids, "basis": "provisional"},
        "decisions": {"system_id": ids, "disposition": "rehost", "state": "settled"},
        "counters": {"server_id": ids, "cpu_state": "missing", "memory_state": "missing", "coverage_pct": 0.0}
        | {"confidence": 1, "use": "not_measured"},
    }
    return Portfolio({name: conform(pd.DataFrame(columns), name) for name, columns in tables.items()})


def timed(work: Callable[[], Any], times: int = 1) -> tuple[float, Any]:
    """Fewest seconds of CPU of some runs, and what the last one gave."""
    best, result = np.inf, None
    for _ in range(times):
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
    return best, result


def main() -> None:
    """Print one line per way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=100_000)
    parser.add_argument("--types", type=int, default=1_000)
    parser.add_argument("--looped", type=int, default=1_000, help="Servers that the loop in pandas is tried on")
    given = parser.parse_args()
    table, needs = drawn_offers(given.types), drawn_needs(given.servers)
    ours, made = timed(lambda: choose(needs, Offers(table, table.head(0))), 5)
    offers = Offers(table, table.head(0))
    cells = offers.best.cells([needs[name].to_numpy() for name in NEEDS])
    least, _ = timed(lambda: floor(offers, cells), 5)
    force, prices = timed(lambda: brute(needs, table))
    loop, sample = timed(lambda: looped(needs.head(given.looped), table))
    assert np.array_equal(made["usd_per_hour"].to_numpy(), prices, equal_nan=True), "not the prices of brute force"
    assert np.array_equal(prices[: given.looped], sample, equal_nan=True), "not the prices of the loop"
    case = CASE.model_copy(update={"region": "eu-north-1"})
    portfolio, policy, catalogue = portfolio_of(given.servers), load_policy(), load_catalogue()
    step, _ = timed(lambda: size(portfolio, case, policy, catalogue))
    ways = {
        "dominance table, to the finished table": ours,
        "floor: the finished table alone": least,
        "brute force in numpy, prices alone": force,
        f"loop in pandas (from {given.looped} servers)": loop * given.servers / given.looped,
        "the whole step size": step,
    }
    print(f"{given.servers} servers, {given.types} types")
    for name, seconds in ways.items():
        print(f"{name:42} {seconds * 1e3:10.1f} ms {given.servers / seconds:14.0f} servers/s")
    print(f"{ours / least:.2f} x the floor; the same prices for all servers")


if __name__ == "__main__":
    main()
