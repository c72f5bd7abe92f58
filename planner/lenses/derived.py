"""Inputs of lenses that follow from dates and counts; what somebody set by hand stands."""

from __future__ import annotations

import pandas as pd

# A map of a process that is older than this no longer describes it (public-sector reference 3.5).
MAPPED_WITHIN_MONTHS = 24


def with_derived_inputs(systems: pd.DataFrame, plan_date: pd.Timestamp) -> pd.DataFrame:
    """Fill blanks: risk L1 and L2 from dates, and the process's components from what is known of it.

    Parameters
    ----------
    systems
        Columns of tables systems and facts.
    plan_date
        Day on which the plan is made.
    """
    derived = {
        "risk_l1": _support_risk(systems, plan_date),
        "risk_l2": _contract_risk(systems, plan_date),
        "is_process_unmapped": _before(
            systems["process_mapped_date"], plan_date - pd.DateOffset(months=MAPPED_WITHIN_MONTHS)
        ),
        "has_same_manual_steps": systems["manual_steps_after"] >= systems["manual_steps_before"],
        "has_no_measured_benefit": _is_unmeasured(systems),
    }
    return systems.assign(**{name: systems[name].fillna(values) for name, values in derived.items()})


def _before(dates: pd.Series, day: pd.Timestamp) -> pd.Series:
    return (dates < day).astype("boolean").mask(dates.isna(), pd.NA)


def _is_unmeasured(systems: pd.DataFrame) -> pd.Series:
    # A benefit counts with a baseline and an owner; blanks do not say that there is none.
    is_measured = systems["benefit_baseline"].notna() & systems["has_benefit_owner"].fillna(False).astype(bool)
    return pd.Series(False, index=systems.index, dtype="boolean").where(is_measured, pd.NA)


def _support_risk(systems: pd.DataFrame, plan_date: pd.Timestamp) -> pd.Series:
    """L1 from the end of support. Bands: public-sector reference section 3.4 (own model)."""
    return _bands(systems["support_end_date"], plan_date, [(0, 6), (12, 5), (24, 4), (36, 3), (60, 2)], 1)


def _contract_risk(systems: pd.DataFrame, plan_date: pd.Timestamp) -> pd.Series:
    """L2 from the end of the contract; an open-ended one is 2 (public-sector reference section 3.4, own model)."""
    risk = _bands(systems["contract_end_date"], plan_date, [(0, 6), (12, 5), (24, 4), (36, 3)], 2)
    return risk.mask(systems["is_contract_rolling"].fillna(False).astype(bool), 2)


def _bands(dates: pd.Series, plan_date: pd.Timestamp, bands: list[tuple[int, int]], beyond: int) -> pd.Series:
    level = pd.Series(beyond, index=dates.index, dtype="Int64")
    for months, value in reversed(bands):
        level = level.mask(dates < plan_date + pd.DateOffset(months=months), value)
    return level.mask(dates.isna(), pd.NA)
