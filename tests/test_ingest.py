"""Files to tables: encodings, delimiters, workbooks, dirt, and no row lost."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.case import read_case
from planner.errors import InventoryError
from planner.ingest import _stands_in_order, ingest

SYSTEMS = "  - {file: system.csv, reader: systems}\n"
MakeCase = Callable[..., Path]


def read(
    make_case: MakeCase, content: bytes | str, sources: str = SYSTEMS, file: str = "system.csv"
) -> dict[str, pd.DataFrame]:
    """Ingest one file."""
    return ingest(read_case(make_case({file: content}, sources)))


def workbook(rows: list[list[Any]], sheet: str = "Blad1", at: tuple[int, int] = (0, 0)) -> bytes:
    """Write an XLSX in memory."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    page = book.add_worksheet(sheet)
    for number, row in enumerate(rows):
        page.write_row(at[0] + number, at[1], row)
    book.close()
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_encodings_and_delimiters(make_case: MakeCase, encoding: str, delimiter: str) -> None:
    text = (
        delimiter.join(["Objektnummer", "Namn", "Årskostnad"])
        + "\r\n"
        + delimiter.join(["S1", "Blåbärsregistret", "350 tkr"])
    )
    systems = read(make_case, text.encode(encoding))["systems"]
    assert systems.loc[0, ["system_id", "name", "annual_cost_sek"]].tolist() == ["S1", "Blåbärsregistret", 350_000]


def test_every_value_knows_its_cell(make_case: MakeCase) -> None:
    tables = read(make_case, "Register över system;;\nId;Namn;Avtalsslut\nS1;Eken;2028-06-30\n")
    cells = tables["provenance"].set_index(["row_id", "column"])
    assert cells.loc[("S1", "contract_end_date"), ["file", "row", "cell_column", "raw"]].tolist() == [
        "system.csv",
        3,
        "C",
        "2028-06-30",
    ]


def test_workbook_that_begins_in_the_middle(make_case: MakeCase) -> None:
    content = workbook([["Id", "Namn", "Aktiva användare"], ["S1", "Eken", 25]], at=(3, 2))
    tables = read(make_case, content, "  - {file: system.xlsx, reader: systems}\n", "system.xlsx")
    assert tables["systems"].loc[0, "users"] == 25
    row = tables["provenance"].set_index("column").loc["users"]
    assert (row["sheet"], row["row"], row["cell_column"]) == ("Blad1", 5, "E")


def test_bad_cells_become_findings_and_stay_unknown(make_case: MakeCase) -> None:
    tables = read(make_case, "Id;Namn;Antal användare;Avtalsslut;Avvecklingsår;K\nS1;Eken;-4;snart;9999;7\n")
    assert tables["systems"].loc[0, ["users", "contract_end_date", "retire_year", "klassa_k"]].isna().all()
    found = tables["findings"].set_index("code")
    assert found.loc["negative_value", ["row", "column", "value"]].tolist() == [2, "C", "-4"]
    assert {"not_a_date", "implausible_value", "unknown_word"} <= set(found.index)


def test_unknown_columns_are_kept(make_case: MakeCase) -> None:
    tables = read(make_case, "Id;Namn;Kommentar\nS1;Eken;bra\n")
    assert tables["attributes"][["row_id", "header", "value"]].to_numpy().tolist() == [["S1", "Kommentar", "bra"]]
    assert "unknown_column" in set(tables["findings"]["code"])


def test_names_of_persons_are_not_imported(make_case: MakeCase) -> None:
    tables = read(make_case, "Id;Namn;Systemägare\nS1;Eken;Kim Exempelsson\nS2;Tallen;\n")
    assert tables["systems"]["has_owner"].tolist() == [True, pd.NA]
    assert not any(
        frame.astype("string").apply(lambda column: column.str.contains("Exempelsson")).any().any()
        for frame in tables.values()
        if len(frame)
    )


def test_rows_of_one_id_complete_each_other_and_conflicts_are_told(make_case: MakeCase) -> None:
    tables = read(make_case, "Id;Namn;Antal användare;Leverantör\nS1;Eken;25;\nS1;Eken;30;Skogen AB\n")
    assert len(tables["systems"]) == 1
    assert tables["systems"].loc[0, "vendor"] == "Skogen AB"
    assert tables["findings"].set_index("code").loc["conflicting_values", "detail"] == "users"
    assert tables["sources"].loc[0, ["rows_in", "rows_used", "rows_merged"]].tolist() == [2, 1, 1]


def test_name_alone_never_merges(make_case: MakeCase) -> None:
    tables = read(make_case, "Namn;Antal användare\nEken;25\nEken;30\nTallen;1\nTallen;1\n")
    assert sorted(tables["systems"]["name"]) == ["Eken", "Eken", "Tallen"]
    assert tables["systems"]["system_id"].is_unique
    assert {"same_name_and_organisation", "exact_duplicate"} <= set(tables["findings"]["code"])


def test_rows_without_a_name_are_rejected_with_their_text(make_case: MakeCase) -> None:
    tables = read(make_case, "Id;Namn;Leverantör\nS1;Eken;\nS2;;Skogen AB\nS3;Tallen;Skogen AB;för;många\n")
    assert tables["rejects"][["row", "code"]].to_numpy().tolist() == [[3, "missing_name"], [4, "too_many_cells"]]
    assert tables["rejects"]["original"].str.contains("Skogen AB").all()
    assert tables["sources"].loc[0, ["rows_in", "rows_used", "rows_rejected"]].tolist() == [3, 1, 2]


