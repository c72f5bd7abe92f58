"""The effort model: person-days of systems by phase and role, for whatever is decided for them.

The estimate asks it for the proposals, the schedule for what else could be decided where a deadline is missed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.policy import Policy, Span, Work
from planner.schema import concat

POINTS = ("low", "likely", "high")


def effort_of(facts: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Person-days of every system, phase and role.

    Parameters
    ----------
    facts
        One row per system, with its facts, users and criticality, and with `disposition` and `tasks`.

    Returns
    -------
    Table effort.
    """
    drivers = _drivers(facts, policy)
    parts = [_work(work, facts, drivers) for work in policy.effort.work]
    parts += [_task(task.name, task.role, task.days, facts) for task in policy.decisions.tasks]
    return concat(parts, "effort").sort_values(["system_id", "phase", "role"], kind="stable", ignore_index=True)


def _drivers(facts: pd.DataFrame, policy: Policy) -> dict[str, pd.DataFrame]:
    flows = facts["depends_on_count"] + facts["needed_by_count"]
    # Nobody having listed a flow is not the same as there being none.
    flows = flows.mask(flows == 0, pd.NA)
    factors = policy.effort.criticality_factor
    factor = facts["criticality"].astype("string").map(factors).astype("Float64")
    spread = Span(low=min(factors.values()), likely=1.0, high=max(factors.values()))
    return {
        "servers": _driver(facts["server_count"], policy.effort.unknown_servers),
        "flows": _driver(flows, policy.effort.unknown_flows),
        "users": _driver(facts["users"], policy.effort.unknown_users),
        "criticality": _driver(factor, spread),
    }


def _driver(values: pd.Series, unknown: Span) -> pd.DataFrame:
    known = values.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
    spans = {point: np.where(np.isnan(known), getattr(unknown, point), known) for point in POINTS}
    return pd.DataFrame(spans | {"is_assumed": np.isnan(known)}, index=values.index)


def _work(work: Work, facts: pd.DataFrame, drivers: dict[str, pd.DataFrame]) -> pd.DataFrame:
    concerned = facts["disposition"].isin(work.options) if work.options else facts["disposition"].isna()
    at = facts.index[concerned]
    used = {
        "servers": (work.per_server, 1.0),
        "flows": (work.per_flow, 1.0),
        "users": (work.per_100_users, 0.01),
    }
    days = {}
    for point in POINTS:
        total = pd.Series(getattr(work.base, point), index=at, dtype="float64")
        for driver, (span, scale) in used.items():
            if span is not None:
                total = total + drivers[driver].loc[at, point] * scale * getattr(span, point)
        days[f"{point}_days"] = (total * drivers["criticality"].loc[at, point]).round(2)
    assumed = pd.Series("", index=at, dtype="string")
    for driver in [name for name, (span, _) in used.items() if span is not None] + ["criticality"]:
        assumed = assumed.where(~drivers[driver].loc[at, "is_assumed"], assumed + " " + driver)
    return pd.DataFrame(
        {
            "system_id": facts.loc[at, "system_id"],
            "phase": work.phase,
            "role": work.role,
            **days,
            "assumed": assumed.str.strip().replace("", pd.NA),
        }
    )


def _task(name: str, role: str, days: Span, facts: pd.DataFrame) -> pd.DataFrame:
    named = facts["tasks"].str.split().map(lambda tasks: name in tasks, na_action="ignore").fillna(False).astype(bool)
    given = {f"{point}_days": getattr(days, point) for point in POINTS}
    return pd.DataFrame({"system_id": facts.loc[named, "system_id"], "phase": "decide", "role": role, **given})
