"""Sizes of servers: every type holds what its server needs."""

from __future__ import annotations

import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.verify.promise import broken

TOLERANCE_SIZE = 0.001


def sizes_hold(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Every type holds what its server needs, and need and basis follow from series and allocation."""
    sizing, wrong = policy.sizing, set()
    targets = portfolio["targets"].set_index("server_id")
    allocated = portfolio["servers"].set_index("server_id").reindex(targets.index)
    measured = portfolio["utilisation"].set_index("server_id")
    wrong |= set(measured.index) - set(allocated.index)
    series = measured[measured["basis"] == "series"].reindex(targets.index)
    named = set(portfolio["systems"].dropna(subset="db")["system_id"])
    database = pd.Series([system in named for system in targets["system_id"]], index=targets.index)
    wrong |= set(targets.index[targets["has_database"].ne(database)])
    kept = allocated["memory_gib"] * sizing.database_min_memory_pct.value / 100
    least_memory = kept.where(database, sizing.used_min_memory_gib.value)
    least_vcpu = pd.Series(sizing.used_min_vcpu.value, index=targets.index)
    for metric, size, least in (("cpu", "vcpu", least_vcpu), ("memory", "memory_gib", least_memory)):
        need, has = targets[f"need_{size}"], allocated[size].astype("Float64")
        percentile = series[f"{metric}_p{int(sizing.database_percentile.value)}_pct"].where(
            database, series[f"{metric}_p{int(sizing.used_percentile.value)}_pct"]
        )
        is_enough = series["window_days"].ge(sizing.used_min_window_days.value) & (
            series[f"{metric}_points"] * 100 >= series["expected_points"] * sizing.used_min_coverage_pct.value
        )
        is_enough &= percentile.notna() & ~series["doubtful"].fillna("").str.contains(metric)
        is_enough = is_enough.fillna(False).astype(bool) & (sizing.basis == "utilisation")
        waits = allocated["cpu_ready_pct"].gt(sizing.contention_cpu_ready_pct.value).fillna(False).astype(bool)
        kept_whole = is_enough & waits & (metric == "cpu")
        is_enough &= ~kept_whole
        floor = has.where(has < least, least)
        by_use = has * percentile / 100 * sizing.used_comfort.value
        expected = (has * sizing.comfort.value).where(~is_enough, by_use.where(by_use > floor, floor))
        basis = (
            pd.Series("allocated", index=targets.index)
            .mask(is_enough, "utilisation")
            .mask(kept_whole, "contended")
            .where(has.notna(), "")
        )
        is_off = (need - expected).abs().gt(TOLERANCE_SIZE) | need.isna().ne(expected.isna())
        is_off |= targets[f"{size}_basis"].fillna("").ne(basis)
        is_off |= targets["state"].eq("sized") & targets[size].lt(need - TOLERANCE_SIZE)
        wrong |= set(targets.index[is_off.fillna(False).astype(bool)])
    return broken("promise_sizes", sorted(wrong), "targets")
