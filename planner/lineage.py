"""Where a fact was read: from any field of a system to the cells of the inventory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.codes import MAX_TABLE, Codes, compressed, first_of
from planner.portfolio import Portfolio

MAX_CELLS = 4
HOME = "systems"
READ = ("table", "row_id", "column", "file", "sheet", "row", "cell_column")
Texts = NDArray[np.object_]
Source = tuple[str, str]
# A derived fact and the columns that it is derived from.
DERIVED: dict[str, list[tuple[str, str]]] = {
    "server_count": [("servers", "name")],
    "has_own_servers": [("servers", "name"), ("systems", "delivery")],
    "vcpu": [("servers", "vcpu")],
    "memory_gib": [("servers", "memory_gib")],
    "storage_gib": [("servers", "storage_gib")],
    "is_off": [("servers", "power_state")],
    "is_template": [("servers", "is_template")],
    "environment_hint": [("servers", "environment_hint")],
    "os_family": [("servers", "os")],
    "support_status": [("servers", "os"), ("systems", "os"), ("systems", "db"), ("systems", "runtime")],
    "support_end_date": [("servers", "os"), ("systems", "os"), ("systems", "db"), ("systems", "runtime")],
    "same_function_count": [("systems", "function_code")],
    "notice_date": [("systems", "contract_end_date"), ("systems", "notice_months")],
    "lead_route": [("systems", "procurement_route"), ("systems", "annual_cost_sek")],
    "contract_value_sek": [("systems", "annual_cost_sek")],
    "years_to_retirement": [("systems", "retire_year")],
    "risk_l1": [("servers", "os"), ("systems", "os"), ("systems", "db"), ("systems", "runtime")],
    "risk_l2": [("systems", "contract_end_date"), ("systems", "is_contract_rolling")],
    "is_process_unmapped": [("systems", "process_mapped_date")],
    "has_same_manual_steps": [("systems", "manual_steps_before"), ("systems", "manual_steps_after")],
    "has_no_measured_benefit": [("systems", "benefit_baseline"), ("systems", "has_benefit_owner")],
    "is_provisional": [("servers", "name"), ("systems", "name")],
}


@dataclass(frozen=True)
class _Column:
    """Where one column stands at home: code of its letter for every system, and the letters; 0 and blank for not."""

    codes: Codes
    words: list[str]

    @classmethod
    def of(cls, at: Codes, letter: Codes, letters: list[str], count: int) -> _Column:
        own, _ = compressed(letter, len(letters))
        used = np.flatnonzero(np.bincount(letter, minlength=1))
        codes = np.zeros(count, dtype=np.int32)
        codes[at] = own + 1
        return cls(codes, ["", *(letters[number] for number in used)])


@dataclass(frozen=True)
class _Cells:
    """Cells of one column: the system that each is about, where its record stands, and its letter."""

    at: Codes
    place: Codes
    letter: Codes


def written(record: str, letters: str, cells: str) -> str:
    """All cells of one piece of evidence, as people read them: `register.csv:36:K,M servers.csv:7:C`."""
    return " ".join(part for part in (f"{record}:{letters}" if record else "", cells) if part)


class Lineage:
    """Cells of every field of every system.

    Nearly all that is known of a system stands in one row of one file, its home: of that row only the letters differ,
    and `register.csv:36:K,M` says it once. Cells elsewhere (its servers, a filled form) follow, at most four per field
    and then how many more. `written` puts both together.

    Parameters
    ----------
    portfolio
        With provenance and assignments.
    system_ids
        Systems in the order of the answers.
    fields
        Fields that will be asked for.
    made_from
        Field made by a lens (such as `openness_class`) to the columns of systems that the lens reads.
    """

    def __init__(
        self, portfolio: Portfolio, system_ids: pd.Series, fields: Iterable[str], made_from: dict[str, list[str]]
    ) -> None:
        self._index = pd.Index(system_ids)
        self._sources = {
            field: [
                source
                for column in [field, *made_from.get(field, [])]
                for source in [(HOME, column), *DERIVED.get(column, [])]
            ]
            for field in dict.fromkeys(fields)
        }
        self._heads: Texts
        self._letters: list[str]
        self._home: Codes
        self._read_provenance(portfolio)
        self._elsewhere: dict[str, Texts | None] = {}

    def records(self) -> tuple[Codes, Texts]:
        """Code of every system's home, -1 for none, and the homes as `file[sheet]:row`."""
        has = self._home >= 0
        codes, texts = pd.factorize(self._heads[self._home[has]])
        found = np.full(len(self._home), -1, dtype=np.int32)
        found[has] = codes
        return found, np.array([text[:-1] for text in texts], dtype=object)

    def letters(self, fields: list[str], at: NDArray[np.intp]) -> tuple[Codes, list[str]]:
        """Code of the columns in which the fields of some systems stand at home, and these as `K,M`; blank for none."""
        sources = dict.fromkeys(source for field in fields for source in self._sources[field] if source in self._here)
        here = [self._here[source] for source in sources]
        codes, size = np.zeros(len(at), dtype=np.int32), 1
        for part in here:
            if size * len(part.words) > MAX_TABLE:
                codes, size = compressed(codes, size)
            codes, size = codes * len(part.words) + part.codes[at], size * len(part.words)
        codes, size = compressed(codes, size)
        first = at[first_of(codes, size)]
        texts = [[part.words[code] for code in part.codes[first]] for part in here] or [[""] * size]
        return codes, [",".join(mark for mark in row if mark) for row in zip(*texts, strict=True)]

    def elsewhere(self, fields: list[str], at: NDArray[np.intp]) -> tuple[NDArray[np.intp], Texts]:
        """Which of some systems have cells of the fields in other records, and these."""
        found = [more[at] for more in map(self._found_elsewhere, fields) if more is not None]
        texts = np.full(len(at) if found else 0, None, dtype=object)
        for more in found:
            given = np.flatnonzero(~pd.isna(more))
            _append(texts, given, more[given])
        has = np.flatnonzero(~pd.isna(texts))
        return has, texts[has]

    def _read_provenance(self, portfolio: Portfolio) -> None:
        provenance = portfolio["provenance"]
        wanted = {source for sources in self._sources.values() for source in sources}
        key, names = _sources_of(provenance)
        kept = np.flatnonzero(np.array([name in wanted for name in names], dtype=np.bool_)[key])
        read = provenance if len(kept) == len(provenance) else provenance[list(READ)].take(kept)
        key, at = key[kept], self._systems_of(read, portfolio["assignments"])
        place, self._heads = _places(read)
        letter, letters = _codes_of(read["cell_column"])
        self._letters = ["", *letters]
        is_home = (at >= 0) & np.array([table == HOME for table, _ in names], dtype=np.bool_)[key]
        self._home = np.full(len(self._index), -1, dtype=np.int32)
        self._home[at[is_home][::-1]] = place[is_home][::-1]
        is_home &= place == self._home[at]
        self._here: dict[Source, _Column] = {}
        self._there: dict[Source, _Cells] = {}
        for name, rows in zip(names, _rows_of(key, len(names), at >= 0), strict=True):
            if len(rows):
                here, there = rows[is_home[rows]], rows[~is_home[rows]]
                self._here[name] = _Column.of(at[here], letter[here], letters, len(self._index))
                self._there[name] = _Cells(at[there], place[there], letter[there] + 1)

    def _systems_of(self, read: pd.DataFrame, assignments: pd.DataFrame) -> Codes:
        """Number of the system that each row is about, -1 for none."""
        codes, owners = _codes_of(read["row_id"])
        of_servers = dict(zip(assignments["server_id"], assignments["system_id"], strict=True))
        numbers = self._index.get_indexer(pd.Index([of_servers.get(owner, owner) for owner in owners], dtype="object"))
        found: Codes = numbers.astype(np.int32)[codes]
        return found

    def _found_elsewhere(self, field: str) -> Texts | None:
        if field not in self._elsewhere:
            parts = [self._there[source] for source in self._sources[field] if source in self._there]
            parts = [part for part in parts if len(part.at)]
            self._elsewhere[field] = self._listed(parts) if parts else None
        return self._elsewhere[field]

    def _listed(self, parts: list[_Cells]) -> Texts:
        texts = np.full(len(self._index), None, dtype=object)
        count = np.zeros(len(texts), dtype=np.int64)
        letters = np.array(self._letters, dtype=object)
        for part in parts:
            written = self._heads[part.place] + letters[part.letter]
            for at, cell in _one_each(part, written):
                shown = count[at] < MAX_CELLS
                _append(texts, at[shown], cell[shown])
                count[at] += 1
        more = count > MAX_CELLS
        texts[more] = texts[more] + np.array([f" +{number}" for number in count[more] - MAX_CELLS], dtype=object)
        return texts


