"""The business case: what today's environment costs and what the plan costs, as rows, ranges and what moves them.

Every amount is a quantity times a rate. Rows are summed to totals; ranges are the same sums under drawn assumptions.
"""

from __future__ import annotations

import pandas as pd

from planner.business_case.flows import POINTS, quantities
from planner.business_case.licences import licence_findings
from planner.business_case.list_prices import Prices, list_prices
from planner.business_case.ranges import Totals, ranges, sensitivity
from planner.business_case.rates import EFFORT, SLIP, sek_per_unit
from planner.business_case.scope import compared, footprint
from planner.business_case.slip import slip_assumption, slips
from planner.case import Case
from planner.catalogue import Catalogue, load_catalogue
from planner.policy import Policy
from planner.policy.business_case import Assumption
from planner.portfolio import Portfolio, finding_rows
from planner.schema import concat, conform

__all__ = ["business_case"]
SHOWN_ASSUMPTIONS = 10


def business_case(
    portfolio: Portfolio, case: Case, policy: Policy, catalogue: Catalogue | None = None
) -> dict[str, pd.DataFrame]:
    """Compare today with the plan.

    A system is compared only where both sides are known or modelled: counting a cost on one side alone would make
    the other look cheap. What is left out is counted, with its reason.

    Returns
    -------
    dict of DataFrame
        compared (systems), cash_flows (rows), business_case (totals as ranges), sensitivity, findings.
    """
    if case.exchange is None:
        return {"findings": finding_rows("info", "no_exchange_rate", table="business_case")}
    prices = list_prices(portfolio, case, catalogue or load_catalogue())
    likely = {name: span.likely for name, span in policy.business_case.assumptions.items()} | {EFFORT: 1.0, SLIP: 0.0}
    first = sek_per_unit({**likely, **prices.usd}, case.plan_date.year, case, policy)
    model = {component: float(rate) for (kind, component), rate in first.items() if kind == "today"}
    scope = compared(portfolio, model, case, policy)
    rows = quantities(portfolio, scope, prices, case, policy)
    moved = scope[scope["is_compared"]].set_index("system_id")["move_date"]
    months = slips(portfolio, moved, case.start_date.year + int(policy.business_case.years.value) - 1)
    assumptions = policy.business_case.assumptions | {EFFORT: _effort(rows), SLIP: slip_assumption(months)}
    flows = _amounts(rows, assumptions, prices, case, policy)
    totals = _totals(rows, prices, portfolio, scope, case, policy)
    return {
        "compared": scope,
        "cash_flows": flows,
        "business_case": _in_euro(ranges(totals, assumptions), case),
        "sensitivity": conform(sensitivity(totals, assumptions, SHOWN_ASSUMPTIONS), "sensitivity"),
        "findings": _findings(rows, prices, case),
    }


def _findings(rows: pd.DataFrame, prices: Prices, case: Case) -> pd.DataFrame:
    inside = prices.held.index.isin(rows.loc[rows["is_compared"], "system_id"].dropna().unique())
    made = [licence_findings(prices.held[inside], prices.sql)]
    if prices.egress is None:
        made.append(finding_rows("warning", "no_transfer_price", table="business_case", value=case.region))
    return concat(made, "findings")


def _effort(rows: pd.DataFrame) -> Assumption:
    """The range of the effort model as a factor on its likely days."""
    work = rows[(rows["kind"] == "migration") & rows["is_compared"]]
    likely = work["quantity"].sum()
    low, high = (work[f"quantity_{end}"].sum() / likely if likely else 1.0 for end in ("low", "high"))
    return Assumption(
        low=min(low, 1.0),
        likely=1.0,
        high=max(high, 1.0),
        unit="share of the likely person-days",
        because="All systems of the effort model at their low or high end",
        source="policy: effort",
    )


def _amounts(
    rows: pd.DataFrame, assumptions: dict[str, Assumption], prices: Prices, case: Case, policy: Policy
) -> pd.DataFrame:
    """The rows with low, likely and high SEK; work has its own low and high days."""
    made = rows.merge(_rates(rows, assumptions, prices, case, policy), on=["kind", "component", "year"], how="left")
    made["low"] *= made["quantity_low"].fillna(made["quantity"])
    made["likely"] *= made["quantity"]
    made["high"] *= made["quantity_high"].fillna(made["quantity"])
    ends = made[list(POINTS)]
    made = made.assign(low_sek=ends.min(axis=1), likely_sek=made["likely"], high_sek=ends.max(axis=1))
    made = made.drop(columns=[name for name in made.columns if name in POINTS or name.startswith("quantity_")])
    order = ["year", "kind", "component", "purchase", "system_id"]
    return conform(made.sort_values(order, kind="stable").round({f"{point}_sek": 4 for point in POINTS}), "cash_flows")


def _rates(
    rows: pd.DataFrame, assumptions: dict[str, Assumption], prices: Prices, case: Case, policy: Policy
) -> pd.DataFrame:
    """SEK per unit by kind, component and year, with all assumptions low, likely and high."""
    made: dict[tuple[str, str, int], dict[str, float]] = {}
    for point in POINTS:
        at = {name: getattr(span, point) for name, span in assumptions.items()} | {EFFORT: 1.0} | prices.usd
        for year in sorted(rows["year"].unique()):
            for (kind, component), rate in sek_per_unit(at, int(year), case, policy).items():
                made.setdefault((kind, component, int(year)), {})[point] = float(rate)
    keys = pd.DataFrame(list(made), columns=["kind", "component", "year"])
    return keys.assign(**pd.DataFrame(list(made.values())))


def _totals(
    rows: pd.DataFrame, prices: Prices, portfolio: Portfolio, scope: pd.DataFrame, case: Case, policy: Policy
) -> Totals:
    counted = rows[rows["is_compared"] & (rows["state"] != "unknown")]
    inside = scope.loc[scope["is_compared"], "system_id"]
    counted.attrs["vcpu"] = float(footprint(portfolio)["vcpu"].reindex(inside).fillna(0).sum())
    years = [case.start_date.year + number for number in range(int(policy.business_case.years.value))]
    return Totals(counted, prices.usd, years, case, policy)


def _in_euro(frame: pd.DataFrame, case: Case) -> pd.DataFrame:
    rate = case.exchange.sek_per_eur if case.exchange else None
    for name in ("likely", "p10", "p50", "p90"):
        is_money = frame["unit"] == "SEK"
        frame[f"{name}_eur"] = (frame[name] / rate).round(2).where(is_money) if rate else pd.NA
    return conform(frame, "business_case")
