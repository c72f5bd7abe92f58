"""What the plan leads to: flows, closed and red systems, key services and delivery, today, after each wave and when the
goals fall due."""

from __future__ import annotations

import pandas as pd

from planner.case import Case
from planner.outlook.flows import blocked_flows, flows_free
from planner.outlook.state import read_state
from planner.outlook.systems import Measure, count_systems
from planner.outlook.warnings import warnings_of
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schema import conform


def outlook(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """Look ahead.

    Returns
    -------
    dict of DataFrame
        outlook (one row per day and measure), blocked_flows (those not free when the goals fall due), findings.
    """
    goals = policy.outlook
    state = read_state(portfolio, goals)
    days = _days(portfolio, case, policy)
    on = state.on([day for day, _, _ in days])
    measures = [*flows_free(portfolio["links"], on, goals.flow_level), *count_systems(on, goals)]
    due = pd.Timestamp(goals.target_date)
    return {
        "outlook": _table(days, measures),
        "blocked_flows": conform(blocked_flows(portfolio["links"], state, due, goals), "blocked_flows"),
        "findings": warnings_of(portfolio, state, case, goals),
    }


Day = tuple[pd.Timestamp, object, str]


def _days(portfolio: Portfolio, case: Case, policy: Policy) -> list[Day]:
    """The day of the plan, the last day of each wave and the day of the goals, in order."""
    ends = portfolio["waves"].groupby("wave")["end_date"].max()
    days: list[Day] = [(end, int(str(wave)), "wave") for wave, end in ends.items()]
    days.append((pd.Timestamp(policy.outlook.target_date), pd.NA, "target"))
    return [(pd.Timestamp(case.plan_date), pd.NA, "start"), *sorted(days, key=lambda item: (item[0], item[2]))]


def _table(days: list[Day], measures: list[Measure]) -> pd.DataFrame:
    counted = [
        pd.DataFrame(measure._asdict()).assign(day=range(len(days)), measure=measure.name).drop(columns="name")
        for measure in measures
    ]
    rows = pd.concat(counted).sort_values("day", kind="stable", ignore_index=True)
    of_day = pd.DataFrame(days, columns=["date", "wave", "moment"])
    return conform(rows.join(of_day, on="day").drop(columns="day"), "outlook")
