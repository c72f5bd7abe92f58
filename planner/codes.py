"""Codes of distinct values: whole numbers from 0, without gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Codes = NDArray[Any]
MAX_TABLE = 2_000_000


def compressed(codes: Codes, size: int) -> tuple[Codes, int]:
    """Codes without gaps, and how many there are.

    Parameters
    ----------
    codes
        From 0 up to `size`, with gaps. A table of flags is faster than hashing while `size` is small.
    """
    if size > MAX_TABLE:
        found, distinct = pd.factorize(codes)
        return found.astype(np.int32), len(distinct)
    is_used = np.zeros(size, dtype=np.bool_)
    is_used[codes] = True
    return (np.cumsum(is_used, dtype=np.int32) - 1)[codes], int(is_used.sum())


def first_of(codes: Codes, size: int) -> Codes:
    """Row in which each code stands first."""
    first = np.zeros(size, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return first


def in_turn(ids: pd.Series, parts: int) -> NDArray[np.intp]:
    """Order in which rows of several equal parts, one under the other, stand by id and then by part."""
    first = np.argsort(ids.to_numpy(dtype=object), kind="stable")
    order: NDArray[np.intp] = (first[:, None] + np.arange(parts) * len(ids)).ravel()
    return order


def ranks_of(ids: pd.Series) -> Codes:
    """Rank of each id, 0 for the first in order."""
    ranks = np.empty(len(ids), dtype=np.int64)
    ranks[np.argsort(ids.to_numpy(dtype=object), kind="stable")] = np.arange(len(ids))
    return ranks
