"""What a file's own words and numbers mean: words that are surely a value of a column, and units that numbers tell."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from planner.ingest.cells.values import BadValue, clean, read_number
from planner.ingest.dialects.columns import MappedColumn
from planner.mapping.knowledge import plain, words_for
from planner.mapping.sample import Field
from planner.mapping.values import is_readable
from planner.schema import load_table

# Memory comes in whole numbers of these MB, and hardly any server has 512 GB; disks in whole GB.
STEPS_MB = {"memory_gib": 256, "storage_gib": 1024, "storage_used_gib": 1024}
LEAST_MB, NEARLY_ALL, LEAST_NUMBERS = 512, 0.9, 3
ENDINGS = ("a", "e", "t", "n", "en", "ad", "ade")
SHORTEST_STEM = 4


def meanings_of(table: str, column: MappedColumn, field: Field) -> tuple[dict[str, list[str]], list[str]]:
    """What words below a header mean that the reader does not know.

    A word is only translated where it is a known one, or differs from one by its ending alone: "kritiskt" is
    "kritisk", but "okritisk" is not.

    Returns
    -------
    means, unknown
        The file's words by the value that they mean, and those that stay unknown.
    """
    schema = load_table(table)
    if column.split or column.is_presence or column.name not in schema.names:
        return {}, []
    typed = schema.column(column.name)
    known = words_for(table, column.name)
    if not typed.values and not (known and typed.type == "boolean"):
        return {}, []
    means: dict[str, list[str]] = defaultdict(list)
    unknown = []
    for value in field.sample.values:
        if clean(value).casefold() in column.meanings or is_readable(value, typed):
            continue
        meant = _meant(value, known)
        if meant is None:
            unknown.append(value)
        else:
            means[meant].append(value)
    return {value: means[value] for value in sorted(means)}, unknown


def _meant(value: str, known: Mapping[str, str]) -> str | None:
    word = clean(value).casefold()
    if word in known:
        return known[word]
    stems = _stems(word)
    found = {meant for other, meant in known.items() if stems & _stems(other)}
    return found.pop() if len(found) == 1 else None


def _stems(word: str) -> set[str]:
    """A word, and what is left of it without each ending that it may have."""
    text = plain(word).replace("-", " ")
    shorter = {text.removesuffix(ending) for ending in ENDINGS}
    return {text, *(stem for stem in shorter if len(stem) >= SHORTEST_STEM)}


def unit_of(table: str, name: str, field: Field) -> str | None:
    """MB where the numbers below a header without unit can hardly be anything else."""
    step = STEPS_MB.get(name) if table == "servers" else None
    if step is None:
        return None
    numbers = [number for value in field.sample.values if (number := _number(value)) is not None]
    if len(numbers) < LEAST_NUMBERS or len(numbers) < len(field.sample.values):
        return None
    whole = sum(number % step == 0 for number in numbers) / len(numbers)
    return "MB" if min(numbers) >= LEAST_MB and whole >= NEARLY_ALL else None


def _number(value: str) -> float | None:
    if not re.fullmatch(r"[\d\s]+", value):
        return None
    try:
        return read_number(value, None, None)
    except BadValue:
        return None
