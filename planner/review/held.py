"""After the schedule: do the dates hold that people gave, is what was decided still so, and are there still the risks
that somebody answers for?"""

from __future__ import annotations

import pandas as pd

from planner.portfolio import Portfolio, finding_rows
from planner.review.step import told_of
from planner.schema import concat


def held(portfolio: Portfolio) -> dict[str, pd.DataFrame]:
    """Tell of every decision that the finished plan does not keep; nothing is resolved silently.

    Returns
    -------
    dict of DataFrame
        findings.
    """
    reviews = portfolio["reviews"]
    active = reviews[reviews["state"] == "active"]
    parts = [_pins(active[active["section"] == "pin"], portfolio), _risks(active[active["kind"] == "risk"], portfolio)]
    parts.append(_decided(portfolio))
    return {"findings": concat(parts, "findings")}


def _decided(portfolio: Portfolio) -> pd.DataFrame:
    """Systems that change hands in another quarter than was decided, or no longer at all: as long as it is decided."""
    decided = portfolio["decided"]
    now = decided["system_id"].map(portfolio["waves"].set_index("system_id")["quarter"])
    moved = (now != decided["quarter"]).fillna(True).astype(bool)
    return finding_rows(
        "warning", "decided_wave_changed", table="systems", row_id=decided.loc[moved, "system_id"],
        value=decided.loc[moved, "quarter"], detail=now[moved].fillna("–"), index=decided.index[moved],
    )  # fmt: skip


def _pins(pins: pd.DataFrame, portfolio: Portfolio) -> pd.DataFrame:
    waves = portfolio["waves"][["system_id", "quarter", "end_date"]]
    both = pins.merge(waves, on="system_id", how="left")
    end = both["end_date"].dt.strftime("%Y-%m-%d")
    value, kind = both["value"], both["kind"]
    is_kept = (kind == "quarter") & (both["quarter"] == value)
    is_kept |= (kind == "not_before") & (end >= value)
    is_kept |= (kind == "not_after") & (end <= value)
    broken = both[~is_kept.fillna(False).astype(bool)].reset_index(drop=True)
    happens = broken["quarter"].where(broken["kind"] == "quarter", broken["end_date"].dt.strftime("%Y-%m-%d"))
    return told_of(broken, "warning", "pin_not_held", happens.fillna("–"))


def _risks(risks: pd.DataFrame, portfolio: Portfolio) -> pd.DataFrame:
    found = portfolio["findings"]
    known = set(zip(found["row_id"], found["code"], strict=True))
    pairs = zip(risks["system_id"], risks["value"], strict=True)
    is_gone = pd.Series([pair not in known for pair in pairs], index=risks.index, dtype="bool")
    return told_of(risks[is_gone].reset_index(drop=True), "info", "accepted_risk_gone")
