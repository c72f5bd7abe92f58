"""How long an activity may take and what it may cost: each as a table over equally likely outcomes."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.simulate.kernel import Draws
from planner.simulate.network import Network

Numbers = npt.NDArray[np.float64]
LEVELS = 1024
SHARES = {"p50": 0.50, "p80": 0.80, "p95": 0.95}
POINTS = ("low_days", "likely_days", "high_days")
PROCUREMENT = "procurement"
WEEKS_PER_MONTH = 52 / 12


def draws_of(network: Network, portfolio: Portfolio, case: Case, policy: Policy) -> Draws:
    """Outcomes of all activities, from the best to the worst.

    The likely work gives the planned weeks. More work than likely takes longer where the work decided how long; where a
    least duration did, it has to fill that first. What is done took what it took.
    """
    days = _days(network, portfolio, policy)
    likely = days["likely_days"].to_numpy()
    planned = (network.table["end_week"] - network.table["start_week"] + 1).to_numpy(dtype=np.float64)
    filled, roles = _filled(network, portfolio, case, policy)
    by_work = filled * planned > planned - 1
    shortest: dict[str, int] = dict(policy.schedule.min_weeks)  # type: ignore[arg-type]
    shortest |= {"cutover": 1, "hypercare": policy.schedule.hypercare_weeks}
    least = network.table["phase"].map(shortest).to_numpy(dtype=np.float64)
    weeks = np.where(by_work, planned, filled * planned)
    leads = {
        at: np.maximum(lead, least[at]).astype(np.float32) for at, lead in _leads(network, portfolio, policy).items()
    }
    is_done = (network.table["state"] == "done").to_numpy(dtype=bool)
    days.loc[is_done, list(POINTS)] = np.repeat(likely[is_done, None], len(POINTS), axis=1)
    leads = {at: lead for at, lead in leads.items() if not is_done[at]}
    drivers = [PROCUREMENT if at in leads else role for at, role in enumerate(roles)]
    chance = dict.fromkeys(drivers, math.sqrt(policy.simulation.same_team.value))
    if leads:
        chance[PROCUREMENT] = math.sqrt(policy.simulation.same_procurement.value)
    return Draws(
        triangular(*(days[point].to_numpy() for point in POINTS)).astype(np.float32),
        np.divide(weeks, likely, out=np.zeros_like(weeks), where=likely > 0).tolist(),
        np.maximum(np.where(by_work & ~is_done, np.minimum(least, planned), planned), _gone(network, case)).tolist(),
        leads,
        drivers,
        chance,
    )


def _gone(network: Network, case: Case) -> Numbers:
    """Weeks that have gone by of what is going on: it takes at least these."""
    today = max((case.plan_date - case.first_monday).days // 7, 0)
    gone: Numbers = today + 1 - network.table["start_week"].to_numpy(dtype=np.float64)
    return np.where((network.table["state"] == "running").to_numpy(dtype=bool), gone, 0.0)


@lru_cache
def levels() -> Numbers:
    """Middles of equally likely parts."""
    return (np.arange(LEVELS) + 0.5) / LEVELS


@lru_cache
def _normal() -> Numbers:
    return np.array([NormalDist().inv_cdf(float(level)) for level in levels()])


def triangular(low: Numbers, likely: Numbers, high: Numbers) -> Numbers:
    """Outcomes of triangles, one row each."""
    low, likely, high = (points[:, None] for points in (low, likely, high))
    width, level = high - low, levels()[None, :]
    peak = np.divide(likely - low, width, out=np.zeros_like(width), where=width > 0)
    rising = low + np.sqrt(level * width * (likely - low))
    falling = high - np.sqrt((1 - level) * width * (high - likely))
    return np.where(level < peak, rising, falling)


def lognormal(p50: float, p80: float) -> Numbers:
    """Outcomes of the lognormal distribution with this median and this value for four times out of five."""
    width = np.log(p80 / p50) / NormalDist().inv_cdf(0.8)
    return np.array(p50 * np.exp(width * _normal()))


def _days(network: Network, portfolio: Portfolio, policy: Policy) -> pd.DataFrame:
    """Person-days of every activity: low, likely, high."""
    effort = portfolio["effort"].merge(portfolio["groups"][["system_id", "group_id"]], on="system_id")
    sums = effort.groupby(["group_id", "phase"])[list(POINTS)].sum()
    keys = pd.MultiIndex.from_frame(network.table[["group_id", "effort_phase"]].astype("object"))
    days = sums.reindex(keys).fillna(0.0).astype("float64").reset_index(drop=True)
    # A step takes its time whatever the work is.
    days = days.mul(network.table["effort_share"].astype("float64").fillna(0.0), axis=0)
    bases = [work.base for work in policy.effort.foundation]
    total = [float(sum(getattr(base, point.removesuffix("_days")) for base in bases)) for point in POINTS]
    days.loc[(network.table["phase"] == "foundation").to_numpy(dtype=bool), list(POINTS)] = total
    return days


def _filled(network: Network, portfolio: Portfolio, case: Case, policy: Policy) -> tuple[Numbers, list[str]]:
    """Share of its weeks that the likely work fills, at the most that one activity may take of a team; that team."""
    share = policy.schedule.max_share_of_team.value
    smallest = min((freeze.capacity_pct / 100 for freeze in case.freezes if freeze.capacity_pct > 0), default=1.0)
    demand = portfolio["demand"]
    limit = demand["role"].map(case.capacities).astype("float64") * min(share, smallest)
    load = demand.assign(load=demand["days_per_week"].astype("float64") / limit)
    heaviest = load.sort_values(["load", "role"], ascending=[False, True]).drop_duplicates("activity_id")
    heaviest = heaviest.set_index("activity_id").reindex(network.table["activity_id"])
    filled = np.minimum(heaviest["load"].fillna(0.0).to_numpy(dtype=np.float64), 1.0)
    return filled, [str(role) for role in heaviest["role"].fillna("")]


def _leads(network: Network, portfolio: Portfolio, policy: Policy) -> dict[int, Numbers]:
    """Weeks to a signed contract of every procurement: the slowest route in its group."""
    routes = {lead.route: lead for lead in policy.schedule.lead_times}
    bought = portfolio["decisions"].loc[portfolio["decisions"]["disposition"] == "repurchase", "system_id"]
    facts = portfolio["facts"].merge(portfolio["groups"], on="system_id")
    facts = facts[facts["system_id"].isin(bought)].dropna(subset="lead_route")
    slowest = facts.assign(p80=facts["lead_route"].map({route: lead.months_p80 for route, lead in routes.items()}))
    of_group = slowest.sort_values(["p80", "lead_route"]).drop_duplicates("group_id", keep="last")
    route_of = dict(zip(of_group["group_id"], of_group["lead_route"], strict=True))
    made = {str(route): lognormal(lead.months_p50, lead.months_p80) * WEEKS_PER_MONTH for route, lead in routes.items()}
    procured = network.table[network.table["phase"] == "procure"]
    return {int(at): made[route_of[group]] for at, group in procured["group_id"].items() if group in route_of}
