"""Names of the register in free text: the very name, the longest name within, or a name that is slightly misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

_WORD = re.compile(r"[\w+#]+")
# A name of two letters is found where it stands alone, and not among other words.
MIN_WITHIN = 3
MIN_FUZZY = 8


def words_of(text: str) -> tuple[str, ...]:
    """Words of a text as they are compared: without capitals and marks."""
    return tuple(_WORD.findall(text.casefold()))


class KnownNames:
    """An index over names, by their words; a hundred thousand texts are looked up in seconds.

    Parameters
    ----------
    names
        Names of systems; several may be the same.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {words: len(" ".join(words)) for words in {words_of(name) for name in names} if words}
        self._longest: dict[str, int] = {}
        for words in self._names:
            self._longest[words[0]] = max(self._longest.get(words[0], 0), len(words))

    def has(self, words: tuple[str, ...]) -> bool:
        """Whether the words are a name, of at least two letters."""
        return self._names.get(words, 0) >= 2

    def within(self, words: tuple[str, ...]) -> tuple[str, ...] | None:
        """The longest name that stands in the words."""
        found = {name for at in range(len(words)) if (name := self.at(words, at))}
        return max(found, key=lambda name: (self._names[name], name)) if found else None

    def at(self, words: tuple[str, ...], start: int) -> tuple[str, ...] | None:
        """The longest name that begins with a certain word of the text."""
        most = min(self._longest.get(words[start], 0), len(words) - start) if start < len(words) else 0
        parts = (words[start : start + count] for count in range(most, 0, -1))
        return next((part for part in parts if self._names.get(part, 0) >= MIN_WITHIN), None)

    def near(self, words: tuple[str, ...]) -> tuple[str, ...] | None:
        """The one name that differs in blanks and marks only, or by one letter too many, too few, or two swapped.

        Never by another letter in its place, and never in a number: CareManagement is not CaseManagement, and Eken 1 is
        not Eken 2. Names of fewer than eight letters are not compared.
        """
        letters = "".join(words)
        if not _is_comparable(letters):
            return None
        found = set(self._squashed.get(letters, ()))
        found |= self._shortened.get(letters, set())
        for other in (*_without_one(letters), *_with_two_swapped(letters)):
            found |= self._squashed.get(other, set())
        return found.pop() if len(found) == 1 else None

    @cached_property
    def _squashed(self) -> dict[str, set[tuple[str, ...]]]:
        index: dict[str, set[tuple[str, ...]]] = {}
        for name in self._names:
            letters = "".join(name)
            if _is_comparable(letters):
                index.setdefault(letters, set()).add(name)
        return index

    @cached_property
    def _shortened(self) -> dict[str, set[tuple[str, ...]]]:
        index: dict[str, set[tuple[str, ...]]] = {}
        for letters, names in self._squashed.items():
            for shorter in _without_one(letters):
                index.setdefault(shorter, set()).update(names)
        return index


def _is_comparable(letters: str) -> bool:
    return len(letters) >= MIN_FUZZY and not any(letter.isdigit() for letter in letters)


def _without_one(letters: str) -> Iterator[str]:
    return (letters[:at] + letters[at + 1 :] for at in range(len(letters)))


def _with_two_swapped(letters: str) -> Iterator[str]:
    return (letters[:at] + letters[at + 1] + letters[at] + letters[at + 2 :] for at in range(len(letters) - 1))
