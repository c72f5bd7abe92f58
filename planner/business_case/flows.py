"""Quantities by year: what the environment of today and the plan consume, system by system."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from planner.business_case.licences import sql_rows
from planner.business_case.list_prices import Prices
from planner.business_case.scope import MODEL, footprint
from planner.business_case.slip import slip_parts, slips
from planner.business_case.transfer import egress_rows
from planner.business_case.years import LATEST, shares, spread
from planner.case import Case
from planner.facts.laws import load_laws
from planner.policy import Policy
from planner.portfolio import Portfolio

SERVICES = ("iaas", "paas", "saas")
POINTS = ("low", "likely", "high")
NO_FEE = "da_fees"
OWN_COST, OWN_MODEL = "systems: annual_cost_sek", "policy: business_case (own model)"


@dataclass(frozen=True)
class Span:
    """The years of the comparison, and when each compared system changes hands in them."""

    years: list[int]
    systems: pd.DataFrame
    months: pd.DataFrame

    @cached_property
    def after(self) -> pd.DataFrame:
        """Share of every year after each system's cut-over."""
        start = self.systems["move_date"] + pd.Timedelta(days=1)
        return shares(start, pd.Series(LATEST, index=start.index), self.years)

    @cached_property
    def slip(self) -> pd.DataFrame:
        """Share of the mean delay that each system has, in the year of its cut-over."""
        return slip_parts(self.months, self.systems["move_date"], self.years)

    @property
    def whole(self) -> pd.DataFrame:
        """All years whole."""
        return pd.DataFrame(1.0, index=self.systems.index, columns=self.years)


def quantities(portfolio: Portfolio, scope: pd.DataFrame, prices: Prices, case: Case, policy: Policy) -> pd.DataFrame:
    """Rows of the cash flow without their amounts."""
    years = [case.start_date.year + number for number in range(int(policy.business_case.years.value))]
    systems = scope[scope["is_compared"]].set_index("system_id")
    facts = (
        portfolio["decisions"]
        .set_index("system_id")[["disposition"]]
        .join(portfolio["systems"].set_index("system_id")[["contract_end_date", "delivery"]])
    )
    span = Span(years, systems.join(facts), slips(portfolio, systems["move_date"], years[-1]))
    parts = [*_today(span, portfolio), *_cloud(span, portfolio), _double(span, portfolio)]
    parts += [_from_move(span, egress_rows(portfolio, systems.index, prices.egress))]
    held = prices.held[prices.held.index.isin(systems.index)]
    parts += [_from_move(span, sql_rows(held, prices.sql))]
    parts += [_migration(portfolio, scope, policy, years), _contract_tail(span), _exit_fees(span)]
    rows = pd.concat([part for part in parts if len(part)], ignore_index=True)
    defaults = {"purchase": "every", "state": "known", "is_compared": True}
    for name, value in defaults.items():
        rows[name] = rows[name].fillna(value) if name in rows else value
    return rows


def _today(span: Span, portfolio: Portfolio) -> list[pd.DataFrame]:
    """Today's cost through all years, and the part of it that ends after the move.

    The register's own cost counts where it is known. What ends of it when a system moves is its infrastructure alone,
    as the model has it and never more than the register says; when a system is retired, all of it.
    """
    systems = span.systems
    is_own = systems["annual_cost_sek"].notna()
    taken = footprint(portfolio).reindex(systems.index)
    retires = is_own & (systems["disposition"] == "retire")
    is_capped = is_own & ~retires & (systems["modelled_sek"] > systems["annual_cost_sek"]).fillna(False)
    own = pd.DataFrame({"quantity": systems["annual_cost_sek"], "unit": "SEK/year", "source": OWN_COST})
    own = own.assign(component="annual_cost", system_id=systems.index)
    capped = own.assign(component="infrastructure", state="capped")
    made = [
        spread(own[is_own].assign(kind="today"), span.whole[is_own]),
        *_ended(span, own[retires]),
        *_ended(span, capped[is_capped]),
    ]
    for part, unit in MODEL.items():
        rows = pd.DataFrame({"quantity": taken[unit], "unit": unit, "source": OWN_MODEL, "component": part})
        rows = rows.assign(system_id=systems.index, state="modelled")
        has_any = (rows["quantity"] > 0).fillna(False)
        baseline, ended = has_any & ~is_own, has_any & ~retires & ~is_capped
        made += [spread(rows[baseline].assign(kind="today"), span.whole[baseline]), *_ended(span, rows[ended])]
    return made


