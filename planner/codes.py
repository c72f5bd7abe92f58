"""Codes of distinct values: whole numbers from 0, without gaps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import union_categoricals

Codes = NDArray[Any]
MAX_TABLE = 2_000_000


def compressed(codes: Codes, size: int) -> tuple[Codes, int]:
    """Codes without gaps, in the same order, and how many there are.

    Parameters
    ----------
    codes
        From 0 up to `size`, with gaps. A table of flags is faster than hashing while `size` is small.
    """
    if size > MAX_TABLE:
        found, distinct = pd.factorize(codes, sort=True)
        return found.astype(np.int32), len(distinct)
    is_used = np.zeros(size, dtype=np.bool_)
    is_used[codes] = True
    return (np.cumsum(is_used, dtype=np.int32) - 1)[codes], int(is_used.sum())


def joined(parts: Iterable[tuple[Codes, int]], count: int) -> tuple[Codes, int]:
    """Codes of the combinations that occur, in the order of their parts, and how many there are.

    Parameters
    ----------
    parts
        Codes of the same rows, and the size that they are below.
    count
        Rows.
    """
    codes, size = np.zeros(count, dtype=np.intp), 1
    for part, of in parts:
        found, size = compressed(codes * of + part, size * of)
        # Not narrower: the product of two sizes does not fit into 32 bits.
        codes = found.astype(np.intp)
    return codes, size


def first_of(codes: Codes, size: int) -> Codes:
    """Row in which each code stands first."""
    first = np.zeros(size, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return first


def in_turn(parts: list[pd.DataFrame], ids: pd.Series) -> pd.DataFrame:
    """Rows of several tables about the same ids, by id and then in the order of the tables."""
    first = np.argsort(ids.to_numpy(dtype=object), kind="stable")
    order = (first[:, None] + np.arange(len(parts)) * len(ids)).ravel()
    columns = {name: _stacked([part[name] for part in parts]).take(order) for name in parts[0]}
    return pd.DataFrame(columns, copy=False)


def _stacked(parts: list[pd.Series]) -> Any:
    if isinstance(parts[0].dtype, pd.CategoricalDtype):
        return union_categoricals(parts)
    return pd.concat(parts, ignore_index=True).array


def ranks_of(ids: pd.Series) -> Codes:
    """Rank of each id, 0 for the first in order."""
    ranks = np.empty(len(ids), dtype=np.int64)
    ranks[np.argsort(ids.to_numpy(dtype=object), kind="stable")] = np.arange(len(ids))
    return ranks