def _codes_of(words: pd.Series) -> tuple[Codes, list[str]]:
    """Code of every word, -1 for unknown, and the words in their own order."""
    return words.cat.codes.to_numpy(), words.cat.categories.tolist()


def _sources_of(provenance: pd.DataFrame) -> tuple[Codes, list[tuple[str, str]]]:
    """Code of the table and column of every row, and these."""
    (table, tables), (column, columns) = (_codes_of(provenance[name]) for name in ("table", "column"))
    key = table.astype(np.int16) * len(columns) + column
    return key, [(table, column) for table in tables for column in columns]


def _places(read: pd.DataFrame) -> tuple[Codes, Texts]:
    """Number of each cell's record, and `file[sheet]:row:` of every record; in the order of files, sheets and rows."""
    codes, size = np.zeros(len(read), dtype=np.int32), 1
    for name in ("file", "sheet"):
        part, words = _codes_of(read[name])
        rank = np.array([*(1 + np.argsort(np.argsort(words))), 0], dtype=np.int32)
        codes, size = compressed(codes * (len(words) + 1) + rank[part], size * (len(words) + 1))
    rows = read["row"].to_numpy(dtype=np.int32)
    span = int(rows.max(initial=0)) + 1
    codes, size = compressed(codes.astype(np.int64) * span + rows, size * span)
    heads = read.iloc[first_of(codes, size)]
    sheet = ("[" + heads["sheet"].astype("string") + "]").fillna("")
    texts = heads["file"].astype("string") + sheet + ":" + heads["row"].astype("string") + ":"
    return codes, texts.to_numpy(dtype=object)


def _rows_of(key: Codes, size: int, is_ours: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Rows of each source."""
    key = np.where(is_ours, key, size).astype(np.int16)
    order = np.argsort(key, kind="stable")
    return np.split(order, np.searchsorted(key[order], np.arange(size + 1)))[1:-1]


def _one_each(cells: _Cells, written: Texts) -> list[tuple[Codes, Texts]]:
    """Cells of one column in rounds: in each round a system has at most one, in the order of files and rows."""
    order = np.lexsort((cells.letter, cells.place, cells.at))
    at = cells.at[order]
    turn = pd.Series(at).groupby(at).cumcount().to_numpy()
    return [(at[turn == number], written[order][turn == number]) for number in range(int(turn.max(initial=-1)) + 1)]


def _append(texts: Texts, at: NDArray[np.intp], cell: Texts) -> None:
    is_first = pd.isna(texts[at])
    texts[at[is_first]] = cell[is_first]
    texts[at[~is_first]] += " " + cell[~is_first]
