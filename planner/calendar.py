"""Weeks from the first Monday: capacity of each role in each week, and the weeks without cut-overs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from planner.case import Case
from planner.policy.schedule import CalendarRule
from planner.portfolio import Portfolio

Weeks = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def monday(case: Case, week: int) -> date:
    """First day of a week."""
    return case.first_monday + timedelta(weeks=week)


def this_week(case: Case) -> int:
    """Week in which the plan is made; the first one before work has begun."""
    return max(week_of(case, case.plan_date), 0)


def friday(case: Case, week: int) -> date:
    """Last working day of a week."""
    return monday(case, week) + timedelta(days=4)


def week_of(case: Case, day: date) -> int:
    """Week that holds a day; negative before the start."""
    return (day - case.first_monday).days // 7


def last_week_by(case: Case, day: date) -> int:
    """Last week whose Friday is not after a day."""
    return (day - case.first_monday - timedelta(days=4)).days // 7


def first_week_ending(case: Case, day: date) -> int:
    """First week whose Friday is not before a day; the first of all where it has passed."""
    return max(last_week_by(case, day - timedelta(days=1)) + 1, 0)


def horizon_weeks(case: Case) -> int:
    """Number of weeks up to and including the one that holds the horizon date."""
    return week_of(case, case.horizon_date) + 1


def frozen_weeks(case: Case, weeks: int, areas: str | None = None) -> Flags:
    """Weeks in which at least one working day lies in a freeze: no cut-over may take place in them.

    Freezes of some areas only count for systems whose business areas (`areas`, in lower case) hold one of them.
    """
    frozen = np.zeros(weeks, dtype=np.bool_)
    for freeze in case.freezes:
        if not freeze.areas or _concerns(freeze.areas, areas):
            _close(frozen, case, freeze.first, freeze.last)
    return frozen


def closed_weeks(case: Case, rules: list[CalendarRule], weeks: int, areas: str) -> Flags:
    """Weeks without cut-overs for systems of some business areas: freezes and calendar, less what a rule opens."""
    closed = frozen_weeks(case, weeks, areas)
    mine = [rule for rule in rules if not rule.areas or _concerns(rule.areas, areas)]
    for rule in mine:
        for first, last in _spans(rule, case, weeks) if rule.effect == "closed" else ():
            _close(closed, case, first, last)
    for rule in mine:
        for first, last in _spans(rule, case, weeks) if rule.effect == "open" else ():
            _open(closed, case, first, last)
    return closed


def without_meetings(case: Case, rules: list[CalendarRule], weeks: int, level: str = "hard") -> Flags:
    """Weeks in which no decision is taken, by the calendar's rules of one level."""
    closed = np.zeros(weeks, dtype=np.bool_)
    for rule in rules:
        if rule.effect == "no_meeting" and rule.level == level:
            for first, last in _spans(rule, case, weeks):
                _close(closed, case, first, last)
    return closed


def closing(case: Case, rules: list[CalendarRule], week: int, areas: str) -> str:
    """Names of the freezes and calendar rules that close a week for systems of some areas."""
    names = []
    for freeze in case.freezes:
        found = np.zeros(week + 1, dtype=np.bool_)
        if not freeze.areas or _concerns(freeze.areas, areas):
            _close(found, case, freeze.first, freeze.last)
        names += [freeze.name] if found[week] else []
    for rule in rules:
        found = np.zeros(week + 1, dtype=np.bool_)
        if rule.effect == "closed" and (not rule.areas or _concerns(rule.areas, areas)):
            for first, last in _spans(rule, case, week + 1):
                _close(found, case, first, last)
        names += [rule.name] if found[week] else []
    return ", ".join(names)


def not_meeting(case: Case, rules: list[CalendarRule], week: int, level: str = "hard") -> str:
    """Names of the calendar's rules of one level for which no decision is taken in a week."""
    return ", ".join(rule.name for rule in rules if without_meetings(case, [rule], week + 1, level)[week])


def areas_of(portfolio: Portfolio) -> dict[str, str]:
    """Business areas of every group's systems, in lower case: what freezes and calendar rules are held against."""
    systems = portfolio["systems"][["system_id", "business_area"]].dropna().merge(portfolio["groups"], on="system_id")
    words = systems[["group_id"]].assign(words=systems["business_area"].str.casefold())
    words = words.drop_duplicates().sort_values(["group_id", "words"])
    joined: dict[str, list[str]] = {}
    for group_id, word in words.itertuples(index=False, name=None):
        joined.setdefault(group_id, []).append(word)
    return {group_id: "; ".join(found) for group_id, found in joined.items()}


def _concerns(words: list[str], areas: str | None) -> bool:
    return areas is not None and any(word.casefold() in areas for word in words)


def _close(closed: Flags, case: Case, first: date, last: date) -> None:
    at, end = week_of(case, first), min(week_of(case, last), len(closed) - 1)
    if first.weekday() > 4 and friday(case, at) < first:
        at += 1
    closed[max(at, 0) : max(end + 1, 0)] = True


def _open(closed: Flags, case: Case, first: date, last: date) -> None:
    """Open the week of a single day, or the weeks that lie wholly in a longer span."""
    if first == last:
        at, end = week_of(case, first), week_of(case, first)
    else:
        at, end = week_of(case, first + timedelta(days=6)), last_week_by(case, last)
    closed[max(at, 0) : max(end + 1, 0)] = False


def _spans(rule: CalendarRule, case: Case, weeks: int) -> Iterator[tuple[date, date]]:
    years = range(case.first_monday.year - 1, monday(case, weeks).year + 1)
    for year in (year for year in years if (year - (rule.since or 0)) % rule.every == 0):
        if rule.first is not None and rule.last is not None:
            yield _day(year, rule.first), _day(year + (rule.last < rule.first), rule.last)
        elif rule.days is not None:
            for month in range(1, 13):
                yield _day(year, f"{month:02d}-{rule.days[0]:02d}"), _day(year, f"{month:02d}-{rule.days[1]:02d}")


def _day(year: int, month_day: str) -> date:
    """A day of a year; the last of the month where it has fewer days."""
    month, day = (int(part) for part in month_day.split("-"))
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day - 1), following - timedelta(days=1))


def capacity_weeks(case: Case, role: str, weeks: int) -> Weeks:
    """Person-days of a role in each week, with the team's changes; a freeze lowers its weeks to the share that is at
    work (the lowest where freezes meet)."""
    team = next(team for team in case.teams if team.role == role)
    days = np.full(weeks, team.days_per_week)
    for change in sorted(team.changes, key=lambda change: change.first):
        days[max(-(-(change.first - case.first_monday).days // 7), 0) :] = change.days_per_week
    share = np.ones(weeks)
    for freeze in case.freezes:
        first, last = max(week_of(case, freeze.first), 0), min(week_of(case, freeze.last), weeks - 1)
        share[first : last + 1] = np.minimum(share[first : last + 1], freeze.capacity_pct / 100)
    days_left: Weeks = np.round(share * days, 6)
    return days_left
