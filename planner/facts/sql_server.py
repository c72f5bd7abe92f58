"""Editions of SQL Server, as people write them: what the licence costs turns on them."""

from __future__ import annotations

import pandas as pd

# The Web edition is for public sites alone: no price here is asked for it, and it is as unknown as none.
EDITIONS = {"standard": r"\bst(?:an)?d(?:ard)?\b", "enterprise": r"\bent(?:erprise)?\b", "web": r"\bweb\b"}
FREE = r"\b(?:express|developer)\b"


def editions(texts: pd.Series) -> pd.Series:
    """Edition that a text names: `standard`, `enterprise`, `free`, or unknown where it names none or several."""
    words = texts.astype("string").str.casefold()
    found = {name: words.str.contains(form, regex=True).fillna(False).astype(bool) for name, form in EDITIONS.items()}
    is_one = pd.DataFrame(found, index=texts.index).sum(axis=1) == 1
    made = pd.Series(pd.NA, index=texts.index, dtype="string")
    for name in ("standard", "enterprise"):
        made = made.mask(found[name] & is_one, name)
    return made.mask(words.str.contains(FREE, regex=True).fillna(False).astype(bool), "free")
