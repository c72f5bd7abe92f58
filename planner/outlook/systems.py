"""How many systems are closed, red, digital, with a benefit, and how they are delivered, on a day."""

from __future__ import annotations

import pandas as pd

from planner.outlook.state import State
from planner.policy.outlook import Outlook
from planner.portfolio import Portfolio

Row = tuple[str, int, int, int, int]
DELIVERIES = ("internal", "external", "hosted", "iaas", "paas", "saas")


def count_systems(portfolio: Portfolio, state: State, day: pd.Timestamp, goals: Outlook) -> list[Row]:
    """Count, with bounds for what is not known."""
    return [
        _left("closed_left", "openness", "closed", "ends_closed", state, day),
        _left("red_left", "relevance", "red", "ends_red", state, day),
        _key_services(state, day, goals.digital_level),
        _benefits(state, day),
        *_deliveries(state, day),
    ]


def _left(measure: str, lens: str, name: str, ends: str, state: State, day: pd.Timestamp) -> Row:
    """Systems still in a class of a lens: for sure, and at most."""
    is_out = state.is_gone(day) | (state.is_changed(day) & state.after[ends])
    bounds = [(state.today[f"{lens}_class_{end}"] == name) & ~is_out for end in ("low", "high")]
    is_known = (state.today[f"{lens}_class"] != "not_assessable") | is_out
    counts = sorted(int(bound.sum()) for bound in bounds)
    return measure, counts[0], counts[1], len(is_out), int(is_known.sum())


def _key_services(state: State, day: pd.Timestamp, wanted: int) -> Row:
    """Key public services that are full e-services, or that have ended."""
    is_key = state.today["is_key_public_service"].fillna(False).astype(bool)
    level = state.level("digital_level", "digital_level", day)[is_key]
    gone = state.is_gone(day)[is_key]
    reached = (level >= wanted).fillna(False).astype(bool) | gone
    return (
        "key_services_digital",
        int(reached.sum()),
        int((reached | level.isna()).sum()),
        len(level),
        int((level.notna() | gone).sum()),
    )


def _benefits(state: State, day: pd.Timestamp) -> Row:
    """Finished moves with a benefit that has a baseline and an owner (public-sector reference 3.5)."""
    done = state.today[state.is_changed(day) & ~state.after["is_gone"]]
    is_measured = done["benefit_baseline"].notna() & done["has_benefit_owner"].fillna(False)
    without = done["has_no_measured_benefit"].fillna(False).astype(bool)
    has = (is_measured | (done["has_no_measured_benefit"] == False).fillna(False)).astype(bool)  # noqa: E712
    return "moves_with_benefit", int(has.sum()), int((~without | has).sum()), len(done), int((has | without).sum())


def _deliveries(state: State, day: pd.Timestamp) -> list[Row]:
    delivery = state.after["delivery"].where(state.is_changed(day)).fillna(state.today["delivery"])
    delivery = delivery.fillna("unknown").mask(state.is_gone(day), "retired")
    found = delivery.value_counts()
    total, known = len(delivery), int((delivery != "unknown").sum())
    counts = [(name, int(found.get(name, 0))) for name in (*DELIVERIES, "retired", "unknown")]
    return [(f"delivery_{name}", count, count, total, known) for name, count in counts]
