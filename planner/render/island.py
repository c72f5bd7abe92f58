"""Data islands of a page: all systems in columns, and packed, the sheet of each and lists that are too long to print.

A script in the page draws them. They hold what the view holds and nothing else, so that what an audience may not see is
not in them either.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from planner.render.formats import inside
from planner.render.sheet import Block, Item, SheetWriter
from planner.view.model import View
from planner.view.model.systems import System
from planner.view.model.terms import Ref

ESCAPES = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}
_ROW = re.compile(r"(?<=:)\d+(?=:)")


def rows_island(view: View) -> str:
    """The columns of the table as JSON that cannot end its own block; what repeats itself is a list of words and where
    each stands."""
    systems, whole = view.systems, view.meta.organisation
    columns: list[Any] = [
        [item.system_id for item in systems],
        [item.name for item in systems],
        _words([inside(item.organisation, whole) for item in systems]),
        _words([item.disposition for item in systems]),
        _words([item.state for item in systems]),
        [item.wave for item in systems],
        _words([item.quarter for item in systems]),
        [_whole(item.days[1]) for item in systems],
        [_whole(item.cost_sek[1]) for item in systems],
        _words([item.key for item in systems]),
    ]
    return _json(columns).translate(ESCAPES)


def packed_island(view: View, lists: Mapping[str, Sequence[Ref | System]]) -> str:
    """Sheets and long lists, deflated and written as base64: a tenth of their size."""
    place = {item.system_id: at for at, item in enumerate(view.systems)}
    content: dict[str, Any] = {
        "lists": {key: " ".join(str(place[ref.system_id]) for ref in refs) for key, refs in lists.items()}
    }
    if view.has_details:
        content |= _sheets(view, place)
    packed = zlib.compress(_json(content).encode("utf-8"))
    return base64.b64encode(packed).decode("ascii")


def unpacked(text: str) -> Any:
    """What is in a packed island, as the page's script reads it."""
    return json.loads(zlib.decompress(base64.b64decode(text)))


def _sheets(view: View, place: dict[str, int]) -> dict[str, Any]:
    """Sheets by column: every distinct item once, the commonest first, and for every system the numbers of its own.

    Rows of source files differ from system to system where the rest of a cell's place does not, so they stand in a
    column of their own, and the places point at them.
    """
    writer = SheetWriter(view.meta.language)
    numbers: list[str] = []
    columns: list[tuple[Block, list[Sequence[Item]]]] = []
    for item in view.systems:
        rows: dict[str, int] = {}
        for at, block in enumerate(writer.blocks(item)):
            if at == len(columns):
                columns.append((block, []))
            is_evidence = block.kind == "reasons"
            columns[at][1].append([_pointed(one, rows) for one in block.items] if is_evidence else block.items)
        numbers.append(" ".join(rows))
    return {
        "numbers": "\n".join(numbers),
        "columns": [_column(block, lines, place) for block, lines in columns],
    }


def _pointed(item: Item, rows: dict[str, int]) -> Item:
    """Evidence with `@0;` for the first row of a file that the sheet names, and so on; `@` itself is doubled."""
    because, effect, values, cells, trace = item
    if cells:
        cells = _ROW.sub(lambda row: f"@{rows.setdefault(row[0], len(rows))};", cells.replace("@", "@@"))
    return because, effect, values, cells, trace


def _column(block: Block, lines: list[Sequence[Item]], place: dict[str, int]) -> dict[str, Any]:
    made: dict[str, Any] = {"kind": block.kind, "heading": block.heading}
    if block.kind == "refs":
        return made | {"rows": "\n".join(" ".join(str(place[one[0]]) for one in line) for line in lines)}
    counts = Counter(chain.from_iterable(lines))
    items = sorted(counts, key=lambda one: (-counts[one], one))
    code = {one: str(at) for at, one in enumerate(items)}
    return made | {"items": items, "rows": "\n".join(" ".join(map(code.__getitem__, line)) for line in lines)}


def _words(values: Iterable[str]) -> dict[str, Any]:
    values = list(values)
    words = {word: at for at, word in enumerate(dict.fromkeys(values))}
    return {"words": list(words), "at": [words[value] for value in values]}


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
