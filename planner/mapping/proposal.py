"""A proposal of what the columns of an unknown table mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from planner.case import Source
from planner.ingest.dialects.columns import MappedColumn, load_map
from planner.ingest.dialects.own_columns import extend
from planner.mapping.assignment import LEAST_ODDS, assign, confidences
from planner.mapping.headers import HeaderSign, header_signs
from planner.mapping.knowledge import TABLES, folded, load_part, plain, weight
from planner.mapping.sample import Field
from planner.mapping.shapes import load_shapes, tells_of_a_person
from planner.mapping.values import ValueSign, value_signs

MOST_CANDIDATES = 3
# What stands beside the columns of a table is each header's own: any number of them may be comments.
_ASIDE = "aside {}"


@dataclass(frozen=True)
class Candidate:
    """A column that a header may mean, how sure that is (0 to 1), and the signs."""

    column: str
    confidence: float
    header: HeaderSign | None
    values: tuple[ValueSign, ...]


@dataclass(frozen=True)
class Proposed:
    """One column of the file: what it is taken to mean, and what else it could be, the likeliest first.

    A column whose header means something that the plan does not read is set `aside` under that name. `is_personal`
    columns tell of persons: they are read as present or absent, or not at all.
    """

    field: Field
    column: str | None
    candidates: tuple[Candidate, ...]
    is_personal: bool
    aside: str | None = None

    @property
    def confidence(self) -> float:
        """How sure the proposed column is."""
        return next((one.confidence for one in self.candidates if one.column == self.column), 0.0)

    @property
    def is_sure(self) -> bool:
        """Whether it is taken without a question."""
        return self.column is not None and self.confidence >= weight("thresholds", "sure")

    @property
    def is_asked(self) -> bool:
        """Whether a person should say what it means."""
        best = self.candidates[0].confidence if self.candidates else 0.0
        return not self.is_sure and self.aside is None and best >= weight("thresholds", "ask")


@dataclass(frozen=True)
class Proposal:
    """What a table is, how sure that is, and what its columns are taken to mean."""

    table: str
    confidence: float
    columns: tuple[Proposed, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Required columns that no header surely means."""
        sure = {one.column for one in self.columns if one.is_sure}
        return tuple(name for name in load_map(self.table).required if name not in sure)


def propose(fields: Sequence[Field], names: Sequence[str] = (), source: Source | None = None) -> Proposal:
    """Propose the table of some columns, and what each of them means.

    Parameters
    ----------
    fields
        Headers with samples of their values, in any order.
    names
        Names of file and sheet, which may tell the table.
    source
        What the case says of the file already: its reader, columns, and headers to keep or ignore.
    """
    given = source.reader if source and source.reader in TABLES else None
    proposals = {table: propose_for(table, fields, source) for table in ([given] if given else TABLES)}
    odds = {table: math.exp(_evidence(table, columns, names)) for table, columns in proposals.items()}
    best = max(sorted(odds), key=lambda table: odds[table])
    return Proposal(best, 1.0 if given else odds[best] / sum(odds.values()), proposals[best])


def propose_for(table: str, fields: Sequence[Field], source: Source | None = None) -> tuple[Proposed, ...]:
    """Propose what columns mean if they are of one table."""
    column_map = load_map(table)
    if source is not None and source.reader == table:
        column_map = extend(column_map, source)
    told = {*source.keep, *source.ignore} if source else set()
    signs = {
        (at, column.name): found
        for at, field in enumerate(fields)
        for column in column_map.columns
        if field.header not in told and (found := _signs(table, column, field))
    }
    asides = {at: beside for at, field in enumerate(fields) if (beside := _aside(table, field))}
    odds = {pair: _odds(*found) for pair, found in signs.items()}
    odds |= {(at, _ASIDE.format(at)): worth for at, (_, worth) in asides.items()}
    odds = {pair: value for pair, value in odds.items() if value > LEAST_ODDS}
    pairs = assign([(field.header.casefold(), field.header, field.sample.values) for field in fields], odds)
    chances = confidences(odds)
    presences = {column.name for column in column_map.columns if column.is_presence}
    proposed = []
    for at, field in enumerate(fields):
        candidates = [
            Candidate(name, chances[at, name], *signs[at, name])
            for one, name in odds
            if one == at and (one, name) in signs
        ]
        ranked = tuple(sorted(candidates, key=lambda one: (-one.confidence, one.column))[:MOST_CANDIDATES])
        name = pairs.get(at)
        is_aside = name == _ASIDE.format(at)
        column = None if is_aside else name
        is_sure_aside = is_aside and chances[at, _ASIDE.format(at)] >= weight("thresholds", "aside")
        is_personal = _is_personal(field, column, ranked, presences)
        proposed.append(Proposed(field, column, ranked, is_personal, asides[at][0] if is_sure_aside else None))
    return tuple(proposed)


def _aside(table: str, field: Field) -> tuple[str, float] | None:
    """The likeliest of what the plan does not read, with its odds: any number of headers may mean the same of it."""
    known = {column.name for column in load_map(table).columns}
    names = [name for name in load_part("synonyms")["aside"][table] if name not in known]
    worth = {name: _odds(*_signs(table, MappedColumn(name, ()), field)) for name in names}
    best = max(sorted(worth), key=lambda name: worth[name], default=None)
    return (best, worth[best]) if best else None


def _signs(table: str, column: MappedColumn, field: Field) -> tuple[HeaderSign | None, tuple[ValueSign, ...]]:
    header = header_signs(table, field.header).get(column.name)
    if any(folded(own) == folded(field.header) for own in column.own):
        return HeaderSign(weight("headers", "own"), "own", field.header), ()
    return header, tuple(value_signs(table, column, field.sample))


def _odds(header: HeaderSign | None, values: tuple[ValueSign, ...]) -> float:
    chance = header.chance if header else weight("headers", "none")
    return chance / (1 - chance) * math.exp(sum(sign.adds for sign in values))


def _evidence(table: str, columns: tuple[Proposed, ...], names: Sequence[str]) -> float:
    """How much speaks for a table: its likely columns, and what file and sheet are called."""
    found = {one.column: one.confidence for one in columns if one.column and one.confidence >= 0.5}
    if not set(load_map(table).required) <= {one.column for one in columns}:
        return -10.0
    words = {
        word for name in names for word in plain(name).replace("_", " ").replace("-", " ").replace(".", " ").split()
    }
    known = {plain(word) for word in load_part("synonyms")["tables"][table]}
    is_named = any(word in known or any(word.startswith(one) for one in known if len(one) > 5) for word in words)
    asides = sum(one.aside is not None for one in columns)
    likely = weight("table", "column") * sum(found.values()) + weight("table", "aside") * asides
    return likely + (weight("table", "name") if is_named else 0.0)


def _is_personal(field: Field, column: str | None, ranked: Sequence[Candidate], presences: set[str]) -> bool:
    people = [shape for shape in load_shapes() if shape.is_person]
    if column in presences or any(field.sample.shapes.get(shape.name, 0) >= shape.least for shape in people):
        return True
    typed = ("yes_no", "number", "date", "url", "uuid")
    if any(field.sample.shapes.get(name, 0) >= 0.8 for name in typed) or not tells_of_a_person(field.header):
        return False
    best = next((one for one in ranked if one.column == column), None)
    return best is None or best.header is None or best.header.kind not in {"own", "known", "synonym"}
