"""Several values in one cell, joined with commas, where the values hold commas themselves."""

from __future__ import annotations

import re

_LISTED = re.compile(r"\s*;\s*")
_COMMA = re.compile(r",\s*")


def part_all(cells: list[str]) -> dict[str, str]:
    """Part the distinct cells of a column, with the column as its own vocabulary.

    Semicolons always part. At commas a cell parts where all its pieces are values that are met elsewhere; a run of
    pieces between such values is one value. The longest value that fits is taken, and a cell that holds no known value
    is one value.

    Returns
    -------
    dict
        Each cell, and its values with `; ` between them.
    """
    listed = {cell: [item for item in _LISTED.split(cell) if item] for cell in cells}
    pieces = {item: _COMMA.split(item) for items in listed.values() for item in items}
    known: set[tuple[str, ...]] = {(item,) for item, parts in pieces.items() if len(parts) == 1}
    done: dict[str, list[str]] = {}
    # The fewer commas, the surer that a cell is one value; so it is a word of the vocabulary for the longer ones.
    for item, parts in sorted(pieces.items(), key=lambda pair: (len(pair[1]), pair[0])):
        runs = _runs(parts, known)
        known.update(runs)
        done[item] = [", ".join(run) for run in runs]
    return {cell: "; ".join(value for item in items for value in done[item]) for cell, items in listed.items()}


def _runs(parts: list[str], known: set[tuple[str, ...]]) -> list[tuple[str, ...]]:
    runs: list[tuple[str, ...]] = []
    open_run: list[str] = []
    at = 0
    while at < len(parts):
        sizes = range(len(parts) - at, 0, -1)
        length = next((size for size in sizes if _stands(parts, at, size, known)), 0)
        if length:
            runs += [tuple(open_run)] if open_run else []
            runs.append(tuple(parts[at : at + length]))
            open_run = []
        else:
            open_run.append(parts[at])
        at += length or 1
    return [*runs, tuple(open_run)] if open_run else runs


def _stands(parts: list[str], at: int, size: int, known: set[tuple[str, ...]]) -> bool:
    """Whether some pieces are a known value, and not the beginning of one that goes on in small letters."""
    after = parts[at + size : at + size + 1]
    goes_on = bool(after) and after[0][:1].islower() and (after[0],) not in known
    return tuple(parts[at : at + size]) in known and not goes_on
