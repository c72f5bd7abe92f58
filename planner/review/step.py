"""The review step: which of people's decisions hold on the day of the plan, and which are told to be looked at."""

from __future__ import annotations

import pandas as pd

from planner.case import Case
from planner.portfolio import Portfolio, finding_rows
from planner.review.reading import FILE, Read
from planner.schema import concat, conform

# State of a decision, and the finding that tells of it.
TOLD = {
    "expired": ("warning", "review_expired"),
    "not_yet": ("info", "review_not_yet"),
    "unknown_system": ("warning", "review_unknown_system"),
    "contradictory": ("warning", "review_contradictory"),
}
# Several of them about one system do not contradict each other.
_MANY = ("risk", "gate")
_PIN = ["system_id", "kind", "value", "who", "when", "why", "expires", "place"]


def review(portfolio: Portfolio, case: Case, read: Read) -> dict[str, pd.DataFrame]:
    """Hold people's decisions against the calendar, the inventory and each other.

    Returns
    -------
    dict of DataFrame
        reviews (one row per decision, with its state), pins (those that hold, for the schedule), findings (one per
        decision that is not used).
    """
    rows = list(read.rows())
    if not rows:
        return {"reviews": conform(pd.DataFrame(), "reviews"), "pins": conform(pd.DataFrame(), "pins")}
    frame = pd.DataFrame(rows)
    for name in ("when", "expires"):
        frame[name] = pd.to_datetime(frame[name])
    day = pd.Timestamp(case.plan_date)
    state = pd.Series("active", index=frame.index)
    state[_contradictory(frame[(frame["when"] <= day) & ~(frame["expires"] < day)])] = "contradictory"
    state[frame["when"] > day] = "not_yet"
    state[(frame["expires"] < day).fillna(False)] = "expired"
    state[~frame["system_id"].isin(portfolio["systems"]["system_id"])] = "unknown_system"
    reviews = conform(frame.assign(state=state), "reviews")
    pins = reviews[(reviews["section"] == "pin") & (reviews["state"] == "active")]
    return {"reviews": reviews, "pins": conform(pins[_PIN], "pins"), "findings": _findings(reviews)}


def _contradictory(frame: pd.DataFrame) -> pd.Index:
    """Decisions on the same thing with different words: nobody but people can say which of them holds."""
    single = frame[~frame["kind"].isin(_MANY)]
    values = single.groupby(["system_id", "kind"])["value"].transform("nunique")
    return single.index[values > 1]


def _findings(reviews: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for state, (severity, code) in TOLD.items():
        told = reviews[reviews["state"] == state].reset_index(drop=True)
        parts.append(told_of(told, severity, code))
    return concat(parts, "findings")


def told_of(rows: pd.DataFrame, severity: str, code: str, detail: pd.Series | None = None) -> pd.DataFrame:
    """Findings about decisions, each at its line."""
    until = rows["expires"].dt.strftime("%Y-%m-%d") if code == "review_expired" else None
    return finding_rows(
        severity,
        code,
        table="systems",
        index=rows.index,
        row_id=rows["system_id"],
        file=FILE,
        row=pd.to_numeric(rows["place"].str.split(":").str[-1], errors="coerce").astype("Int64"),
        value=rows["value"],
        detail=until if detail is None else detail,
    )
