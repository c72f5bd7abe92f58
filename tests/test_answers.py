"""The questions form, filled in and read back: every row is accounted for, and answers become evidence with a cell."""

from __future__ import annotations

import csv
import shutil
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
import yaml
from python_calamine import CalamineWorkbook

from planner.case import Case, read_case
from planner.errors import InventoryError
from planner.ingest import ingest
from planner.pipeline import compute
from planner.render.form import write_form
from planner.schema import load_table
from planner.texts import load_texts
from planner.view.questions import question_rows
from tests.conftest import EXAMPLE

REGISTER = "System-id;Namn;Driftform;Aktiva användare\r\nA1;Alfa;;\r\nB2;Beta;Internt;40\r\n"
HEAD = "System-id;Fält;Svar"


def _case(folder: Path, form: str, **more: object) -> Case:
    (folder / "register.csv").write_text(REGISTER, encoding="utf-8")
    (folder / "svar.csv").write_text(f"{HEAD}\r\n{form}", encoding="utf-8")
    register, answers = {"file": "register.csv", "reader": "systems"}, {"file": "svar.csv", "reader": "answers"}
    return _with_sources(folder, [register, answers | more])


def _with_sources(folder: Path, sources: list[dict[str, object]]) -> Case:
    """The example's case with other sources."""
    given = yaml.safe_load((EXAMPLE / "case.yaml").read_text(encoding="utf-8")) | {"sources": sources}
    # Its files stay where they are.
    given.pop("look")
    (folder / "case.yaml").write_text(yaml.safe_dump(given, allow_unicode=True), encoding="utf-8")
    return read_case(folder)


def _read(folder: Path, form: str, **more: object) -> dict[str, pd.DataFrame]:
    return ingest(_case(folder, form, **more))


def _value(tables: dict[str, pd.DataFrame], system_id: str, field: str) -> object:
    return tables["systems"].set_index("system_id").loc[system_id, field]


def test_answers_fill_blanks_and_keep_their_cell(tmp_path: Path) -> None:
    tables = _read(tmp_path, "A1;delivery;SaaS\r\nA1;users;1 200\r\nB2;security_sensitive;nej\r\nB2;osl_secrecy;\r\n")
    assert _value(tables, "A1", "delivery") == "saas"
    assert _value(tables, "A1", "users") == 1200
    assert _value(tables, "B2", "security_sensitive") == False  # noqa: E712 a numpy boolean
    assert pd.isna(_value(tables, "B2", "osl_secrecy"))
    cells = tables["provenance"].set_index(["row_id", "column"])
    assert cells.loc[("A1", "users"), ["file", "row", "cell_column", "raw"]].tolist() == ["svar.csv", 3, "C", "1 200"]
    source = tables["sources"].set_index("file").loc["svar.csv"]
    assert source[["rows_in", "rows_used", "rows_merged", "rows_rejected"]].tolist() == [3, 0, 3, 0]
    assert not tables["findings"]["code"].eq("merged_rows").any()


def test_the_order_of_sources_decides_between_an_answer_and_the_register(tmp_path: Path) -> None:
    tables = _read(tmp_path, "B2;delivery;SaaS\r\nB2;users;40\r\n")
    assert _value(tables, "B2", "delivery") == "internal"
    conflict = tables["findings"].query("code == 'conflicting_values'")
    assert conflict[["row_id", "detail", "value"]].to_numpy().tolist() == [
        ["B2", "delivery", "internal (register.csv:3:C) / saas (svar.csv:2:C)"]
    ]
    turned = [{"file": "svar.csv", "reader": "answers"}, {"file": "register.csv", "reader": "systems"}]
    tables = ingest(_with_sources(tmp_path, turned))
    assert _value(tables, "B2", "delivery") == "saas"
    assert not tables["findings"]["code"].eq("merged_rows").any()


