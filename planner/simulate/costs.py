"""What the work and the cloud may cost, of what is known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.portfolio import Portfolio
from planner.schema import conform, empty
from planner.simulate.spread import LEVELS, SHARES, triangular

POINTS = ("low_sek", "likely_sek", "high_sek")


def risk_costs(portfolio: Portfolio) -> dict[str, pd.DataFrame]:
    """Percentiles of the one-off work and of the yearly cost in the cloud.

    List prices and the exchange rate move for all systems at once, so that the cost in the cloud has one driver: its
    percentile is the sum of the systems' percentiles. What has no price is left out, and counted. The work is that of
    the futures.

    Returns
    -------
    dict of DataFrame
        risk_costs; empty when nothing changes hands.
    """
    waves = portfolio["risk_waves"]
    if waves.empty:
        return {"risk_costs": empty("risk_costs")}
    whole = waves[waves["scope"] == "plan"].iloc[0]
    costs = portfolio["costs"]
    work = costs[costs["kind"] == "one_off"]
    target = costs[(costs["kind"] == "target") & (costs["state"] != "not_applicable")]
    known = target.dropna(subset=list(POINTS))
    outcomes = triangular(*(known[point].to_numpy(dtype=np.float64) for point in POINTS)).sum(axis=0)
    rows = [
        {"kind": "one_off", "known": int(work["likely_sek"].notna().sum()), "total": len(work)}
        | {f"{name}_sek": whole[f"{name}_sek"] for name in SHARES},
        {"kind": "target", "known": len(known), "total": len(target)}
        | {
            f"{name}_sek": float(outcomes[int(share * LEVELS)].round(-3)) if len(known) else None
            for name, share in SHARES.items()
        },
    ]
    return {"risk_costs": conform(pd.DataFrame(rows), "risk_costs")}
