"""What the plan leads to: flows, closed and red systems, key services and delivery, today, after each wave and when the
goals fall due."""

from __future__ import annotations

import pandas as pd

from planner.case import Case
from planner.outlook.flows import blocked_flows, flows_free
from planner.outlook.state import State, read_state
from planner.outlook.systems import count_systems
from planner.outlook.warnings import warnings_of
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schema import concat, conform


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
    rows = [_measures(day, wave, moment, state, portfolio, policy) for day, wave, moment in days]
    due = pd.Timestamp(goals.target_date)
    return {
        "outlook": concat(rows, "outlook"),
        "blocked_flows": conform(blocked_flows(portfolio["links"], state, due, goals), "blocked_flows"),
        "findings": warnings_of(portfolio, state, case, goals),
    }


def _days(portfolio: Portfolio, case: Case, policy: Policy) -> list[tuple[pd.Timestamp, object, str]]:
    """The day of the plan, the last day of each wave and the day of the goals, in order."""
    ends = portfolio["waves"].groupby("wave")["end_date"].max()
    days: list[tuple[pd.Timestamp, object, str]] = [(end, int(str(wave)), "wave") for wave, end in ends.items()]
    days.append((pd.Timestamp(policy.outlook.target_date), pd.NA, "target"))
    return [(pd.Timestamp(case.plan_date), pd.NA, "start"), *sorted(days, key=lambda item: (item[0], item[2]))]


def _measures(
    day: pd.Timestamp, wave: object, moment: str, state: State, portfolio: Portfolio, policy: Policy
) -> pd.DataFrame:
    rows = [
        *flows_free(portfolio["links"], state, day, policy.outlook.flow_level),
        *count_systems(portfolio, state, day, policy.outlook),
    ]
    frame = pd.DataFrame(rows, columns=["measure", "low", "high", "total", "known"])
    return conform(frame.assign(moment=moment, date=day, wave=wave), "outlook")
