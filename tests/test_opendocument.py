"""OpenDocument spreadsheets: read like workbooks, and as carefully."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from planner.case import read_case
from planner.errors import InventoryError
from planner.ingest import ingest
from planner.ingest.files import sheets
from tests.opendocument import cell, row, spreadsheet

MakeCase = Callable[..., Path]
SOURCE = "  - {file: underlag.ods}\n"
REGISTER = row(None, "Register") + row() + row(None, "Systemnamn", "Antal användare") + row(None, "Eken", 120)
SERVERS = row("Server", "System", "vCPU", "Minne (GB)") + row("dvarg01", "Eken", 4, 16.5)


def read(make_case: MakeCase, data: bytes) -> dict[str, pd.DataFrame]:
    """Ingest one file without naming what it is."""
    return ingest(read_case(make_case({"underlag.ods": data}, SOURCE)))


def test_every_sheet_is_recognised_and_every_value_knows_its_cell(make_case: MakeCase) -> None:
    tables = read(make_case, spreadsheet(Register=REGISTER, Servrar=SERVERS))
    assert tables["sources"]["reader"].tolist() == ["systems", "servers"]
    assert tables["servers"].loc[0, ["vcpu", "memory_gib"]].tolist() == [4, 16.5]
    assert tables["assignments"]["basis"].tolist() == ["stated"]
    users = tables["provenance"].query("column == 'users'").iloc[0]
    assert users[["file", "sheet", "row", "cell_column"]].tolist() == ["underlag.ods", "Register", 4, "C"]


def test_padding_to_the_last_row_costs_nothing(make_case: MakeCase) -> None:
    start = time.monotonic()
    padded = REGISTER + row(cell(None, 16_384), times=1_048_000)
    assert read(make_case, spreadsheet(Register=padded))["systems"]["name"].tolist() == ["Eken"]
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    "far",
    [
        row(None, times=1_000_000) + row(cell(None, 10_000), "x"),
        row("Eken", times=1_048_576),
        row(cell("x", 3_000_000)),
        row(*["Eken"] * 30, times=1_000_000),
    ],
)
def test_far_and_repeated_cells_are_refused_at_once(make_case: MakeCase, far: str) -> None:
    start = time.monotonic()
    with pytest.raises(InventoryError, match=r"underlag.ods\[Register\]:\d+.*too large for an inventory"):
        read(make_case, spreadsheet(Register=REGISTER + far))
    assert time.monotonic() - start < 2


def test_what_unpacks_to_too_much_is_refused(make_case: MakeCase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_UNPACKED_BYTES", 1_000)
    with pytest.raises(InventoryError, match="unpacks to too much"):
        read(make_case, spreadsheet(Register=REGISTER))


@pytest.mark.parametrize("content", ["not XML", "<a", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_what_is_none_is_refused_in_words(make_case: MakeCase, content: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    with pytest.raises(InventoryError) as caught:
        read(make_case, packed.getvalue())
    assert caught.value.place and caught.value.remedy
