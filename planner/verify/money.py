"""The money checked anew: totals from rows, work from the effort, and that nothing counts on one side alone.

Shares no code with size/ or business_case/.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schema import concat, empty
from planner.verify.promise import broken

TOLERANCE_SEK = 1.0
TOLERANCE_DAYS = 0.01


def money_holds(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """The business case follows from its rows and from the tables it rests on."""
    checks: list[Callable[[Portfolio, Case, Policy], pd.DataFrame]] = [
        _totals_are_sums_of_rows,
        _both_sides_are_counted,
        _work_is_that_of_the_effort,
        _ranges_are_in_order,
    ]
    if portfolio["compared"].empty:
        return empty("findings")
    return concat([check(portfolio, case, policy) for check in checks], "findings")


def _totals_are_sums_of_rows(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Every total of likely values, and the net present value, follow from the rows that are compared."""
    totals = portfolio["business_case"].set_index(["purchase", "measure"])["likely"].astype(float)
    rows = portfolio["cash_flows"]
    rows = rows[rows["is_compared"].astype(bool) & (rows["state"] != "unknown")]
    last = case.start_date.year + int(policy.business_case.years.value) - 1
    rate = 1 + policy.business_case.discount_rate_pct.likely / 100
    wrong = []
    for purchase in ("on_demand", "reserved_1y", "reserved_3y"):
        mine = rows[rows["purchase"].isin(["every", purchase])]
        amount, is_today = mine["likely_sek"].astype(float), mine["kind"] == "today"
        change = amount[~is_today]
        age = mine.loc[~is_today, "year"].astype(float) - case.start_date.year
        expected = {
            "today": amount[is_today].sum(),
            "plan": amount.sum(),
            "difference": change.sum(),
            "migration": amount[mine["kind"] == "migration"].sum(),
            "cloud": amount[mine["kind"] == "cloud"].sum(),
            "last_year": change[mine.loc[~is_today, "year"] == last].sum(),
            "npv": -(change / rate**age).sum(),
        }
        wrong += [
            f"{purchase} {name}" for name, sek in expected.items() if abs(totals[purchase, name] - sek) > TOLERANCE_SEK
        ]
    return broken("promise_money_sums", wrong, "business_case")


def _both_sides_are_counted(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Each system is in or out once; one that is out has work alone, one that is in has today's cost every year."""
    scope, rows = portfolio["compared"], portfolio["cash_flows"]
    wrong = list(set(scope["system_id"]) ^ set(portfolio["systems"]["system_id"]))
    wrong += list(scope.loc[scope["system_id"].duplicated(), "system_id"])
    inside = set(scope.loc[scope["is_compared"].astype(bool), "system_id"])
    named = rows.dropna(subset="system_id")
    is_in = named["system_id"].isin(inside)
    wrong += list(named.loc[is_in != named["is_compared"].astype(bool), "system_id"])
    wrong += list(named.loc[~is_in & (named["kind"] != "migration"), "system_id"])
    years = named[named["kind"] == "today"].groupby("system_id")["year"].nunique().reindex(sorted(inside)).fillna(0)
    wrong += list(years.index[years != int(policy.business_case.years.value)])
    targets = portfolio["targets"].merge(portfolio["decisions"][["system_id", "disposition"]], on="system_id")
    moving = targets[targets["disposition"].isin(["rehost", "relocate", "replatform", "refactor"])]
    unpriced = moving[moving["compute_usd_month"].isna() | moving["storage_usd_month"].isna()]
    wrong += list(inside & set(unpriced["system_id"]))
    return broken("promise_money_sides", [str(key) for key in wrong], "compared")


def _work_is_that_of_the_effort(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Every day of work is in a row, where it ends within the years; no system has more."""
    rows = portfolio["cash_flows"]
    counted = rows[rows["kind"] == "migration"].groupby("system_id")["quantity"].sum()
    effort = portfolio["effort"].groupby("system_id")["likely_days"].sum()
    ends = portfolio["activities"].groupby("group_id")["end_date"].max()
    end = portfolio["groups"].set_index("system_id")["group_id"].map(ends).reindex(effort.index)
    last = pd.Timestamp(case.start_date.year + int(policy.business_case.years.value), 1, 1)
    gap = effort - counted.reindex(effort.index).fillna(0)
    is_off = (gap < -TOLERANCE_DAYS) | ((gap > TOLERANCE_DAYS) & (end < last))
    return broken("promise_money_work", [str(key) for key in effort.index[is_off.fillna(False)]], "cash_flows")


def _ranges_are_in_order(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    table, rows = portfolio["business_case"], portfolio["cash_flows"]
    is_off = (table["p10"] > table["p50"]) | (table["p50"] > table["p90"])
    mixed = (rows["low_sek"] > rows["likely_sek"] + TOLERANCE_SEK) | (
        rows["likely_sek"] > rows["high_sek"] + TOLERANCE_SEK
    )
    wrong = [f"{row.purchase} {row.measure}" for row in table[is_off.fillna(False)].itertuples()]
    wrong += [str(key) for key in rows.loc[mixed.fillna(False), "system_id"].dropna()]
    return broken("promise_money_ranges", wrong, "business_case")
