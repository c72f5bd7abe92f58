"""Codes of distinct values: whole numbers from 0, without gaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray
from pandas.api.types import union_categoricals

Codes = NDArray[Any]
Texts = NDArray[np.object_]
MAX_TABLE = 2_000_000


def compressed(codes: Codes, size: int) -> tuple[Codes, Codes]:
    """Codes without gaps, and what each of them stood for.

    Parameters
    ----------
    codes
        From 0 up to `size`, with gaps. A table of flags is faster than hashing while `size` is small.
    """
    if size > MAX_TABLE:
        found, distinct = pd.factorize(codes)
        return found.astype(np.int32), distinct
    is_used = np.zeros(size, dtype=np.bool_)
    is_used[codes] = True
    return (np.cumsum(is_used, dtype=np.int32) - 1)[codes], np.flatnonzero(is_used)


def joined(parts: Iterable[tuple[Codes, int]], count: int) -> tuple[Codes, int]:
    """Codes of the combinations that occur, and how many these are.

    Parameters
    ----------
    parts
        Codes of the same rows, and the size that they are below.
    count
        Rows.
    """
    codes, size = np.zeros(count, dtype=np.intp), 1
    for part, of in parts:
        found, distinct = compressed(codes * of + part, size * of)
        # Not narrower: the product of two sizes does not fit into 32 bits.
        codes, size = found.astype(np.intp), len(distinct)
    return codes, size


def first_of(codes: Codes, size: int) -> Codes:
    """Row in which each code stands first."""
    first = np.zeros(size, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return first


@dataclass(frozen=True)
class Words:
    """A text or None for every row; `codes` say which of the `texts` it is."""

    codes: Codes
    texts: Texts

    @classmethod
    def of(cls, texts: Texts) -> Words:
        """Keep each text once."""
        codes, distinct = pd.factorize(texts)
        return cls(codes + 1, np.array([None, *distinct], dtype=object))

    def packed(self) -> Words:
        """The same with no more texts than are in use."""
        codes, used = compressed(self.codes, len(self.texts))
        return Words(codes, self.texts[used])

    def beside(self, other: Words, mark: str) -> Words:
        """Both texts of every row with a mark in between; where one is None, the other alone."""
        if self._says_nothing or other._says_nothing:
            return other if self._says_nothing else self
        size = len(other.texts)
        codes, pairs = compressed(self.codes.astype(np.int64) * size + other.codes, len(self.texts) * size)
        both = zip(self.texts[pairs // size].tolist(), other.texts[pairs % size].tolist(), strict=True)
        texts = [f"{one}{mark}{two}" if one and two else one or two for one, two in both]
        return Words(codes, np.array(texts, dtype=object))

    @property
    def _says_nothing(self) -> bool:
        return len(self.texts) == 1 and self.texts[0] is None

    def kept_once(self) -> pd.Categorical:
        """The texts as categories; None is unknown."""
        codes, distinct = pd.factorize(self.texts)
        return pd.Categorical.from_codes(codes[self.codes], pd.Index(distinct, dtype="string"))

    def spread(self) -> ExtensionArray:
        """The text of every row; None is unknown."""
        return pd.array(self.texts, dtype="string").take(self.codes)


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
