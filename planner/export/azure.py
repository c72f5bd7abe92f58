"""A wave mapping that Azure exported: its wave names are written anew, and every other byte stays as it was.

Azure publishes the rules of the import (no row added or removed, no blank wave, all or nothing) and not the headers,
so the column of names is the one that holds the most names of servers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from planner.errors import PlannerError
from planner.export.material import Export, Refusal

WAVE = "wave name"
# A field as it stands, with its quotes; and what ends it.
_FIELD = re.compile(r'(?P<field>"(?:[^"]|"")*"|[^,\r\n]*)(?P<end>,|\r\n|\n|\r|$)')


def rewritten(content: bytes, rows: pd.DataFrame) -> Export:
    """Write wave names into the file.

    Raises
    ------
    PlannerError
        The file has no column `Wave Name`, none that holds names of the plan's servers, or a workload of which the
        plan knows no wave: the import would refuse the whole file.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise PlannerError("the wave mapping is not UTF-8", remedy="Give the file as Azure exported it.") from None
    lines = _fields(text)
    waves = _waves(rows)
    wave_at, name_at = _columns(lines, waves)
    pieces, refused, written = [], [], 0
    for number, line in enumerate(lines):
        fields = [field for field, _ in line]
        if number and len(fields) > max(wave_at, name_at):
            name = _plain(fields[name_at])
            if name.casefold() in waves:
                fields[wave_at] = _quoted_like(fields[wave_at], waves[name.casefold()])
                written += 1
            elif not _plain(fields[wave_at]):
                refused.append(Refusal(f"row {number + 1}", name, "Wave Name", "", "missing"))
        pieces += [field + end for field, (_, end) in zip(fields, line, strict=True)]
    if refused:
        first = refused[0]
        raise PlannerError(
            f"{len(refused)} workloads have no wave, in the plan and in the file",
            place=first.key,
            value=first.name,
            remedy="Azure refuses a file with a blank wave: name one there, or leave these out of the plan in Azure.",
        )
    return Export(("".join(pieces).encode("utf-8"),), written)


def _fields(text: str) -> list[list[tuple[str, str]]]:
    """Lines of fields, each as it stands and with what ends it; put together they are the text."""
    lines: list[list[tuple[str, str]]] = [[]]
    at = 0
    while at < len(text):
        found = _FIELD.match(text, at)
        if found is None:
            raise PlannerError("the wave mapping has a quote in the middle of a field", place=f"row {len(lines)}")
        lines[-1].append((found["field"], found["end"]))
        at = found.end()
        if found["end"] != ",":
            lines.append([])
        elif at == len(text):
            lines[-1].append(("", ""))
    return lines if lines[-1] else lines[:-1]


def _waves(rows: pd.DataFrame) -> dict[str, str]:
    names = rows["name"].str.casefold()
    is_unique = ~names.duplicated(keep=False)
    return dict(zip(names[is_unique], rows.loc[is_unique, "wave_name"], strict=True))


def _columns(lines: list[list[tuple[str, str]]], waves: Mapping[str, str]) -> tuple[int, int]:
    header = [_plain(field).casefold() for field, _ in lines[0]] if lines else []
    if WAVE not in header:
        raise PlannerError("the wave mapping has no column Wave Name", value=", ".join(header)[:80])
    hits = [
        sum(_plain(line[at][0]).casefold() in waves for line in lines[1:] if at < len(line))
        for at in range(len(header))
    ]
    if not max(hits):
        raise PlannerError("no column of the wave mapping holds names of the plan's servers")
    return header.index(WAVE), hits.index(max(hits))


def _plain(field: str) -> str:
    bare = field[1:-1].replace('""', '"') if field.startswith('"') else field
    return bare.removeprefix("\ufeff").strip()


def _quoted_like(field: str, value: str) -> str:
    return f'"{value}"' if field.startswith('"') else value
