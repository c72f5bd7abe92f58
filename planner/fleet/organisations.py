"""One row per organisation: how much there is, what is proposed, what it takes and when it ends."""

from __future__ import annotations

import pandas as pd

from planner.fleet.plans import Fleet
from planner.schema import conform

OPTIONS = ("retire", "retain", "rehost", "relocate", "repurchase", "replatform", "refactor")


def organisations(fleet: Fleet) -> pd.DataFrame:
    """Table fleet_organisations; a case without a plan has a row with its problem and nothing else known."""
    planned = _said(fleet)
    if len(planned):
        planned = planned.join([_counted(fleet), _decided(fleet), _worked(fleet), _dated(fleet)])
        counts = ["systems", "servers", *OPTIONS, "undecided", "one_off_known", "late_groups"]
        # Of a plan that was read, what is not there is none and not unknown.
        planned[counts] = planned[counts].fillna(0)
    failed = pd.DataFrame(
        {"state": "failed", "problem": pd.Series(fleet.problems, dtype="string")}, index=sorted(fleet.problems)
    )
    kept = [frame for frame in (planned, failed) if len(frame)]
    every = pd.concat(kept).sort_index().rename_axis("case").reset_index() if kept else pd.DataFrame()
    return conform(every, "fleet_organisations")


def _said(fleet: Fleet) -> pd.DataFrame:
    rows = {
        case: {
            "organisation": about["organisation"],
            "state": "planned",
            "plan_id": about["plan_id"],
            "plan_date": about["plan_date"],
            "errors": about["findings"]["error"],
        }
        for case, about in fleet.manifests.items()
    }
    said = pd.DataFrame.from_dict(rows, orient="index")
    return said.assign(plan_date=pd.to_datetime(said["plan_date"])) if rows else said


def _counted(fleet: Fleet) -> pd.DataFrame:
    return pd.DataFrame({name: fleet.tables[name].groupby("case").size() for name in ("systems", "servers")})


def _decided(fleet: Fleet) -> pd.DataFrame:
    decisions = fleet.tables["decisions"]
    options = decisions["disposition"].astype("string").fillna("undecided")
    counts = pd.crosstab(decisions["case"], options) if len(decisions) else pd.DataFrame()
    return counts.reindex(columns=[*OPTIONS, "undecided"], fill_value=0)


def _worked(fleet: Fleet) -> pd.DataFrame:
    costs = fleet.tables["costs"]
    known = costs[(costs["kind"] == "one_off") & costs["state"].isin(["known", "partly_known"])].groupby("case")
    return pd.DataFrame(
        {
            "effort_days": fleet.tables["effort"].groupby("case")["likely_days"].sum().round(1),
            "one_off_low_sek": known["low_sek"].sum(min_count=1),
            "one_off_high_sek": known["high_sek"].sum(min_count=1),
            "one_off_known": known.size(),
        }
    )


def _dated(fleet: Fleet) -> pd.DataFrame:
    activities = fleet.tables["activities"]
    cutovers = activities[activities["has_cutover"].fillna(False).astype(bool)].groupby("case")["end_date"]
    late = activities[activities["is_late"].fillna(False).astype(bool)].groupby("case")["group_id"].nunique()
    return pd.DataFrame(
        {"first_cutover_date": cutovers.min(), "last_cutover_date": cutovers.max(), "late_groups": late}
    )
