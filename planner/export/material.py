"""What an exporter works from: tables or a view, what a person asked for, and what it hands back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from planner.schema import DTYPES, empty, load_table

TABLES = (
    "systems",
    "servers",
    "assignments",
    "identifiers",
    "utilisation",
    "decisions",
    "waves",
    "activities",
    "effort",
    "targets",
    "links",
    "risk_waves",
)


@dataclass(frozen=True)
class Planned:
    """The tables of a plan, and what it is about."""

    tables: Mapping[str, pd.DataFrame]
    organisation: str
    plan_id: str
    plan_date: str

    def __getitem__(self, name: str) -> pd.DataFrame:
        """One table with the columns of its schema; what an older plan does not have is unknown."""
        if name not in self.tables:
            return empty(name)
        frame, wanted = self.tables[name], load_table(name).columns
        lacking = {column.name: DTYPES[column.type] for column in wanted if column.name not in frame}
        return frame.reindex(columns=[column.name for column in wanted]).astype(lacking)


@dataclass(frozen=True)
class Asked:
    """What only a person can say.

    Parameters
    ----------
    account_id
        AWS account of servers; the plan knows none.
    domain
        DNS domain of host names that have none.
    url
        Address of the folder where the plan is published.
    base
        An earlier file of the same kind: the calendar that was sent out, or the wave mapping to write into.
    """

    account_id: str | None = None
    domain: str | None = None
    url: str | None = None
    base: bytes | None = None


@dataclass(frozen=True)
class Refusal:
    """A row that the target would refuse: it is not in the file. `code` is the key of its text."""

    key: str
    name: str
    column: str
    value: str
    code: str


@dataclass(frozen=True)
class Export:
    """Files, rows written, rows that the target would refuse, and counts to tell of (key of the text, count).

    A target that takes no more than so much at a time gets several files; all others one.
    """

    files: tuple[bytes, ...]
    written: int
    refused: tuple[Refusal, ...] = ()
    notes: tuple[tuple[str, int], ...] = field(default=())
