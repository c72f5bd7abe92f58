"""What a header says of the column below it: known, misspelt, or made of the same words as a known one."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from planner.ingest.cells.values import clean
from planner.mapping.knowledge import Alias, aliases_of, folded, load_part, plain, weight

SHORTEST = 5


@dataclass(frozen=True)
class HeaderSign:
    """The chance that a header means a column, how that is known, and the known header that it is like."""

    chance: float
    kind: str
    like: str


@lru_cache(maxsize=20_000)
def header_signs(table: str, header: str) -> dict[str, HeaderSign]:
    """The best sign of a header for each column of a table; a column without any is left out."""
    mine, words = folded(clean(header)), _words(clean(header))
    found = dict(known_signs(table, mine))
    if any(sign.kind == "known" for sign in found.values()):
        return found
    for alias, known, known_words in _read_aliases(table):
        if known != mine:
            for sign in (_misspelt(mine, known, alias), _same_words(table, words, known_words, alias)):
                if sign and sign.chance > (found[alias.column].chance if alias.column in found else 0):
                    found[alias.column] = sign
    return found


@lru_cache(maxsize=20_000)
def known_signs(table: str, spelling: str) -> dict[str, HeaderSign]:
    """Columns of which a header, as `folded` spells it, is a known one."""
    found: dict[str, HeaderSign] = {}
    for alias in _by_spelling(table).get(spelling, []):
        sign = HeaderSign(weight("headers", alias.kind), alias.kind, alias.text)
        if alias.column not in found or sign.chance > found[alias.column].chance:
            found[alias.column] = sign
    return found


@lru_cache
def _read_aliases(table: str) -> tuple[tuple[Alias, str, tuple[str, ...]], ...]:
    """Known headers as they are compared, each spelling of a column once."""
    best = {(alias.column, folded(alias.text)): alias for alias in reversed(aliases_of(table))}
    return tuple((alias, spelling, _words(alias.text)) for (_, spelling), alias in best.items() if spelling)


@lru_cache
def _by_spelling(table: str) -> dict[str, list[Alias]]:
    found: dict[str, list[Alias]] = defaultdict(list)
    for alias in aliases_of(table):
        if spelling := folded(alias.text):
            found[spelling].append(alias)
    return found


def _misspelt(mine: str, known: str, alias: Alias) -> HeaderSign | None:
    # L1 and L2, or disk 1 and disk 2, are not one another's misspellings.
    if min(len(mine), len(known)) < SHORTEST or _digits(mine) != _digits(known):
        return None
    likeness = _likeness(mine, known)
    return HeaderSign(weight("headers", "misspelt") * likeness, "misspelt", alias.text) if likeness else None


def _same_words(table: str, mine: tuple[str, ...], known: tuple[str, ...], alias: Alias) -> HeaderSign | None:
    forward = _covered(table, mine, known)
    back = _covered(table, known, mine) if forward else 0.0
    if not back:
        return None
    share = 2 * forward * back / (forward + back)
    chance = weight("headers", "words") * share**2
    return HeaderSign(chance, "words", alias.text) if chance > weight("headers", "none") else None


def _covered(table: str, words: tuple[str, ...], others: tuple[str, ...]) -> float:
    """Share of what some words say that others say too."""
    rarity, new = _rarity(table), load_part("evidence")["new_weight"]
    said = total = 0.0
    for word in words:
        worth = rarity.get(word, new)
        total += worth
        said += worth * max([_word_likeness(word, other) for other in others], default=0.0)
    return said / total if total else 0.0


@lru_cache(maxsize=200_000)
def _word_likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    short, long = sorted((one, other), key=len)
    if len(short) < 4 or short.isdigit() or long.isdigit():
        return 0.0
    # A Swedish compound says most by its last part: "serverminne" is a kind of "minne".
    if long.endswith(short):
        return 0.8
    if long.startswith(short):
        return 0.6
    likeness = _likeness(one, other) if len(short) >= SHORTEST else 0.0
    return likeness


@lru_cache
def _rarity(table: str) -> dict[str, float]:
    """What a word tells, by how few columns are called by it."""
    columns: dict[str, set[str]] = defaultdict(set)
    for alias in aliases_of(table):
        for word in _words(alias.text):
            columns[word].add(alias.column)
    faint, little = set(load_part("evidence")["faint"]), load_part("evidence")["faint_weight"]
    most = max(len(found) for found in columns.values())
    return {
        word: little if word in faint else 1 + math.log(most / len(found)) for word, found in sorted(columns.items())
    }


@lru_cache(maxsize=20_000)
def _words(text: str) -> tuple[str, ...]:
    apart = re.sub(r"(?<=[a-zåäö])(?=[A-ZÅÄÖ])|(?<=[A-ZÅÄÖ])(?=[A-ZÅÄÖ][a-zåäö])", " ", text)
    return tuple(dict.fromkeys(re.findall(r"[a-z]{1,2}\d+|[a-z]+|\d+", plain(apart))))


@lru_cache(maxsize=20_000)
def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


@lru_cache(maxsize=200_000)
def _likeness(one: str, other: str) -> float:
    """How alike two words are, 0 where they are two words."""
    least = float(load_part("evidence")["least_likeness"])
    if 2 * min(len(one), len(other)) < least * (len(one) + len(other)):
        return 0.0
    matcher = SequenceMatcher(None, min(one, other), max(one, other), autojunk=False)
    if matcher.quick_ratio() < least:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= least else 0.0
