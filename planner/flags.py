"""Sets of names, one per row: from a matrix of flags to one text each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
    texts = np.full(len(flags), "", dtype=object)
    for at in range(0, len(names), BITS):
        part = np.packbits(flags[:, at : at + BITS], axis=1, bitorder="little")
        texts = texts + _subsets(names[at : at + BITS])[part.ravel()] if len(flags) else texts
    return pd.Series([text[1:] or None for text in texts.tolist()], index=index, dtype="string")


def _subsets(names: Sequence[str]) -> NDArray[np.object_]:
    """Texts of all subsets of at most eight names, by the bits of their number, each name after a blank."""
    return np.array(
        [
            "".join(f" {name}" for bit, name in enumerate(names) if number >> bit & 1)
            for number in range(2 ** len(names))
        ],
        dtype=object,
    )
