"""A dominance table: for every combination of needs the first offer that covers them all, and the second.

Needs fall between the steps of what offers can hold, so there are only as many different answers as there are cells
between steps. All are found once, by running minima along every axis; a server then costs one binary search per need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
FEW_STEPS = 40


@dataclass(frozen=True)
class Staircase:
    """Answers by cell; `steps` are the capacities by dimension, and a need above the last step has a cell of its own.

    `first` and `second` are places in the order of preference, or `count` for none. `bound` has one bit per dimension:
    without that need another offer would come first. It is `TOGETHER` when only all needs together keep another away.
    """

    steps: tuple[Array, ...]
    first: Array
    second: Array
    bound: Array
    count: int

    @property
    def together(self) -> int:
        """The code of `bound` that says: no need alone, but all of them together."""
        return int(2 ** len(self.steps))

    def cells(self, needs: Sequence[Array]) -> Array:
        """Cell of every server, from one array of needs per dimension; a need that is not a number fits nowhere."""
        at = np.zeros(len(needs[0]), dtype=np.int32)
        for steps, need in zip(self.steps, needs, strict=True):
            at *= len(steps) + 1
            at += _step(steps, need)
        return at


def _step(steps: Array, need: Array) -> Array:
    """First step that is enough for each need. Counting steps is faster than a search while they are few."""
    if len(steps) > FEW_STEPS:
        return np.searchsorted(steps, need)
    enough = np.zeros(len(need), dtype=np.int8)
    for step in steps:
        enough += need <= step
    return len(steps) - enough


def staircase(capacities: Array) -> Staircase:
    """Build the table.

    Parameters
    ----------
    capacities
        One row per offer, in order of preference, and one column per dimension.
    """
    count, dimensions = capacities.shape
    steps = tuple(np.unique(capacities[:, at]) for at in range(dimensions))
    shape = tuple(len(each) + 1 for each in steps)
    first, second = np.full(shape, count), np.full(shape, count)
    at = tuple(np.searchsorted(each, capacities[:, axis]) for axis, each in enumerate(steps))
    np.minimum.at(first, at, np.arange(count))
    rest = np.flatnonzero(first[at] != np.arange(count))
    np.minimum.at(second, tuple(axis[rest] for axis in at), rest)
    for axis in range(dimensions):
        _spread_down(np.moveaxis(first, axis, 0), np.moveaxis(second, axis, 0))
    return Staircase(steps, first.ravel(), second.ravel(), _bound(first).ravel(), count)


def _spread_down(first: Array, second: Array) -> None:
    """What covers a step also covers every lower one: keep the two best of each cell and all above it, in place."""
    for row in range(len(first) - 2, -1, -1):
        beaten = np.maximum(first[row], first[row + 1])
        second[row] = np.minimum(np.minimum(second[row], second[row + 1]), beaten)
        first[row] = np.minimum(first[row], first[row + 1])


def _bound(first: Array) -> Array:
    bound = np.zeros(first.shape, dtype=np.int8)
    for axis in range(first.ndim):
        without = np.take(first, [0], axis=axis)
        bound |= (without != first).astype(np.int8) << axis
    alone = first[(0,) * first.ndim]
    return np.where((bound == 0) & (first != alone), 2**first.ndim, bound).astype(np.int8)
