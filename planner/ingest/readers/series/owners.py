"""Which server a series is about, by the names and keys that the inventories know it by."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

UNKNOWN, SEVERAL = -1, -2
# From the surest to the least sure; a rung that says one server or several ends the search.
_EXACT = ("server_id", "source_key", "name")
_FOLDED = ("server_id", "source_key", "name", "fqdn", "host_name")
_SHORT = ("name", "fqdn", "host_name")


class Owners:
    """Names of servers to their numbers: exact, then whatever the case, then by the short host name.

    Parameters
    ----------
    servers
        Identified servers; the staging columns `source_key`, `fqdn` and `host_name` are used where sources have them.
    """

    def __init__(self, servers: pd.DataFrame) -> None:
        known = {
            column: servers[column].astype("string") for column in dict.fromkeys(_EXACT + _FOLDED) if column in servers
        }
        self._rungs = [_rung(known[column]) for column in _EXACT if column in known]
        self._rungs += [_rung(known[column].str.casefold()) for column in _FOLDED if column in known]
        self._short = _rung(
            *(known[column].map(short_name, na_action="ignore") for column in _SHORT if column in known)
        )
        self._exact = sum(column in known for column in _EXACT)

    def of(self, names: list[str]) -> NDArray[np.int64]:
        """Number of each named server; UNKNOWN or SEVERAL."""
        return np.array([self._one(name) for name in names], dtype=np.int64)

    def _one(self, name: str) -> int:
        folded = name.casefold()
        for number, rung in enumerate(self._rungs):
            found = rung.get(name if number < self._exact else folded)
            if found is not None:
                return found
        return self._short.get(short_name(name), UNKNOWN)


def short_name(name: str) -> str:
    """Host name without its domain, casefolded; blank for an address."""
    short = name.casefold().partition(".")[0]
    return "" if short.isdigit() else short


def _rung(*columns: pd.Series) -> dict[str, int]:
    found: dict[str, int] = {}
    for column in columns:
        for number, name in enumerate(column):
            if isinstance(name, str) and name and found.setdefault(name, number) != number:
                found[name] = SEVERAL
    return found
