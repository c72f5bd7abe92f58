"""Detail tabs: their rows are merged into the server that they are about."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from planner.ingest.cells.values import clean
from planner.ingest.dialects.columns import load_maps
from planner.ingest.readers.rvtools.cells import Read, read_column
from planner.ingest.readers.rvtools.roll import NAMESAKE, REASONS, Roll, Rows
from planner.ingest.readers.rvtools.tab import MAP, Tab
from planner.portfolio import finding_rows
from planner.schema import DTYPES, Column, load_table

LIST_MARK = "; "
TEXT = Column("", "text", "", False, (), None, None, "", "")


@dataclass(frozen=True)
class Detail:
    """What detail tabs say of servers: `values` by row of vInfo, and the cells that bear witness to them."""

    values: pd.DataFrame
    cells: list[pd.DataFrame] = field(default_factory=list)
    findings: list[pd.DataFrame] = field(default_factory=list)
    rejects: list[pd.DataFrame] = field(default_factory=list)
    counts: list[dict[str, Any]] = field(default_factory=list)

    def with_column(self, name: str, values: pd.Series) -> Detail:
        """With one more column, by row of vInfo; a value beyond what the table allows is unknown."""
        column = load_table("servers").column(name) if name in load_table("servers").names else TEXT
        given = values.reindex(self.values.index)
        if column.low is not None and column.high is not None:
            given = given.astype("Float64")
            given = given.where(given.between(column.low, column.high)).astype(DTYPES[column.type])
        return replace(self, values=self.values.assign(**{name: given}))


def read_details(tabs: dict[str, Tab], roll: Roll) -> Detail:
    """Read every detail tab of the export that `details` of headers/rvtools.yaml names."""
    detail = Detail(pd.DataFrame(index=range(len(roll.names))))
    for name, spec in load_maps(MAP)["details"].items():
        if name in tabs:
            detail = _with_tab(detail, tabs[name], spec, roll)
    return detail


def account(tab: Tab, roll: Roll, owners: Rows) -> tuple[pd.Series, pd.DataFrame, list[pd.DataFrame]]:
    """Which rows of a tab are of use, the others as rejects, and findings that count these."""
    codes = roll.rejections(owners)
    lost = codes.dropna()
    rows = [tab.numbers[at] for at in lost.index] + tab.too_wide
    given = pd.DataFrame({"row": rows, "code": [*lost, *["too_many_cells"] * len(tab.too_wide)]}, dtype="object")
    counts = lost.value_counts()
    findings = [
        finding_rows("warning", code, file=tab.sheet.file, sheet=tab.sheet.name, value=int(counts[code]))
        for code in REASONS.values()
        if code in counts
    ]
    return codes.isna(), given.assign(file=tab.sheet.file, sheet=tab.sheet.name), findings


def _with_tab(detail: Detail, tab: Tab, spec: dict[str, Any], roll: Roll) -> Detail:
    owners = roll.owners(tab)
    is_used, rejects, findings = account(tab, roll, owners)
    used = pd.Series(owners)[is_used.to_numpy()]
    detail = replace(
        detail,
        findings=[*detail.findings, *findings],
        rejects=[*detail.rejects, rejects],
        counts=[*detail.counts, _count_of(tab, rows_merged=len(used), rows_rejected=len(rejects))],
    )
    unclear = set(owners_of_namesakes(roll, tab))
    if "count" in spec:
        detail = _counted(detail, tab, spec, used, unclear)
    for column, headers in spec.get("sum", {}).items():
        detail = _summed(detail, tab, column, headers, used, unclear)
    for column, headers in spec.get("take", {}).items():
        detail = _taken(detail, tab, column, headers, used, spec.get("means", {}).get(column, {}))
    for column, headers in spec.get("join", {}).items():
        detail = _joined(detail, tab, column, headers, used)
    return detail


def owners_of_namesakes(roll: Roll, tab: Tab) -> list[int]:
    """Rows of vInfo that some row of a tab may be about or not, since several bear the name: nothing is known there."""
    is_unclear = roll.owners(tab) == NAMESAKE
    if not is_unclear.any():
        return []
    names = tab.words(load_maps(MAP)["keys"]["vm"])
    unclear = {names[at] for at in np.flatnonzero(is_unclear).tolist()}
    return [at for at, name in enumerate(roll.names) if name in unclear]


def _count_of(tab: Tab, rows_merged: int, rows_rejected: int) -> dict[str, Any]:
    return {
        "file": tab.sheet.file,
        "sheet": tab.sheet.name,
        "fills": "servers",
        "rows_in": tab.rows_in,
        "rows_used": 0,
        "rows_merged": rows_merged,
        "rows_rejected": rows_rejected,
    }


def _counted(detail: Detail, tab: Tab, spec: dict[str, Any], used: pd.Series, unclear: set[int]) -> Detail:
    counted, name, letter = used, spec["count"], "A"
    if "where" in spec:
        at = tab.place_of(spec["where"])
        if at is None:
            return detail.with_column(name, pd.Series(dtype="object"))
        read = read_column(tab, at, Column(name, "boolean", "", False, (), None, None, "", ""), {})
        said = read.values[used.index]
        counted, letter = used[said.eq(True).fillna(False).astype(bool)], tab.letter(at)
        unclear = unclear | set(used[said.isna()])
        detail = replace(detail, findings=[*detail.findings, read.findings("servers", name)])
    else:
        letter = tab.letter(tab.place_of(load_maps(MAP)["keys"]["vm"]) or 0)
    counts = counted.value_counts().reindex(detail.values.index)
    if spec.get("unlisted") != "unknown":
        counts = counts.fillna(0)
    counts = counts.mask(counts.index.isin(unclear))
    detail = detail.with_column(name, counts)
    # One row bears witness to a count: the first.
    return _witnessed(detail, tab, name, counted.drop_duplicates(), letter, None)


def _summed(detail: Detail, tab: Tab, column: str, headers: list[str], used: pd.Series, unclear: set[int]) -> Detail:
    read = _read(tab, column, headers, {})
    if read is None:
        return detail
    numbers = pd.to_numeric(read.values[used.index].astype("Float64"))
    # A part that is unknown leaves the sum unknown; a sum of what is known would be too low.
    is_whole = numbers.notna().groupby(used).all()
    is_whole &= ~is_whole.index.isin(unclear)
    sums = numbers.groupby(used).sum().where(is_whole)
    detail = replace(detail, findings=[*detail.findings, read.findings("servers", column)])
    first = used.drop_duplicates()
    return _witnessed(
        detail.with_column(column, sums), tab, column, first[first.map(is_whole)], tab.letter(read.at), read
    )


def _taken(
    detail: Detail, tab: Tab, column: str, headers: list[str], used: pd.Series, means: dict[str, list[str]]
) -> Detail:
    meanings = {clean(word).casefold(): value for value, words in means.items() for word in words}
    read = _read(tab, column, headers, meanings)
    if read is None:
        return detail
    known = used[read.values[used.index].notna()].drop_duplicates()
    values = pd.Series(read.values[known.index].to_numpy(), index=known.to_numpy(), dtype="object")
    detail = replace(detail, findings=[*detail.findings, read.findings("servers", column)])
    return _witnessed(detail.with_column(column, values), tab, column, known, tab.letter(read.at), read)


def _joined(detail: Detail, tab: Tab, column: str, headers: list[str], used: pd.Series) -> Detail:
    """What differs, in the order of rows; a column that is for matching only, and needs no witness."""
    columns = [tab.words([header]) for header in headers if tab.has([header])]
    listed: dict[int, dict[str, None]] = {}
    for at, owner in zip(used.index.tolist(), used.tolist(), strict=True):
        listed.setdefault(owner, {}).update((words[at], None) for words in columns if words[at] is not None)
    texts = {owner: LIST_MARK.join(words) for owner, words in listed.items() if words}
    return detail.with_column(column, pd.Series(texts, dtype="object"))


def _read(tab: Tab, column: str, headers: list[str], meanings: dict[str, str]) -> Read | None:
    at = tab.place_of(headers)
    return None if at is None else read_column(tab, at, load_table("servers").column(column), meanings)


def _witnessed(detail: Detail, tab: Tab, column: str, owners: pd.Series, letter: str, read: Read | None) -> Detail:
    rows = np.asarray(tab.numbers, dtype=np.int64)[owners.index.to_numpy(dtype=np.int64)]
    raw = None if read is None else read.raw(owners.index)
    cells = pd.DataFrame({"at": owners.to_numpy(), "row": rows, "raw": raw})
    cells = cells.assign(column=column, sheet=tab.sheet.name, cell_column=letter)
    return replace(detail, cells=[*detail.cells, cells])
