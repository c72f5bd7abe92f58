"""What has been done: reports as they came, told by system, and held against the calendar."""

from __future__ import annotations

import pandas as pd

from planner.case import Case
from planner.identity import systems_by_name
from planner.portfolio import Portfolio, finding_rows
from planner.schema import concat, conform


def progress(portfolio: Portfolio, case: Case) -> dict[str, pd.DataFrame]:
    """Read what has been reported about the work.

    A report names a system and a phase, and the day on which it began, was finished, or both. Several about one phase
    of a system (the same system under two names) are one: the earliest beginning, and the latest end if all have one.

    Returns
    -------
    dict of DataFrame
        reported, findings (reports that are not used: of no known system, or on days that cannot be).
    """
    rows = portfolio["progress"].reset_index(drop=True)
    rows["system_id"] = rows["system"].str.casefold().map(systems_by_name(portfolio))
    today = pd.Timestamp(case.plan_date)
    is_unknown = rows["system_id"].isna()
    is_odd = (rows[["started", "finished"]] > today).any(axis=1) | (rows["finished"] < rows["started"])
    is_odd |= rows["started"].isna() & rows["finished"].isna()
    used = rows[~is_unknown & ~is_odd].assign(open=lambda frame: frame["finished"].isna())
    used["started"] = used["started"].fillna(used["finished"])
    told = used.groupby(["system_id", "phase"], as_index=False).agg(
        started=("started", "min"),
        finished=("finished", "max"),
        open=("open", "any"),
        spent_days=("spent_days", lambda days: days.sum(min_count=1)),
    )
    told["finished"] = told["finished"].mask(told["open"].astype(bool))
    findings = [
        _unused("progress_unknown_system", rows[is_unknown], rows["system"]),
        _unused("progress_impossible", rows[~is_unknown & is_odd], _days(rows)),
    ]
    return {
        "reported": conform(told.drop(columns="open").sort_values(["system_id", "phase"]), "reported"),
        "findings": concat(findings, "findings"),
    }


def _days(rows: pd.DataFrame) -> pd.Series:
    first, last = (rows[name].dt.strftime("%Y-%m-%d").fillna("–") for name in ("started", "finished"))
    return first + " / " + last


def _unused(code: str, rows: pd.DataFrame, value: pd.Series) -> pd.DataFrame:
    return finding_rows(
        "warning", code, table="progress", row_id=rows["progress_id"], value=value.loc[rows.index],
        detail=rows["phase"], index=rows.index,
    )  # fmt: skip
