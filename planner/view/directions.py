"""Marks that turn the direction of writing: what a text of the inventory opens, it closes.

An open one would turn round the rest of the sentence that a document puts the text into. Marks that turn nothing
(U+200E, U+200F, U+061C) stay, as do those that the text closes itself.
"""

from __future__ import annotations

import re

import pandas as pd

POP, POP_ISOLATE = "\u202c", "\u2069"
_CLOSERS = dict.fromkeys("\u202a\u202b\u202d\u202e", POP) | dict.fromkeys("\u2066\u2067\u2068", POP_ISOLATE)
# Texts that steps have put together, and columns that name ids among other words.
COMPOSED = ("detail", "values")
REFERRING = ("subject", "choices", "bound_detail", "behind_detail", "blocking", "systems", "flows")
_JOINT = re.compile("( → |; )")
_MARK = re.compile("[\u202a-\u202e\u2066-\u2069]")


def closed(text: str) -> str:
    """The text with every mark that it opens closed at its end, and without those that close nothing."""
    if text.isascii() or not _MARK.search(text):
        return text
    awaited: list[str] = []
    kept = _MARK.sub(lambda found: _kept(found[0], awaited), text)
    return kept + "".join(reversed(awaited))


def _kept(mark: str, awaited: list[str]) -> str:
    """The mark, or nothing where it closes nothing; an isolate that ends also ends what was opened in it."""
    if mark in _CLOSERS:
        awaited.append(_CLOSERS[mark])
        return mark
    if mark == POP_ISOLATE and mark in awaited:
        del awaited[len(awaited) - 1 - awaited[::-1].index(mark) :]
        return mark
    if mark == POP and awaited[-1:] == [POP]:
        awaited.pop()
        return mark
    return ""


def closed_texts(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its texts closed; ids are keys and stay as they are."""
    made = {
        str(name): column.astype("string").map(_by_part if name in COMPOSED else closed, na_action="ignore")
        for name, column in table.items()
        if column.dtype in ("string", "category") and not _holds_ids(str(name)) and _has_marks(column)
    }
    return table.assign(**made) if made else table


def _by_part(text: str) -> str:
    return "".join(map(closed, _JOINT.split(text)))


def _holds_ids(column: str) -> bool:
    return column.endswith("_id") or column in REFERRING


def _has_marks(column: pd.Series) -> bool:
    is_category = isinstance(column.dtype, pd.CategoricalDtype)
    texts = column.cat.categories if is_category else column.dropna()
    whole = "\n".join(map(str, texts) if is_category else texts.to_numpy(dtype=object))
    return not whole.isascii() and bool(_MARK.search(whole))
