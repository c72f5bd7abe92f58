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
    sides = [content.split(END) for content in (old, new)]
    seen = [set(lines) for lines in sides]
    heads = _heads(among)
    found = [
        [line for line in lines[1:] if line and line not in other and _is_among(line, heads)]
        for lines, other in zip(sides, reversed(seen), strict=True)
    ]
    if any(line.count(b'"') % 2 for lines in found for line in lines):
        # A text with a line end in it: the lines are no rows.
        return parsed(old, name), parsed(new, name)
    one, other = (parsed(END.join([lines[0], *rows]), name) for lines, rows in zip(sides, found, strict=True))
    return one, other


def parsed(content: bytes, name: str, columns: list[str] | None = None) -> pd.DataFrame:
    """A table's CSV as texts; a column that it does not have is left out, a table without bytes has no rows."""
    if not content.strip():
        return pd.DataFrame(columns=columns or load_table(name).names, dtype="string")
    wanted = None if columns is None else lambda column: column in columns
    return pd.read_csv(io.BytesIO(content), dtype="string", keep_default_na=False, na_values=[""], usecols=wanted)


def _heads(among: Collection[tuple[str, ...]] | None) -> set[bytes] | None:
    if among is None:
        return None
    heads = {",".join(values).encode("utf-8") for values in among}
    quoted = any(mark in value for values in among for value in values for mark in ',"\r\n')
    return None if quoted else heads


def _is_among(line: bytes, heads: set[bytes] | None) -> bool:
    if heads is None:
        return True
    first, _, rest = line.partition(b",")
    return first in heads or first + b"," + rest.partition(b",")[0] in heads
