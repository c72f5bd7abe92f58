"""What the work and the cloud may cost, of what is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.portfolio import Portfolio
from planner.schema import conform
from planner.simulate.spread import LEVELS, triangular

POINTS = ("low_sek", "likely_sek", "high_sek")


def risk_costs(portfolio: Portfolio, one_off: npt.NDArray[np.float32], shares: dict[str, float]) -> pd.DataFrame:
    """Percentiles of the one-off work and of the yearly cost in the cloud.

    List prices and the exchange rate move for all systems at once, so that the cost in the cloud has one driver: its
    percentile is the sum of the systems' percentiles. What has no price is left out, and counted.
    """
    costs = portfolio["costs"]
    work = costs[costs["kind"] == "one_off"]
    target = costs[(costs["kind"] == "target") & (costs["state"] != "not_applicable")]
    known = target.dropna(subset=list(POINTS))
    outcomes = triangular(*(known[point].to_numpy(dtype=np.float64) for point in POINTS)).sum(axis=0)
    rows = [
        {"kind": "one_off", "known": int(work["likely_sek"].notna().sum()), "total": len(work)}
        | {f"{name}_sek": float(np.quantile(one_off, share).round(-3)) for name, share in shares.items()},
        {"kind": "target", "known": len(known), "total": len(target)}
        | {
            f"{name}_sek": float(outcomes[int(share * LEVELS)].round(-3)) if len(known) else None
            for name, share in shares.items()
        },
    ]
    return conform(pd.DataFrame(rows), "risk_costs")
