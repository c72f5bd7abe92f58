"""Rows of one key become one record: which cell wins, which contradicts it, and where each value stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.ingest.cells.coded import coded_runs, run_begins
from planner.ingest.records.conform import Records
from planner.portfolio import finding_rows
from planner.schema import concat, conform, empty, load_table

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Merged:
    """One row per key in `frame`; `conflicts` are findings that name both cells."""

    frame: pd.DataFrame
    provenance: pd.DataFrame
    attributes: pd.DataFrame
    conflicts: pd.DataFrame


@dataclass(frozen=True)
class _Cells:
    """Cells that were read: the row of `kept` that they stand in, and codes of their column and its letter."""

    row: Rows
    column: Rows
    names: list[str]
    letter: Rows
    letters: list[str]
    raw: NDArray[np.object_]

    def take(self, at: Rows) -> _Cells:
        """Some of the cells."""
        return replace(self, row=self.row[at], column=self.column[at], letter=self.letter[at], raw=self.raw[at])


@dataclass(frozen=True)
class _Winner:
    """Of one column: the rows whose cell is taken, and the (winning, losing) rows that say different things."""

    rows: Rows
    conflicts: list[tuple[int, int]]


def merge(
    kept: pd.DataFrame,
    records: list[Records],
    table: str,
    id_column: str,
    ranks: Mapping[str, NDArray[np.intp]],
    same_within: float,
) -> Merged:
    """Merge rows of one key: of every column the first value that is known.

    Parameters
    ----------
    kept
        Rows in order of their `_key`, and of one key the row first that leads.
    records
        The sheets that they stand in.
    table, id_column
        Table to fill, and its key.
    ranks
        For columns whose order of sources differs: rank of every source.
    same_within
        Numbers that differ by no more than this share do not contradict each other.
    """
    keys, key = _keys(kept)
    cells = _cells(kept, records)
    is_shared = np.bincount(key, minlength=len(keys))[key] > 1
    columns = [name for name in kept.columns if not name.startswith("_")]
    shared = np.flatnonzero(is_shared)
    source = kept["_source"].to_numpy(dtype=np.intp)
    winners = (
        {name: _winner(kept[name], key, source, shared, ranks.get(name), same_within) for name in columns}
        if len(shared)
        else dict.fromkeys(columns, _Winner(shared, []))
    )
    return Merged(
        _frame(kept, keys, key, winners, id_column),
        _provenance(kept, records, table, keys, key, _winning(cells, is_shared, winners)),
        _attributes(kept, records, table),
        _conflicts(kept, records, table, cells, winners),
    )


def _keys(kept: pd.DataFrame) -> tuple[NDArray[np.object_], Rows]:
    given = kept["_key"].to_numpy(dtype=object)
    is_first = run_begins(given)
    return given[is_first], np.cumsum(is_first) - 1


def _cells(kept: pd.DataFrame, records: list[Records]) -> _Cells:
    source, position = kept["_source"].to_numpy(), kept["_position"].to_numpy(dtype=np.intp)
    rows = []
    for at, record in enumerate(records):
        given = record.cells["position"].to_numpy(dtype=np.intp)
        row_of = np.full(max(given.max(initial=-1), position.max(initial=-1)) + 1, -1, dtype=np.intp)
        mine = np.flatnonzero(source == at)
        row_of[position[mine]] = mine
        rows.append(row_of[given])
    row = np.concatenate(rows)
    every = pd.concat([record.cells for record in records]) if len(records) > 1 else records[0].cells
    column, names = coded_runs(every["column"])
    letter, letters = coded_runs(every["cell_column"])
    raw = every["raw"].to_numpy(dtype=object)
    is_kept = row >= 0
    return _Cells(row[is_kept], column[is_kept], names, letter[is_kept], letters, raw[is_kept])


def _winner(
    values: pd.Series,
    key: Rows,
    source: NDArray[np.intp],
    shared: Rows,
    rank: NDArray[np.intp] | None,
    same_within: float,
) -> _Winner:
    at = shared[values.iloc[shared].notna().to_numpy(dtype=np.bool_)]
    if rank is not None:
        at = at[np.lexsort((at, rank[source[at]], key[at]))]
    is_first = run_begins(key[at])
    rows = at[is_first]
    winning = np.flatnonzero(is_first)[np.cumsum(is_first) - 1]
    said = values.iloc[at].tolist()
    differs = [number for number, won in enumerate(winning) if _differ(said[won], said[number], same_within)]
    return _Winner(rows, [(int(at[winning[number]]), int(at[number])) for number in differs])


def _differ(won: object, lost: object, same_within: float) -> bool:
    if isinstance(won, float) and isinstance(lost, float):
        return abs(won - lost) > same_within * abs(won)
    return str(won) != str(lost)


def _frame(
    kept: pd.DataFrame, keys: NDArray[np.object_], key: Rows, winners: Mapping[str, _Winner], id_column: str
) -> pd.DataFrame:
    leads = np.searchsorted(key, np.arange(len(keys)))
    is_shared = np.bincount(key, minlength=len(keys)) > 1
    columns: dict[str, NDArray[np.object_]] = {id_column: keys}
    for name, winner in winners.items():
        if name == id_column:
            continue
        given = kept[name].to_numpy(dtype=object)
        columns[name] = given[leads]
        columns[name][is_shared] = pd.NA
        columns[name][key[winner.rows]] = given[winner.rows]
    return pd.DataFrame(columns, dtype="object")


def _winning(cells: _Cells, is_shared: NDArray[np.bool_], winners: Mapping[str, _Winner]) -> _Cells:
    """Cells of rows that stand alone, and of the others those that were taken."""
    if not is_shared.any():
        return cells
    taken = np.zeros(len(cells.row), dtype=np.bool_)
    for number, name in enumerate(cells.names):
        wins = np.zeros(len(is_shared), dtype=np.bool_)
        wins[winners[name].rows if name in winners else []] = True
        mine = np.flatnonzero(cells.column == number)
        taken[mine] = wins[cells.row[mine]]
    return cells.take(np.flatnonzero(taken | ~is_shared[cells.row]))


def _provenance(
    kept: pd.DataFrame, records: list[Records], table: str, keys: NDArray[np.object_], key: Rows, cells: _Cells
) -> pd.DataFrame:
    cells = cells.take(np.argsort(key[cells.row] * len(cells.names) + cells.column, kind="stable"))
    source = kept["_source"].to_numpy(dtype=np.intp)[cells.row]
    return conform(
        pd.DataFrame(
            {
                "table": _words(np.zeros(len(source), dtype=np.intp), [table]),
                "row_id": _words(key[cells.row], keys),
                "column": _words(cells.column, cells.names),
                "file": _named(source, [record.file for record in records]),
                "sheet": _named(source, [record.sheet for record in records]),
                "row": pd.array(kept["_row"].to_numpy(dtype=np.int64)[cells.row], dtype="Int64"),
                "cell_column": _words(cells.letter, cells.letters),
                "raw": cells.raw,
            }
        ),
        "provenance",
    )


def _words(codes: Rows, words: object) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, categories=pd.Index(pd.array(words, dtype="string")))


def _named(source: Rows, names: list[str | None]) -> pd.Categorical:
    """Names of sources by their number; several may bear one, or none."""
    codes, words = pd.factorize(pd.array(names, dtype="string"))
    return _words(codes[source], words)


def _attributes(kept: pd.DataFrame, records: list[Records], table: str) -> pd.DataFrame:
    parts = []
    for at, record in enumerate(records):
        mine = kept[kept["_source"] == at]
        headers = record.attributes.columns.to_numpy(dtype=object)
        texts = record.attributes.reindex(mine["_position"]).fillna("").to_numpy(dtype=object)
        row, column = np.nonzero(texts != "")
        said = {"row_id": mine["_key"].to_numpy()[row], "header": headers[column], "value": texts[row, column]}
        parts.append(pd.DataFrame({"table": table, **said}))
    return concat(parts, "attributes")


def _conflicts(
    kept: pd.DataFrame, records: list[Records], table: str, cells: _Cells, winners: Mapping[str, _Winner]
) -> pd.DataFrame:
    declared = load_table(table).names
    found = [
        (name, *pair)
        for name, winner in winners.items()
        if name in declared
        for pair in dict.fromkeys(winner.conflicts)
    ]
    if not found:
        return empty("findings")
    wanted = {row for _, *pair in found for row in pair}
    at = np.flatnonzero(np.isin(cells.row, list(wanted)))
    letters = {(cells.names[cells.column[one]], cells.row[one]): cells.letters[cells.letter[one]] for one in at}
    source, row, key = (kept[name].tolist() for name in ("_source", "_row", "_key"))

    def said(name: str, at: int) -> str:
        sheet = f"[{records[source[at]].sheet}]" if records[source[at]].sheet else ""
        place = f"{records[source[at]].file}{sheet}:{row[at]}:{letters.get((name, at), '')}".rstrip(":")
        return f"{kept[name].iloc[at]} ({place})"

    rows = [
        {
            "row_id": key[loser],
            "detail": name,
            "value": f"{said(name, winner)} / {said(name, loser)}",
            "file": records[source[loser]].file,
            "sheet": records[source[loser]].sheet,
            "row": row[loser],
            "column": letters.get((name, loser)),
        }
        for name, winner, loser in found
    ]
    frame = pd.DataFrame(rows)
    return finding_rows("warning", "conflicting_values", table=table, **{name: frame[name] for name in frame})
