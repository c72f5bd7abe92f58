"""Work: the capacity of every team in every week, the budget of every year, and that all effort is planned."""

from __future__ import annotations

from datetime import date

import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.verify.moments import first_day, planned
from planner.verify.promise import TOLERANCE_DAYS, broken


def _weekly(portfolio: Portfolio) -> pd.DataFrame:
    rows = portfolio["activities"].merge(portfolio["demand"], on="activity_id")
    length = (rows["end_week"] - rows["start_week"] + 1).clip(lower=0).astype(int)
    spans = rows.loc[rows.index.repeat(length)]
    is_open = spans["state"] == "planned"
    return spans.assign(week=spans["start_week"] + spans.groupby(level=0).cumcount(), is_open=is_open)


def _limits(case: Case, weeks: list[int]) -> pd.DataFrame:
    """Days of every role in some weeks, week by week as a person would read them off the case."""
    start = pd.Timestamp(first_day(case))
    rows = []
    for week in weeks:
        monday = (start + pd.Timedelta(weeks=week)).date()
        sunday = (start + pd.Timedelta(weeks=week, days=6)).date()
        at_work = [f.capacity_pct / 100 for f in case.freezes if f.first <= sunday and f.last >= monday]
        for team in case.teams:
            begun = [change for change in team.changes if change.first <= monday]
            days = max(begun, key=lambda change: change.first).days_per_week if begun else team.days_per_week
            rows.append((week, team.role, days * min(at_work, default=1.0)))
    return pd.DataFrame(rows, columns=["week", "role", "limit"])


def capacity_holds(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """No team works more than it has days in any week, other than at what has begun."""
    used = (
        _weekly(portfolio)
        .groupby(["week", "role"], as_index=False)
        .agg(days_per_week=("days_per_week", "sum"), is_open=("is_open", "any"))
    )
    limits = _limits(case, sorted(used["week"].unique().tolist()))
    both = used.merge(limits, on=["week", "role"], how="left")
    over = both[(both["days_per_week"] > both["limit"].fillna(0) + TOLERANCE_DAYS) & both["is_open"]]
    ids = [f"{role} week {week}" for role, week in zip(over["role"], over["week"], strict=True)]
    return broken("promise_capacity", ids, "workload")


def new_money_is_there(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """What takes new money goes on after its procurement in a year whose budget it could be in, and not before."""
    cycle = policy.schedule.budget_cycle
    first = case.new_money_from
    if first is None:
        known = min(case.plan_date, case.start_date)
        years = range(known.year + 1, known.year + 3)
        first = next(date(year, 1, 1) for year in years if date.fromisoformat(f"{year - 1}-{cycle.ask_by}") >= known)
    route = dict(zip(portfolio["facts"]["system_id"], portfolio["facts"]["lead_route"], strict=True))
    bought = portfolio["decisions"]
    bought = bought[bought["disposition"].isin(cycle.options) & bought["system_id"].map(route).isin(cycle.routes)]
    groups = portfolio["groups"].loc[portfolio["groups"]["system_id"].isin(bought["system_id"]), "group_id"]
    rows = portfolio["activities"][portfolio["activities"]["phase"].isin(["prepare", "move", "cutover"])]
    early = rows[rows["group_id"].isin(groups) & (rows["start_date"] < pd.Timestamp(first))]
    return broken("promise_budget_cycle", planned(early)["activity_id"] if cycle.level == "hard" else [], "activities")


def budgets_hold(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """The work of a calendar year costs no more than its budget; a week counts in the year of its Monday."""
    weekly = _weekly(portfolio)
    year = (pd.Timestamp(first_day(case)) + pd.to_timedelta(weekly["week"] * 7, unit="D")).dt.year
    cost = weekly["days_per_week"].groupby(year).sum() * policy.effort.day_rate.value
    # What has begun may have cost more: then nothing that has not may cost anything in that year.
    is_open = weekly["is_open"].groupby(year).any()
    over = [
        str(int(at))
        for at, value in cost.items()
        if is_open[at] and value > case.budgets.get(int(at), float("inf")) + 1
    ]
    return broken("promise_budget", over, "workload")


def all_effort_is_planned(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Every estimated day stands in the plan, and no other."""
    weekly = _weekly(portfolio)
    # Work of phase move is carried out before, in and after the cut-over.
    phase = weekly["phase"].replace({"cutover": "move", "hypercare": "move"})
    planned = weekly["days_per_week"].groupby([weekly["group_id"], phase, weekly["role"]]).sum()
    effort = portfolio["effort"].merge(portfolio["groups"], on="system_id")
    wanted = effort.groupby(["group_id", "phase", "role"])["likely_days"].sum()
    if (portfolio["activities"]["phase"] == "foundation").any():
        ground = {("foundation", "foundation", work.role): work.base.likely for work in policy.effort.foundation}
        wanted = pd.concat([wanted, pd.Series(ground).rename_axis(wanted.index.names)])
    gap = planned.sub(wanted, fill_value=0).abs()
    return broken("promise_effort", [" ".join(map(str, key)) for key in gap.index[gap > TOLERANCE_DAYS]], "effort")