def _ended(span: Span, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """What ends after the move, and what it costs that the move is later than planned."""
    return [
        spread(rows.assign(kind="ended"), span.after.loc[rows.index]),
        spread(rows.assign(kind="slip"), span.slip.loc[rows.index]),
    ]


def _from_move(span: Span, rows: pd.DataFrame) -> pd.DataFrame:
    """What the cloud takes of something in every year, from the cut-over on; a row without a price is kept whole."""
    return spread(rows, span.after.loc[rows.index])


def _cloud(span: Span, portfolio: Portfolio) -> list[pd.DataFrame]:
    """List prices after the move, by way to buy."""
    usd = _usd_years(portfolio).reindex(span.systems.index).dropna()
    after = span.after.loc[usd.index]
    made = []
    for purchase in ("on_demand", "reserved_1y", "reserved_3y"):
        compute = usd[purchase] - usd["licence"]
        state = np.where(usd[f"{purchase}_instead"] > 0, "on_demand_instead", "known")
        parts = {"compute": compute, "extras": usd[purchase] + usd["disks"]}
        made += [_usd(after, part, amount).assign(purchase=purchase) for part, amount in parts.items()]
        for frame in made[-2:]:
            frame["state"] = frame["system_id"].map(dict(zip(usd.index, state, strict=True)))
    return [*made, _usd(after, "licence", usd["licence"]), _usd(after, "disks", usd["disks"])]


def _usd(after: pd.DataFrame, component: str, amount: pd.Series) -> pd.DataFrame:
    rows = pd.DataFrame({"quantity": amount, "unit": "USD/year", "source": "targets", "kind": "cloud"})
    rows = rows.assign(component=component, system_id=amount.index)
    has_any = rows["quantity"] > 0
    return spread(rows[has_any], after[has_any])


def _usd_years(portfolio: Portfolio) -> pd.DataFrame:
    """USD a year of every system by way to buy; without a price for a commitment a server stays on demand."""
    targets = portfolio["targets"]
    on_demand = targets["compute_usd_month"]
    columns = {"on_demand": on_demand, "licence": targets["licence_usd_month"], "disks": targets["storage_usd_month"]}
    for purchase in ("reserved_1y", "reserved_3y"):
        price = targets[f"{purchase}_usd_month"]
        columns[purchase] = price.fillna(on_demand)
        columns[f"{purchase}_instead"] = (price.isna() & on_demand.notna()).astype("Float64") / 12
    columns["on_demand_instead"] = on_demand * 0
    return (pd.DataFrame(columns) * 12).groupby(targets["system_id"]).sum()


def _double(span: Span, portfolio: Portfolio) -> pd.DataFrame:
    """Both environments run before the cut-over: the new one on demand, in the year of the cut-over."""
    usd = _usd_years(portfolio).reindex(span.systems.index)
    month = ((usd["on_demand"] + usd["disks"]) / 12).dropna()
    year = span.systems.loc[month.index, "move_date"].dt.year
    parts = pd.DataFrame({at: (year == at).astype(float) for at in span.years}, index=month.index)
    rows = pd.DataFrame({"quantity": month, "unit": "USD/month", "source": "targets", "kind": "double_running"})
    return spread(rows.assign(component="cloud", system_id=month.index)[month > 0], parts[month > 0])


def _migration(portfolio: Portfolio, scope: pd.DataFrame, policy: Policy, years: list[int]) -> pd.DataFrame:
    """Person-days in the years in which the plan has them; those of systems outside the comparison are told apart."""
    activities = portfolio["activities"]
    length = (activities["end_date"] - activities["start_date"]).dt.days + 1
    parts = shares(activities["start_date"], activities["end_date"] + pd.Timedelta(days=1), years)
    days_of = pd.Series({year: (pd.Timestamp(year + 1, 1, 1) - pd.Timestamp(year, 1, 1)).days for year in years})
    parts = parts.mul(days_of, axis=1).div(length, axis=0)
    parts = parts.mul(activities["effort_share"].astype(float), axis=0)
    phases = parts.groupby([activities["group_id"], activities["effort_phase"].rename("phase")]).sum().reset_index()
    effort = portfolio["effort"].groupby(["system_id", "phase"])[[f"{point}_days" for point in POINTS]].sum()
    rows = effort.reset_index().merge(portfolio["groups"][["system_id", "group_id"]], on="system_id")
    rows = pd.concat([rows, _foundation(activities, policy)], ignore_index=True)
    rows = rows.merge(phases, on=["group_id", "phase"], how="left")
    inside = set(scope.loc[scope["is_compared"], "system_id"])
    made = pd.DataFrame(
        {
            "quantity": rows["likely_days"],
            "quantity_low": rows["low_days"],
            "quantity_high": rows["high_days"],
            "unit": "person-days",
            "source": "effort",
            "kind": "migration",
            "component": "work",
            "system_id": rows["system_id"],
            # The common foundation is laid for those that move.
            "is_compared": rows["system_id"].isin(inside) | rows["system_id"].isna() & (len(inside) > 0),
        }
    )
    return spread(made, rows[years].fillna(0.0)) if len(made) else made


def _foundation(activities: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    if not (activities["phase"] == "foundation").any():
        return pd.DataFrame()
    bases = [work.base for work in policy.effort.foundation]
    days = {f"{point}_days": sum(getattr(base, point) for base in bases) for point in POINTS}
    return pd.DataFrame([{"system_id": pd.NA, "group_id": "foundation", "phase": "foundation", **days}])


def _contract_tail(span: Span) -> pd.DataFrame:
    """A contract that runs longer than its retired system is paid to its end."""
    systems = span.systems[span.systems["annual_cost_sek"].notna() & (span.systems["disposition"] == "retire")]
    parts = shares(
        systems["move_date"] + pd.Timedelta(days=1), systems["contract_end_date"] + pd.Timedelta(days=1), span.years
    )
    rows = pd.DataFrame({"quantity": systems["annual_cost_sek"], "unit": "SEK/year", "kind": "contract_tail"})
    rows = rows.assign(component="annual_cost", system_id=systems.index, source="systems: contract_end_date")
    return spread(rows, parts)


def _exit_fees(span: Span) -> pd.DataFrame:
    """Charges for leaving a service of today: none from the day that the law sets, and unknown before."""
    law = load_laws().by_id[NO_FEE]
    leaving = span.systems[span.systems["delivery"].isin(SERVICES) & span.systems["move_date"].notna()]
    year = leaving["move_date"].dt.year
    is_free = leaving["move_date"] >= pd.Timestamp(law.key_date)
    rows = pd.DataFrame({"quantity": 0.0, "unit": "SEK", "kind": "exit_fee", "component": "fee"}, index=leaving.index)
    rows = rows.assign(year=year, system_id=leaving.index, source=law.source)
    rows["state"] = is_free.map({True: "by_law", False: "unknown"})
    rows["quantity"] = rows["quantity"].where(is_free)
    return rows[year.isin(span.years)]
