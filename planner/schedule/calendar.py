"""Weeks from the first Monday: capacity of each role in each week, and the weeks without cut-overs."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from planner.case import Case

Weeks = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def monday(case: Case, week: int) -> date:
    """First day of a week."""
    return case.first_monday + timedelta(weeks=week)


def friday(case: Case, week: int) -> date:
    """Last working day of a week."""
    return monday(case, week) + timedelta(days=4)


def week_of(case: Case, day: date) -> int:
    """Week that holds a day; negative before the start."""
    return (day - case.first_monday).days // 7


def horizon_weeks(case: Case) -> int:
    """Number of weeks up to and including the one that holds the horizon date."""
    return week_of(case, case.horizon_date) + 1


def frozen_weeks(case: Case, weeks: int) -> Flags:
    """Weeks in which at least one working day lies in a freeze: no cut-over may end in them."""
    frozen = np.zeros(weeks, dtype=np.bool_)
    for freeze in case.freezes:
        first, last = week_of(case, freeze.first), week_of(case, freeze.last)
        if freeze.first.weekday() > 4 and friday(case, first) < freeze.first:
            first += 1
        frozen[max(first, 0) : max(min(last, weeks - 1) + 1, 0)] = True
    return frozen


def capacity_weeks(case: Case, role: str, weeks: int) -> Weeks:
    """Person-days of a role in each week; a freeze lowers its weeks to the share that is at work (the lowest where
    freezes meet)."""
    share = np.ones(weeks)
    for freeze in case.freezes:
        first, last = max(week_of(case, freeze.first), 0), min(week_of(case, freeze.last), weeks - 1)
        share[first : last + 1] = np.minimum(share[first : last + 1], freeze.capacity_pct / 100)
    return np.round(share * case.capacities[role], 6)
