"""What the measured series of every server are good for: sizing, or telling that nobody uses it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schema import conform

METRICS = ("cpu", "memory")


def counters(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """Judge the series of every server.

    Returns
    -------
    dict of DataFrame
        counters: one row per server, also for those that nobody has measured.
    """
    series = portfolio["utilisation"].query("basis == 'series'")
    known = portfolio["servers"][["server_id"]].merge(series, on="server_id", how="left")
    states = {metric: _state(known, metric, policy) for metric in METRICS}
    coverage = pd.DataFrame({metric: _coverage(known, metric, state) for metric, state in states.items()}).mean(axis=1)
    step = policy.sizing.confidence_step_pct.value
    frame = pd.DataFrame(
        {
            "server_id": known["server_id"],
            **{f"{metric}_state": state for metric, state in states.items()},
            "coverage_pct": coverage.round(1),
            "confidence": np.clip(np.ceil(coverage / step), 1, 5),
            "use": _use(known, states, policy),
        }
    )
    return {"counters": conform(frame.sort_values("server_id"), "counters")}


def _state(known: pd.DataFrame, metric: str, policy: Policy) -> pd.Series:
    sizing = policy.sizing
    share = 100 * known[f"{metric}_points"] / known["expected_points"]
    is_doubtful = known["doubtful"].fillna("").str.contains(metric, regex=False)
    state = pd.Series("good", index=known.index, dtype="string")
    state = state.mask(~(share >= sizing.used_min_coverage_pct.value).fillna(False).astype(bool), "sparse")
    state = state.mask(~(known["window_days"] >= sizing.used_min_window_days.value).fillna(False).astype(bool), "short")
    state = state.mask(is_doubtful.astype(bool), "doubtful")
    return state.mask(known[f"{metric}_p95_pct"].isna(), "missing")


def _coverage(known: pd.DataFrame, metric: str, state: pd.Series) -> pd.Series:
    """Points as a share of those expected; a series that is not good enough to size by covers nothing."""
    share = 100 * known[f"{metric}_points"] / known["expected_points"]
    return share.where(state == "good").astype("Float64").fillna(0).clip(upper=100).astype(float)


def _use(known: pd.DataFrame, states: dict[str, pd.Series], policy: Policy) -> pd.Series:
    """Idle by both metrics; a server of which only one is measured may well be used by the other."""
    sizing = policy.sizing
    percentile = f"p{sizing.used_percentile.value:.0f}_pct"
    cpu, memory = (known[f"{metric}_{percentile}"] for metric in METRICS)
    use = pd.Series("active", index=known.index, dtype="string")
    is_idle = (cpu < sizing.idle_cpu_pct.value) & (memory < sizing.idle_memory_pct.value)
    use = use.mask(is_idle.fillna(False).astype(bool), "idle")
    use = use.mask(((known["cpu_max_pct"] == 0) & (known["memory_max_pct"] == 0)).fillna(False).astype(bool), "zombie")
    return use.where((states["cpu"] == "good") & (states["memory"] == "good"), "not_measured")
