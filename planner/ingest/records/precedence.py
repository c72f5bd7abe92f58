"""Which source is believed first for which column, as the case states it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from planner.case import Case
from planner.errors import CaseError
from planner.ingest.reading import Origin
from planner.ingest.records.conform import Records
from planner.schema import load_table


def ranks_of(
    case: Case, records: Mapping[str, list[Records]], origins: Mapping[str, list[Origin]]
) -> dict[str, dict[str, NDArray[np.intp]]]:
    """Rank of every sheet for the columns whose order the case states; sheets that it does not name follow.

    Returns
    -------
    dict of dict of array
        By table and column.

    Raises
    ------
    CaseError
        A table, column, file or reader that there is not; names the nearest.
    """
    named = {*(source.file for source in case.sources)}
    named |= {record.file for given in records.values() for record in given}
    named |= {str(origin.part.reader) for given in origins.values() for origin in given}
    ranks: dict[str, dict[str, NDArray[np.intp]]] = {}
    for table, columns in case.precedence.items():
        _refuse_unknown(table, [name for name in records if name != "matches"], "table")
        for column, order in columns.items():
            _refuse_unknown(column, load_table(table).names, f"column of {table}")
            for name in order:
                _refuse_unknown(name, sorted(named), "file or reader among the sources")
            places = [
                _place(record, origin, order) for record, origin in zip(records[table], origins[table], strict=True)
            ]
            ranks.setdefault(table, {})[column] = np.array(places, dtype=np.intp)
    return ranks


def _place(record: Records, origin: Origin, order: list[str]) -> int:
    names = {record.file, origin.part.file, str(origin.part.reader)}
    return next((at for at, name in enumerate(order) if name in names), len(order))


def _refuse_unknown(name: str, known: list[str], what: str) -> None:
    if name not in known:
        near = get_close_matches(name, known, n=1)
        raise CaseError(
            f"precedence: there is no such {what}",
            place="case.yaml",
            value=name,
            remedy=f"{f'Did you mean {near[0]}? ' if near else ''}Known: {', '.join(known)}.",
        )