def test_servers_find_their_system_or_get_a_provisional_one(make_case: MakeCase) -> None:
    files = {
        "system.csv": "Id;Namn\nS1;Eken\n",
        "servrar.csv": "Server;System;vCPU;Minne (GB)\nsrv1;eken;2;8\nsrv2;Bortglömd;4;16\nsrv3;;4;16\n",
    }
    tables = ingest(read_case(make_case(files, SYSTEMS + "  - {file: servrar.csv, reader: servers}\n")))
    assert sorted(tables["assignments"]["basis"]) == ["provisional", "provisional", "stated"]
    assert sorted(tables["systems"]["name"]) == ["Eken", "srv2", "srv3"]


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("system.csv", b"", "empty"),
        ("system.csv", b"   \n ", "empty"),
        ("system.csv", b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        ("system.csv", b"PK\x03\x04rest", "ZIP or XLSX"),
        ("system.csv", b"Id;Namn\n\x00\x01", "binary"),
        ("system.csv", "Id;Leverantör\nS1;Skogen AB\n".encode(), "name"),
        ("system.csv", b'Id;Namn\nS1;"Eken\nS2;Tallen\n', "quotation mark"),
        ("system.csv", b"Id;Namn;Systemnamn\nS1;Eken;Tallen\n", "two columns mean 'name'"),
        ("system.xlsx", b"not a workbook", "not an .xlsx"),
        ("system.xlsx", b"PK\x05\x06" + b"\0" * 18, "cannot be read"),
        ("saknas.csv", None, "does not exist"),
    ],
)
def test_unreadable_files_are_explained(make_case: MakeCase, file: str, content: bytes | None, words: str) -> None:
    folder = make_case({} if content is None else {file: content}, f"  - {{file: {file}, reader: systems}}\n")
    with pytest.raises(InventoryError) as caught:
        ingest(read_case(folder))
    assert words in str(caught.value) and file in str(caught.value)


@pytest.mark.slow
def test_stray_cell_far_away_is_refused_at_once(make_case: MakeCase) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    page = book.add_worksheet("Blad1")
    page.write_row(0, 0, ["Id", "Namn"])
    page.write(1_048_575, 60, "vilse")
    book.close()
    with pytest.raises(InventoryError, match="used range"):
        read(make_case, buffer.getvalue(), "  - {file: system.xlsx, reader: systems}\n", "system.xlsx")


CELLS = st.sampled_from(
    ["", "Eken", "Tallen", "S1", "S2", "-4", "2028-06-30", "ja", "Vet ej", "3-2-2", "=1+1", "å;ä", '"']
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), max_size=12), data=st.data())
def test_no_row_is_lost_and_their_order_does_not_matter(
    make_case: MakeCase, rows: list[tuple[str, ...]], data: st.DataObject
) -> None:
    first = _sheet([*rows, ("S9", "Alltid", "", "")])
    second = _sheet(data.draw(st.permutations([*rows, ("S9", "Alltid", "", "")])))
    one, other = (
        read(make_case, content, "  - {file: system.xlsx, reader: systems}\n", "system.xlsx")
        for content in (first, second)
    )
    filled = sum(any(cell for cell in row) for row in rows) + 1
    counts = one["sources"].iloc[0]
    assert counts["rows_in"] == filled == counts["rows_used"] + counts["rows_merged"] + counts["rows_rejected"]
    assert len(one["systems"]) == counts["rows_used"]
    pd.testing.assert_frame_equal(one["systems"], other["systems"])
    assert sorted(one["findings"]["code"]) == sorted(other["findings"]["code"])


def _sheet(rows: list[Any]) -> bytes:
    return workbook([["Id", "Namn", "KLASSA", "Avtalsslut"], *map(list, rows)])


@pytest.mark.slow
def test_a_million_blank_rows_are_nothing(make_case: MakeCase, tmp_path: Path) -> None:
    path = tmp_path / "blank.xlsx"
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    page, style = book.add_worksheet("Blad1"), book.add_format({"bold": True})
    page.write_row(0, 0, ["Id", "Namn"])
    page.write_row(1, 0, ["S1", "Eken"])
    for row in range(2, 1_000_000):
        page.write_blank(row, 0, None, style)
    page.write_blank(1_048_575, 80, None, style)
    book.close()
    tables = read(make_case, path.read_bytes(), "  - {file: system.xlsx, reader: systems}\n", "system.xlsx")
    assert tables["sources"].loc[0, ["rows_in", "rows_used"]].tolist() == [1, 1]


def test_two_unknown_columns_of_one_name_are_both_kept(make_case: MakeCase) -> None:
    attributes = read(make_case, "Namn;Anm;Anm\nEken;ett;två\n")["attributes"]
    assert attributes[["header", "value"]].to_numpy().tolist() == [["Anm", "ett"], ["Anm [C]", "två"]]


@pytest.mark.parametrize(
    ("rows", "stands"),
    [
        ([("a", "b"), ("a", "c"), ("b", "a")], True),
        ([("a", "c"), ("a", "b"), ("b", "a")], False),
        ([("b", "a"), ("a", "b")], False),
        ([("a", "b"), ("a", "b")], True),
    ],
)
def test_rows_that_stand_in_order_are_left_there(rows: list[tuple[str, str]], stands: bool) -> None:
    frame = pd.DataFrame(rows, columns=["one", "two"], dtype="string")
    assert _stands_in_order(frame) == stands
    assert not _stands_in_order(frame.assign(one=pd.NA)) and not _stands_in_order(frame.astype("category"))
