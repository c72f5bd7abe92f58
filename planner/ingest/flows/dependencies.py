"""Free-text dependencies of a register to proposed data flows, with the quoted text as their evidence."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from planner.errors import PolicyError
from planner.ingest.flows.known_names import KnownNames, words_of
from planner.ingest.flows.pieces import Piece, pieces_of
from planner.ingest.records.conform import short_hash
from planner.policy.parts import Number, Part
from planner.yamlfile import read_model

TEXTS = ("depends_on_text", "needed_by_text")
Words = tuple[str, ...]


class Confidence(Part):
    """How sure it is that a text means a system, by how it names it."""

    exact: Number
    contained: Number
    fuzzy: Number
    in_note: Number
    organisation_agrees: Number
    organisation_differs: Number


@lru_cache
def load_confidence() -> Confidence:
    """The numbers of `dependencies.yaml`."""
    return read_model(Confidence, Path(__file__).with_suffix(".yaml"), PolicyError)


def propose_flows(systems: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read `Namn (Org): anteckning, Namn (Org)` cells into proposed data flows.

    A piece means the system whose name it is (`exact`), else the longest name of the register within it
    (`contained`), else the one name that is spelt nearly so (`fuzzy`); of namesakes the one whose organisation stands
    in the brackets. A piece that names none keeps its own words (`outside`), so that it is shown and not lost; how sure
    that is, is unknown. Such flows are always proposals. The column says the direction; the note is the purpose.

    Parameters
    ----------
    systems
        Identified systems with `system_id`, `name`, `organisation` and the staging columns `depends_on_text` and
        `needed_by_text`.

    Returns
    -------
    dataflows, origins
        Rows of table dataflows, and for each flow_id the system and staging column that it was read from.
    """
    if not any(systems[column].notna().any() for column in TEXTS if column in systems):
        return pd.DataFrame(), pd.DataFrame()
    register = _Register(systems)
    rows = [
        {"system_id": system, "column": column, **_meant(piece, register)}
        for column in TEXTS
        if column in systems
        for system, text in _said(systems, column)
        for piece in register.pieces(text)
    ]
    if not rows:
        return pd.DataFrame(), pd.DataFrame()
    pieces = pd.DataFrame(rows)
    outward = pieces["column"] == "depends_on_text"
    flows = pd.DataFrame(
        {
            "source_system": pieces["system_id"].where(outward, pieces["other"]),
            "target_system": pieces["other"].where(outward, pieces["system_id"]),
            "purpose": pieces["note"],
            "quote": pieces["quote"],
            "state": "proposed",
            "confidence": pieces["confidence"],
            "basis": pieces["basis"],
        }
    )
    text = flows["source_system"].str.cat([flows["target_system"], flows["quote"]], sep="\x1f")
    flows.insert(0, "flow_id", text.map(lambda value: f"flow-{short_hash(value)}"))
    origins = pieces[["system_id", "column"]].assign(flow_id=flows["flow_id"])
    keep = ~flows["flow_id"].duplicated()
    return flows[keep].reset_index(drop=True), origins[keep].reset_index(drop=True)


def _said(systems: pd.DataFrame, column: str) -> list[tuple[str, str]]:
    given = systems.loc[systems[column].notna(), ["system_id", column]].astype("string")
    return list(zip(given["system_id"], given[column], strict=True))


class _Register:
    """Systems by the words of their names, and the organisations that the register names."""

    def __init__(self, systems: pd.DataFrame) -> None:
        named = systems[systems["name"].notna()]
        organisations = (
            named["organisation"] if "organisation" in named else pd.Series(pd.NA, index=named.index, dtype="string")
        )
        self._by_words: dict[Words, list[tuple[str, str, frozenset[str]]]] = {}
        rows = zip(named["system_id"], named["name"].astype(str), organisations, strict=True)
        for system_id, name, organisation in rows:
            self._by_words.setdefault(words_of(name), []).append((str(system_id), name, _levels(organisation)))
        self._organisations = frozenset(
            level for items in self._by_words.values() for item in items for level in item[2]
        )
        self._known = KnownNames(named["name"].astype(str))
        self._pieces: dict[str, list[Piece]] = {}

    def pieces(self, text: str) -> list[Piece]:
        """Pieces of a text; the same texts stand in many rows."""
        if text not in self._pieces:
            self._pieces[text] = pieces_of(text, self._known)
        return self._pieces[text]

    def find(self, piece: Piece) -> tuple[Words, str, float] | None:
        """The name that a piece means, how it says so, and how sure that is."""
        sure, words = load_confidence(), words_of(piece.name)
        if self._known.has(words):
            return words, "exact", sure.exact.value
        if found := self._known.within(words):
            return found, "contained", sure.contained.value
        if found := self._known.near(words):
            return found, "fuzzy", sure.fuzzy.value
        if found := self._known.within(words_of(piece.note or "")):
            return found, "contained", sure.in_note.value
        return None

    def choose(self, words: Words, piece: Piece) -> tuple[str, float]:
        """The system of a name, or the name alone where several bear it, and what the organisation adds to how sure
        that is, or takes away.
        """
        sure, bearers = load_confidence(), self._by_words[words]
        said = (piece.organisation or "").casefold()
        agreeing = [item for item in bearers if said in item[2]]
        if len(agreeing) == 1 and len(bearers) > 1:
            return agreeing[0][0], sure.organisation_agrees.value
        if agreeing:
            return bearers[0][1], sure.organisation_agrees.value
        return bearers[0][1], -sure.organisation_differs.value if said in self._organisations else 0.0

    def bearers(self, words: Words, other: str) -> int:
        """How many systems may be meant."""
        items = self._by_words[words]
        return 1 if any(other == system_id for system_id, _, _ in items) else len(items)


def _levels(organisation: Any) -> frozenset[str]:
    if pd.isna(organisation):
        return frozenset()
    text = str(organisation).casefold()
    return frozenset({text, *(level.strip() for level in text.split("/"))})


def _meant(piece: Piece, register: _Register) -> dict[str, Any]:
    found = register.find(piece)
    said = {"quote": piece.quote, "note": piece.note}
    if found is None:
        return {**said, "other": piece.name, "basis": "outside", "confidence": pd.NA}
    words, basis, sure = found
    other, more = register.choose(words, piece)
    confidence = round(min(1.0, max(0.0, sure + more)) / register.bearers(words, other), 3)
    return {**said, "other": other, "basis": basis, "confidence": confidence}
