"""Free text about dependencies to its pieces: `Namn (Organisation): anteckning, Namn (Organisation)`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from planner.ingest.flows.known_names import KnownNames, words_of

_LINE = re.compile(r"[;\n]+(?![^()]*\))")
_COMMA = re.compile(r",(?![^()]*\))")
_COLON = re.compile(r":(?![0-9/])(?![^()]*\))")
_BRACKETS = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True)
class Piece:
    """One dependency in words: the text as it stands, what it names, the organisation in brackets, the note."""

    quote: str
    name: str
    organisation: str | None = None
    note: str | None = None


def pieces_of(text: str, known: KnownNames) -> list[Piece]:
    """Part a cell into dependencies.

    Semicolons and new lines part, and commas outside brackets. After a colon a note is read, and notes hold commas:
    what follows one is a dependency of its own only if it has brackets or a colon, or begins with a name of the
    register ("filöverföring, AD" where AD is a system); otherwise it goes on with the note ("natt, hela registret").
    """
    return [piece_of(part) for line in _LINE.split(text) for part in _parts(line, known) if part]


def piece_of(text: str) -> Piece:
    """Take one dependency apart."""
    head, colon, note = _parted(text)
    brackets = _BRACKETS.search(head)
    name = _BRACKETS.sub(" ", head)
    organisation = brackets[1].strip() if brackets else None
    return Piece(text, " ".join(name.split()) or text, organisation or None, (note.strip() if colon else None) or None)


def _parts(line: str, known: KnownNames) -> list[str]:
    parts: list[str] = []
    is_note = False
    for part in _COMMA.split(line):
        if is_note and not _begins_dependency(part, known):
            parts[-1] += f",{part}"
        else:
            parts.append(part)
            is_note = bool(_COLON.search(part))
    return [part.strip() for part in parts]


def _begins_dependency(part: str, known: KnownNames) -> bool:
    head, colon, _ = _parted(part)
    words = words_of(_BRACKETS.sub(" ", head))
    return bool(colon) or bool(_BRACKETS.search(part)) or known.has(words) or known.at(words, 0) is not None


def _parted(text: str) -> tuple[str, str, str]:
    match = _COLON.search(text)
    return (text[: match.start()], ":", text[match.end() :]) if match else (text, "", "")
