"""Rows of a table that two plans do not have in common, as texts: what is the same in both is never parsed."""

from __future__ import annotations

import io
from collections.abc import Collection

import pandas as pd

from planner.schema import load_table

END = b"\r\n"


def differing(
    old: bytes, new: bytes, name: str, among: Collection[tuple[str, ...]] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of either side that the other does not have, in their order.

    Parameters
    ----------
    old, new
        A table's CSV, or nothing where the plan does not have it.
    name
        The table, whose columns a side without any gets.
    among
        Only rows that begin with one of these values; a few rows more may come along.
    """
    if old == new:
        return parsed(b"", name), parsed(b"", name)
    heads = _heads(among)
    first = [content[: content.find(END)] if END in content else content for content in (old, new)]
    sides = [content.split(END)[1:] if heads is None else _picked(content, heads) for content in (old, new)]
    seen = [set(lines) for lines in sides]
    found = [
        [line for line in lines if line and line not in other]
        for lines, other in zip(sides, reversed(seen), strict=True)
    ]
    if any(line.count(b'"') % 2 for lines in found for line in lines):
        # A text with a line end in it: the lines are no rows.
        return parsed(old, name), parsed(new, name)
    one, other = (parsed(END.join([head, *rows]), name) for head, rows in zip(first, found, strict=True))
    return one, other


def parsed(content: bytes, name: str, columns: list[str] | None = None) -> pd.DataFrame:
    """A table's CSV as texts; a column that it does not have is left out, a table without bytes has no rows."""
    if not content.strip():
        return pd.DataFrame(columns=columns or load_table(name).names, dtype="string")
    wanted = None if columns is None else lambda column: column in columns
    return pd.read_csv(io.BytesIO(content), dtype="string", keep_default_na=False, na_values=[""], usecols=wanted)


def _heads(among: Collection[tuple[str, ...]] | None) -> list[bytes] | None:
    """How the lines begin that are asked for, in the order in which tables stand; None for all lines."""
    if among is None or any(mark in value for values in among for value in values for mark in ',"\r\n'):
        return None
    return [END + f"{','.join(values)},".encode() for values in sorted(set(among))]


def _picked(content: bytes, heads: list[bytes]) -> list[bytes]:
    """Lines that begin so. Tables are sorted by their first columns, so that one pass finds them all."""
    lines, at = [], 0
    for head in heads:
        start = content.find(head, at)
        start = content.find(head, 0, at + len(head)) if start < 0 else start
        while start >= 0 and content.startswith(head, start):
            end = content.find(END, start + len(END))
            end = len(content) if end < 0 else end
            lines.append(content[start + len(END) : end])
            start = at = end
    return lines
