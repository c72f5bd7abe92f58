"""Changes: when systems may change hands, how many in a week, and whether late ones are told."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.policy.schedule import CalendarRule
from planner.portfolio import Portfolio
from planner.verify.moments import begun, change_rows, group_moments, planned
from planner.verify.promise import broken


def no_cutover_in_closed_weeks(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """No system changes hands in a week that a freeze or the calendar closes to the areas of its group."""
    areas = portfolio["systems"][["system_id", "business_area"]].merge(portfolio["groups"], on="system_id")
    words = areas.dropna(subset="business_area").groupby("group_id")["business_area"].agg("; ".join).str.casefold()
    rows = planned(portfolio["activities"].query("has_cutover"))
    wrong = [
        activity_id
        for activity_id, group_id, end in zip(rows["activity_id"], rows["group_id"], rows["end_date"], strict=True)
        if _is_closed(end.date(), str(words.get(group_id, "")), case, policy.schedule.calendar)
    ]
    return broken("promise_freeze", wrong, "activities")


def decisions_are_taken_in_meetings(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """No step that needs a meeting ends in a week for which the calendar knows of none."""
    steps = {step.name for step in policy.schedule.steps if step.needs_meeting}
    rules = [rule for rule in policy.schedule.calendar if rule.effect == "no_meeting" and rule.level == "hard"]
    rows = planned(portfolio["activities"])
    rows = rows[rows["step"].isin(steps)]
    wrong = [
        activity_id
        for activity_id, end in zip(rows["activity_id"], rows["end_date"], strict=True)
        if any(_holds(rule, end.date() - timedelta(days=back)) for rule in rules for back in range(5))
    ]
    return broken("promise_meetings", wrong, "activities")


def _is_closed(friday: date, areas: str, case: Case, rules: list[CalendarRule]) -> bool:
    days = [friday - timedelta(days=back) for back in range(5)]
    mine = [rule for rule in rules if not rule.areas or any(word.casefold() in areas for word in rule.areas)]
    if any(_is_opened(rule, days[-1]) for rule in mine if rule.effect == "open"):
        return False
    for freeze in case.freezes:
        concerns = not freeze.areas or any(word.casefold() in areas for word in freeze.areas)
        if concerns and any(freeze.first <= day <= freeze.last for day in days):
            return True
    return any(_holds(rule, day) for rule in mine if rule.effect == "closed" for day in days)


def _is_opened(rule: CalendarRule, monday: date) -> bool:
    """A rule of one day opens the week that holds it, a longer one the weeks whose working days it holds whole."""
    week = [monday + timedelta(days=ahead) for ahead in range(7)]
    if rule.first == rule.last:
        return any(_holds(rule, day) for day in week)
    return all(_holds(rule, day) for day in week[:5])


def _holds(rule: CalendarRule, day: date) -> bool:
    if rule.days is not None:
        return rule.days[0] <= day.day <= rule.days[1]
    first, last, today = str(rule.first), str(rule.last), f"{day:%m-%d}"
    # A span over the turn of the year is of the year in which it begins.
    year = day.year - (first > last and today <= last)
    if (year - (rule.since or 0)) % rule.every:
        return False
    # A span to the end of February holds a leap day too.
    last = "02-29" if last == "02-28" else last
    return first <= today <= last if first <= last else today >= first or today <= last


def cutovers_per_week_hold(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """No more systems change hands in a week than the case allows; a larger group stands alone in its week."""
    rows = change_rows(portfolio)
    rows = rows.assign(is_open=~rows["activity_id"].isin(begun(portfolio)))
    weeks = rows.groupby("end_week").agg(
        systems=("system_id", "size"), parts=("activity_id", "nunique"), is_open=("is_open", "any")
    )
    crowded = weeks[(weeks["systems"] > case.max_cutovers_per_week) & (weeks["parts"] > 1) & weeks["is_open"]]
    return broken("promise_cutovers", [f"week {week}" for week in crowded.index], "activities")


def everything_changes_hands(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Every system with a change decided for it has a week in which it changes hands."""
    rows = change_rows(portfolio)
    with_work = rows["system_id"].isin(
        portfolio["effort"].loc[portfolio["effort"]["phase"].isin(["move", "close"]), "system_id"]
    )
    return broken("promise_changes", rows.loc[rows["end_week"].isna() & with_work, "system_id"], "systems")


def late_ones_are_told(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """What misses its deadline or the end of its contract is marked, and nothing else is."""
    rows = change_rows(portfolio).merge(
        portfolio["systems"][["system_id", "deadline_date", "contract_end_date"]], on="system_id"
    )
    contract = rows["contract_end_date"].where(rows["disposition"].isin(["retire", "repurchase"]))
    nearest = rows[["deadline_date"]].assign(contract=contract).min(axis=1)
    last = rows.groupby("group_id")["end_date"].transform("max")
    told = rows.groupby("group_id")["is_late"].transform("max").fillna(False).astype(bool)
    is_late = (last > nearest).groupby(rows["group_id"]).transform("max").fillna(False).astype(bool)
    return broken("promise_deadlines", rows.loc[is_late != told, "system_id"], "activities")


def pins_are_kept(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """No group changes hands before a day that people gave; where one is late for it, or its members' dates clash, a
    finding says so."""
    if not len(portfolio["pins"]):
        return broken("promise_pins", [], "systems")
    moments = group_moments(portfolio)[["activity_id", "end_date"]].rename(columns={"end_date": "end"})
    pins = portfolio["pins"].merge(portfolio["groups"], on="system_id").merge(moments.reset_index(), on="group_id")
    first, last = _allowed(pins)
    told = portfolio["findings"].query("code == 'pin_not_held'")
    is_told = pd.MultiIndex.from_frame(pins[["system_id", "value"]]).isin(
        pd.MultiIndex.from_frame(told[["row_id", "value"]])
    )
    is_open = ~pins["activity_id"].isin(begun(portfolio))
    is_wrong = (pins["end"] < first) | ((pins["end"] > last) & ~is_told)
    return broken("promise_pins", pins.loc[is_wrong & is_open, "system_id"], "systems")


def _allowed(pins: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """First and last day of every pin."""
    quarter = pins["value"].where(pins["kind"] == "quarter").str.replace("-", "")
    days = pd.to_datetime(pins["value"].where(pins["kind"] != "quarter"))
    start = pd.Series([pd.Period(at, freq="Q").start_time if pd.notna(at) else pd.NaT for at in quarter], pins.index)
    end = start + pd.offsets.QuarterEnd(1)
    first = start.fillna(days.where(pins["kind"] == "not_before"))
    return first, end.fillna(days.where(pins["kind"] == "not_after"))


def only_what_is_known_has_begun(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """What has begun did so before the plan was made, in a group of which somebody reported, or that a decided plan had
    begin by then."""
    rows, today = portfolio["activities"], pd.Timestamp(case.plan_date)
    old = portfolio["baseline"]
    decided = old[old["is_decided"].astype(bool) & (old["start_date"] <= today)]["system_id"]
    known = pd.concat([decided.dropna(), portfolio["reported"]["system_id"]])
    groups = set(portfolio["groups"].loc[portfolio["groups"]["system_id"].isin(known), "group_id"])
    is_known = rows["group_id"].isin(groups) | ((rows["phase"] == "foundation") & bool(groups))
    wrong = (rows["state"] != "planned") & (~is_known | (rows["start_date"] > today))
    return broken("promise_begun", rows.loc[wrong, "activity_id"], "activities")
