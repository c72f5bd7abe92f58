"""Percentiles of many values by counting: memory grows with the number of servers and not with that of values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEP_PCT = 0.1
BINS = 1001
# A value halfway between two steps belongs to the upper one, whichever way its last binary digit was rounded.
_HALF = 0.5 + 1e-9
_AVERAGE_UNITS = 1000
_BATCH = 1000


class Histogram:
    """Counts of percentages per server on a grid of 0.1 percentage points.

    The percentile is the nearest rank: the smallest value such that at least that share of the values is no larger.
    It comes out as the nearest step, at most 0.05 percentage points from the exact one, and exactly for values with at
    most one decimal. The maximum is exact; the average is within 0.0005 percentage points. What comes out does not
    depend on the order of the values nor on how they were cut into chunks.
    """

    def __init__(self) -> None:
        self._counts = np.zeros((0, BINS), dtype=np.uint32)
        self._sums = np.zeros(0, dtype=np.int64)
        self.maximum: NDArray[np.float64] = np.zeros(0)

    def add(self, servers: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        """Count values of 0 to 100 for servers given by number."""
        if not len(servers):
            return
        self._grow(int(servers.max()) + 1)
        bins = np.floor(values / STEP_PCT + _HALF).astype(np.int64)
        np.add.at(self._counts.reshape(-1), servers * BINS + bins, np.uint32(1))
        np.add.at(self._sums, servers, np.floor(values * _AVERAGE_UNITS + _HALF).astype(np.int64))
        np.maximum.at(self.maximum, servers, values)

    @property
    def totals(self) -> NDArray[np.int64]:
        """Values per server."""
        found: NDArray[np.int64] = self._counts.sum(axis=1, dtype=np.int64)
        return found

    def averages(self) -> NDArray[np.float64]:
        """Average per server, NaN where there is no value."""
        totals = self.totals
        return np.where(totals > 0, self._sums / np.maximum(totals, 1) / _AVERAGE_UNITS, np.nan)

    def percentiles(self, percentile: int) -> NDArray[np.float64]:
        """Nearest-rank percentile per server, NaN where there is no value."""
        totals = self.totals
        ranks = -(-totals * percentile // 100)
        found = np.full(len(totals), np.nan)
        for start in range(0, len(totals), _BATCH):
            part = slice(start, start + _BATCH)
            reached = np.cumsum(self._counts[part], axis=1, dtype=np.int64) >= ranks[part, None]
            found[part] = reached.argmax(axis=1) / (1 / STEP_PCT)
        return np.where(totals > 0, found, np.nan)

    def _grow(self, servers: int) -> None:
        have = len(self._sums)
        if servers > have:
            more = max(servers, 2 * have) - have
            self._counts = np.concatenate([self._counts, np.zeros((more, BINS), dtype=np.uint32)])
            self._sums = np.concatenate([self._sums, np.zeros(more, dtype=np.int64)])
            self.maximum = np.concatenate([self.maximum, np.zeros(more)])
