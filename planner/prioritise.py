"""Which systems are easy to take early: a score as a range, a rank, and the candidates for pilots."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.case import Case
from planner.flags import named
from planner.policy import Policy
from planner.policy.conditions import evaluate
from planner.policy.priority import Attribute, Priority
from planner.portfolio import Portfolio
from planner.schema import conform

Scores = NDArray[np.float64]
# Sums of scores times factors, such as 0.8 x 60, differ in their last bits with the order of terms.
DECIMALS = 6
_NEEDED = {"depends_on_count", "needed_by_count", "server_count", "has_own_servers"}


def prioritise(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """Score and rank every system by the policy's profile.

    A score is the sum of score x factor over the attributes (AWS Application Portfolio Assessment Guide); an attribute
    that is unknown adds its lowest score to the one end and its highest to the other. The rank says what is easy, not
    what is urgent: deadlines belong to the schedule.

    Returns
    -------
    dict of DataFrame
        priorities: one row per system.
    """
    profile = policy.priority
    inputs = _inputs(portfolio, profile)
    given = np.column_stack([_points(attribute, inputs) for attribute in profile.attributes])
    is_known = ~np.isnan(given)
    low = _sums(given, profile, worst=True)
    high = _sums(given, profile, worst=False)
    rank = _ranks(low, high)
    names = [attribute.field or attribute.name for attribute in profile.attributes]
    rows = pd.DataFrame(
        {
            "system_id": inputs["system_id"],
            "score_low": low,
            "score_high": high,
            "score_max": round(profile.highest, DECIMALS),
            "known": is_known.sum(axis=1),
            "inputs": len(names),
            "missing": named(~is_known.T, names).spread(),
            "rank": rank,
            "is_pilot_candidate": _pilots(profile, inputs, rank, case),
        }
    )
    return {"priorities": conform(rows, "priorities")}


def _inputs(portfolio: Portfolio, profile: Priority) -> pd.DataFrame:
    """What the profile reads, one row per system, by id."""
    inputs = pd.DataFrame(index=pd.Index(portfolio["systems"]["system_id"].sort_values(kind="stable")))
    wanted = {attribute.field for attribute in profile.attributes} | set(profile.pilot.when.fields())
    for table in ("systems", "facts", "decisions"):
        of_table = portfolio[table].set_index("system_id")
        names = [name for name in of_table.columns if name in wanted | _NEEDED]
        inputs[names] = of_table[names].reindex(inputs.index)
    count = inputs["depends_on_count"] + inputs["needed_by_count"]
    # Nobody having listed a data flow is not the same as there being none.
    inputs["dependency_count"] = count.mask(count == 0, pd.NA)
    # A bought service has no servers of ours: that is known, and not the same as servers that nobody has listed.
    inputs["server_count"] = inputs["server_count"].mask(~inputs["has_own_servers"].fillna(True), 0)
    return inputs.reset_index()


def _points(attribute: Attribute, inputs: pd.DataFrame) -> Scores:
    """Score of every system for one attribute, before the factor; NaN where it has none."""
    if attribute.field is None:
        return np.full(len(inputs), np.nan)
    values = inputs[attribute.field]
    if attribute.bands:
        return _banded(values, attribute)
    table = attribute.scores or {}
    codes, distinct = pd.factorize(values)
    by_code = np.array([*(table.get(str(value), np.nan) for value in distinct), np.nan], dtype=np.float64)
    scores: Scores = np.take(by_code, codes)
    return scores


def _banded(values: pd.Series, attribute: Attribute) -> Scores:
    edges = np.array([band.at_most for band in (attribute.bands or [])[:-1]], dtype=np.float64)
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    at = np.where(np.isnan(numbers), len(attribute.points), np.searchsorted(edges, numbers, side="left"))
    scores: Scores = np.take(np.array([*attribute.points, np.nan], dtype=np.float64), at)
    return scores


def _sums(given: Scores, profile: Priority, *, worst: bool) -> Scores:
    pick = min if worst else max
    fill = np.array([pick(attribute.points) for attribute in profile.attributes])
    factors = np.array([attribute.factor for attribute in profile.attributes])
    sums: Scores = (np.where(np.isnan(given), fill, given) * factors).sum(axis=1)
    return sums.round(DECIMALS)


def _ranks(low: Scores, high: Scores) -> NDArray[np.int64]:
    """1 for the highest middle of the range, then the highest upper end, then the first row (rows are sorted by id)."""
    order = np.lexsort((-high, -(low + high).round(DECIMALS)))
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    return ranks


def _pilots(profile: Priority, inputs: pd.DataFrame, rank: NDArray[np.int64], case: Case) -> pd.Series:
    """The first of those that meet the condition; unknown where an unknown field decides the condition."""
    meets = evaluate(profile.pilot.when, inputs, case.plan_date)
    is_met = meets.fillna(False).to_numpy(dtype=bool)
    last = np.sort(rank[is_met])[: profile.pilot.shortlist].max(initial=0)
    return meets.mask(is_met & (rank > last), False)
