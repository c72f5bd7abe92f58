"""What is known before a file is looked at: the readers' own headers, and the data files beside this module."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from planner.errors import PolicyError
from planner.ingest.dialects.columns import ColumnMap, dialects, header_keys, load_map, load_tab, words_of
from planner.schema import load_table
from planner.yamlfile import load_yaml

# Tables that a file of one's own can fill, each with the reader of the same name.
TABLES = ("systems", "servers", "dataflows")
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Alias:
    """A header that is known to mean a column, and how it is known: `known`, `synonym` or `dialect`."""

    column: str
    text: str
    kind: str


@lru_cache
def load_part(name: str) -> Any:
    """Read one of the data files of this folder."""
    return load_yaml(FOLDER / f"{name}.yaml", PolicyError)[0]


def weight(part: str, name: str) -> float:
    """What a sign is worth, or a threshold, from evidence.yaml."""
    return float(load_part("evidence")[part][name])


@lru_cache
def aliases_of(table: str) -> tuple[Alias, ...]:
    """Every known header of a table's columns and of what stands beside them, the reader's own first."""
    own, synonyms = load_map(table), load_part("synonyms")
    columns = {column.name for column in own.columns} | set(synonyms["aside"][table])
    found = [Alias(column.name, header, "known") for column in own.columns for header in column.headers]
    found += [
        Alias(column, header, "synonym")
        for part in (synonyms[table], synonyms["aside"][table])
        for column, headers in part.items()
        for header in headers
    ]
    found += [
        Alias(column.name, header, "dialect")
        for other in _dialects_of(table)
        for column in other.columns
        for header in column.headers
    ]
    return tuple(alias for alias in found if alias.column in columns)


def _dialects_of(table: str) -> list[ColumnMap]:
    maps = [load_map(name) for name in dialects() if name not in (*TABLES, "answers")]
    return [one for one in (*maps, load_tab("rvtools", "vInfo")) if one.table == table]


@lru_cache
def words_for(table: str, column: str) -> Mapping[str, str]:
    """Words that cells of a column are known to hold, casefolded, each with its value; the reader's own go first."""
    meanings = next((one.meanings for one in load_map(table).columns if one.name == column), {})
    schema = load_table(table)
    allowed = set(schema.column(column).values) if column in schema.names else set()
    more = words_of(load_part("synonyms")["words"].get(column, {}))
    own = {value.casefold(): value for value in allowed}
    return {word: value for word, value in {**more, **own, **meanings}.items() if not allowed or value in allowed}


def folded(text: str) -> str:
    """A header in the form in which spellings are compared: without unit, marks, blanks and accents."""
    return re.sub(r"[^0-9a-z]", "", plain(min(header_keys(text), key=len)))


def plain(text: str) -> str:
    """Casefolded text without accents, as programs that know only ASCII write it: `Leverantör` is `leverantor`."""
    return "".join(mark for mark in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(mark))
