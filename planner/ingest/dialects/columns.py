"""Column maps as data: which header means which column, read from `headers/*.yaml`."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from planner.errors import InventoryError, PolicyError
from planner.ingest.cells.values import clean
from planner.ingest.files.sheets import Row, Sheet, column_letter
from planner.yamlfile import load_yaml

HEADERS = Path(__file__).parent / "headers"
WORDS = Path(__file__).parent / "words"
HEADER_SEARCH_ROWS = 15
# Header of the column that we put before rejected rows: why they were.
REASON = "fardplan_reason"
_UNIT = re.compile(
    r"[\s_(]*(?:in )?\b(KiB|KB|MiB|MB|GiB|GB|TiB|TB|tkr|ksek|tsek|mkr|mnkr|msek)\b(?: ?(?:/|per) ?år)?\)?\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class MappedColumn:
    """How one column of a table is recognised and read.

    `split` names a splitter that turns one cell into several columns; `is_presence` keeps only whether something
    stands there
    (names of persons are not imported); `meanings` says what the file's words mean: those of the column itself and
    those that several maps share. Several headers may stand for it in one file where `repeats` says how: the `first`
    that says something, or the `sum` of all. Where a file has one of the headers that the case itself names for it
    (`own`), no other stands for it.
    """

    name: str
    headers: tuple[str, ...]
    meanings: Mapping[str, str] = field(default_factory=dict)
    split: str | None = None
    is_presence: bool = False
    repeats: str | None = None
    own: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class ColumnMap:
    """All recognised columns of one table, headers that are known and not wanted, and the columns a row must have.

    A file that has all headers of the `signature` is of this dialect; `one|other` is either of them, as in `required`.
    `units` are those of headers that name none. Headers that are `kept` are known and fill no column: what stands there
    is an attribute, whoever knows them. A row is `identified_by` one of some headers, or by two together (`one+other`),
    or cannot be used. The dialect `lacks` columns that the plan would need. Rows are `rejected` with a code where a
    staging column says something, or one of some words.
    """

    table: str
    columns: tuple[MappedColumn, ...]
    ignored: tuple[str, ...]
    required: tuple[str, ...]
    signature: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    identified_by: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    rejected: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Match:
    """A header that was recognised: where it stands, what it means and the unit that it names."""

    column: MappedColumn
    index: int
    header: str
    unit: str | None


@dataclass(frozen=True)
class MatchedSheet:
    """A sheet whose header row was found; `unmapped` are (index, header) that no map knows."""

    sheet: Sheet
    header_at: int
    matches: tuple[Match, ...]
    unmapped: tuple[tuple[int, str], ...]


@lru_cache
def load_map(name: str) -> ColumnMap:
    """Read a column map by name."""
    return _map(load_maps(name)[name])


@lru_cache
def load_maps(name: str) -> dict[str, Any]:
    """Read a file of column maps; one file may hold several (one per tab of an export)."""
    data, _ = load_yaml(HEADERS / f"{name}.yaml", PolicyError)
    return data if "table" not in data else {name: data}


@lru_cache
def load_tab(name: str, tab: str) -> ColumnMap:
    """Read the column map of one tab."""
    return _map(load_maps(name)[tab])


def _map(data: dict[str, Any]) -> ColumnMap:
    own = {name: _column(name, given) for name, given in data["columns"].items()}
    base = load_map(data["extends"]) if "extends" in data else None
    columns = {column.name: column for column in base.columns} | own if base else own
    return ColumnMap(
        data["table"],
        tuple(columns.values()),
        (*(base.ignored if base else ()), *data.get("ignored", [])),
        tuple(data["required"]),
        tuple(data.get("signature", [])),
        {**(base.units if base else {}), **data.get("units", {})},
        (*(base.kept if base else ()), *data.get("kept", [])),
        tuple(data.get("identified_by", [])),
        tuple(data.get("lacks", [])),
        tuple(data.get("rejected", [])),
    )


@lru_cache
def dialects() -> tuple[str, ...]:
    """Names of the dialects that are one table with a header row, those with a signature first."""
    names = [path.stem for path in sorted(HEADERS.glob("*.yaml")) if path.stem in load_maps(path.stem)]
    return tuple(sorted(names, key=lambda name: (not load_map(name).signature, name)))


@lru_cache
def tabs_of(dialect: str) -> tuple[str, ...]:
    """Names of the maps of a dialect: its own, and those of the other tables that it consists of."""
    maps = load_maps(dialect)
    return tuple(name for name, data in maps.items() if isinstance(data, dict) and "table" in data)


@lru_cache
def beside(dialect: str) -> str | None:
    """The dialect of servers that a list of this dialect says more of."""
    data = load_maps(dialect).get(dialect, {})
    return str(data["beside"]["dialect"]) if "beside" in data else None


def _column(name: str, given: list[str] | dict[str, Any]) -> MappedColumn:
    if isinstance(given, list):
        return MappedColumn(name, (name, *given))
    known = [given.get("means", {}), *([load_words(given["words"])] if "words" in given else [])]
    meanings = {word: value for means in known for word, value in words_of(means).items()}
    headers = (name, *given["headers"])
    presence, repeats = given.get("is_presence", False), given.get("repeats")
    return MappedColumn(name, headers, meanings, given.get("split"), presence, repeats)


@lru_cache
def load_words(name: str) -> dict[str, Any]:
    """Words that several maps or readers share, read from `words/*.yaml`."""
    data, _ = load_yaml(WORDS / f"{name}.yaml", PolicyError)
    return {str(value): words for value, words in data.items()}


def words_of(means: Mapping[str, list[str]]) -> dict[str, str]:
    """Casefolded words, each with the value that it means."""
    return {clean(word).casefold(): value for value, words in means.items() for word in words}


def match_header(sheet: Sheet, column_map: ColumnMap) -> MatchedSheet | None:
    """Find the header row among the first rows: the one that knows most columns, and all required ones.

    Returns
    -------
    MatchedSheet or None
        None when no row names every required column.

    Raises
    ------
    InventoryError
        Two columns mean the same thing; names both letters.
    """
    known = _known(column_map)
    best: tuple[int, MatchedSheet] | None = None
    for at in range(min(HEADER_SEARCH_ROWS, len(sheet.rows))):
        matched = _match_row(sheet, at, *known)
        found = {match.column.name for match in matched.matches}
        if all(found.intersection(need.split("|")) for need in column_map.required):
            score = len(matched.matches)
            if best is None or score > best[0]:
                best = (score, matched)
    if best:
        _refuse_twice(best[1])
    return best[1] if best else None


def match_row(sheet: Sheet, at: int, column_map: ColumnMap) -> MatchedSheet:
    """What a map knows of one row, whether or not it is a header row that can be read."""
    return _match_row(sheet, at, *_known(column_map))


@lru_cache(maxsize=200)
def _known(column_map: ColumnMap) -> tuple[dict[str, MappedColumn | None], set[str]]:
    by_key: dict[str, MappedColumn | None] = {
        key: column
        for column in reversed(column_map.columns)
        for header in column.headers
        for key in header_keys(header)
    }
    # What the case says of a header goes before what the reader knows of it.
    by_key |= {key: column for column in column_map.columns for header in column.own for key in header_keys(header)}
    by_key |= {header_keys(header)[0]: None for header in column_map.kept}
    return by_key, {key for header in column_map.ignored for key in header_keys(header)}


def _match_row(sheet: Sheet, at: int, by_key: Mapping[str, MappedColumn | None], ignored: set[str]) -> MatchedSheet:
    matches: list[Match] = []
    unmapped: list[tuple[int, str]] = []
    for index, cell in enumerate(sheet.rows[at]):
        header = clean(cell)
        keys = header_keys(header)
        if header == REASON or ignored.intersection(keys):
            continue
        column = next((by_key[key] for key in keys if key in by_key), None)
        if column is not None:
            unit = _UNIT.search(header)
            matches.append(Match(column, index, header, unit[1] if unit else None))
        elif header:
            unmapped.append((index, header))
    spoken_for = {match.column.name for match in matches if _is_own(match)}
    read = [match for match in matches if _is_own(match) or match.column.name not in spoken_for]
    unmapped += [(match.index, match.header) for match in matches if match not in read]
    return MatchedSheet(sheet, at, tuple(sorted(read, key=_preference)), tuple(sorted(unmapped)))


def _is_own(match: Match) -> bool:
    keys = set(header_keys(match.header))
    return any(keys.intersection(header_keys(header)) for header in match.column.own)


def _preference(match: Match) -> int:
    """Of several headers for one column, the map's own order says which is read first."""
    if match.column.repeats != "first":
        return 0
    keys = set(header_keys(match.header))
    return next(at for at, header in enumerate(match.column.headers) if keys.intersection(header_keys(header)))


