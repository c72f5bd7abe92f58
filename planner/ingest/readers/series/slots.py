"""Which points of a series were seen, in a bit each: duplicates, coverage and gaps whatever the order of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DAY_SECONDS = 86_400
_DAY_BITS = 20
Seconds = NDArray[np.int64]


@dataclass(frozen=True)
class Spread:
    """How one server's points lie in time."""

    points: int
    expected: int | None
    interval_seconds: int | None
    longest_gap_seconds: int | None


class Slots:
    """A bit for every slot of every day on which a server has points.

    Points of one server in the same slot are the same point. A day at slots of a minute takes 180 bytes.

    Parameters
    ----------
    slot_seconds
        Length of a slot; divides the day.
    """

    def __init__(self, slot_seconds: int) -> None:
        self.slot_seconds = slot_seconds
        self._per_day = DAY_SECONDS // slot_seconds
        self._pages: dict[int, int] = {}
        self._bits = np.zeros((0, -(-self._per_day // 8)), dtype=np.uint8)

    def mark(self, servers: NDArray[np.int64], seconds: Seconds) -> NDArray[np.bool_]:
        """Note points of servers, by number; say of each whether it is new."""
        day, second = np.divmod(seconds, DAY_SECONDS)
        codes, keys = pd.factorize(servers << _DAY_BITS | day)
        page = np.array([self._pages.setdefault(int(key), len(self._pages)) for key in keys], dtype=np.int64)
        self._grow()
        slot = page[codes] * (self._bits.shape[1] * 8) + second // self.slot_seconds
        flat = self._bits.reshape(-1)
        byte, bit = slot >> 3, np.uint8(1) << (slot & 7).astype(np.uint8)
        is_new: NDArray[np.bool_] = (flat[byte] & bit) == 0
        is_new &= ~pd.Series(slot).duplicated().to_numpy()
        # Each new bit is unset and stands once, so that adding it is setting it.
        np.add.at(flat, byte[is_new], bit[is_new])
        return is_new

    def spread(self, servers: int, other: Slots) -> dict[int, Spread]:
        """How the points of each server lie, those of another metric with them."""
        mine = _by_server(self._pages)
        theirs = _by_server(other._pages)
        found = {}
        for server in range(servers):
            days = sorted({*mine.get(server, {}), *theirs.get(server, {})})
            if days:
                found[server] = self._spread([(day, self._row(server, day) | other._row(server, day)) for day in days])
        return found

    def _row(self, server: int, day: int) -> NDArray[np.uint8]:
        page = self._pages.get(server << _DAY_BITS | day)
        return np.zeros(self._bits.shape[1], dtype=np.uint8) if page is None else self._bits[page]

    def _spread(self, days: list[tuple[int, NDArray[np.uint8]]]) -> Spread:
        at = np.concatenate(
            [day * self._per_day + np.flatnonzero(np.unpackbits(row, bitorder="little")) for day, row in days]
        )
        if len(at) < 2:
            return Spread(len(at), None, None, None)
        distances, counts = np.unique(np.diff(at), return_counts=True)
        interval = int(distances[counts.argmax()])
        expected = round((at[-1] - at[0]) / interval) + 1
        return Spread(len(at), expected, interval * self.slot_seconds, int(distances[-1]) * self.slot_seconds)

    def _grow(self) -> None:
        more = len(self._pages) - len(self._bits)
        if more > 0:
            extra = np.zeros((max(more, len(self._bits)), self._bits.shape[1]), dtype=np.uint8)
            self._bits = np.concatenate([self._bits, extra])


def _by_server(pages: dict[int, int]) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    for key, page in pages.items():
        found.setdefault(key >> _DAY_BITS, {})[key & ((1 << _DAY_BITS) - 1)] = page
    return found
