"""Order: phases, steps, lengths and dependencies."""

from __future__ import annotations

import math

import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.policy.schedule import Step
from planner.portfolio import Portfolio
from planner.verify.moments import CLOUD, begun, first_day, group_moments, planned
from planner.verify.promise import broken
from planner.verify.truth import truth

RANK = {name: at for at, name in enumerate(
    ("investigate", "decide", "procure", "prepare", "move", "cutover", "hypercare", "close")
)}  # fmt: skip


def dates_are_those_of_the_weeks(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Dates are the Monday of the first week and the Friday of the last, none before the start, nor anything planned
    before the plan."""
    rows, start = portfolio["activities"], pd.Timestamp(first_day(case))
    monday = start + pd.to_timedelta(rows["start_week"] * 7, unit="D")
    friday = start + pd.to_timedelta(rows["end_week"] * 7 + 4, unit="D")
    wrong = (monday != rows["start_date"]) | (friday != rows["end_date"]) | (rows["start_week"] < 0)
    wrong |= (rows["state"] == "planned") & (rows["end_date"] < pd.Timestamp(case.plan_date))
    wrong |= rows["end_week"] < rows["start_week"]
    return broken("promise_dates", rows.loc[wrong.astype(bool), "activity_id"], "activities")


def phases_follow_each_other(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Phases of a group come in order, hypercare without a pause, and cloud work on a finished foundation."""
    rows = portfolio["activities"]
    own = rows[(rows["phase"] != "foundation") & rows["step"].isna()]
    ordered = own.assign(rank=own["phase"].map(RANK)).sort_values(["group_id", "rank"])
    gap = ordered["start_week"] - ordered.groupby("group_id")["end_week"].shift()
    early = ordered[(gap <= 0).fillna(False).astype(bool)]
    paused = ordered[((ordered["phase"] == "hypercare") & (gap != 1)).fillna(True).astype(bool)]
    ground = rows.loc[rows["phase"] == "foundation", "end_week"]
    unfounded = own[own["group_id"].isin(_cloud(portfolio)) & (own["phase"] == "prepare")]
    unfounded = unfounded[unfounded["start_week"] <= ground.iloc[0]] if len(ground) else unfounded
    wrong = pd.concat([planned(part)["activity_id"] for part in (early, paused, unfounded)])
    return broken("promise_phases", wrong, "activities")


def _cloud(portfolio: Portfolio) -> set[str]:
    return _groups_with(portfolio, CLOUD)


def _groups_with(portfolio: Portfolio, options: set[str], concerned: set[str] | None = None) -> set[str]:
    chosen = portfolio["decisions"].loc[portfolio["decisions"]["disposition"].isin(options), "system_id"]
    if concerned is not None:
        chosen = chosen[chosen.isin(concerned)]
    return set(portfolio["groups"].loc[portfolio["groups"]["system_id"].isin(chosen), "group_id"])


def _concerned_by(step: Step, portfolio: Portfolio, case: Case) -> set[str] | None:
    """Systems for which the condition of a step holds; None where it has none."""
    if step.when is None:
        return None
    columns = ["system_id", *(field for field in step.when.fields() if field != "system_id")]
    systems = portfolio["systems"][columns].to_dict("records")
    return {system["system_id"] for system in systems if truth(step.when, system, case.plan_date) is True}


def steps_are_taken(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Every step of the policy is there for the groups it concerns: long enough, after deciding, before its phase."""
    rows, done = portfolio["activities"], begun(portfolio)
    decided = rows[(rows["phase"] == "decide") & rows["step"].isna()].set_index("group_id")["end_week"]
    wrong: list[str] = []
    for step in policy.schedule.steps:
        wanted = sorted(_groups_with(portfolio, set(step.options), _concerned_by(step, portfolio, case)))
        mine = rows[rows["step"] == step.name].set_index("group_id").reindex(wanted)
        later = rows[rows["step"].isna() & (rows["phase"].map(RANK) >= RANK[step.before])]
        held = later.groupby("group_id")["start_week"].min().reindex(wanted)
        bad = mine["start_week"].isna() | (mine["end_week"] - mine["start_week"] + 1 < step.weeks)
        bad |= mine["start_week"] <= decided.reindex(wanted)
        bad |= mine["end_week"] >= held
        bad &= ~mine["activity_id"].isin(done)
        wrong += [f"{group_id} {step.name}" for group_id in bad.index[bad.fillna(False).astype(bool)]]
    return broken("promise_steps", wrong, "activities")


def nothing_is_too_short(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Phases have the least length of the policy, and a procurement the lead time of its route."""
    rows = portfolio["activities"]
    least: dict[str, int] = {str(phase): weeks for phase, weeks in policy.schedule.min_weeks.items()}
    length = rows["end_week"] - rows["start_week"] + 1
    needed = rows["phase"].map({**least, "cutover": 1, "hypercare": policy.schedule.hypercare_weeks})
    routes = {lead.route: math.ceil(lead.months_p80 * 52 / 12) for lead in policy.schedule.lead_times}
    bought = portfolio["decisions"].query("disposition == 'repurchase'")["system_id"]
    facts = portfolio["facts"].merge(portfolio["groups"], on="system_id")
    facts = facts[facts["system_id"].isin(bought)]
    lead = facts["lead_route"].map(routes).groupby(facts["group_id"]).max()
    is_buying = rows["phase"] == "procure"
    short = (rows["step"].isna() & (length < needed)) | (
        is_buying & (length < rows["group_id"].map(lead)).fillna(False)
    )
    return broken("promise_lengths", planned(rows[short.fillna(False).astype(bool)])["activity_id"], "activities")


def dependencies_hold(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """What is needed has changed hands before its dependants, and what is retired after them."""
    option = portfolio["decisions"].drop_duplicates("system_id").set_index("system_id")["disposition"]
    group = portfolio["groups"].drop_duplicates("system_id").set_index("system_id")["group_id"]
    moments = group_moments(portfolio)
    flows = portfolio["links"].dropna(subset=["source_system_id", "target_system_id"])
    flows = flows[flows["shared_service"].isna() & ~flows["flow_id"].isin(_told_to_decouple(portfolio))]
    source, target = flows["source_system_id"], flows["target_system_id"]
    leaving = target.map(option) == "retire"
    user, needed = source.map(group), target.map(group)
    # The group that has to be first, and the one after it.
    first, then = needed.where(~leaving, user), user.where(~leaving, needed)
    concerned = target.map(option).isin(_changing()) & source.map(option).isin(_changing())
    concerned &= (leaving | (source.map(option) != "retire")) & (user != needed)
    early = then.map(moments["start_week"]) <= first.map(moments["end_week"])
    early &= ~then.map(moments["activity_id"]).isin(begun(portfolio))
    wrong = (concerned & early).fillna(False).astype(bool)
    return broken("promise_order", flows.loc[wrong, "flow_id"], "links")


def _told_to_decouple(portfolio: Portfolio) -> pd.Series:
    """Flows that somebody has to decouple first; they excuse nothing where no finding tells of it."""
    ties, codes = portfolio["ties"], set(portfolio["findings"]["code"])
    is_told = bool(codes & {"circle_too_large", "hard_links_too_many"})
    return ties.loc[ties["is_decoupled"].fillna(False).astype(bool) & is_told, "flow_id"]


def groups_keep_their_limit(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """No group is larger than the policy's limit."""
    sizes = portfolio["groups"]["group_id"].value_counts()
    return broken("promise_group_size", sorted(sizes.index[sizes > policy.groups.max_systems.value]), "groups")


def _changing() -> list[str]:
    return sorted(CLOUD | {"retire", "repurchase"})
