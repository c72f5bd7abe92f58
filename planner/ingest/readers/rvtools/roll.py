"""Who is in vInfo, which of them are no servers to move, and whom a row of another tab is about."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from planner.ingest.cells.values import BadValue, read_boolean
from planner.ingest.dialects.columns import load_maps
from planner.ingest.readers.rvtools.tab import MAP, Tab

LOST, NAMESAKE, OPEN = -1, -2, -3
REASONS = {LOST: "detail_without_server", NAMESAKE: "detail_of_namesakes"}
EXCLUDED = "detail_of_excluded_vm"
Words = list[str | None]
Rows = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Roll:
    """VMs of vInfo by their row in it: their ids and names, and why some are excluded.

    `known` keeps whom the rows of each tab are about and `ids` what tells a VM, since several readers ask.
    """

    tab: Tab
    names: Words
    reasons: pd.Series
    has_instance_uuids: bool
    known: dict[str, Rows] = field(default_factory=dict)
    ids: dict[tuple[str, bool], tuple[dict[str, int], set[str]]] = field(default_factory=dict)

    def owners(self, tab: Tab) -> Rows:
        """Row in vInfo of the VM that each row of a tab is about, by VM UUID, else VM ID, else name.

        An id that several VMs bear decides nothing, and one that none bears says that the VM is missing. Rows without
        an id find their VM by its name, which must be the only one of that name.

        Returns
        -------
        array of int
            LOST where vInfo has no such VM, NAMESAKE where it has several.
        """
        if tab.name not in self.known:
            self.known[tab.name] = self._find(tab)
        return self.known[tab.name]

    def _find(self, tab: Tab) -> Rows:
        found = np.full(len(tab.body), OPEN, dtype=np.int64)
        keys = load_maps(MAP)["keys"]
        with_manager = self.tab.has(keys["manager"]) and tab.has(keys["manager"])
        for kind in ("vm_uuid", "moref"):
            single, known = self._by_id(kind, with_manager)
            if known and (found == OPEN).any():
                _place(found, _ids_in(tab, kind, with_manager), single, known)
        if (found == OPEN).any():
            names = tab.words(keys["vm"])
            _place(found, names, _alone(self.names), set())
            several = set(self.names) - {None}
            left = np.flatnonzero(found == OPEN)
            found[left] = [NAMESAKE if names[at] in several else LOST for at in left]
        # A row of vInfo without a name is no server.
        nameless = [at for at, name in enumerate(self.names) if name is None]
        found[np.isin(found, nameless)] = LOST
        return found

    def rejections(self, owners: Rows) -> pd.Series:
        """Why rows of a tab are of no use; unknown where they are."""
        codes = pd.Series(owners).map(REASONS).astype("object")
        return codes.mask(np.isin(owners, self.reasons.index[self.reasons.notna()]), EXCLUDED)

    def _by_id(self, kind: str, with_manager: bool) -> tuple[dict[str, int], set[str]]:
        """Row of each id that tells a VM, and all ids.

        An id tells a VM when one row bears it, and, of instance UUIDs, when rows of one name do: that VM is listed
        twice.
        """
        key = (kind, with_manager)
        if key not in self.ids:
            ids = _ids_in(self.tab, kind, with_manager)
            single = _alone(ids)
            if kind == "vm_uuid" and self.has_instance_uuids:
                single = _of_one_name(ids, self.names)
            self.ids[key] = single, {word for word in ids if word is not None}
        return self.ids[key]


def take_roll(tab: Tab, has_instance_uuids: bool) -> Roll:
    """List the VMs of vInfo with the reasons for which some are excluded (`excluded` in headers/rvtools.yaml)."""
    reasons = pd.Series(pd.NA, index=range(len(tab.body)), dtype="object")
    for reason, rule in load_maps(MAP)["excluded"].items():
        reasons = reasons.mask(_fits(tab, rule) & reasons.isna(), reason)
    return Roll(tab, tab.words(load_maps(MAP)["keys"]["vm"]), reasons, has_instance_uuids)


def _fits(tab: Tab, rule: dict[str, Any]) -> pd.Series:
    texts = tab.texts(rule["headers"])
    if "matches" in rule:
        known = {text: re.search(rule["matches"], str(text)) is not None for text in texts.unique()}
        return texts.map(known).astype(bool) & texts.notna()
    return texts.map({text: _is_true(text) for text in texts.unique()}).astype(bool)


def _is_true(text: object) -> bool:
    try:
        return not pd.isna(text) and read_boolean(text)
    except BadValue:
        return False


def _ids_in(tab: Tab, kind: str, with_manager: bool) -> Words:
    """Ids in one column, each with that of its manager where that is asked for; None where there is none."""
    keys = load_maps(MAP)["keys"]
    ids = tab.words(keys[kind])
    if not with_manager:
        return [None if one is None else one.casefold() for one in ids]
    pairs = zip(ids, tab.words(keys["manager"]), strict=True)
    return [None if one is None else f"{one}@{other or ''}".casefold() for one, other in pairs]


def _alone(words: Words) -> dict[str, int]:
    """Row of each word that stands once."""
    counts = Counter(words)
    return {word: at for at, word in enumerate(words) if word is not None and counts[word] == 1}


def _of_one_name(ids: Words, names: Words) -> dict[str, int]:
    """First row of each id whose rows bear one name."""
    first: dict[str, int] = {}
    differing = set()
    for at, word in enumerate(ids):
        if word is not None and names[first.setdefault(word, at)] != names[at]:
            differing.add(word)
    return {word: at for word, at in first.items() if word not in differing}


def _place(found: Rows, words: Words, single: dict[str, int], known: set[str]) -> None:
    """Fill in rows that are open: by words that are single; those that say an id which is not known are lost."""
    for at in np.flatnonzero(found == OPEN).tolist():
        word = words[at]
        if word is not None:
            found[at] = single.get(word, LOST if known and word not in known else OPEN)
