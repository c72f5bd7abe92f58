"""Lens 1: data flows freely by 2030. Level 1-5 from the weakest of four EIF layers."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from planner.lenses.reading import System

LAYERS = ("technical", "semantic", "organisational", "legal")


def score(reading: System) -> tuple[pd.Series, pd.Series]:
    """Level = min(5, 1 + the weakest layer); a layer is the floor of the mean of its points (public-sector
    reference 3.1)."""
    return _level(reading.low), _level(reading.high)


def _level(points: Mapping[str, pd.DataFrame]) -> pd.Series:
    layers = pd.DataFrame({layer: points[layer].mean(axis=1) // 1 for layer in LAYERS})
    return (1 + layers.min(axis=1)).clip(upper=5)
