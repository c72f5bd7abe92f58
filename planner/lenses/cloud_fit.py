"""Lens 3: cloud is how business systems are delivered. Gates in order; the worst one decides."""

from __future__ import annotations

import pandas as pd

from planner.lenses.reading import System


def score(reading: System) -> tuple[pd.Series, pd.Series]:
    """0 denied, 1 needs a decision, 2 ready: the lowest input decides (public-sector reference 3.3)."""
    return reading.low["gates"].min(axis=1), reading.high["gates"].min(axis=1)
