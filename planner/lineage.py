"""Where a fact was read: from any field of a system to the cells of the inventory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.codes import Codes, compressed, first_of
from planner.portfolio import Portfolio

MAX_CELLS = 4
HOME = "systems"
READ = ("table", "row_id", "column", "file", "sheet", "row", "cell_column")
Texts = NDArray[np.object_]
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
class _Cells:
    """Cells of one column: the system that each is about, where its record stands, and its letter."""

    at: Codes
    place: Codes
    letter: Codes


class Lineage:
    """Cells of every field of every system.

    Nearly all that is known of a system stands in one row of one file, its home: of that row only the letters differ,
    and `register.csv:36:K,M` says it once. Cells elsewhere (its servers, a filled form) follow, at most four per field
    and then how many more.

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
        self._read_provenance(portfolio)
        self._elsewhere: dict[str, Texts | None] = {}

    def cells(self, fields: list[str], at: NDArray[np.intp]) -> Texts:
        """Where the fields of some systems stand, as text; None where nothing was read."""
        texts = self._at_home(fields, at)
        for field in fields:
            more = self._found_elsewhere(field)
            if more is not None:
                given = np.flatnonzero(~pd.isna(more[at]))
                _append(texts, given, more[at[given]])
        return texts

    def _read_provenance(self, portfolio: Portfolio) -> None:
        wanted = {source for sources in self._sources.values() for source in sources}
        provenance = portfolio["provenance"]
        is_wanted = provenance["table"].isin({table for table, _ in wanted}) & provenance["column"].isin(
            {column for _, column in wanted}
        )
        read = provenance[list(READ)][is_wanted.to_numpy(dtype=bool)]
        at = self._systems_of(read, portfolio["assignments"])
        place, self._heads = _places(read)
        letter, letters = pd.factorize(read["cell_column"])
        self._letters = ["", *letters]
        self._marks = np.array(["", *(f",{mark}" for mark in letters)], dtype=object)
        is_home = (read["table"] == HOME).to_numpy(dtype=bool) & (at >= 0)
        home = np.full(len(self._index) + 1, -1, dtype=np.int64)
        home[at[is_home][::-1]] = place[is_home][::-1]
        self._home = home[:-1]
        is_home &= place == home[at]
        columns = _split(read, at >= 0)
        self._here, self._there = {}, {}
        for source, rows in columns.items():
            here, there = rows[is_home[rows]], rows[~is_home[rows]]
            self._here[source] = np.zeros(len(self._index), dtype=np.int64)
            self._here[source][at[here]] = letter[here] + 1
            self._there[source] = _Cells(at[there], place[there], letter[there] + 1)

    def _systems_of(self, read: pd.DataFrame, assignments: pd.DataFrame) -> Codes:
        """Number of the system that each row is about, -1 for none."""
        codes, owners = pd.factorize(read["row_id"])
        of_servers = dict(zip(assignments["server_id"], assignments["system_id"], strict=True))
        numbers = self._index.get_indexer(pd.Index([of_servers.get(owner, owner) for owner in owners], dtype="object"))
        found: Codes = numbers[codes].astype(np.int64)
        return found

    def _at_home(self, fields: list[str], at: NDArray[np.intp]) -> Texts:
        sources = dict.fromkeys(source for field in fields for source in self._sources[field] if source in self._here)
        codes, size = np.zeros(len(at), dtype=np.int64), 1
        parts = [self._here[source][at] for source in sources if self._here[source].any()]
        for part in parts:
            codes, size = compressed(codes * len(self._letters) + part, size * len(self._letters))
        first = first_of(codes, size)
        marks = np.full(size, "", dtype=object)
        for part in parts:
            marks = marks + self._marks[part[first]]
        marks = np.array([mark[1:] for mark in marks.tolist()], dtype=object)
        has = np.flatnonzero((marks != "")[codes])
        texts = np.full(len(at), None, dtype=object)
        texts[has] = self._heads[self._home[at[has]]] + marks[codes[has]]
        return texts

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


def _places(read: pd.DataFrame) -> tuple[Codes, Texts]:
    """Number of each cell's record, and `file[sheet]:row:` of every record; in the order of files, sheets and rows."""
    rows = read["row"].to_numpy(dtype=np.int64)
    codes, size = np.zeros(len(read), dtype=np.int64), 1
    for name in ("file", "sheet"):
        part, distinct = pd.factorize(read[name], sort=True)
        codes, size = compressed(codes * (len(distinct) + 1) + part + 1, size * (len(distinct) + 1))
    span = int(rows.max(initial=0)) + 1
    codes, size = compressed(codes * span + rows, size * span)
    heads = read.iloc[first_of(codes, size)]
    sheet = ("[" + heads["sheet"].astype("string") + "]").fillna("")
    texts = heads["file"].astype("string") + sheet + ":" + heads["row"].astype("string") + ":"
    return codes, texts.to_numpy(dtype=object)


def _split(read: pd.DataFrame, is_ours: NDArray[np.bool_]) -> dict[tuple[str, str], NDArray[np.intp]]:
    """Rows of each table and column."""
    table, tables = pd.factorize(read["table"])
    column, columns = pd.factorize(read["column"])
    key = np.where(is_ours, table * len(columns) + column, -1).astype(np.int16)
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-2))
    parts = zip(key[order][starts], np.split(order, starts[1:]), strict=True)
    return {
        (str(tables[number // len(columns)]), str(columns[number % len(columns)])): rows
        for number, rows in parts
        if number >= 0
    }


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
