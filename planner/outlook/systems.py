"""How many systems are closed, red, digital, with a benefit, and how they are delivered, on every day looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from planner.outlook.state import Days, Flags, State, flags
from planner.policy.outlook import Outlook

Counts = npt.NDArray[np.int64]
DELIVERIES = ("internal", "external", "hosted", "iaas", "paas", "saas")


class Measure(NamedTuple):
    """What is counted on every day: for sure, at most, of how many, and of how many it is known."""

    name: str
    low: Counts
    high: Counts
    total: Counts
    known: Counts


def count_systems(days: Days, goals: Outlook) -> list[Measure]:
    """Count, with bounds for what is not known."""
    return [
        _left("closed_left", "openness", "closed", "ends_closed", days),
        _left("red_left", "relevance", "red", "ends_red", days),
        _key_services(days, goals.digital_level),
        _benefits(days),
        *_deliveries(days),
    ]


def count(found: Flags) -> Counts:
    """How many, day by day."""
    counts: Counts = found.sum(axis=1)
    return counts


def _left(measure: str, lens: str, name: str, ends: str, days: Days) -> Measure:
    """Systems still in a class of a lens: for sure, and at most."""
    state = days.state
    is_out = days.is_gone | (days.is_changed & flags(state.after[ends]))
    bounds = [count(flags(state.today[f"{lens}_class_{end}"] == name) & ~is_out) for end in ("low", "high")]
    is_known = flags(state.today[f"{lens}_class"] != "not_assessable") | is_out
    return Measure(measure, np.minimum(*bounds), np.maximum(*bounds), always(is_out, is_out.shape[1]), count(is_known))


def always(days: npt.NDArray[np.generic], total: int) -> Counts:
    """The same on every day."""
    return np.full(len(days), total, dtype=np.int64)


def _key_services(days: Days, wanted: int) -> Measure:
    """Key public services that are full e-services, or that have ended."""
    is_key = flags(days.state.today["is_key_public_service"])
    level = days.level("digital_level", "digital_level")
    is_known = ~np.isnan(level)
    reached = (level >= wanted) | days.is_gone
    return Measure(
        "key_services_digital",
        count(reached & is_key),
        count((reached | ~is_known) & is_key),
        always(level, int(is_key.sum())),
        count((is_known | days.is_gone) & is_key),
    )


def _benefits(days: Days) -> Measure:
    """Finished moves with a benefit that has a baseline and an owner (public-sector reference 3.5)."""
    today, done = days.state.today, days.is_changed & ~days.is_gone
    is_measured = flags(today["benefit_baseline"].notna()) & flags(today["has_benefit_owner"])
    without = flags(today["has_no_measured_benefit"])
    has = is_measured | flags(today["has_no_measured_benefit"] == False)  # noqa: E712
    return Measure(
        "moves_with_benefit",
        count(done & has),
        count(done & (~without | has)),
        count(done),
        count(done & (has | without)),
    )


def _deliveries(days: Days) -> Iterator[Measure]:
    found = {name: _delivered(name, days) for name in (*DELIVERIES, "unknown")}
    total = always(days.is_gone, days.is_gone.shape[1])
    known = total - count(found["unknown"])
    for name in (*DELIVERIES, "retired", "unknown"):
        counts = count(found.get(name, days.is_gone))
        yield Measure(f"delivery_{name}", counts, counts, total, known)


def _delivered(name: str, days: Days) -> Flags:
    """Which systems are delivered in a way: as their action has it, where it says so."""
    now, then = _is(days.state, "today", name), _is(days.state, "after", name)
    says = flags(days.state.after["delivery"].notna())
    found: Flags = np.where(days.is_changed & says, then, now) & ~days.is_gone
    return found


def _is(state: State, moment: str, name: str) -> Flags:
    delivery = getattr(state, moment)["delivery"]
    return flags(delivery.isna() | (delivery == "unknown") if name == "unknown" else delivery == name)
