"""Totals as ranges: the same sums over drawn assumptions, and over one assumption at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.business_case.rates import kwh_per_vcpu, sek_per_unit
from planner.case import Case
from planner.policy import Policy
from planner.policy.business_case import Assumption

Array = NDArray[Any]
PURCHASES = ("on_demand", "reserved_1y", "reserved_3y")
PERCENTILES = (10, 50, 90)


@dataclass(frozen=True)
class Totals:
    """Quantities of the comparison, summed over systems, and what they cost under any assumptions."""

    quantities: pd.DataFrame
    prices: Mapping[str, float]
    years: list[int]
    case: Case
    policy: Policy

    @cached_property
    def sums(self) -> dict[tuple[str, str, str, int], float]:
        """Quantity by purchase, kind, component and year."""
        keys = ["purchase", "kind", "component", "year"]
        sums = self.quantities.groupby(keys, sort=True)["quantity"].sum()
        return {key: float(value) for key, value in sums.items()}

    def by_year(self, at: Mapping[str, Any], purchase: str) -> dict[str, Array]:
        """SEK by kind and year (rows) for every draw (columns)."""
        size = max((np.size(value) for value in at.values()), default=1)
        made: dict[str, Array] = {}
        for place, year in enumerate(self.years):
            rates = sek_per_unit({**self.prices, **at}, year, self.case, self.policy)
            for (bought, kind, component, of_year), quantity in self.sums.items():
                if of_year == year and bought in (purchase, "every"):
                    kinds = made.setdefault(kind, np.zeros((len(self.years), size)))
                    kinds[place] += quantity * rates[kind, component]
        return made

    def measures(self, at: Mapping[str, Any], purchase: str) -> dict[str, Array]:
        """Every measure of the business case, one value per draw."""
        kinds = self.by_year(at, purchase)
        zero = np.zeros((len(self.years), max(np.size(value) for value in at.values())))
        today = kinds.get("today", zero)
        change = sum((part for kind, part in kinds.items() if kind != "today"), zero)
        return {
            "today": today.sum(axis=0),
            "plan": (today + change).sum(axis=0),
            "migration": kinds.get("migration", zero).sum(axis=0),
            "cloud": kinds.get("cloud", zero).sum(axis=0),
            "difference": change.sum(axis=0),
            "npv": -(change / self._growth(at["discount_rate_pct"])).sum(axis=0),
            "last_year": change[-1],
            "payback_years": payback(change),
            **self._energy(at),
        }

    def _growth(self, rate_pct: Any) -> Array:
        """What a krona of the first year has become in every year."""
        return (1 + np.atleast_1d(rate_pct) / 100)[None, :] ** np.arange(len(self.years))[:, None]

    def _energy(self, at: Mapping[str, Any]) -> dict[str, Array]:
        """Energy a year of today's servers that are compared, and CO2 where the policy has a factor."""
        kwh = np.atleast_1d(self._vcpu * kwh_per_vcpu(at, self.policy))
        grid = self.policy.business_case.grid_g_co2_per_kwh
        return {"energy_kwh": kwh} if grid is None else {"energy_kwh": kwh, "co2_kg": kwh * grid.value / 1000}

    @cached_property
    def _vcpu(self) -> float:
        return float(self.quantities.attrs.get("vcpu", 0.0))


def payback(change: Array) -> Array:
    """Years until the plan has paid for itself, within a year in proportion; endless where it does not."""
    sums = np.vstack([np.zeros(change.shape[1]), np.cumsum(change, axis=0)])
    # From the last year in which the plan had cost more than it had saved.
    behind = sums > 0
    last = np.where(behind.any(axis=0), len(sums) - 1 - np.argmax(behind[::-1], axis=0), 0)
    draws = np.arange(change.shape[1])
    comes = last < len(sums) - 1
    after = np.minimum(last + 1, len(sums) - 1)
    step = sums[last, draws] - sums[after, draws]
    within = np.divide(sums[last, draws], step, out=np.zeros(len(draws)), where=step > 0)
    return np.where(comes, np.where(behind.any(axis=0), last + within, 0.0), np.inf)


def drawn(assumptions: Mapping[str, Assumption], policy: Policy) -> dict[str, Array]:
    """Draw every assumption from its triangle; the seed of the policy makes it the same every time."""
    rng = np.random.default_rng(policy.business_case.seed)
    count = policy.business_case.samples
    made = {}
    for name, span in assumptions.items():
        uniform = rng.random(count)
        made[name] = _triangle(uniform, span)
    return made


def _triangle(uniform: Array, span: Assumption) -> Array:
    width = span.high - span.low
    if width == 0:
        return np.full(len(uniform), span.likely)
    turn = (span.likely - span.low) / width
    rising = span.low + np.sqrt(uniform * width * (span.likely - span.low))
    falling = span.high - np.sqrt((1 - uniform) * width * (span.high - span.likely))
    return np.where(uniform < turn, rising, falling)


def ranges(totals: Totals, assumptions: Mapping[str, Assumption]) -> pd.DataFrame:
    """Every measure by way to buy: with likely values, and at P10, P50 and P90 of the draws."""
    likely = {name: span.likely for name, span in assumptions.items()}
    draws = drawn(assumptions, totals.policy)
    rows = []
    for purchase in PURCHASES:
        exact, values = totals.measures(likely, purchase), totals.measures(draws, purchase)
        for measure, made in values.items():
            points = np.percentile(made, PERCENTILES, method="inverted_cdf")
            missing = np.isinf(made)
            state = "not_within_period" if missing.all() else "partly_not_within_period" if missing.any() else "counted"
            rows.append([purchase, measure, _unit(measure), exact[measure][0], *points, state])
    frame = pd.DataFrame(rows, columns=["purchase", "measure", "unit", "likely", "p10", "p50", "p90", "state"])
    numbers = ["likely", "p10", "p50", "p90"]
    return frame.assign(**frame[numbers].replace(np.inf, np.nan).round(2))


def _unit(measure: str) -> str:
    return {"payback_years": "years", "energy_kwh": "kWh", "co2_kg": "kg"}.get(measure, "SEK")


def sensitivity(totals: Totals, assumptions: Mapping[str, Assumption], count: int) -> pd.DataFrame:
    """The assumptions that move the net present value most, one at a time from its lowest to its highest."""
    purchase = totals.policy.business_case.main_purchase
    likely = {name: span.likely for name, span in assumptions.items()}

    def npv(**changed: float) -> float:
        return float(totals.measures({**likely, **changed}, purchase)["npv"][0])

    base = npv()
    rows = [
        {
            "assumption": name,
            **span.model_dump(),
            "npv_low_sek": round(npv(**{name: span.low}), 2),
            "npv_high_sek": round(npv(**{name: span.high}), 2),
            "npv_likely_sek": round(base, 2),
        }
        for name, span in assumptions.items()
    ]
    frame = pd.DataFrame(rows)
    frame["swing"] = (frame["npv_high_sek"] - frame["npv_low_sek"]).abs()
    frame = frame.sort_values(["swing", "assumption"], ascending=[False, True], ignore_index=True).head(count)
    return frame.assign(rank=frame.index + 1).drop(columns="swing")
