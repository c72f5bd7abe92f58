"""The baseline: when the plan before had every system's work, so that a new plan moves no more than it must."""

from __future__ import annotations

import pandas as pd

from planner.csvfile import from_csv_bytes
from planner.identity import Known
from planner.portfolio import Portfolio, finding_rows
from planner.schema import conform
from planner.store import Base, SavedPlan

ACTIVITY = ["group_id", "phase", "step", "start_date", "end_date", "deadline_date"]


def baseline(portfolio: Portfolio, base: Base) -> dict[str, pd.DataFrame]:
    """Lay the plan before under the new one, system by system, since groups may be others.

    Returns
    -------
    dict of DataFrame
        baseline: a row per activity and system of the plan before that is still there; none without such a plan.
        decided: the quarter of every system in the plan that was decided last, whatever became of it since.
        findings: an approval that has expired.
    """
    tables = {"baseline": _baseline(portfolio, base), "decided": _decided(portfolio, base.decided)}
    if base.lapsed is None:
        return tables
    plan, until = base.lapsed.get("plan"), base.lapsed["expires"]
    return tables | {"findings": finding_rows("warning", "approval_expired", value=plan, detail=until)}


def _decided(portfolio: Portfolio, decided: SavedPlan | None) -> pd.DataFrame:
    if decided is None:
        return conform(pd.DataFrame(), "decided")
    rows = _table(decided, "waves", "system_id", "quarter")
    rows["system_id"] = rows["system_id"].replace(_same_as(decided, portfolio))
    return conform(rows.drop_duplicates("system_id").sort_values("system_id", ignore_index=True), "decided")


def _baseline(portfolio: Portfolio, base: Base) -> pd.DataFrame:
    parent = base.parent
    if parent is None:
        return conform(pd.DataFrame(), "baseline")
    rows = _table(parent, "activities", *ACTIVITY).merge(
        _table(parent, "groups", "group_id", "system_id"), on="group_id", how="left"
    )
    decided = set(
        _table(parent, "waves", "system_id", "quarter").merge(_quarters(base.decided).reset_index())["system_id"]
    )
    # The foundation belongs to no system: it is decided with whatever stands on it.
    rows["is_decided"] = rows["system_id"].isin(decided) | (rows["system_id"].isna() & bool(decided))
    rows["is_pilot"] = rows["group_id"].isin(_table(parent, "solution", "pilot_group_id")["pilot_group_id"].dropna())
    rows["is_kept"] = base.is_kept
    systems = set(portfolio["systems"]["system_id"])
    rows["system_id"] = rows["system_id"].replace(_same_as(parent, portfolio))
    is_there = rows["system_id"].isin(systems) | rows["system_id"].isna()
    order = ["system_id", "start_date", "phase", "step"]
    return conform(rows[is_there].sort_values(order, kind="stable", ignore_index=True), "baseline")


def _same_as(plan: SavedPlan, portfolio: Portfolio) -> dict[str, str]:
    """New id of systems that had another one in a plan."""
    before = Known(set(_table(plan, "systems", "system_id")["system_id"]), lambda: _table(plan, "identifiers"))
    return before.same_as(Known(set(portfolio["systems"]["system_id"]), lambda: portfolio["identifiers"]))


def _table(plan: SavedPlan, name: str, *columns: str) -> pd.DataFrame:
    """Some columns of a table of a plan, in their order there; all by default."""
    return from_csv_bytes(plan.table(name), name, columns or None)


def _quarters(decided: SavedPlan | None) -> pd.Series:
    """Quarter in which each system changes hands in the decided plan."""
    if decided is None:
        return pd.Series(dtype="string", index=pd.Index([], name="system_id", dtype="string"), name="quarter")
    return _table(decided, "waves", "system_id", "quarter").set_index("system_id")["quarter"]
