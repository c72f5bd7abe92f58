"""A proposal in words: what each header is taken to mean, how sure that is, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from planner.ingest.dialects.columns import load_map
from planner.mapping.proposal import Candidate, Proposal, Proposed
from planner.mapping.shapes import holds_person, load_shapes
from planner.texts import Texts

LONGEST_EXAMPLE, MOST_EXAMPLES = 24, 3


@dataclass(frozen=True)
class Line:
    """One header of the report."""

    header: str
    means: str
    confidence: str
    why: str


@dataclass(frozen=True)
class Report:
    """The headers of a proposal by what becomes of them."""

    sure: tuple[Line, ...]
    unsure: tuple[Line, ...]
    aside: tuple[str, ...]
    personal: tuple[str, ...]


def report(proposal: Proposal, texts: Texts) -> Report:
    """Put a proposal in words."""
    sure = [one for one in proposal.columns if one.is_sure]
    unsure = [one for one in proposal.columns if one.is_asked]
    rest = [one for one in proposal.columns if one not in sure and one not in unsure]
    return Report(
        tuple(line_of(proposal.table, one, _chosen(one), texts) for one in sure),
        tuple(line_of(proposal.table, one, one.candidates[0], texts) for one in unsure),
        tuple(shown(one.field.header) for one in rest if not one.is_personal),
        tuple(shown(one.field.header) for one in rest if one.is_personal),
    )


def _chosen(one: Proposed) -> Candidate:
    return next(candidate for candidate in one.candidates if candidate.column == one.column)


def line_of(table: str, one: Proposed, candidate: Candidate, texts: Texts) -> Line:
    """One header and what it is taken to mean."""
    return Line(
        shown(one.field.header),
        column_in_words(candidate.column, texts),
        percent(candidate.confidence),
        ", ".join(reasons(table, candidate, texts)),
    )


def column_in_words(column: str, texts: Texts) -> str:
    """A column as people call it."""
    return str(texts.mapping["columns"].get(column) or texts.field(column))


def label(column: str, texts: Texts) -> str:
    """A column in words, and by the name that stands in case.yaml."""
    return f"{column_in_words(column, texts)} [{column}]"


def percent(chance: float) -> str:
    """A chance in whole percent; never 100, since a proposal is a proposal."""
    return f"{min(int(chance * 100), 99)} %"


def reasons(table: str, candidate: Candidate, texts: Texts) -> Iterable[str]:
    """Why a header is taken to mean a column, the header's own reason first."""
    say, shapes = texts.mapping["reasons"], texts.mapping["shapes"]
    column = next(one for one in load_map(table).columns if one.name == candidate.column)
    if column.is_presence:
        yield texts.mapping["presence"]
    if candidate.header is None:
        yield say["only_values"]
    else:
        yield say[candidate.header.kind].format(like=f"”{candidate.header.like}”")
    for sign in candidate.values:
        key = "words_fit" if sign.kind == "words" else sign.kind
        yield say[key].format(shape=shapes.get(sign.shape, sign.shape))


def examples(one: Proposed, texts: Texts) -> str:
    """Three values of a column, for a question; none where they may tell of persons or are running text."""
    values = one.field.sample.values
    if not values:
        return str(texts.mapping["empty"])
    long_text = next(shape for shape in load_shapes() if shape.name == "long_text")
    is_long = one.field.sample.shapes.get("long_text", 0) >= long_text.least
    if one.is_personal or is_long or holds_person(values):
        return str(texts.mapping["hidden"])
    some = [f"”{shown(value, LONGEST_EXAMPLE)}”" for value in values[:MOST_EXAMPLES]]
    return str(texts.mapping["examples"].format(values=", ".join(some)))


def shown(text: str, longest: int = 60) -> str:
    """Text of a file as it may be shown in a terminal: without control characters, and cut where it is long."""
    clean = "".join(mark if mark.isprintable() else "�" for mark in text)
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"
