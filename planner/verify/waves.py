"""Waves: the hard wave rules of the policy, looked at on the finished plan."""

from __future__ import annotations

import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.verify.moments import CLOUD, begun, change_rows, first_day, planned
from planner.verify.promise import broken


def waves_are_the_quarters(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Every group that changes is in the wave of the quarter in which it has changed hands, whole and once."""
    waves = portfolio["waves"]
    last = change_rows(portfolio).groupby("group_id")["end_date"].max().dropna()
    quarter = last.dt.year.astype(str) + "-Q" + last.dt.quarter.astype(str)
    number = {name: at for at, name in enumerate(sorted(quarter.unique()), start=1)}
    members = portfolio["groups"][portfolio["groups"]["group_id"].isin(last.index)]
    wanted = members.assign(quarter=members["group_id"].map(quarter))
    wanted = set(zip(wanted["system_id"], wanted["quarter"], wanted["quarter"].map(number), strict=True))
    found = list(zip(waves["system_id"], waves["quarter"], waves["wave"], strict=True))
    doubles = waves.loc[waves["system_id"].duplicated(), "system_id"]
    wrong = {row[0] for row in wanted.symmetric_difference(found)} | set(doubles)
    return broken("promise_waves", sorted(wrong), "waves")


def servers_per_wave_hold(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """The servers that move in a quarter are no more than the policy's waves hold; a larger group stands alone."""
    moved = portfolio["targets"].loc[portfolio["targets"]["state"] != "not_moved", "system_id"]
    rows = change_rows(portfolio).merge(portfolio["facts"][["system_id", "server_count"]], on="system_id")
    rows = rows[rows["system_id"].isin(moved) & rows["end_date"].notna()]
    quarter = rows["end_date"].dt.to_period("Q").astype(str)
    most = int(policy.schedule.max_servers_per_wave.value * policy.schedule.parallel_waves.value)
    is_open = (~rows["activity_id"].isin(begun(portfolio))).groupby(quarter).any()
    by_part = rows.groupby([quarter, rows["activity_id"]])["server_count"].sum().clip(upper=most)
    sums = by_part.groupby(level=0).sum()
    return broken("promise_wave_size", sums.index[(sums > most) & is_open].tolist(), "waves")


def critical_is_not_first(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """A group with a wholly critical system does not cut over in the first quarters."""
    systems = portfolio["systems"]
    return _not_first(
        "critical_not_first",
        systems.loc[systems["criticality"].eq(4).fillna(False), "system_id"],
        portfolio,
        case,
        policy,
    )


def complex_is_not_first(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Neither does one with a system of many servers, where the policy says so."""
    facts, least = portfolio["facts"], policy.schedule.complex_servers.value
    return _not_first(
        "complex_not_first",
        facts.loc[facts["server_count"].ge(least).fillna(False), "system_id"],
        portfolio,
        case,
        policy,
    )


def _not_first(name: str, ids: pd.Series, portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    rule = next(rule for rule in policy.schedule.waves if rule.name == name)
    held = set(portfolio["groups"].loc[portfolio["groups"]["system_id"].isin(set(ids)), "group_id"])
    rows = portfolio["activities"].query("phase == 'cutover'")
    start = pd.Timestamp(first_day(case)) + pd.Timedelta(days=4)
    quarters = (rows["end_date"].dt.year - start.year) * 4 + rows["end_date"].dt.quarter - start.quarter
    last = rows.groupby("group_id")["end_week"].transform("max") == rows["end_week"]
    early = rows[rows["group_id"].isin(held & _last_by_cutover(portfolio)) & last & (quarters < rule.value)]
    return broken(f"promise_{name}", planned(early)["activity_id"] if rule.level == "hard" else [], "activities")


def _last_by_cutover(portfolio: Portfolio) -> set[str]:
    """Groups of which the last systems change hands in a cut-over, and not in a retirement."""
    rows = change_rows(portfolio).dropna(subset="end_week").sort_values("end_week")
    last = rows.groupby("group_id")["phase"].last()
    return set(last.index[last == "cutover"])


def pilot_is_first(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """One pilot candidate has changed hands, hypercare and all, before what moves to the cloud and it does not need, as
    long as nothing has moved yet."""
    rule = next(rule for rule in policy.schedule.waves if rule.name == "pilot_first")
    rows = change_rows(portfolio)
    cloud = rows[rows["disposition"].isin(CLOUD) & rows["group_id"].isin(_last_by_cutover(portfolio))]
    likely = portfolio["priorities"].loc[
        portfolio["priorities"]["is_pilot_candidate"].eq(True).fillna(False), "system_id"
    ]
    candidates = sorted(set(cloud.loc[cloud["system_id"].isin(likely), "group_id"]))
    has_begun = bool(set(cloud["activity_id"]) & begun(portfolio))
    if rule.level != "hard" or not candidates or has_begun:
        return broken("promise_pilot", [], "waves")
    starts = cloud.groupby("group_id")["start_week"].min()
    activities = portfolio["activities"]
    over = activities[activities["phase"].isin(["cutover", "hypercare"])].groupby("group_id")["end_week"].max()
    fewest: list[str] | None = None
    for pilot in candidates:
        early = starts[(starts <= over[pilot]) & ~starts.index.isin(_needed(pilot, portfolio) | {pilot})]
        fewest = early.index.tolist() if fewest is None or len(early) < len(fewest) else fewest
    return broken("promise_pilot", fewest or [], "waves")


def _needed(group_id: str, portfolio: Portfolio) -> set[str]:
    order, found = portfolio["precedence"], {group_id}
    while True:
        more = set(order.loc[order["after_group_id"].isin(found), "before_group_id"]) - found
        if not more:
            return found - {group_id}
        found |= more
