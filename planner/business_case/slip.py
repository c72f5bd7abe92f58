"""How much later than planned systems change hands: the futures of the schedule, as months by wave."""

from __future__ import annotations

import pandas as pd

from planner.policy.business_case import Assumption
from planner.portfolio import Portfolio

DAYS_PER_MONTH = 365.25 / 12
POINTS = ("p50", "p80", "p95")


def slips(portfolio: Portfolio, moved: pd.Series, last_year: int) -> pd.DataFrame:
    """Months from the planned end of each system's wave to its end at P50, P80 and P95; none where it is not later.

    Parameters
    ----------
    moved
        Last day of the cut-over by system.
    last_year
        Of the comparison: what is later than its end costs nothing in it.
    """
    waves = portfolio["risk_waves"].query("scope == 'wave'").set_index("wave")
    months = pd.DataFrame(
        {
            point: (waves[f"{point}_date"] - waves["planned_date"]).dt.days.clip(lower=0) / DAYS_PER_MONTH
            for point in POINTS
        }
    )
    wave = portfolio["waves"].drop_duplicates("system_id").set_index("system_id")["wave"].reindex(moved.index)
    left = (pd.Timestamp(last_year + 1, 1, 1) - moved).dt.days.clip(lower=0).fillna(0) / DAYS_PER_MONTH
    return months.reindex(wave).set_axis(moved.index).fillna(0.0).clip(upper=left.astype(float), axis=0)


def slip_assumption(months: pd.DataFrame) -> Assumption:
    """The mean of all systems: on time at best, as late as half of the futures most likely, at P95 at worst."""
    likely, high = (float(months[point].mean()) if len(months) else 0.0 for point in ("p50", "p95"))
    return Assumption(
        low=0.0,
        likely=round(likely, 4),
        high=round(max(likely, high), 4),
        unit="months later than planned, mean of the systems and within the years of the comparison",
        because="P50 and P95 of the futures of the schedule; both environments are taken to run until the move is "
        "done, the dearer of what a delay may be",
        source="risk_waves",
    )


def slip_parts(months: pd.DataFrame, moved: pd.Series, years: list[int]) -> pd.DataFrame:
    """By system, in the year of its cut-over, how its delay at P80 compares with the mean of all."""
    weight = months["p80"] / months["p80"].mean() if (months["p80"] > 0).any() else months["p80"]
    return pd.DataFrame({year: weight.where(moved.dt.year == year, 0.0) for year in years}, index=months.index)
