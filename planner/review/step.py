"""The review step: which of people's decisions hold on the day of the plan, and which are told to be looked at."""

from __future__ import annotations

from datetime import date

import pandas as pd

from planner.case import Case
from planner.identity import systems_by_name
from planner.portfolio import Portfolio, finding_rows
from planner.review.reading import BETWEEN, FILE, Read
from planner.schema import concat, conform

# State of a decision, and the finding that tells of it.
TOLD = {
    "expired": ("warning", "review_expired"),
    "not_yet": ("warning", "review_not_yet"),
    "unknown_system": ("warning", "review_unknown_system"),
    "contradictory": ("warning", "review_contradictory"),
    "unknown_record": ("warning", "review_unknown_record"),
}
_SIDES = [("left_key", "left_file"), ("right_key", "right_file")]
_PIN = ["system_id", "kind", "value", "who", "when", "why", "expires", "place"]


def review(portfolio: Portfolio, case: Case, read: Read) -> dict[str, pd.DataFrame]:
    """Hold people's decisions against the calendar, the inventory and each other.

    Returns
    -------
    dict of DataFrame
        reviews (one row per decision, with its state), pins (those that hold, for the schedule), findings (one per
        decision that is not used).
    """
    frame = _on(read, case.plan_date)
    if frame.empty:
        return {"reviews": conform(frame, "reviews"), "pins": conform(frame, "pins")}
    is_match = frame["section"] == "match"
    is_known = frame["system_id"].isin(portfolio["systems"]["system_id"])
    frame["state"] = frame["state"].mask(~is_match & ~is_known, "unknown_system")
    if is_match.any():
        is_lost = is_match & (frame["state"] == "active") & ~frame["subject"].isin(_used(portfolio["matches"]))
        frame["state"] = frame["state"].mask(is_lost, "unknown_record")
        named, system = frame["system_id"], _systems_of(frame["system_id"], portfolio)
        frame["system_id"] = named.mask(is_match, system)
        # Of the two keys the one that is no system's any more: an earlier plan may have had a system by it.
        frame["other_id"] = frame["other_id"].mask(frame["other_id"] == system, named)
    reviews = conform(frame.drop(columns="subject"), "reviews")
    pins = reviews[(reviews["section"] == "pin") & (reviews["state"] == "active")]
    return {"reviews": reviews, "pins": conform(pins[_PIN], "pins"), "findings": _findings(reviews)}


def decided_matches(read: Read, day: date) -> pd.DataFrame:
    """Pairs of records on which a decision holds on a day: told to the reading of the sources as matches.csv is."""
    rows = [
        {"table": item.table, "decision": item.decision}
        | {key: record.key for (key, _), record in zip(_SIDES, item.records, strict=True)}
        | {file: record.file for (_, file), record in zip(_SIDES, item.records, strict=True)}
        for item, state in zip(read.review.matches, _on(read, day).get("state", []), strict=False)
        if state == "active"
    ]
    return pd.DataFrame(rows, columns=["table", *(name for side in _SIDES for name in side), "decision"])


def _on(read: Read, day: date) -> pd.DataFrame:
    """All decisions, matches first, with their state on a day as far as the calendar and the others say it."""
    frame = pd.DataFrame(list(read.rows()))
    if frame.empty:
        return frame
    for name in ("when", "expires"):
        frame[name] = pd.to_datetime(frame[name])
    today = pd.Timestamp(day)
    state = pd.Series("active", index=frame.index)
    state[_contradictory(frame[(frame["when"] <= today) & ~(frame["expires"] < today)])] = "contradictory"
    state[frame["when"] > today] = "not_yet"
    state[(frame["expires"] < today).fillna(False)] = "expired"
    return frame.assign(state=state)


def _contradictory(frame: pd.DataFrame) -> pd.Index:
    """Decisions on the same thing with different words: nobody but people can say which of them holds."""
    return frame.index[frame.groupby("subject")["value"].transform("nunique") > 1]


def _used(matches: pd.DataFrame) -> set[str]:
    """Pairs of records that stand in the sources and on which somebody decided."""
    decided = matches[matches["decision"].notna()]
    sides = [decided[key] + " (" + decided[file] + ")" for key, file in _SIDES]
    return {
        BETWEEN.join(("match", table, *sorted(pair))) for table, *pair in zip(decided["table"], *sides, strict=True)
    }


def _systems_of(keys: pd.Series, portfolio: Portfolio) -> pd.Series:
    """System that a record belongs to now; its key where it belongs to none."""
    return keys.str.casefold().map(systems_by_name(portfolio)).astype("object").fillna(keys)


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
