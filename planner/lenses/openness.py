"""Lens 2: closed systems are thrown out. Ten checks of ten points; no bulk export, or disputed data, is a knock-out."""

from __future__ import annotations

import pandas as pd

from planner.lenses.reading import System

KNOCKED_OUT = 0.0


def score(reading: System) -> tuple[pd.Series, pd.Series]:
    """Sum of the checks, 0-100 (public-sector reference 3.2).

    A knock-out closes a system whatever its sum is: its score is set to 0. An unknown bulk export keeps the
    knock-out open at
    the low end; unknown ownership of data does not.
    """
    low, high = reading.low["checks"], reading.high["checks"]
    disputed = (reading.systems["customer_owns_data"] == "disputed").fillna(False).astype(bool)
    return _with_knock_out(low, disputed), _with_knock_out(high, disputed)


def _with_knock_out(points: pd.DataFrame, disputed: pd.Series) -> pd.Series:
    return points.sum(axis=1).mask((points["has_bulk_export"] == 0) | disputed, KNOCKED_OUT)
