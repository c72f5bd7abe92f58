"""Sets of names, one per row: from a matrix of flags to one text each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.codes import first_of, joined

Flags = NDArray[np.bool_]
BITS = 8


def named(flags: Flags, names: Sequence[str]) -> pd.Categorical:
    """Names of the true columns of each row, joined by a blank; unknown where none is true.

    Parameters
    ----------
    flags
        Rows x names.
    names
        One per column, each once.
    """
    packed = np.packbits(flags, axis=1, bitorder="little")
    codes, size = joined(((part, 2**BITS) for part in packed.T), len(flags))
    texts = np.full(size, "", dtype=object)
    for number, part in enumerate(packed[first_of(codes, size)].T):
        texts = texts + _subsets(names[number * BITS : (number + 1) * BITS])[part]
    # The empty set comes first, where it occurs: it says nothing.
    empty = int(size > 0 and texts[0] == "")
    distinct = pd.Index([text[1:] for text in texts[empty:].tolist()], dtype="string")
    return pd.Categorical.from_codes(codes - empty, distinct)


def _subsets(names: Sequence[str]) -> NDArray[np.object_]:
    """Texts of all subsets of at most eight names, by the bits of their number, each name after a blank."""
    return np.array(
        [
            "".join(f" {name}" for bit, name in enumerate(names) if number >> bit & 1)
            for number in range(2 ** len(names))
        ],
        dtype=object,
    )
