"""New money: what is bought for more than the yearly frame holds does not begin before a budget that it can be in."""

from __future__ import annotations

from datetime import date

import pandas as pd

from planner.calendar import monday, week_of
from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio, finding_rows
from planner.schedule.activities import Activity

RULE = "budget_cycle"


def money_from(case: Case, policy: Policy) -> date:
    """First day for which money for new contracts can still be asked: what the case says, or the first of the year
    whose budget is asked for on the day from which is planned, or later.

    The day from which is planned is the earlier one of the plan's and that of the first work: a plan that is made anew
    later on counts on what the first one asked for.
    """
    if case.new_money_from is not None:
        return case.new_money_from
    today = min(case.plan_date, case.start_date)
    month, day = (int(part) for part in policy.schedule.budget_cycle.ask_by.split("-"))
    is_open = (today.month, today.day) <= (month, day)
    return date(today.year + (1 if is_open else 2), 1, 1)


def ask_by(case: Case, policy: Policy) -> date | None:
    """Day by which that money has to be asked for; None where the case says that it is there."""
    if case.new_money_from is not None:
        return None
    return date.fromisoformat(f"{money_from(case, policy).year - 1}-{policy.schedule.budget_cycle.ask_by}")


def bought_anew(portfolio: Portfolio, policy: Policy) -> pd.Series:
    """Systems that are bought on a route that takes new money."""
    cycle = policy.schedule.budget_cycle
    rows = portfolio["decisions"][["system_id", "disposition"]].merge(
        portfolio["facts"][["system_id", "lead_route"]], on="system_id"
    )
    is_new = rows["disposition"].isin(cycle.options) & rows["lead_route"].isin(cycle.routes)
    bought: pd.Series = rows.loc[is_new & (cycle.level == "hard"), "system_id"]
    return bought


def hold_for_money(activities: dict[str, Activity], portfolio: Portfolio, case: Case, policy: Policy) -> None:
    """Let what follows the procurement (the contract runs from then on) wait for the first budget with its money."""
    groups = portfolio["groups"]
    day = money_from(case, policy)
    week = week_of(case, day) + (day > monday(case, week_of(case, day)))
    for group_id in sorted(set(groups.loc[groups["system_id"].isin(bought_anew(portfolio, policy)), "group_id"])):
        keys = (f"{group_id}/{phase}" for phase in ("prepare", "move"))
        activity = next((activities[key] for key in keys if key in activities), None)
        if activity is not None and activity.begun is None and week > activity.release:
            activity.release, activity.release_for = week, RULE


def asked_for(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Findings `money_to_ask_for`: what the plan counts on being asked for, and by when."""
    day = ask_by(case, policy)
    if day is None:
        return finding_rows("info", "money_to_ask_for", index=pd.RangeIndex(0))
    systems = bought_anew(portfolio, policy).sort_values(ignore_index=True)
    return finding_rows(
        "info",
        "money_to_ask_for",
        table="systems",
        row_id=systems,
        value=day.isoformat(),
        detail=str(money_from(case, policy).year),
        index=systems.index,
    )
