"""Cells of one column, each distinct one kept once: what is read of it is read once and spread over the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.ingest.values import clean

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
        return [clean(word) for word in self.words]

    def spread(self, values: Sequence[object]) -> Texts:
        """Values of the words, for every row."""
        return objects(values)[self.codes]

    def where(self, is_wanted: Sequence[bool]) -> NDArray[np.intp]:
        """Rows whose word is wanted."""
        return np.flatnonzero(np.array(is_wanted, dtype=np.bool_)[self.codes])


def objects(values: Sequence[object]) -> Texts:
    """An array of anything; what is a sequence itself stays one value."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
