"""Settled means settled: whatever the unknown turns out to be, the proposal stands."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.classification import CASE, synthetic
from planner.classify import classify
from planner.lenses import assess
from planner.policy import load_policy
from planner.portfolio import Portfolio
from planner.schema import load_table

pytestmark = pytest.mark.slow
POLICY = load_policy()
SIZE = 300
# What a fair register knows: without it nothing could be settled. Ownership of data is stated, since the lens does not
# keep its knock-out open for it (public-sector reference 3.2).
ASSUMED: dict[str, dict[str, object]] = {
    "systems": {
        "security_sensitive": False,
        "klassa_k": 1,
        "klassa_r": 1,
        "klassa_t": 1,
        "hardware_tie": "none",
        "customer_owns_data": "yes",
        "delivery": "internal",
        "is_own_code": False,
        "it_verdict": "retire",
        "business_verdict": "retire",
        "overlap": 3,
        "lifecycle": "phasing_out",
    },
    "facts": {"os_family": "windows"},
}


def _portfolio(seed: int) -> Portfolio:
    """Synthetic systems of which some are well known, so that some are settled."""
    drawn = synthetic(SIZE, seed)
    tables = {name: drawn[name] for name in ("systems", "facts", "provenance")}
    for name, values in ASSUMED.items():
        half = tables[name].index < SIZE // 2
        assumed = tables[name].assign(**values).astype(tables[name].dtypes)
        tables[name] = tables[name].where(~pd.Series(half), assumed)
    return Portfolio().with_tables(tables)


def _classified(portfolio: Portfolio) -> Portfolio:
    portfolio = portfolio.with_tables(assess(portfolio, CASE, POLICY))
    return portfolio.with_tables(classify(portfolio, CASE, POLICY))


def _answered(portfolio: Portfolio, seed: int) -> Portfolio:
    """The same systems after every question has been answered, at random."""
    everything = synthetic(SIZE, seed, known_share=1.0)
    tables = {"provenance": portfolio["provenance"]}
    for name in ("systems", "facts"):
        filled = portfolio[name].copy()
        for column in load_table(name).names:
            filled[column] = filled[column].fillna(everything[name][column])
        tables[name] = filled
    return Portfolio().with_tables(tables)


@pytest.mark.parametrize(("seed", "other"), [(1, 101), (2, 102)])
def test_no_answers_overturn_a_settled_decision(seed: int, other: int) -> None:
    portfolio = _portfolio(seed)
    before = _classified(portfolio)["decisions"].set_index("system_id")
    after = _classified(_answered(portfolio, other))["decisions"].set_index("system_id")
    settled = before[before["state"] == "settled"]
    assert (after.loc[settled.index, "disposition"] == settled["disposition"]).all()


@pytest.mark.parametrize(("seed", "other"), [(5, 105), (6, 106)])
def test_scores_stay_within_their_bounds(seed: int, other: int) -> None:
    portfolio = _portfolio(seed)
    before = _classified(portfolio)["options"].set_index(["system_id", "option"])
    after = _classified(_answered(portfolio, other))["options"].set_index(["system_id", "option"])["score"]
    assert (after >= before["score_low"] - 1e-9).all() and (after <= before["score_high"] + 1e-9).all()


def test_the_synthetic_systems_reach_every_state() -> None:
    states = pd.concat([_classified(_portfolio(seed))["decisions"]["state"] for seed in range(2)])
    assert set(states) >= {"settled", "open"}


@pytest.mark.parametrize("seed", [1])
def test_the_order_of_systems_does_not_matter(seed: int) -> None:
    portfolio = _portfolio(seed)
    order = np.random.default_rng(seed).permutation(SIZE)
    mixed = {name: portfolio[name].take(order) for name in ("systems", "facts")} | {
        "provenance": portfolio["provenance"]
    }
    one = _classified(portfolio)["decisions"].sort_values("system_id", ignore_index=True)
    other = _classified(Portfolio().with_tables(mixed))["decisions"].sort_values("system_id", ignore_index=True)
    pd.testing.assert_frame_equal(one, other)
