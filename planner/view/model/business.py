"""Today against the plan."""

from __future__ import annotations

from dataclasses import dataclass

from planner.view.model.terms import Ref, Span


@dataclass(frozen=True)
class Outcome:
    """A measure of the business case for one way to buy: at likely values, and P10, P50 and P90 in SEK and EUR; None
    for what does not come within the years."""

    likely: float | None
    points: Span
    points_eur: Span


@dataclass(frozen=True)
class Measure:
    """A measure of the business case, one outcome per way to buy."""

    key: str
    label: str
    explanation: str
    unit: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class BusinessYear:
    """Likely SEK of one year: today's environment as it is; under the plan what goes on of it, the cloud, and the
    move itself."""

    year: int
    today: float
    kept: float
    cloud: float
    once: float


@dataclass(frozen=True)
class Lever:
    """An assumption that moves the result: its range, and the net present value at both ends of it."""

    label: str
    values: tuple[float, float, float]
    npv_low: float
    npv_high: float


@dataclass(frozen=True)
class Excluded:
    """Systems that are not compared, and why."""

    key: str
    label: str
    count: int
    systems: tuple[Ref, ...]


@dataclass(frozen=True)
class State:
    """How many are in each state."""

    label: str
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class BusinessCase:
    """Today against the plan; pictures show the way to buy that the policy puts first."""

    purchases: tuple[str, ...]
    main: str
    measures: tuple[Measure, ...]
    years: tuple[BusinessYear, ...]
    first_year: int
    last_year: int
    samples: int
    levers: tuple[Lever, ...]
    likely_npv: float | None
    compared: int
    total: int
    modelled: int
    excluded: tuple[Excluded, ...]
    outside_sek: float | None
    states: tuple[State, ...]
