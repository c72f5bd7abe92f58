"""An independent checker: re-derives every promise of the plan from the inputs. Shares no code with schedule/ or
groups."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio, finding_rows
from planner.schema import concat

TOLERANCE_DAYS = 0.01
TOLERANCE_SIZE = 0.001
_CHANGES = {"retire", "rehost", "relocate", "repurchase", "replatform", "refactor"}


def verify(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """Check the finished plan.

    Returns
    -------
    dict of DataFrame
        findings: one error per broken promise; none when the plan holds.
    """
    checks: list[Callable[[Portfolio, Case, Policy], pd.DataFrame]] = [
        _every_row_is_accounted_for,
        _every_system_is_decided_once,
        _every_decision_has_evidence,
        _denied_options_are_not_chosen,
        _people_are_followed,
        _every_server_is_accounted_for,
        _sizes_hold,
        _phases_follow_each_other,
        _dependencies_hold,
        _capacity_holds,
        _no_cutover_in_a_freeze,
        _cutovers_per_week_hold,
        _all_effort_is_planned,
        _late_ones_are_told,
    ]
    return {"findings": concat([check(portfolio, case, policy) for check in checks], "findings")}


def _broken(promise: str, ids: pd.Series | list[object], table: str) -> pd.DataFrame:
    rows = pd.Series(list(ids), dtype="object")
    return finding_rows("error", "broken_promise", table=table, row_id=rows, detail=promise)


def _every_row_is_accounted_for(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    sources = portfolio["sources"]
    lost = sources["rows_in"] != sources["rows_used"] + sources["rows_merged"] + sources["rows_rejected"]
    rejected = int(sources["rows_rejected"].sum()) != int(portfolio["rejects"]["rows"].fillna(1).sum())
    ids = [*sources.loc[lost, "source_id"], *(["rejects"] if rejected else [])]
    return _broken("promise_rows", ids, "sources")


def _every_system_is_decided_once(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    wanted = portfolio["systems"]["system_id"]
    wrong = [
        key
        for table in ("decisions", "groups", "facts")
        for key in set(wanted).symmetric_difference(portfolio[table]["system_id"])
        | set(_doubles(portfolio[table]["system_id"]))
    ]
    return _broken("promise_systems", sorted(wrong), "systems")


def _doubles(ids: pd.Series) -> pd.Series:
    return ids[ids.duplicated()]


def _every_decision_has_evidence(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    decisions = portfolio["decisions"]
    bare = decisions[~decisions["system_id"].isin(portfolio["evidence"]["system_id"])]
    proposed = decisions.dropna(subset="disposition")
    fired = portfolio["evidence"].query("outcome == 'true' and kind in ('rule', 'review')")[["system_id", "options"]]
    joined = proposed.merge(fired, left_on=["system_id", "disposition"], right_on=["system_id", "options"])
    unsupported = proposed[~proposed["system_id"].isin(joined["system_id"])]
    return _broken("promise_evidence", [*bare["system_id"], *unsupported["system_id"]], "decisions")


def _denied_options_are_not_chosen(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    denied = portfolio["evidence"].query("effect == 'deny' and outcome == 'true'")
    reviews = portfolio["reviews"].query("kind == 'gate' and state == 'active'")
    given = set(zip(reviews["system_id"], reviews["value"], strict=True))
    is_given = [pair in given for pair in zip(denied["system_id"], denied["rule"], strict=True)] if given else []
    denied = denied[~pd.Series(is_given, index=denied.index, dtype="bool")] if given else denied
    each = denied.assign(option=denied["options"].str.split()).explode("option")
    chosen = each.merge(portfolio["decisions"], left_on=["system_id", "option"], right_on=["system_id", "disposition"])
    return _broken("promise_gates", chosen["system_id"], "decisions")


def _people_are_followed(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """What a person decided is in the plan, or a finding says why not."""
    reviews = portfolio["reviews"].query("kind == 'disposition' and state == 'active'")
    both = reviews.merge(portfolio["decisions"], on="system_id")
    other = both[(both["value"] != both["disposition"].fillna("")).astype(bool)]
    told = portfolio["findings"].query("code == 'override_denied'")["row_id"]
    return _broken("promise_reviews", other.loc[~other["system_id"].isin(told), "system_id"], "decisions")


def _every_server_is_accounted_for(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    wanted = set(portfolio["servers"]["server_id"])
    wrong = wanted.symmetric_difference(portfolio["assignments"]["server_id"]) | wanted.symmetric_difference(
        portfolio["targets"]["server_id"]
    )
    return _broken("promise_servers", sorted(wrong), "servers")


def _sizes_hold(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Every type holds what its server needs, and need and basis follow from series and allocation."""
    sizing, wrong = policy.sizing, set()
    targets = portfolio["targets"].set_index("server_id")
    allocated = portfolio["servers"].set_index("server_id").reindex(targets.index)
    measured = portfolio["utilisation"].set_index("server_id")
    wrong |= set(measured.index) - set(allocated.index)
    series = measured[measured["basis"] == "series"].reindex(targets.index)
    for metric, size, least in (
        ("cpu", "vcpu", sizing.used_min_vcpu.value),
        ("memory", "memory_gib", sizing.used_min_memory_gib.value),
    ):
        need, has = targets[f"need_{size}"], allocated[size].astype("Float64")
        percentile = series[f"{metric}_p{int(sizing.used_percentile.value)}_pct"]
        is_enough = series["window_days"].ge(sizing.used_min_window_days.value) & (
            series[f"{metric}_points"] * 100 >= series["expected_points"] * sizing.used_min_coverage_pct.value
        )
        is_enough &= percentile.notna() & ~series["doubtful"].fillna("").str.contains(metric)
        is_enough = is_enough.fillna(False).astype(bool)
        floor = has.where(has < least, least)
        by_use = has * percentile / 100 * sizing.used_comfort.value
        expected = (has * sizing.comfort.value).where(~is_enough, by_use.where(by_use > floor, floor))
        basis = pd.Series("allocated", index=targets.index).mask(is_enough, "utilisation").where(has.notna(), "")
        is_off = (need - expected).abs().gt(TOLERANCE_SIZE) | need.isna().ne(expected.isna())
        is_off |= targets[f"{size}_basis"].fillna("").ne(basis)
        is_off |= targets["state"].eq("sized") & targets[size].lt(need - TOLERANCE_SIZE)
        wrong |= set(targets.index[is_off.fillna(False).astype(bool)])
    return _broken("promise_sizes", sorted(wrong), "targets")


