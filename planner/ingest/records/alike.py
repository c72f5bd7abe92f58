"""Names that are alike letter by letter, across sources."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

CHUNK = 512


@dataclass(frozen=True)
class Alike:
    """Pairs of numbers with their likeness, and how many pairs were too many to compare."""

    pairs: list[tuple[int, int, float]]
    skipped: int


def alike(names: list[str], sources: list[int], likeness: float, max_pairs: int) -> Alike:
    """Compare names of different sources that begin alike and hold the same digits.

    Names that differ by a number are a series and not a misspelling. Equal names are left to rules of their own.

    Parameters
    ----------
    names, sources
        Bare names and the source of each.
    likeness
        Least share of letters in common (1 = equal), by the normalised Indel distance.
    max_pairs
        Blocks with more pairs than this are not compared.
    """
    from rapidfuzz import fuzz, process

    blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, name in enumerate(names):
        blocks[name[:1], "".join(letter for letter in name if letter.isdigit())].append(at)
    pairs: list[tuple[int, int, float]] = []
    skipped = 0
    for members in blocks.values():
        if len({sources[at] for at in members}) < 2:
            continue
        if len(members) ** 2 > max_pairs:
            skipped += len(members) * (len(members) - 1) // 2
            continue
        words = [names[at] for at in members]
        for begin in range(0, len(members), CHUNK):
            scores = process.cdist(words[begin : begin + CHUNK], words, scorer=fuzz.ratio, score_cutoff=100 * likeness)
            for row, column in zip(*np.nonzero(scores), strict=True):
                one, other = members[begin + row], members[column]
                if one < other and sources[one] != sources[other] and names[one] != names[other]:
                    pairs.append((one, other, float(scores[row, column]) / 100))
    return Alike(pairs, skipped)
