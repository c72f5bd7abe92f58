"""Cells of one column, each distinct one kept once: what is read of it is read once and spread over the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.ingest.cells.values import clean_all

Texts = NDArray[np.object_]


@dataclass(frozen=True)
class Coded:
    """`words` are the distinct cells in the order in which they are met, `codes` say which of them stands in a row."""

    codes: NDArray[np.intp]
    words: list[object]

    @classmethod
    def of(cls, cells: Sequence[object]) -> Coded:
        """Keep each distinct cell once; 1, 1.0 and True are three."""
        if all(kind is str for kind in set(map(type, cells))):
            codes, words = pd.factorize(objects(cells))
            return cls(codes, words.tolist())
        keys = [(type(cell), str(cell)) for cell in cells]
        known = dict(zip(reversed(keys), reversed(cells), strict=True))
        order = {key: at for at, key in enumerate(dict.fromkeys(keys))}
        return cls(np.array([order[key] for key in keys], dtype=np.intp), [known[key] for key in order])

    @cached_property
    def texts(self) -> list[str]:
        """The words as clean text."""
        return clean_all(self.words)

    def spread(self, values: Sequence[object]) -> Texts:
        """Values of the words, for every row."""
        return objects(values)[self.codes]

    def where(self, is_wanted: Sequence[bool]) -> NDArray[np.intp]:
        """Rows whose word is wanted."""
        return np.flatnonzero(np.array(is_wanted, dtype=np.bool_)[self.codes])


def coded_runs(values: pd.Series) -> tuple[NDArray[np.intp], list[Any]]:
    """Codes and distinct values, in their order, of what comes in long runs of one and the same."""
    given = values.to_numpy(dtype=object)
    begins = run_begins(given)
    codes, words = pd.factorize(given[begins], sort=True)
    return codes[np.cumsum(begins) - 1], list(words)


def run_begins(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a value differs from the one before it."""
    begins = np.ones(len(values), dtype=np.bool_)
    begins[1:] = values[1:] != values[:-1]
    return begins


def objects(values: Sequence[object]) -> Texts:
    """An array of anything; what is a sequence itself stays one value."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
