"""Characters that a format cannot hold."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

GLYPHS = Path(__file__).parent / "glyphs.txt"
# Control characters, halves of pairs and what Unicode promises never to assign: XML, and so DOCX, cannot hold them.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_BREAKS = re.compile("[\t\n\r\x85]+")
UNKNOWN_CHARACTER = "\ufffd"


def writable(text: str) -> str:
    """The text with a mark in place of each character that no document can hold; nothing else is altered."""
    return _UNWRITABLE.sub(UNKNOWN_CHARACTER, text)


def in_one_line(text: str) -> str:
    """The same on one line, for titles."""
    return " ".join(writable(text).split())


def printable(text: str, beyond: int | None = None) -> str:
    """The text with `[U+6F22]` in place of each character that the fonts of the PDF do not have.

    A PDF that is archived may hold no character without a glyph; its code says which it was.

    Parameters
    ----------
    beyond
        Characters after this code point are all written as codes.
    """
    flat = _BREAKS.sub(" ", writable(text))
    return _not_printable(beyond).sub(lambda found: f"[U+{ord(found[0]):04X}]", flat)


@lru_cache
def ranges() -> tuple[tuple[int, int], ...]:
    """First and last code points of the ranges that the fonts have."""
    lines = GLYPHS.read_text(encoding="utf-8").splitlines()
    words = [word for line in lines if not line.startswith("#") for word in line.split()]
    ends = [word.partition("-")[::2] for word in words]
    return tuple((int(first, 16), int(last or first, 16)) for first, last in ends)


@lru_cache
def _not_printable(beyond: int | None) -> re.Pattern[str]:
    most = beyond or ranges()[-1][1]
    kept = "".join(f"\\U{first:08x}-\\U{min(last, most):08x}" for first, last in ranges() if first <= most)
    return re.compile(f"[^{kept}]")
