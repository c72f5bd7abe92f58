"""What the plan does not reach: red systems without an action, key services that miss the day, procurement too late."""

from __future__ import annotations

import pandas as pd

from planner.case import Case
from planner.outlook.state import State
from planner.policy.outlook import Outlook
from planner.portfolio import Portfolio, finding_rows
from planner.schema import concat


def warnings_of(portfolio: Portfolio, state: State, case: Case, goals: Outlook) -> pd.DataFrame:
    """Findings about systems, each with the date that it turns on."""
    today = pd.Timestamp(case.plan_date)
    due = pd.Timestamp(goals.target_date)
    facts = portfolio["facts"].set_index("system_id").reindex(state.today.index)
    limit = today + pd.DateOffset(months=goals.red_action_months)
    found = [
        _rows("red_without_action", _is_red_without_action(portfolio, state, today, limit), state, limit),
        _rows("key_service_misses_target", _misses(state, due, goals.digital_level), state, due),
        _rows("irrelevant_risk", _is_irrelevant(state, goals.digital_level), state, due),
        _rows("too_late_to_procure", _is_too_late(state, facts, today), state, facts["procurement_start_date"]),
    ]
    return concat(found, "findings")


def _rows(code: str, flags: pd.Series, state: State, day: pd.Timestamp | pd.Series) -> pd.DataFrame:
    ids = flags.index[flags.fillna(False).astype(bool)]
    days = day.reindex(ids) if isinstance(day, pd.Series) else pd.Series(day, index=ids)
    names = state.today.loc[ids, "name"]
    return finding_rows(
        "warning",
        code,
        table="systems",
        index=pd.RangeIndex(len(ids)),
        row_id=pd.Series(ids, dtype="object"),
        value=pd.Series(names.to_numpy(), dtype="object"),
        detail=pd.Series(days.dt.strftime("%Y-%m-%d").to_numpy(), dtype="object"),
    )


def _is_red_without_action(portfolio: Portfolio, state: State, today: pd.Timestamp, limit: pd.Timestamp) -> pd.Series:
    """Red whatever the unknowns are, no action that begins in time and no acceptance that still holds."""
    starts = portfolio["waves"].groupby("system_id")["start_date"].min().reindex(state.today.index)
    acts = (starts <= limit).fillna(False) & state.after["ends_red"] | (starts <= limit) & state.after["is_gone"]
    accepted = (state.today["risk_accepted_until_date"] >= today).fillna(False)
    return (state.today["relevance_class_low"] == "red") & ~acts.astype(bool) & ~accepted.astype(bool)


def _misses(state: State, due: pd.Timestamp, wanted: int) -> pd.Series:
    days = state.on([due])
    is_below = (days.level("digital_level", "digital_level") < wanted) & ~days.is_gone
    return state.today["is_key_public_service"].fillna(False) & is_below[0]


def _is_irrelevant(state: State, wanted: int) -> pd.Series:
    """A key service that is no full e-service and to which there are alternatives (own rule: a flag, no number)."""
    has_alternative = state.today["market_alternative"].notna() & (state.today["market_alternative"] != "none")
    return (
        state.today["is_key_public_service"].fillna(False) & (state.today["digital_level"] < wanted) & has_alternative
    )


def _is_too_late(state: State, facts: pd.DataFrame, today: pd.Timestamp) -> pd.Series:
    """To be bought, notice can still be given, and four times out of five a procurement takes longer than that."""
    is_bought = state.option == "repurchase"
    return is_bought & (facts["procurement_start_date"] < today) & (facts["notice_date"] >= today)
