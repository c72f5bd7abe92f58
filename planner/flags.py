"""Sets of names, one per row: from a matrix of flags to one text each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.codes import compressed, first_of

Flags = NDArray[np.bool_]
BITS = 8


def named(flags: Flags, names: Sequence[str], index: pd.Index) -> pd.Series:
    """Names of the true columns of each row, joined by a blank; unknown where none is true.

    Parameters
    ----------
    flags
        Rows x names.
    names
        One per column.
    index
        Index of the result.
    """
    packed = np.packbits(flags, axis=1, bitorder="little")
    codes, size = np.zeros(len(flags), dtype=np.int32), 1
    for part in packed.T:
        codes, size = compressed(codes.astype(np.int64) * 2**BITS + part, size * 2**BITS)
    texts = np.full(size, "", dtype=object)
    for number, part in enumerate(packed[first_of(codes, size)].T if len(flags) else []):
        texts = texts + _subsets(names[number * BITS : (number + 1) * BITS])[part]
    distinct = pd.array([text[1:] or None for text in texts.tolist()], dtype="string")
    return pd.Series(distinct.take(codes), index=index)


def _subsets(names: Sequence[str]) -> NDArray[np.object_]:
    """Texts of all subsets of at most eight names, by the bits of their number, each name after a blank."""
    return np.array(
        [
            "".join(f" {name}" for bit, name in enumerate(names) if number >> bit & 1)
            for number in range(2 ** len(names))
        ],
        dtype=object,
    )