def test_a_question_without_an_answer_is_no_row(tmp_path: Path) -> None:
    tables = _read(tmp_path, "prov-1;system_name;\r\nA1;users;\r\nA1;users;vet ej\r\nA1;it_verdict;vet ej\r\n")
    source = tables["sources"].set_index("file").loc["svar.csv"]
    assert source[["rows_in", "rows_used", "rows_merged", "rows_rejected"]].tolist() == [1, 0, 1, 0]
    assert _value(tables, "A1", "it_verdict") == "dont_know"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("X9;users;3", "answer_to_unknown_system_id"),
        ("A1;usrs;3", "unknown_field"),
        ("A1;name;Gamma", "unknown_field"),
        ("A1;delivery;i molnet någonstans", "unknown_word"),
        ("A1;users;många", "not_a_number"),
        ("A1;klassa_k;7", "unknown_word"),
        ("A1;users;3;extra", "too_many_cells"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_its_place(tmp_path: Path, row: str, code: str) -> None:
    tables = _read(tmp_path, f"B2;osl_secrecy;stark\r\n{row}\r\n")
    rejected = tables["rejects"]
    assert rejected[["file", "row", "code"]].to_numpy().tolist() == [["svar.csv", 3, code]]
    assert load_texts("sv").findings[code]["remedy"] and load_texts("en").findings[code]["remedy"]
    assert tables["systems"]["system_id"].tolist() == ["A1", "B2"]
    source = tables["sources"].set_index("file").loc["svar.csv"]
    assert source[["rows_in", "rows_rejected"]].tolist() == [2, 1]


def test_two_answers_to_one_question_are_told(tmp_path: Path) -> None:
    tables = _read(tmp_path, "A1;users;3\r\nA1;users;5\r\n")
    assert tables["findings"].query("code == 'conflicting_values'")["detail"].tolist() == ["users"]


def test_a_pseudonymised_form_shows_no_rows(tmp_path: Path) -> None:
    tables = _read(tmp_path, "X9;users;3\r\n", is_pseudonymised=True)
    assert tables["rejects"]["original"].isna().all()


def test_a_form_without_its_headers_is_refused(tmp_path: Path) -> None:
    case = _case(tmp_path, "")
    (tmp_path / "svar.csv").write_text("System;Kommentar\r\nAlfa;bra\r\n", encoding="utf-8")
    with pytest.raises(InventoryError, match="no header row"):
        ingest(case)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_offered_answer_is_read_as_what_it_says(tmp_path: Path, language: str) -> None:
    texts = load_texts(language)
    table = load_table("systems")
    offered = [
        (column.name, texts.value(column.name, value), value)
        for column in table.columns
        if column.name not in {"system_id", "name", "organisation"}
        for value in (("True", "False") if column.type == "boolean" else column.values)
    ]
    assert len(offered) > 200
    wanted: dict[str, list[tuple[str, str]]] = {}
    for field, label, value in offered:
        wanted.setdefault(field, []).append((label, value))
    for turn in range(max(len(pairs) for pairs in wanted.values())):
        picked = {field: pairs[turn % len(pairs)] for field, pairs in wanted.items()}
        # Beta has a delivery and users already: only Alfa is asked.
        form = "".join(f'A1;{texts.field(field)};"{label}"\r\n' for field, (label, _) in picked.items())
        tables = _read(tmp_path, form)
        assert tables["rejects"].empty, tables["rejects"].to_dict("records")
        for field, (_, value) in picked.items():
            assert str(_value(tables, "A1", field)) == value, (field, value)


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_the_form_comes_back_as_a_source(tmp_path: Path, ending: str) -> None:
    case = read_case(EXAMPLE)
    before = compute(case).portfolio
    form = tmp_path / f"svar{ending}"
    texts = load_texts("sv")
    questions = [item for item in question_rows(before, texts) if item.choices]
    write_form(questions, texts, form)
    _fill(form)
    sources = yaml.safe_load((EXAMPLE / "case.yaml").read_text(encoding="utf-8"))["sources"]
    for source in sources:
        shutil.copy(EXAMPLE / source["file"], tmp_path)
    answered = _with_sources(tmp_path, [*sources, {"file": form.name, "reader": "answers"}])
    after = compute(answered).portfolio
    settled = [int((plan["decisions"]["state"] == "settled").sum()) for plan in (before, after)]
    assert settled[1] > settled[0]
    assert len(after["questions"]) < len(before["questions"])
    assert after["evidence"]["cells"].astype("string").str.contains(form.name, regex=False).any()


def _fill(form: Path) -> None:
    """Answer every question with the first choice, as a person would in a spreadsheet."""
    if form.suffix == ".xlsx":
        rows = CalamineWorkbook.from_path(form).get_sheet_by_index(0).to_python()
        _save(form, [rows[0], *([*row[:9], str(row[7]).split(" / ")[0]] for row in rows[1:])])
        return
    with form.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    with form.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows([rows[0], *([*row[:9], row[7].split(" / ")[0]] for row in rows[1:])])


def _save(path: Path, rows: list[list[object]]) -> None:
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    for at, row in enumerate(rows):
        sheet.write_row(at, 0, row)
    book.close()


def test_dates_and_numbers_of_a_workbook_are_read(tmp_path: Path) -> None:
    _case(tmp_path, "")
    head = ["System-id", "Fält", "Svar"]
    answers = [["A1", "contract_end_date", datetime(2027, 6, 30)], ["A1", "users", 12]]
    _save(tmp_path / "svar.xlsx", [head, *answers])
    register, form = {"file": "register.csv", "reader": "systems"}, {"file": "svar.xlsx", "reader": "answers"}
    tables = ingest(_with_sources(tmp_path, [register, form]))
    assert _value(tables, "A1", "contract_end_date") == pd.Timestamp("2027-06-30")
    assert _value(tables, "A1", "users") == 12
