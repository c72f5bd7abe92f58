"""Connections that were seen on the network: millions of rows, folded to who talks to whom about what."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable

import pandas as pd

from planner.case import Source
from planner.ingest.cells.values import clean
from planner.ingest.dialects.columns import MatchedSheet, load_words
from planner.ingest.files.sheets import Row, Sheet
from planner.ingest.readers.plain import find_sheet
from planner.ingest.records.conform import Records, read_records
from planner.portfolio import finding_rows
from planner.schema import concat

STAGED = ["source_name", "source_ip", "target_name", "target_ip", "application", "process", "port"]
LOOPBACK = r"^(?:127\.|::1$|0\.0\.0\.0$|localhost$)"


def read_connections(sheets: list[Sheet], source: Source) -> list[Records]:
    """Read a dependency export (formats reference 2.7): the source depends on the destination.

    A machine without a name is known by its address. The purpose names the program and its port. What a machine says to
    itself, and what answers a connection the other way, is no flow of its own. Flows to services that every machine
    uses are marked.

    Raises
    ------
    InventoryError
        No sheet has the headers of the dialect.
    """
    matched, column_map = find_sheet(sheets, source)
    folded, times = _folded(matched)
    records = read_records(folded, column_map, source.is_pseudonymised)
    frame = records.frame.reindex(columns=STAGED).astype("string")
    counts = pd.Series([times.get(int(row), 1) for row in records.rows], index=frame.index)
    flows = pd.DataFrame(
        {
            "source_system": frame["source_name"].fillna(frame["source_ip"]),
            "target_system": frame["target_name"].fillna(frame["target_ip"]),
            "purpose": _purposes(frame),
            "shared_service": _services(frame),
        }
    )
    is_self, is_answer = _is_self(frame, flows), _is_answer(frame, flows)
    is_again = flows.where(~(is_self | is_answer)).duplicated(["source_system", "target_system", "purpose"])
    # A row that lacks an end is no copy of another that lacks one: it is rejected, and with its place.
    is_again &= flows["source_system"].notna() & flows["target_system"].notna()
    gone = is_self | is_answer | is_again
    notes = [_note(records, code, int(counts[where].sum())) for code, where in _told(is_self, is_answer).items()]
    more = int(counts.sum()) - len(counts)
    return [
        dataclasses.replace(
            records,
            frame=flows[~gone].astype("object"),
            rows=records.rows[~gone],
            attributes=records.attributes[~gone],
            cells=_cells(records.cells[records.cells["position"].isin(flows.index[~gone])], frame),
            findings=concat([records.findings, *notes], "findings"),
            rows_in=records.rows_in + more,
            rows_folded=more + int(gone.sum()),
        )
    ]


def _folded(matched: MatchedSheet) -> tuple[MatchedSheet, dict[int, int]]:
    """The sheet with the first row of each connection, and how often each of these was seen, by its row number."""
    sheet, wanted = matched.sheet, [match.index for match in matched.matches]
    below, width = matched.header_at + 1, len(sheet.rows[matched.header_at])
    first: dict[Hashable, int] = {}
    times: dict[int, int] = {}
    kept = list(range(below))
    for number in range(below, len(sheet.rows)):
        row = sheet.rows[number]
        key = _key(number, row, width, wanted)
        at = first.setdefault(key, number)
        if at == number:
            kept.append(number)
            times[sheet.numbers[number]] = 1
        else:
            times[sheet.numbers[at]] += 1
    rows, numbers = [sheet.rows[number] for number in kept], [sheet.numbers[number] for number in kept]
    return dataclasses.replace(matched, sheet=dataclasses.replace(sheet, rows=rows, numbers=numbers)), times


def _key(number: int, row: Row, width: int, wanted: list[int]) -> Hashable:
    if len(row) == width:
        return tuple(map(row.__getitem__, wanted))
    # A row with surplus cells is rejected when it is read; one that is too short lacks the last ones.
    return number if any(map(clean, row[width:])) else tuple(row[at] if at < len(row) else "" for at in wanted)


def _purposes(frame: pd.DataFrame) -> pd.Series:
    program = frame["application"].fillna(frame["process"])
    port = "port " + frame["port"]
    return program.str.cat(port, sep=", ").fillna(program).fillna(port)


def _services(frame: pd.DataFrame) -> pd.Series:
    """Which service that every machine uses a connection goes to."""
    found = pd.Series(pd.NA, index=frame.index, dtype="string")
    program = frame["process"].str.casefold()
    for service, known in load_words("shared_services")["services"].items():
        by_port = frame["port"].isin([str(port) for port in known["ports"]])
        by_program = program.str.startswith(tuple(known["programs"])).fillna(False).astype(bool)
        found = found.mask(found.isna() & (by_port | by_program), service)
    return found


def _is_self(frame: pd.DataFrame, flows: pd.DataFrame) -> pd.Series:
    names = flows["source_system"].str.casefold() == flows["target_system"].str.casefold()
    same = names | (frame["source_ip"] == frame["target_ip"])
    lost = frame["target_ip"].str.contains(LOOPBACK) | frame["source_ip"].str.contains(LOOPBACK)
    return same.fillna(False).astype(bool) | lost.fillna(False).astype(bool)


def _is_answer(frame: pd.DataFrame, flows: pd.DataFrame) -> pd.Series:
    port = pd.to_numeric(frame["port"].astype("object"), errors="coerce").astype("float64")
    is_lent = port >= load_words("shared_services")["ephemeral_from"]
    ends = flows["source_system"].str.casefold(), flows["target_system"].str.casefold()
    asked = set((ends[0] + "\x1f" + ends[1])[~is_lent & port.notna()])
    return is_lent & (ends[1] + "\x1f" + ends[0]).isin(asked)


def _told(is_self: pd.Series, is_answer: pd.Series) -> dict[str, pd.Series]:
    found = {"connections_with_itself": is_self, "connections_that_answer": is_answer & ~is_self}
    return {code: where for code, where in found.items() if where.any()}


def _note(records: Records, code: str, count: int) -> pd.DataFrame:
    return finding_rows("info", code, file=records.file, sheet=records.sheet, value=count)


def _cells(cells: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Which cell bears witness: a machine's name before its address, an application before its process."""
    column = cells["column"]
    for name, first, second in (
        ("source_system", "source_name", "source_ip"),
        ("target_system", "target_name", "target_ip"),
        ("purpose", "application", "process"),
    ):
        instead = cells["position"].isin(frame.index[frame[first].isna()])
        column = column.mask(column == first, name).mask((column == second) & instead, name)
    neither = cells["position"].isin(frame.index[frame["application"].isna() & frame["process"].isna()])
    return cells.assign(column=column.mask((column == "port") & neither, "purpose"))
