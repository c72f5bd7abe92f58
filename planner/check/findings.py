"""Findings and rejected rows together: in words, and by their code."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.plan import SEVERITIES
from planner.portfolio import Portfolio
from planner.texts import Texts
from planner.view.appendix import note_of
from planner.view.model.appendix import Note

# Where rows or sources say different things of what may be the same.
CONFLICTS = frozenset(
    {"conflicting_values", "merged_rows", "exact_duplicate", "same_name_and_organisation", "possible_duplicate"}
)
COLUMNS = ["severity", "code", "table", "row_id", "file", "sheet", "row", "column", "value", "detail", "rows"]


@dataclass(frozen=True)
class Group:
    """All findings of one code: how many, the first of them, and what the others are about."""

    code: str
    count: int
    first: Note
    fields: tuple[tuple[str, int], ...]
    values: tuple[str, ...]

    @property
    def severity(self) -> str:
        """Severity of the code."""
        return self.first.severity


def all_found(portfolio: Portfolio) -> pd.DataFrame:
    """Findings, and after them rejected rows, which are warnings; in the order of severity, file and row."""
    rejects = portfolio["rejects"].assign(severity="warning").drop(columns="original")
    found = pd.concat([portfolio["findings"], rejects], ignore_index=True).reindex(columns=COLUMNS)
    rank = found["severity"].map({severity: at for at, severity in enumerate(SEVERITIES)})
    order = found.assign(rank=rank).sort_values(["rank", "code", "file", "sheet", "row", "column"], kind="stable").index
    return found.loc[order].reset_index(drop=True)


def names_of(portfolio: Portfolio) -> dict[str, str]:
    """Names of systems and servers, by their ids."""
    return {
        str(key): str(name)
        for table in ("servers", "systems")
        for key, name in zip(portfolio[table].iloc[:, 0], portfolio[table]["name"], strict=True)
    }


def grouped(found: pd.DataFrame, names: dict[str, str], texts: Texts) -> list[Group]:
    """Findings by code: errors first, the most frequent first among those of a severity."""
    groups = [_group(str(code), part, names, texts) for code, part in found.groupby("code", sort=False)]
    return sorted(groups, key=lambda group: (SEVERITIES.index(group.severity), -group.count, group.code))


def _group(code: str, part: pd.DataFrame, names: dict[str, str], texts: Texts) -> Group:
    counts = part["detail"].value_counts()
    is_field = len(counts) > 0 and all(str(name) in texts.fields for name in counts.index)
    fields = sorted(((texts.field(str(name)), int(count)) for name, count in counts.items()), key=_by_count)
    values = part["value"].dropna().drop_duplicates()
    first = note_of({str(key): value for key, value in part.iloc[0].items()}, names, texts)
    # One line of the rejects may stand for several rows of a series.
    count = int(part["rows"].fillna(1).sum())
    return Group(code, count, first, tuple(fields) if is_field else (), tuple(map(str, values)))


def _by_count(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def worded(found: pd.DataFrame, names: dict[str, str], texts: Texts) -> pd.DataFrame:
    """Every finding in words: severity, code, text, remedy, place and value, then the parts of the place."""
    rows = [{str(key): value for key, value in row.items()} for row in found.to_dict("records")]
    notes = [note_of(row, names, texts) for row in rows]
    said = pd.DataFrame(
        {
            "severity": found["severity"],
            "code": found["code"],
            "text": [note.text for note in notes],
            "remedy": [note.remedy for note in notes],
            "place": [note.place for note in notes],
            "value": found["value"],
        }
    )
    return pd.concat([said, found[["file", "sheet", "row", "column", "table", "row_id"]]], axis=1)
