"""What values look like: dates, addresses, K-R-T, names of operating systems and of persons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from planner.facts.support import match_technology
from planner.mapping.knowledge import load_part, plain

# Technology names are many patterns each; so many values tell enough.
MOST_TECHNOLOGIES = 40


@dataclass(frozen=True)
class Shape:
    """A shape of values and the columns to which they belong, see shapes.yaml."""

    name: str
    least: float
    adds: float
    columns: frozenset[str]
    table: str | None
    pattern: re.Pattern[str] | None
    technology: str | None
    is_only: bool
    is_person: bool
    examples: tuple[str, ...]


@lru_cache
def load_shapes() -> tuple[Shape, ...]:
    """Read the shapes."""
    return tuple(
        Shape(
            name=given["name"],
            least=given["least"],
            adds=given.get("adds", 0.0),
            columns=frozenset(given.get("for", [])),
            table=given.get("in"),
            pattern=re.compile(given["pattern"], re.DOTALL) if "pattern" in given else None,
            technology=given.get("technology"),
            is_only=given.get("only", False),
            is_person=given.get("person", False),
            examples=tuple(given["examples"]),
        )
        for given in load_part("shapes")
    )


def shares(values: tuple[str, ...]) -> Mapping[str, float]:
    """Which shapes some distinct values have: the share of them, where any has it."""
    if not values:
        return {}
    texts = [value.casefold() for value in values]
    found = {shape.name: share_of(shape, texts) for shape in load_shapes()}
    return {name: share for name, share in found.items() if share > 0}


def share_of(shape: Shape, texts: list[str]) -> float:
    """Share of casefolded texts that have a shape."""
    if shape.technology:
        some = texts[:MOST_TECHNOLOGIES]
        known = match_technology(pd.Series(some, dtype="string"), kind=shape.technology)
        return float((known["product"].notna() & (known["kind"] == shape.technology)).mean())
    has = shape.pattern.fullmatch if shape.pattern else _begins_with_a_first_name
    return sum(has(text) is not None for text in texts) / len(texts)


def holds_person(values: tuple[str, ...]) -> bool:
    """Whether any value looks like a person's address, number or name: then none of them is shown."""
    texts = [value.casefold() for value in values]
    return any(pattern.search(text) for pattern in _of_people() for text in texts) or any(
        _begins_with_a_first_name(text) for text in texts
    )


@lru_cache
def _of_people() -> tuple[re.Pattern[str], ...]:
    """Shapes of persons' addresses and numbers, wherever they stand in a text."""
    patterns = [shape.pattern.pattern for shape in load_shapes() if shape.is_person and shape.pattern]
    return tuple(re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])") for pattern in patterns)


def _begins_with_a_first_name(text: str) -> str | None:
    family, comma, given = text.partition(",")
    words = re.findall(r"[a-zåäöéü]+", given if comma else family)
    is_short = len(text.split()) <= 4 and not re.search(r"\d", text)
    return text if is_short and words and words[0] in _first_names() else None


@lru_cache
def _first_names() -> frozenset[str]:
    return frozenset(load_part("persons")["first_names"])


def tells_of_a_person(header: str) -> bool:
    """Whether a header is one of people: owner, contact, e-mail, telephone."""
    words = re.findall(r"[a-z]+", plain(re.sub(r"(?<=[a-zåäö])(?=[A-ZÅÄÖ])", " ", header)))
    joined = [*words, "".join(words)] if header.casefold().replace("-", "").replace(" ", "").isalpha() else words
    known = load_part("persons")
    people = [plain(word) for word in known["words"]]
    others = {plain(word) for word in known["not_persons"]}
    return not others.intersection(words) and any(
        word == person or (len(person) > 4 and word.endswith(person)) for word in joined for person in people
    )
