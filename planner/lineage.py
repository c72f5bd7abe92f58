"""Where a fact was read: from any field of a system to the cells of the inventory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from planner.codes import compressed, first_of
from planner.portfolio import Portfolio

MAX_CELLS = 4
PLACE = ("file", "sheet", "row", "cell_column")
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


class Lineage:
    """Cells of every field of every system, made when they are asked for.

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
        wanted = dict.fromkeys(fields)
        self._sources = {
            field: [
                source
                for column in [field, *made_from.get(field, [])]
                for source in [("systems", column), *DERIVED.get(column, [])]
            ]
            for field in wanted
        }
        self._read = {table: self._cells(portfolio, table) for table in ("systems", "servers")}
        self._texts: dict[str, Texts] = {}

    def cells(self, field: str) -> Texts:
        """Texts such as `file[sheet]:row:column` for each system, at most four and then how many more; None where
        nothing was read."""
        if field not in self._texts:
            self._texts[field] = self._joined(field)
        return self._texts[field]

    def _cells(self, portfolio: Portfolio, table: str) -> dict[str, pd.DataFrame]:
        columns = {column for sources in self._sources.values() for of, column in sources if of == table}
        provenance = portfolio["provenance"]
        is_wanted = provenance["column"].isin(columns) & (provenance["table"] == table)
        at = np.flatnonzero(is_wanted.to_numpy(dtype=bool))
        read = {name: provenance[name].array[at] for name in PLACE}
        owner = provenance["row_id"].array[at]
        if table == "servers":
            owner = pd.Series(owner).map(portfolio["assignments"].set_index("server_id")["system_id"]).array
        cells = pd.DataFrame(
            {
                "at": self._index.get_indexer(pd.Index(owner)),
                "cell": _places(read),
                "row": read["row"].to_numpy(np.int64),
            }
        )
        is_ours = cells["at"] >= 0
        return {str(name): part[is_ours[part.index]] for name, part in cells.groupby(provenance["column"].array[at])}

    def _joined(self, field: str) -> Texts:
        parts = [self._read[table][column] for table, column in self._sources[field] if column in self._read[table]]
        texts = np.full(len(self._index), None, dtype=object)
        count = np.zeros(len(texts), dtype=np.int64)
        for part in parts:
            for at, cell in _one_each(part):
                shown = count[at] < MAX_CELLS
                _append(texts, at[shown], cell[shown])
                count[at] += 1
        more = count > MAX_CELLS
        texts[more] = texts[more] + np.array([f" +{number}" for number in count[more] - MAX_CELLS], dtype=object)
        return texts


def _places(read: Mapping[str, ExtensionArray]) -> Texts:
    # The cells of a record share file, sheet and row: that part is written once for all of them.
    codes = read["row"].to_numpy(np.int64)
    size = int(codes.max(initial=0)) + 1
    for part in (read["file"], read["sheet"]):
        code, distinct = pd.factorize(part)
        codes, size = codes * (len(distinct) + 1) + code + 1, size * (len(distinct) + 1)
    codes, size = compressed(codes, size)
    first = first_of(codes, size)
    heads = {name: pd.Series(values[first], dtype="string") for name, values in read.items()}
    texts = heads["file"] + ("[" + heads["sheet"] + "]").fillna("") + ":" + heads["row"] + ":"
    letters, distinct = pd.factorize(read["cell_column"])
    made: Texts = texts.to_numpy(dtype=object)[codes] + np.asarray(distinct, dtype=object)[letters]
    return made


def _one_each(cells: pd.DataFrame) -> list[tuple[NDArray[np.int64], Texts]]:
    """Cells of one column in rounds: in each round a system has at most one, in the order of rows."""
    cells = cells.sort_values(["row", "cell"], kind="stable") if cells["at"].duplicated().any() else cells
    turn = cells.groupby("at").cumcount().to_numpy()
    return [
        (cells["at"].to_numpy()[turn == number], cells["cell"].to_numpy()[turn == number])
        for number in range(int(turn.max(initial=-1)) + 1)
    ]


def _append(texts: Texts, at: NDArray[np.int64], cell: Texts) -> None:
    is_first = pd.isna(texts[at])
    texts[at[is_first]] = cell[is_first]
    texts[at[~is_first]] += " " + cell[~is_first]


def join_cells(parts: list[Texts]) -> Texts:
    """Put the cells of several fields of one rule together, system by system."""
    texts = parts[0].copy()
    for part in parts[1:]:
        given = np.flatnonzero(~pd.isna(part))
        _append(texts, given, part[given])
    return texts
