"""Why a cell is no value of its column."""

from __future__ import annotations


class BadValue(ValueError):
    """A cell that cannot be a value of its column; `args[0]` is the finding's code."""
