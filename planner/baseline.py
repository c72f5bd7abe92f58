"""The baseline: when the plan before had every system's work, so that a new plan moves no more than it must."""

from __future__ import annotations

import pandas as pd

from planner.identity import Known
from planner.portfolio import Portfolio
from planner.schema import conform, from_csv_bytes
from planner.store import Base, SavedPlan

ACTIVITY = ["group_id", "phase", "step", "start_date", "end_date", "deadline_date"]


def baseline(portfolio: Portfolio, base: Base) -> dict[str, pd.DataFrame]:
    """Lay the plan before under the new one, system by system, since groups may be others.

    Returns
    -------
    dict of DataFrame
        baseline: a row per activity and system of the plan before that is still there; none without such a plan.
    """
    parent = base.parent
    if parent is None:
        return {"baseline": conform(pd.DataFrame(), "baseline")}
    rows = _table(parent, "activities")[ACTIVITY].merge(
        _table(parent, "groups")[["group_id", "system_id"]], on="group_id", how="left"
    )
    decided = set(_table(parent, "waves").merge(_quarters(base.decided).reset_index())["system_id"])
    # The foundation belongs to no system: it is decided with whatever stands on it.
    rows["is_decided"] = rows["system_id"].isin(decided) | (rows["system_id"].isna() & bool(decided))
    rows["is_pilot"] = rows["group_id"].isin(_table(parent, "solution")["pilot_group_id"].dropna())
    rows["is_kept"] = base.is_kept
    rows["decided_quarter"] = rows["system_id"].map(_quarters(base.decided))
    systems = set(portfolio["systems"]["system_id"])
    before = Known(set(_table(parent, "systems")["system_id"]), lambda: _table(parent, "identifiers"))
    rows["system_id"] = rows["system_id"].replace(before.same_as(Known(systems, lambda: portfolio["identifiers"])))
    is_there = rows["system_id"].isin(systems) | rows["system_id"].isna()
    order = ["system_id", "start_date", "phase", "step"]
    return {"baseline": conform(rows[is_there].sort_values(order, kind="stable", ignore_index=True), "baseline")}


def _table(plan: SavedPlan, name: str) -> pd.DataFrame:
    return from_csv_bytes(plan.table(name), name)


def _quarters(decided: SavedPlan | None) -> pd.Series:
    """Quarter in which each system changes hands in the decided plan."""
    if decided is None:
        return pd.Series(dtype="string", index=pd.Index([], name="system_id", dtype="string"), name="quarter")
    return _table(decided, "waves").set_index("system_id")["quarter"]
