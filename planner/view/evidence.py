"""Evidence in words; pieces that say one and the same thing of several options are told once.

Hundreds of thousands of pieces say a few thousand things: what is said is held, joined and worded once for all systems
that it is said of, and only the cells differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from planner.lineage import written
from planner.view.desk import Desk, number
from planner.view.model.systems import Reason

SAID = (
    "rule", "kind", "outcome", "effect", "because_sv", "because_en", "source", "values", "options", "points",
)  # fmt: skip
CELLS = ("record", "letters", "cells")
RANK = {"review": 0, "gate": 1, "rule": 2}


@dataclass(frozen=True, eq=False)
class Said:
    """What evidence says, of one system or of many."""

    rule: str
    kind: str
    outcome: str
    effect: str
    because_sv: str
    because_en: str
    source: str
    values: str
    options: str
    points: float | None

    @cached_property
    def same(self) -> object:
        """Gates that are alike in this are one reason; rules stay apart, since their points add up."""
        alike = (self.outcome, self.effect, self.because_sv, self.because_en, self.source)
        return alike if self.kind == "gate" else self

    @cached_property
    def weight(self) -> tuple[int, float, str]:
        """Decisions of people first, then gates, then rules by their points."""
        return RANK[self.kind], -(self.points or 0), self.rule


class Piece(NamedTuple):
    """Evidence of one system: what it says, and the cells that it was read from."""

    said: Said
    record: str
    letters: str
    cells: str


def weighing(desk: Desk) -> dict[str, list[Piece]]:
    """By system what holds, and every gate that waits for an answer; no cell is an empty text."""
    table = desk.table("evidence")
    waits = (table["kind"] == "gate") & (table["outcome"] == "unknown") & (table["effect"] == "needs_decision")
    mine = table[(table["outcome"] == "true") | waits]
    known: dict[object, Said] = {}
    found: dict[str, list[Piece]] = defaultdict(list)
    said = zip(*(mine[name].astype(object).tolist() for name in SAID[:-1]), map(number, mine[SAID[-1]]), strict=True)
    cells = (mine[name].astype(object).fillna("").tolist() for name in ("system_id", *CELLS))
    for words, (system, *places) in zip(said, zip(*cells, strict=True), strict=True):
        one = known.get(words) or known.setdefault(words, Said(**dict(zip(SAID, words, strict=True))))
        found[system].append(Piece(one, *places))
    return found


def _together(all_: tuple[Said, ...]) -> Said:
    return replace(
        all_[0],
        rule=", ".join(said.rule for said in all_),
        options=" ".join(_distinct(option for said in all_ for option in said.options.split())),
        values="; ".join(_distinct(value for said in all_ for value in said.values.split("; "))),
    )


def _here(piece: Piece, first: Piece) -> list[str]:
    """Columns of the row of the source that the first piece names too."""
    return piece.letters.split(",") if piece.record == first.record else []


def _elsewhere(piece: Piece, first: Piece) -> list[str]:
    is_here = piece.record == first.record
    return written("" if is_here else piece.record, piece.letters, piece.cells).split()


def _distinct(parts: Iterable[str]) -> list[str]:
    return [part for part in dict.fromkeys(parts) if part]


def weighty(pieces: list[Piece], chosen: str) -> list[Piece]:
    """What holds: first what speaks for the proposal, then gates, then what speaks for something else."""
    holding = [piece for piece in pieces if piece.said.outcome == "true"]
    return sorted(holding, key=lambda piece: _weight(piece.said, chosen))


def _weight(said: Said, chosen: str) -> tuple[int, float, str]:
    return (0, *said.weight[1:]) if said.options == chosen else said.weight


def asks(piece: Piece) -> bool:
    """Whether the evidence waits for an answer that somebody has to decide on."""
    return piece.said.outcome == "unknown" and piece.said.effect == "needs_decision"


class Told:
    """Evidence in words."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._made: dict[Said, dict[str, Any]] = {}
        self._joined: dict[tuple[Said, ...], Said] = {}

    def joined(self, pieces: list[Piece]) -> list[Piece]:
        """Join the gates of one system that hold for one reason, each for options of its own.

        A gate on targets becomes a gate for each set of options that it means the same for, and each has read what its
        own options ask for.
        """
        found: dict[object, list[Piece]] = {}
        for piece in pieces:
            found.setdefault(piece.said.same, []).append(piece)
        return [alike[0] if len(alike) == 1 else self._one(alike) for alike in found.values()]

    def _one(self, pieces: list[Piece]) -> Piece:
        first, said = pieces[0], tuple(piece.said for piece in pieces)
        return Piece(
            self._joined.get(said) or self._joined.setdefault(said, _together(said)),
            first.record,
            ",".join(_distinct(letter for piece in pieces for letter in _here(piece, first))),
            " ".join(_distinct(cell for piece in pieces for cell in _elsewhere(piece, first))),
        )

    def reason(self, piece: Piece) -> Reason:
        """One piece of evidence in words."""
        words = self._made.get(piece.said) or self._made.setdefault(piece.said, self._worded(piece.said))
        return Reason(**words, cells=written(piece.record, piece.letters, piece.cells))

    def _worded(self, said: Said) -> dict[str, Any]:
        texts = self._desk.texts
        return {
            "rule": said.rule,
            "kind": texts.say(f"kind_{said.kind}"),
            "outcome": texts.say(f"outcome_{said.outcome}"),
            "effect": texts.say(f"effect_{said.effect}"),
            "because": getattr(said, f"because_{texts.language}"),
            "source": texts.of_policy(said.source),
            "values": _values(self._desk, said.values),
            "points": said.points,
            "options": ", ".join(texts.say(f"option_{option}") for option in said.options.split()),
        }


def _values(desk: Desk, said: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.partition("=")[::2] for part in said.split("; "))
    return tuple((desk.texts.field(name), _value(desk, name, value)) for name, value in pairs)


def _value(desk: Desk, name: str, value: str) -> str:
    is_amount = name.endswith("_sek") and value.isdecimal()
    return desk.texts.figure(int(value)) if is_amount else desk.texts.value(name, value)