def _refuse_twice(matched: MatchedSheet) -> None:
    seen: dict[str, Match] = {}
    for match in matched.matches:
        first = seen.setdefault(match.column.name, match)
        if first is not match and not match.column.repeats:
            raise InventoryError(
                f"two columns mean '{match.column.name}': {column_letter(first.index)} '{first.header}' and "
                f"{column_letter(match.index)} '{match.header}'",
                place=f"{matched.sheet.file}:{matched.sheet.numbers[matched.header_at]}",
                remedy="List one of them under 'ignore' of this source in case.yaml.",
            )


@lru_cache(maxsize=10_000)
def header_keys(header: str) -> tuple[str, ...]:
    """Forms in which a header is compared: as it stands, without its unit, and without blanks and marks."""
    text = unicodedata.normalize("NFC", clean(header)).lstrip("*").strip()
    text = re.sub(r"\s*\((\*|optional)\)$", "", text, flags=re.IGNORECASE).casefold().rstrip("?: ")
    bare = _UNIT.sub("", text).strip()
    return tuple(dict.fromkeys((text, bare, re.sub(r"[-_\s.]", "", text), re.sub(r"[-_\s.]", "", bare))))


def fingerprint_of(row: Row) -> str:
    """Fingerprint of a header row: the same for the same headers, in whatever order and capitals they stand."""
    headers = sorted(header_keys(header)[0] for cell in row if (header := clean(cell)))
    return hashlib.sha256("\n".join(headers).encode("utf-8")).hexdigest()[:10]