def _phases_follow_each_other(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    rank = {"investigate": 0, "decide": 1, "procure": 2, "prepare": 3, "move": 4, "close": 5}
    own = portfolio["activities"][portfolio["activities"]["phase"] != "foundation"]
    ordered = own.assign(rank=own["phase"].map(rank)).sort_values(["group_id", "rank"])
    earlier_end = ordered.groupby("group_id")["end_week"].shift()
    early = ordered[(ordered["start_week"] <= earlier_end).fillna(False).astype(bool)]
    ground = portfolio["activities"].query("phase == 'foundation'")["end_week"]
    cloud = _with_disposition(portfolio, {"rehost", "relocate", "replatform", "refactor"})
    unfounded = own[own["group_id"].isin(cloud) & (own["phase"] == "prepare")]
    unfounded = unfounded[unfounded["start_week"] <= ground.iloc[0]] if len(ground) else unfounded
    before_start = own[own["start_date"] < pd.Timestamp(case.start_date - timedelta(days=case.start_date.weekday()))]
    wrong = [*early["activity_id"], *unfounded["activity_id"], *before_start["activity_id"]]
    return _broken(
        "promise_phases",
        wrong,
        "activities",
    )


def _with_disposition(portfolio: Portfolio, options: set[str]) -> set[str]:
    chosen = portfolio["decisions"][portfolio["decisions"]["disposition"].isin(options)]
    groups = portfolio["groups"]
    return set(groups.loc[groups["system_id"].isin(chosen["system_id"]), "group_id"])


def _change_weeks(portfolio: Portfolio) -> pd.DataFrame:
    """First and last week of the activity in which each system changes hands, with its option and group."""
    activities = portfolio["activities"]
    rows = portfolio["groups"].merge(portfolio["decisions"][["system_id", "disposition"]], on="system_id")
    last = activities[activities["has_cutover"]].groupby("group_id")[["start_week", "end_week"]].max()
    rows = rows[rows["disposition"].isin(_CHANGES)]
    return rows.join(last, on="group_id").set_index("system_id")


def _dependencies_hold(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    weeks = _change_weeks(portfolio)
    flows = portfolio["links"].dropna(subset=["source_system_id", "target_system_id"])
    flows = flows[flows["shared_service"].isna()]
    both = (
        flows.join(weeks, on="source_system_id")
        .join(weeks.add_suffix("_needed"), on="target_system_id")
        .dropna(subset=["end_week", "end_week_needed"])
    )
    apart = both[both["group_id"] != both["group_id_needed"]]
    leaving = apart["disposition_needed"] == "retire"
    late_leaving = apart[leaving & (apart["end_week"] >= apart["start_week_needed"])]
    late_needed = apart[
        ~leaving & (apart["disposition"] != "retire") & (apart["end_week_needed"] >= apart["start_week"])
    ]
    wrong = [*late_leaving["flow_id"], *late_needed["flow_id"]]
    return _broken("promise_order", wrong, "links")


def _weekly(portfolio: Portfolio) -> pd.DataFrame:
    activities = portfolio["activities"].merge(portfolio["demand"], on="activity_id")
    spans = activities.assign(
        week=[
            range(first, last + 1) for first, last in zip(activities["start_week"], activities["end_week"], strict=True)
        ]
    )
    return spans.explode("week")


def _capacity_holds(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    used = _weekly(portfolio).groupby(["week", "role"])["days_per_week"].sum().reset_index()
    limit = used["role"].map({team.role: team.days_per_week for team in case.teams})
    first = case.start_date - timedelta(days=case.start_date.weekday())
    for freeze in case.freezes:
        covered = used["week"].between((freeze.first - first).days // 7, (freeze.last - first).days // 7)
        share = used["role"].map({team.role: team.days_per_week * freeze.capacity_pct / 100 for team in case.teams})
        limit = limit.where(~covered | (limit <= share), share)
    over = used[used["days_per_week"] > limit + TOLERANCE_DAYS]
    return _broken(
        "promise_capacity",
        [f"{row.role} week {row.week}" for row in over.itertuples()],
        "workload",
    )


def _no_cutover_in_a_freeze(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    ends = portfolio["activities"][portfolio["activities"]["has_cutover"].astype(bool)]
    wrong = pd.Series(False, index=ends.index)
    for freeze in case.freezes:
        monday = ends["end_date"] - pd.Timedelta(days=4)
        wrong |= (monday <= pd.Timestamp(freeze.last)) & (ends["end_date"] >= pd.Timestamp(freeze.first))
    return _broken("promise_freeze", ends.loc[wrong, "activity_id"], "activities")


def _cutovers_per_week_hold(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    weeks = _change_weeks(portfolio).reset_index()
    by_week = weeks.groupby("end_week").agg(systems=("system_id", "size"), groups=("group_id", "nunique"))
    # A group larger than the limit cannot be split; it may only stand alone in its week.
    crowded = by_week[(by_week["systems"] > case.max_cutovers_per_week) & (by_week["groups"] > 1)]
    return _broken(
        "promise_cutovers",
        [f"week {week}" for week in crowded.index],
        "activities",
    )


def _all_effort_is_planned(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    planned = _weekly(portfolio)
    planned = planned.groupby(["group_id", "phase", "role"])["days_per_week"].sum()
    effort = (
        portfolio["effort"]
        .merge(portfolio["groups"], on="system_id")
        .groupby(["group_id", "phase", "role"])["likely_days"]
        .sum()
    )
    ground = {("foundation", "foundation", work.role): work.base.likely for work in policy.effort.foundation}
    if (portfolio["activities"]["phase"] == "foundation").any():
        effort = pd.concat([effort, pd.Series(ground).rename_axis(effort.index.names)])
    gap = planned.sub(effort, fill_value=0).abs()
    return _broken(
        "promise_effort",
        [" ".join(map(str, key)) for key in gap.index[gap > TOLERANCE_DAYS]],
        "effort",
    )


def _late_ones_are_told(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    dated = portfolio["systems"].dropna(subset="deadline_date").set_index("system_id")["deadline_date"]
    activities = portfolio["activities"]
    told = set(activities.loc[activities["is_late"].astype(bool), "group_id"])
    ends = activities[activities["has_cutover"].astype(bool)].groupby("group_id")["end_date"].max()
    changing = _change_weeks(portfolio).join(dated, how="inner").join(ends, on="group_id")
    missed = changing[(changing["end_date"] > changing["deadline_date"]) & ~changing["group_id"].isin(told)]
    return _broken("promise_deadlines", missed.index.tolist(), "activities")
