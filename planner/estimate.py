"""Effort in person-days per role and phase, and cost, as low / likely / high."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.case import Case
from planner.effort import POINTS, effort_of
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.review import told_of
from planner.schema import concat, conform, empty

CLOUD_OPTIONS = ("rehost", "relocate", "replatform", "refactor")


def estimate(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """Estimate the effort of every system and the cost before, during and after.

    Returns
    -------
    dict of DataFrame
        effort (person-days per system, phase and role), costs (SEK; one-off, today, target) and findings (work that
        somebody estimated for a system without any).
    """
    facts = portfolio["facts"].merge(portfolio["systems"][["system_id", "users", "criticality"]], on="system_id")
    facts = facts.merge(portfolio["decisions"][["system_id", "disposition", "tasks"]], on="system_id")
    effort, findings = as_decided(effort_of(facts, policy), portfolio["reviews"])
    effort = as_spent(effort, portfolio["reported"])
    return {"effort": effort, "findings": findings, "costs": _costs(portfolio, effort, case, policy)}


def as_spent(effort: pd.DataFrame, reported: pd.DataFrame) -> pd.DataFrame:
    """Work that is done costs what it took: spread over the roles as it was estimated.

    A cut-over is reported with the moving that it ends; days of both count.
    """
    done = reported.dropna(subset=["finished", "spent_days"])
    moves = done["phase"].isin(["move", "cutover"])
    ends = set(reported.loc[(reported["phase"] == "cutover") & reported["finished"].notna(), "system_id"])
    # Moving is over when the systems have changed hands, and not before.
    done = done[~moves | done["system_id"].isin(ends)].replace({"phase": {"cutover": "move"}})
    spent = done.groupby(["system_id", "phase"])["spent_days"].sum()
    keys = pd.MultiIndex.from_frame(effort[["system_id", "phase"]])
    whole = effort.groupby(["system_id", "phase"])["likely_days"].transform("sum")
    factor = pd.Series(spent.reindex(keys).to_numpy(), index=effort.index) / whole.where(whole > 0)
    days = (effort["likely_days"] * factor).round(2)
    known = days.notna()
    return effort.assign(
        **{f"{point}_days": effort[f"{point}_days"].mask(known, days) for point in POINTS},
        assumed=effort["assumed"].mask(known, pd.NA),
    )


def _costs(portfolio: Portfolio, effort: pd.DataFrame, case: Case, policy: Policy) -> pd.DataFrame:
    ids = portfolio["systems"]["system_id"]
    return concat(
        [_one_off(effort, policy), _today(portfolio), _target(portfolio, ids, case, policy)], "costs"
    ).sort_values(["system_id", "kind"], kind="stable", ignore_index=True)


def _one_off(effort: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    sums = effort.groupby("system_id")[[f"{point}_days" for point in POINTS]].sum() * policy.effort.day_rate.value
    sums.columns = [f"{point}_sek" for point in POINTS]
    return conform(sums.reset_index().assign(kind="one_off", state="known"), "costs")


def _today(portfolio: Portfolio) -> pd.DataFrame:
    cost = portfolio["systems"][["system_id", "annual_cost_sek"]].set_index("system_id")["annual_cost_sek"]
    frame = pd.DataFrame({f"{point}_sek": cost for point in POINTS}).reset_index()
    return conform(
        frame.assign(kind="today", state=cost.isna().map({True: "unknown", False: "known"}).to_numpy()),
        "costs",
    )


def _target(portfolio: Portfolio, ids: pd.Series, case: Case, policy: Policy) -> pd.DataFrame:
    targets = portfolio["targets"]
    is_priced = (targets["compute_usd_month"] + targets["storage_usd_month"]).notna()
    priced = is_priced.groupby(targets["system_id"]).sum().reindex(ids).fillna(0)
    servers = targets["system_id"].value_counts().reindex(ids).fillna(0)
    disposition = portfolio["decisions"].set_index("system_id")["disposition"].reindex(ids)
    moves = disposition.isin(CLOUD_OPTIONS)
    state = pd.Series("known", index=ids).mask(priced < servers, "partly_known").mask(priced == 0, "price_not_found")
    state = (
        state.mask(servers == 0, "unknown")
        .mask(disposition == "repurchase", "price_not_found")
        .mask(disposition.isna(), "unknown")
    )
    state = state.mask(disposition.isin(["retire", "retain"]), "not_applicable")
    years = _usd_years(targets, policy)
    usd = {point: year.groupby(targets["system_id"]).sum(min_count=1).reindex(ids) for point, year in years.items()}
    usd = {point: value.where(moves).round(2) for point, value in usd.items()}
    rate = case.exchange.sek_per_usd if case.exchange else None
    sek = {
        f"{point}_sek": (value * rate).round(2) if rate else pd.Series(pd.NA, index=ids) for point, value in usd.items()
    }
    frame = pd.DataFrame({"state": state, "low_usd": usd["low"], "high_usd": usd["high"], **sek})
    return conform(frame.reset_index(names="system_id").assign(kind="target"), "costs")


def _usd_years(targets: pd.DataFrame, policy: Policy) -> dict[str, pd.Series]:
    """USD a year of every server: low with a commitment of one year where that has a price, high when prices rise."""
    on_demand = targets["compute_usd_month"]
    committed = targets["reserved_1y_usd_month"].fillna(on_demand)
    storage = targets["storage_usd_month"]
    likely = (on_demand + storage) * 12
    return {"low": (committed + storage) * 12, "likely": likely, "high": likely * policy.sizing.price_high.value}


def as_decided(effort: pd.DataFrame, reviews: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The effort with people's own estimates of a system's work, spread over phases and roles as the model does.

    Returns
    -------
    effort, findings
        A finding for each estimate of a system for which the proposal asks no work, so that there is nothing to spread.
    """
    rows = reviews[(reviews["kind"] == "effort_days") & (reviews["state"] == "active")].reset_index(drop=True)
    if not len(rows):
        return effort, empty("findings")
    columns = [f"{point}_days" for point in POINTS]
    said = rows["value"].str.split(" / ", expand=True).astype("float64").set_axis(columns, axis=1)
    said = said.set_index(rows["system_id"])
    said = said[~said.index.duplicated()]
    mine = effort["system_id"].isin(said.index)
    spread = effort.loc[mine, columns].astype("float64")
    keys = effort.loc[mine, "system_id"]
    sums = spread.groupby(keys).transform("sum")
    wanted = said.reindex(keys).set_axis(spread.index)
    even = 1 / keys.groupby(keys).transform("size")
    share = (spread / sums.where(sums > 0)).apply(lambda column: column.fillna(even))
    done = effort.assign(assumed=effort["assumed"].mask(mine))
    # The three points of a row stay in order, whatever shares they have.
    done.loc[mine, columns] = np.maximum.accumulate((share * wanted).round(4).to_numpy(), axis=1)
    idle = rows[~rows["system_id"].isin(keys)].reset_index(drop=True)
    return conform(done, "effort"), told_of(idle, "warning", "override_without_work")
