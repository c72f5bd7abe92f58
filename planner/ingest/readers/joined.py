"""Tables that systems refer to by key: their rows complete the systems, and bear witness with their own cells."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping

import pandas as pd

from planner.ingest.records.conform import Records, without_columns, without_rows

KEY = "register_key"
LOST = "joined_to_no_system"


def spread(side: Records, references: Iterable[tuple[str, str]], beside: Collection[str] = ()) -> Records:
    """Give every system the row that it refers to.

    Parameters
    ----------
    side
        Rows of a table with their keys; one that no system refers to is rejected.
    references
        Key and system, for each system that refers to the table.
    beside
        Keys of rows that stand in what others say, such as the organisation above one.

    Returns
    -------
    Records that only complete systems: one row for each reference that was met.
    """
    keys = side.frame[KEY]
    at = dict(zip(reversed(keys.tolist()), reversed(keys.index.tolist()), strict=True))
    met = [(at[key], system) for key, system in references if key in at]
    return without_columns(
        expand(side, [position for position, _ in met], [system for _, system in met], keys.isin(list(beside))),
        [name for name in (KEY, "parent_key") if name in side.frame],
    )


def expand(side: Records, positions: list[int], systems: list[str], beside: pd.Series | None = None) -> Records:
    """Repeat rows of a table, once for each of the systems that they are about; the others are rejected."""
    is_used = pd.Series(side.frame.index.isin(positions), index=side.frame.index)
    kept = without_rows(side, ~(is_used if beside is None else is_used | beside), LOST)
    again = pd.DataFrame({"position": positions, "again": range(len(positions))})
    cells = kept.cells.merge(again, on="position").drop(columns="position").rename(columns={"again": "position"})
    return dataclasses.replace(
        kept,
        frame=kept.frame.loc[positions].reset_index(drop=True).assign(system_id=systems),
        rows=kept.rows.loc[positions].reset_index(drop=True),
        attributes=kept.attributes.loc[positions].reset_index(drop=True),
        cells=cells,
        only_complete=True,
        # A row that is repeated was still read once, and one that stands in others is not there.
        rows_folded=len(kept.frame) - len(positions),
    )


def only_joined(links: Records, systems: Mapping[str, str], others: Iterable[str]) -> Records:
    """Account for the rows of a table that does nothing but join: merged where both ends exist, else rejected."""
    is_met = links.frame[KEY].isin(list(systems)) & links.frame["other_key"].isin(list(others))
    return folded_away(without_rows(links, ~is_met, LOST))


def folded_away(side: Records) -> Records:
    """Rows that are no records of their own: what was not rejected stands in others."""
    return dataclasses.replace(
        side,
        frame=side.frame.iloc[:0].assign(name=pd.NA),
        rows=side.rows.iloc[:0],
        attributes=side.attributes.iloc[:0],
        cells=side.cells.iloc[:0],
        only_complete=True,
        rows_folded=side.rows_folded + len(side.frame),
    )
