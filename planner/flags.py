"""Sets of names, one per row: from a flag for each name to one text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from planner.codes import Codes, Texts, Words

Flags = NDArray[np.bool]
BITS = 8


def named(flags: Flags, names: Sequence[str]) -> Words:
    """Names of which the flag is set in each row, joined by a blank; None where none is.

    Parameters
    ----------
    flags
        Names x rows.
    names
        Each once.
    """
    words = Words(np.zeros(flags.shape[1], dtype=np.int8), _subsets([]))
    for at in range(0, len(names), BITS):
        some = slice(at, at + BITS)
        words = words.beside(Words(_numbers(flags[some]), _subsets(names[some])), " ")
    return words


def _numbers(flags: Flags) -> Codes:
    """Number of every row's subset of at most eight flags: the first is the lowest bit."""
    numbers: Codes = reduce(np.bitwise_or, (flag.astype(np.uint8) << bit for bit, flag in enumerate(flags)))
    return numbers


def _subsets(names: Sequence[str]) -> Texts:
    """Texts of all subsets of at most eight names, by their number; None for the empty one."""
    subsets = ([name for bit, name in enumerate(names) if number >> bit & 1] for number in range(2 ** len(names)))
    return np.array([" ".join(subset) or None for subset in subsets], dtype=object)
