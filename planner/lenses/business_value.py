"""Lens 5: digitalising is developing the business; no cow path is paved."""

from __future__ import annotations

import pandas as pd

from planner.lenses.reading import System


def score(reading: System) -> tuple[pd.Series, pd.Series]:
    """Cow-path index 0-100: the sum of the components that hold (public-sector reference 3.5)."""
    return reading.low["components"].sum(axis=1), reading.high["components"].sum(axis=1)
