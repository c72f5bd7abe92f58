"""Where a fact was read: from any field of a system to the cells of the inventory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.codes import Codes, Texts, Words
from planner.portfolio import Portfolio

MAX_CELLS = 4
HOME = "systems"
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
    "service_gaps": [("systems", "needed_services")],
    "has_needed_services": [("systems", "needed_services")],
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
    """Cells of one column, as rows of table provenance, and the number of the system that each is about."""

    rows: NDArray[np.intp]
    at: Codes

    def where(self, chosen: NDArray[np.bool_]) -> _Cells:
        """Some of the cells; copied only where there are others."""
        return self if chosen.all() else _Cells(self.rows[chosen], self.at[chosen])


@dataclass(frozen=True)
class _Places:
    """Where cells stand: a number for each record, in the order of files, sheets and rows."""

    file: Codes
    files: list[str]
    sheet: Codes
    sheets: list[str]
    row: Codes
    span: int

    @classmethod
    def of(cls, provenance: pd.DataFrame) -> _Places:
        (file, files), (sheet, sheets) = (_codes_of(provenance[name]) for name in ("file", "sheet"))
        row = provenance["row"].to_numpy(dtype=np.int64)
        return cls(file, files, sheet, sheets, row, int(row.max(initial=0)) + 1)

    def numbers(self, rows: NDArray[np.intp]) -> Codes:
        """Numbers of the records in which some cells stand."""
        file, sheet = _ranks(self.files)[self.file[rows]], _ranks(self.sheets)[self.sheet[rows]]
        numbers: Codes = ((file - 1) * (len(self.sheets) + 1) + sheet) * self.span + self.row[rows]
        return numbers

    def written(self, numbers: Codes) -> Words:
        """Records as `file[sheet]:row`, None for -1."""
        codes, distinct = pd.factorize(numbers)
        sheets = ["", *(f"[{sheet}]" for sheet in sorted(self.sheets))]
        heads = [f"{file}{sheet}:" for file in sorted(self.files) for sheet in sheets]
        parts = (part.tolist() for part in np.divmod(distinct, self.span))
        texts = [f"{heads[head]}{row}" if head >= 0 else None for head, row in zip(*parts, strict=True)]
        return Words(codes, np.array(texts, dtype=object))


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
        provenance = portfolio["provenance"]
        self._sources = {
            field: [
                source
                for column in [field, *made_from.get(field, [])]
                for source in [(HOME, column), *DERIVED.get(column, [])]
            ]
            for field in dict.fromkeys(fields)
        }
        self._places = _Places.of(provenance)
        self._letter, letters = _codes_of(provenance["cell_column"])
        self._letters = np.array([None, *letters], dtype=object)
        self._nothing = Words(np.zeros(len(system_ids), dtype=np.int32), self._letters[:1])
        wanted = list(dict.fromkeys(source for sources in self._sources.values() for source in sources))
        cells = _cells_of(wanted, provenance, _systems_of(provenance, portfolio["assignments"], system_ids))
        self._home = self._homes([part for (table, _), part in cells.items() if table == HOME])
        self._here: dict[Source, Words] = {}
        self._there: dict[Source, _Cells] = {}
        for source, part in cells.items():
            is_here = (self._places.numbers(part.rows) == self._home[part.at]) & (source[0] == HOME)
            self._here[source] = self._lettered(part.where(is_here))
            self._there[source] = part.where(~is_here)
        self._beside: dict[tuple[Source, ...], Words] = {}
        self._elsewhere: dict[str, Words] = {}

    def records(self) -> Words:
        """Home of every system as `file[sheet]:row`."""
        return self._places.written(self._home)

    def letters(self, fields: Iterable[str]) -> Words:
        """Columns in which fields stand at home, as `K,M`, for every system."""
        seen: set[Source] = set()
        parts = [self._nothing]
        for field in fields:
            sources = [source for source in dict.fromkeys(self._sources[field]) if source in self._here]
            parts.append(self._side_by_side(tuple(source for source in sources if source not in seen)))
            seen.update(sources)
        return reduce(_with_comma, parts)

    def elsewhere(self, fields: Iterable[str]) -> Words:
        """Cells of fields in other records, for every system."""
        return reduce(lambda one, other: one.beside(other, " "), map(self._found_elsewhere, fields))

    def _homes(self, parts: list[_Cells]) -> Codes:
        """Number of the record in which the first cell of every system stands, -1 for none."""
        none = len(self._letter)
        first = np.full(len(self._nothing.codes), none, dtype=np.intp)
        for part in parts:
            own = np.full(len(first), none, dtype=np.intp)
            own[part.at[::-1]] = part.rows[::-1]
            first = np.minimum(first, own)
        homes = np.full(len(first), -1, dtype=np.int64)
        homes[first < none] = self._places.numbers(first[first < none])
        return homes

    def _lettered(self, cells: _Cells) -> Words:
        codes = np.zeros(len(self._home), dtype=np.int32)
        codes[cells.at] = self._letter[cells.rows] + 1
        return Words(codes, self._letters).packed()

    def _side_by_side(self, sources: tuple[Source, ...]) -> Words:
        """Letters of some columns, made once for all rules that read the same lens."""
        if sources not in self._beside:
            self._beside[sources] = reduce(_with_comma, (self._here[source] for source in sources), self._nothing)
        return self._beside[sources]

    def _found_elsewhere(self, field: str) -> Words:
        if field not in self._elsewhere:
            parts = [self._there[source] for source in self._sources[field] if source in self._there]
            parts = [part for part in parts if len(part.rows)]
            self._elsewhere[field] = Words.of(self._listed(parts)) if parts else self._nothing
        return self._elsewhere[field]

    def _listed(self, parts: list[_Cells]) -> Texts:
        texts = np.full(len(self._home), None, dtype=object)
        count = np.zeros(len(texts), dtype=np.int64)
        for part in parts:
            for at, cell in self._one_each(part):
                shown = count[at] < MAX_CELLS
                _append(texts, at[shown], cell[shown])
                count[at] += 1
        more = count > MAX_CELLS
        texts[more] = texts[more] + np.array([f" +{number}" for number in count[more] - MAX_CELLS], dtype=object)
        return texts

    def _one_each(self, cells: _Cells) -> Iterator[tuple[Codes, Texts]]:
        """Cells of one column in rounds: in each round a system has at most one, in the order of files and rows."""
        place, letter = self._places.numbers(cells.rows), self._letter[cells.rows]
        order = np.lexsort((letter, place, cells.at))
        at, records = cells.at[order], self._places.written(place[order])
        texts = records.texts[records.codes] + ":" + self._letters[letter[order] + 1]
        turn = pd.Series(at).groupby(at).cumcount().to_numpy()
        for number in range(int(turn.max(initial=-1)) + 1):
            yield at[turn == number], texts[turn == number]


def _with_comma(one: Words, other: Words) -> Words:
    return one.beside(other, ",")


def _codes_of(words: pd.Series) -> tuple[Codes, list[str]]:
    """Code of every word, -1 for unknown, and the words in their own order."""
    return words.cat.codes.to_numpy(), words.cat.categories.tolist()


def _ranks(words: list[str]) -> Codes:
    """Rank of each word by its code, from 1; 0 for unknown, which is the last."""
    return np.array([*(1 + np.argsort(np.argsort(words))), 0], dtype=np.int64)


def _systems_of(provenance: pd.DataFrame, assignments: pd.DataFrame, system_ids: pd.Series) -> Codes:
    """Number of the system that each cell is about, -1 for none: its own, or that of its server."""
    systems, records = pd.Index(system_ids), provenance["row_id"].cat
    numbers = systems.get_indexer(records.categories)
    servers = records.categories.get_indexer(pd.Index(assignments["server_id"]))
    numbers[servers[servers >= 0]] = systems.get_indexer(pd.Index(assignments["system_id"]))[servers >= 0]
    found: Codes = numbers.astype(np.int32)[records.codes.to_numpy()]
    return found


def _cells_of(wanted: list[Source], provenance: pd.DataFrame, systems: Codes) -> dict[Source, _Cells]:
    """Cells of each column, as far as they are about a system."""
    (table, tables), (column, columns) = (_codes_of(provenance[name]) for name in ("table", "column"))
    numbers = {source: number for number, source in enumerate(wanted, start=1)}
    among = np.array(
        [numbers.get((of, name), 0) for of in tables for name in columns], dtype=np.min_scalar_type(len(wanted))
    )
    key = among[table.astype(np.int16) * len(columns) + column]
    order = np.argsort(key, kind="stable")
    ends = np.cumsum(np.bincount(key, minlength=len(wanted) + 1))
    found = {}
    for source, rows in zip(wanted, np.split(order, ends[:-1])[1:], strict=True):
        at = systems[rows]
        if (at >= 0).any():
            found[source] = _Cells(rows, at).where(at >= 0)
    return found


def _append(texts: Texts, at: NDArray[np.intp], cell: Texts) -> None:
    is_first = pd.isna(texts[at])
    texts[at[is_first]] = cell[is_first]
    texts[at[~is_first]] += " " + cell[~is_first]
