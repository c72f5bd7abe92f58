"""Characters that a format cannot hold."""

from __future__ import annotations

import re

# Control characters, halves of pairs and what Unicode promises never to assign: XML and PDF cannot hold them.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
UNKNOWN_CHARACTER = "\ufffd"


def writable(text: str) -> str:
    """The text with a mark in place of each character that no document can hold; nothing else is altered."""
    return _UNWRITABLE.sub(UNKNOWN_CHARACTER, text)


def in_one_line(text: str) -> str:
    """The same on one line, for titles."""
    return " ".join(writable(text).split())
