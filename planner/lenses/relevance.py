"""Lens 4: who does not digitalise becomes irrelevant. The UK Legacy IT Risk Assessment Framework, exact."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from planner.lenses.reading import System


def score(reading: System) -> tuple[pd.Series, pd.Series]:
    """Overall risk 1-30 = likelihood x impact, each the mean of its criteria's mean and maximum (public-sector
    reference section 4).

    Computed in whole numbers and divided once, so that 16 is 16 and not 15.999.
    """
    return _overall(reading.low), _overall(reading.high)


def _overall(points: Mapping[str, pd.DataFrame]) -> pd.Series:
    likelihood, impact = points["likelihood"], points["impact"]
    total = _doubled(likelihood) * _doubled(impact)
    return total / (4 * likelihood.shape[1] * impact.shape[1])


def _doubled(criteria: pd.DataFrame) -> pd.Series:
    # (mean + max) / 2 = (sum + n * max) / (2 n): the numerator is a whole number
    return criteria.sum(axis=1) + criteria.shape[1] * criteria.max(axis=1)
