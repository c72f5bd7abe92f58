"""`fardplan map`: unknown tables are proposed, asked about where unsure, and written into the case."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from planner import cli, cli_map
from planner.case import read_case
from planner.errors import InventoryError, PlannerError
from planner.ingest import ingest
from planner.ingest.dialects.columns import load_map
from planner.ingest.files.sheets import Sheet
from planner.mapping.knowledge import TABLES, load_part, words_for
from planner.mapping.proposal import propose
from planner.mapping.sample import fields_of, header_row_of
from planner.mapping.shapes import load_shapes, share_of, tells_of_a_person
from planner.mapping.words import meanings_of
from planner.schema import load_table
from planner.texts import LANGUAGES, load_texts
from tests.conftest import EXAMPLE, REPOSITORY, run_environment

MakeCase = Callable[..., Path]
SOURCES = "  - {file: system.csv, reader: systems}  # registret\n"
REGISTER = "Id;Namn\nS1;Eken\n"
MACHINES = """Våra maskiner, uttag 2026-11-02;;;;;;;;;;
Maskin;Tillhör;Op-sys;Kärnor antal;Ramminne;Disk (GB);Läge;Serveransvarig;Driftmiljö;Backup;Larm till
dvarg01;Eken;Windows Server 2019;4;8192;120;På;Anna Exempel;Skarp;Ja;anna@exempel.test
dvarg02;Eken;RHEL 8;8;16384;200;Av;Bo Exempel;Test;Nej;070-000 00 01
dvarg03;Eken;Debian 12;2;4096;50;På;Anna Exempel;Utbildning;Ja;anna@exempel.test
"""
SURE = {
    "Maskin": "name",
    "Op-sys": "os",
    "Ramminne": "memory_gib",
    "Disk (GB)": "storage_gib",
    "Driftmiljö": "environment",
}
PERSONS = ("Anna", "Bo Exempel", "anna@", "070-000")


@pytest.fixture
def folder(make_case: MakeCase) -> Path:
    return make_case({"system.csv": REGISTER, "maskiner.csv": MACHINES}, SOURCES)


def run(*arguments: object, answers: str | None = None) -> Result:
    """Run `fardplan map`; with answers as if in a terminal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli_map, "_is_terminal", lambda: answers is not None)
        return CliRunner().invoke(cli.app, ["map", *map(str, arguments)], input=answers)


def source_in(folder: Path, file: str = "maskiner.csv") -> dict[str, object]:
    """A source as it stands in case.yaml."""
    case = yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8"))
    return next(item for item in case["sources"] if item["file"] == file)


def test_what_is_sure_is_written_and_read(folder: Path) -> None:
    before = (folder / "case.yaml").read_text(encoding="utf-8")
    done = run(folder / "maskiner.csv", "--yes")
    assert done.exit_code == 0, done.output
    after = (folder / "case.yaml").read_text(encoding="utf-8")
    head, tail = before.split(SOURCES)
    assert after.startswith(head + SOURCES) and after.endswith(tail)
    source = source_in(folder)
    assert source.pop("header")
    assert source == {
        "file": "maskiner.csv",
        "reader": "servers",
        "columns": {name: [header] for header, name in SURE.items() if header != "Disk (GB)"},
        "units": {"memory_gib": "MB"},
        "means": {"environment": {"production": ["Skarp"], "test": ["Utbildning"]}},
        "ignore": ["Serveransvarig", "Larm till"],
    }
    tables = ingest(read_case(folder))
    servers = tables["servers"].set_index("name")
    assert servers["memory_gib"].to_dict() == {"dvarg01": 8, "dvarg02": 16, "dvarg03": 4}
    assert servers["environment"].to_dict() == {"dvarg01": "production", "dvarg02": "test", "dvarg03": "test"}
    assert set(tables["attributes"]["header"]) == {"Tillhör", "Kärnor antal", "Läge", "Backup"}


def test_running_again_changes_nothing(folder: Path) -> None:
    run(folder / "maskiner.csv", "--yes")
    once = (folder / "case.yaml").read_bytes()
    again = run(folder / "maskiner.csv", "--yes")
    assert again.exit_code == 0 and "säger redan detta" in again.output
    assert (folder / "case.yaml").read_bytes() == once


def test_without_a_terminal_nothing_is_written(folder: Path) -> None:
    before = (folder / "case.yaml").read_bytes()
    done = run(folder / "maskiner.csv")
    assert done.exit_code == 0 and "--yes" in done.output and "Inget skrevs" in done.output
    assert (folder / "case.yaml").read_bytes() == before


def test_only_what_is_unsure_is_asked_and_the_answers_are_kept(folder: Path) -> None:
    done = run(folder / "maskiner.csv", "--lang", "en", answers="1\n9\n1\n0\ny\n")
    assert done.exit_code == 0, done.output
    assert re.findall(r"Column (\w), (.+?):", done.output) == [("B", "Tillhör"), ("D", "Kärnor antal"), ("G", "Läge")]
    assert "for instance ”4”, ”8”, ”2”" in done.output and "Write a number from 0 to 1." in done.output
    source = source_in(folder)
    assert source["columns"]["system_name"] == ["Tillhör"] and source["columns"]["vcpu"] == ["Kärnor antal"]
    assert source["keep"] == ["Läge"]
    assert "Läge" in set(ingest(read_case(folder))["attributes"]["header"])
    again = run(folder / "maskiner.csv", answers="")
    assert again.exit_code == 0 and "säger redan detta" in again.output


@pytest.mark.parametrize("answers", ["", "1\n", "1\n1\n1\nn\n"])
def test_stopping_writes_nothing(folder: Path, answers: str) -> None:
    before = (folder / "case.yaml").read_bytes()
    done = run(folder / "maskiner.csv", answers=answers)
    assert isinstance(done.exception, PlannerError) and "nothing was written" in str(done.exception)
    assert (folder / "case.yaml").read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("answers", [None, "1\n1\n1\nj\n"])
def test_values_of_persons_are_never_shown_or_written(folder: Path, answers: str | None) -> None:
    done = run(folder / "maskiner.csv", *([] if answers else ["--yes"]), answers=answers)
    written = (folder / "case.yaml").read_text(encoding="utf-8")
    assert done.exit_code == 0 and not [word for word in PERSONS if word in done.output + written]
    assert not [word for word in PERSONS if ingest(read_case(folder))["attributes"]["value"].str.contains(word).any()]


def test_a_name_in_a_column_of_words_hides_its_examples(folder: Path) -> None:
    rows = MACHINES.replace("Läge", "Lagen").replace(";På;", ";På, fråga kim@exempel.test;")
    (folder / "maskiner.csv").write_text(rows, encoding="utf-8")
    assert "exempel.test" not in run(folder / "maskiner.csv", answers="1\n1\n0\nj\n").output


def test_an_owner_is_read_as_present_or_absent(make_case: MakeCase) -> None:
    rows = "Systembenämning;Systemägarens namn;Driftsform\nEken;Anna Exempel;Molntjänst\nGran;;Egen drift\n"
    folder = make_case({"lista.csv": rows}, "  []\n")
    assert run(folder / "lista.csv", "--yes").exit_code == 0
    systems = ingest(read_case(folder))["systems"].set_index("name")
    assert systems["has_owner"].fillna(False).to_dict() == {"Eken": True, "Gran": False}
    assert systems["delivery"].to_dict() == {"Eken": "saas", "Gran": "internal"}


def test_the_same_header_row_in_another_file_is_read_with_the_same_map(folder: Path) -> None:
    run(folder / "maskiner.csv", "--yes")
    (folder / "fler").mkdir()
    _, header, *rows = MACHINES.splitlines()
    more = "\n".join([header, *(row.replace("dvarg0", "troll0") for row in rows)])
    (folder / "fler" / "maskiner2.csv").write_text(more, encoding="utf-8")
    case = folder / "case.yaml"
    case.write_text(case.read_text(encoding="utf-8").replace(SOURCES, f"{SOURCES}  - file: fler/\n"), encoding="utf-8")
    servers = ingest(read_case(folder))["servers"].set_index("name")
    assert servers.loc["troll01", ["memory_gib", "environment"]].tolist() == [8, "production"]


def test_a_file_with_a_map_of_its_own_is_not_read_with_its_folder_too(make_case: MakeCase, tmp_path: Path) -> None:
    folder = make_case({"system.csv": REGISTER}, f"{SOURCES}  - file: hall/\n")
    (folder / "hall").mkdir()
    (folder / "hall" / "maskiner.csv").write_text(MACHINES, encoding="utf-8")
    (folder / "hall" / "servrar.csv").write_text("Server;vCPU\nalv1;2\n", encoding="utf-8")
    assert run(folder / "hall" / "maskiner.csv", "--yes").exit_code == 0
    tables = ingest(read_case(folder))
    assert sorted(tables["servers"]["name"]) == ["alv1", "dvarg01", "dvarg02", "dvarg03"]
    assert tables["sources"].set_index("file")["rows_in"].to_dict() == {
        "maskiner.csv": 3,
        "servrar.csv": 1,
        "system.csv": 1,
    }
    assert "sheet_not_recognised" not in set(tables["findings"]["code"])


def workbook(path: Path, sheets: dict[str, str]) -> None:
    with xlsxwriter.Workbook(path) as book:
        for name, text in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(text.splitlines()):
                sheet.write_row(at, 0, row.split(";"))


def test_one_sheet_of_a_workbook_is_mapped_beside_the_others(make_case: MakeCase) -> None:
    folder = make_case({}, "  - file: bok.xlsx\n")
    workbook(folder / "bok.xlsx", {"System": REGISTER, "Maskiner": MACHINES})
    assert isinstance(run(folder / "bok.xlsx").exception, InventoryError)
    assert run(folder / "bok.xlsx", "--sheet", "Maskiner", "--yes").exit_code == 0
    case = read_case(folder)
    assert [(source.file, source.sheet) for source in case.sources] == [("bok.xlsx", None), ("bok.xlsx", "Maskiner")]
    tables = ingest(case)
    assert len(tables["servers"]) == 3 and "Eken" in set(tables["systems"]["name"])


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_lists_of_records_are_mapped(make_case: MakeCase, suffix: str) -> None:
    records = [dict(zip(["Maskinnamn", "Antal processorer"], [f"dvarg0{at}", at], strict=True)) for at in (1, 2)]
    folder = make_case(
        {f"lista.{suffix}": yaml.safe_dump(records) if suffix == "yaml" else str(records).replace("'", '"')}, "  []\n"
    )
    assert run(folder / f"lista.{suffix}", "--yes").exit_code == 0
    assert ingest(read_case(folder))["servers"]["vcpu"].tolist() == [1, 2]


def test_of_two_columns_that_the_reader_knows_the_chosen_one_is_read(make_case: MakeCase) -> None:
    rows = "Namn;Årskostnad;Driftbudget\nEken;100;200\nGran;300;400\n"
    folder = make_case({"lista.csv": rows}, "  - {file: lista.csv, reader: systems}\n")
    done = run(folder / "lista.csv", answers="0\n1\nj\n")
    assert done.exit_code == 0, done.output
    source = source_in(folder, "lista.csv")
    assert "columns" not in source and source["keep"] == ["Årskostnad"]
    tables = ingest(read_case(folder))
    assert sorted(tables["systems"]["annual_cost_sek"]) == [200, 400]
    assert set(tables["attributes"]["header"]) == {"Årskostnad"}


def test_of_two_columns_that_the_reader_knows_neither_is_guessed(make_case: MakeCase) -> None:
    rows = "Namn;Årskostnad;Driftbudget\nEken;100;200\nGran;300;400\n"
    folder = make_case({"lista.csv": rows}, "  - {file: lista.csv, reader: systems}\n")
    assert run(folder / "lista.csv", "--yes").exit_code == 0
    assert source_in(folder, "lista.csv")["keep"] == ["Årskostnad", "Driftbudget"]
    assert ingest(read_case(folder))["systems"]["annual_cost_sek"].isna().all()


def test_a_required_column_that_nothing_suggests_is_asked_for(make_case: MakeCase) -> None:
    folder = make_case({"lista.csv": "Grej;Blurp\nEken;x\nGran;y\n"}, "  []\n")
    refused = run(folder / "lista.csv", "--yes", "--table", "systems")
    assert isinstance(refused.exception, InventoryError) and "name" in str(refused.exception)
    done = run(folder / "lista.csv", "--table", "systems", answers="1\nj\n")
    assert done.exit_code == 0 and "Vilken kolumn är Namn [name]?" in done.output, done.output
    assert sorted(ingest(read_case(folder))["systems"]["name"]) == ["Eken", "Gran"]


def test_what_the_table_is_is_asked_where_unsure(make_case: MakeCase) -> None:
    folder = make_case({"lista.csv": "Namn;Miljö\nEken;Test\nGran;Test\n"}, "  []\n")
    done = run(folder / "lista.csv", answers="1\nj\nj\nj\n")
    assert "Vad är tabellen?" in done.output


def test_another_tools_export_needs_no_map(make_case: MakeCase) -> None:
    export = (REPOSITORY / "tests" / "dialects" / "tidal_servers.csv").read_bytes()
    folder = make_case({"export.csv": export, "system.csv": REGISTER}, SOURCES)
    done = run(folder / "export.csv", "--yes")
    assert done.exit_code == 0 and "tidal_servers" in done.output and "- file: export.csv" in done.output


def test_without_a_case_the_source_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "maskiner.csv"
    file.parent.mkdir(parents=True)
    file.write_text(MACHINES, encoding="utf-8")
    done = run(file, "--yes")
    assert done.exit_code == 0 and "fardplan init" in done.output
    shown = yaml.safe_load(done.output[done.output.index("  - file:") :])
    assert shown[0]["columns"]["name"] == ["Maskin"]


@pytest.mark.parametrize(
    ("name", "content", "options", "words"),
    [
        ("saknas.csv", None, [], ["saknas.csv", "does not exist"]),
        ("bild.csv", b"%PDF-1.7", [], ["bild.csv", "PDF"]),
        ("tom.csv", b"\n", [], ["tom.csv", "empty"]),
        ("tal.csv", b"1;2;3\n4;5;6\n", [], ["tal.csv:1", "header row"]),
        ("en.csv", b"Maskin;Kluster\na1;b\n", ["--sheet", "Blad"], ["en.csv", "Blad"]),
        ("en.csv", b"Maskin;Kluster\na1;b\n", ["--case", "ingen"], ["ingen", "case.yaml", "fardplan init"]),
        ("tva.csv", b"Maskin;Maskin;RAM\na1;a2;4\nb1;b2;8\n", ["--yes", "--table", "servers"], ["tva.csv", "Maskin"]),
    ],
)
def test_what_cannot_be_mapped_is_explained(
    tmp_path: Path, name: str, content: bytes | None, options: list[str], words: list[str]
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    told = str(run(tmp_path / name, *options).exception)
    assert all(word in told for word in words) and "\n" not in told, told


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("units: {vcpu: MB}", ["units", "vcpu"]),
        ("units: {memory_gib: tkr}", ["tkr", "mib"]),
        ("means: {environment: {prod: [Skarp]}}", ["prod", "production"]),
        ("means: {os: {x: [y]}}", ["os"]),
        ("columns: {nam: [Maskin]}", ["nam", "Did you mean name?"]),
    ],
)
def test_a_wrong_map_is_explained(make_case: MakeCase, lines: str, words: list[str]) -> None:
    folder = make_case({"s.csv": "Server\na1\n"}, f"  - {{file: s.csv, reader: servers, {lines}}}\n")
    with pytest.raises(InventoryError) as told:
        ingest(read_case(folder))
    assert all(word in str(told.value) for word in (*words, "case.yaml (s.csv)"))


def test_money_in_thousands_is_read_where_the_header_or_the_case_says_so(make_case: MakeCase) -> None:
    folder = make_case(
        {"a.csv": "Namn;Årskostnad (tkr)\nEken;350\n", "b.csv": "Namn;Årskostnad\nGran;2,5\nTall;40 kr\n"},
        "  - {file: a.csv}\n  - {file: b.csv, reader: systems, units: {annual_cost_sek: mkr}}\n",
    )
    costs = ingest(read_case(folder))["systems"].set_index("name")["annual_cost_sek"]
    assert costs.to_dict() == {"Eken": 350_000, "Gran": 2_500_000, "Tall": 40}


def sheet_of(rows: list[list[object]]) -> Sheet:
    return Sheet("lista.csv", None, rows, list(range(1, len(rows) + 1)), ";", "")


def proposed(rows: list[list[object]]) -> tuple[str, dict[str, str | None]]:
    """The table, and the column of each header."""
    sheet = sheet_of(rows)
    proposal = propose(fields_of(sheet, header_row_of(sheet)))
    return proposal.table, {one.field.header: one.column for one in proposal.columns}


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_columns_changes_nothing(random: random.Random) -> None:
    rows = [row.split(";") for row in MACHINES.splitlines()[1:]]
    order = list(range(len(rows[0])))
    random.shuffle(order)
    assert proposed([[row[at] for at in order] for row in rows]) == proposed(list(rows))


def test_no_two_headers_mean_one_column() -> None:
    _, columns = proposed([["Maskin", "Maskinnamn", "Minne", "RAM", "Internminne"], ["a1", "a1", "4", "8", "16"]])
    found = [name for name in columns.values() if name]
    assert len(set(found)) == len(found)


def test_headers_are_found_below_a_title_and_above_words_that_are_headers_elsewhere() -> None:
    rows = [["Servrar 2026", "", ""], ["Grej", "Sort", "Var"], ["Server", "Test", "System"], ["Status", "Test", "Disk"]]
    assert header_row_of(sheet_of(list(rows))) == 1


@pytest.mark.slow
def test_a_million_rows_are_sampled() -> None:
    rows = [["Maskin", "RAM"], *([f"dvarg{at}", "4"] for at in range(1_000_000))]
    fields = fields_of(sheet_of(rows), 0)
    assert len(fields[0].sample.values) == 200 and fields[0].sample.unique == 1


@pytest.mark.parametrize(
    ("column", "word", "value"),
    [
        ("criticality", "Kritiskt", "4"),
        ("criticality", "Okritiskt", None),
        ("environment", "Produktionen", "production"),
        ("environment", "Blandat", None),
    ],
)
def test_words_are_translated_only_when_sure(column: str, word: str, value: str | None) -> None:
    sheet = sheet_of([["X", "Y"], [word, "1"]])
    mapped = next(one for one in load_map("systems").columns if one.name == column)
    means, unknown = meanings_of("systems", mapped, fields_of(sheet, 0)[0])
    assert (means, unknown) == (({value: [word]}, []) if value else ({}, [word]))


def test_every_shape_has_its_look_and_its_name() -> None:
    for shape in load_shapes():
        assert share_of(shape, list(shape.examples)) == 1, shape.name
        for language in LANGUAGES:
            assert load_texts(language).mapping["shapes"][shape.name]


def test_synonyms_are_of_columns_that_exist_and_each_means_one() -> None:
    known = load_part("synonyms")
    for table in TABLES:
        columns = {column.name for column in load_map(table).columns}
        assert set(known[table]) <= columns, set(known[table]) - columns
        for column, values in known["words"].items():
            if column in columns and column in load_table(table).names:
                allowed = load_table(table).column(column).values
                assert set(words_for(table, column).values()) <= set(allowed), (table, column)
                assert values


@pytest.mark.parametrize(
    ("header", "is_person"),
    [
        ("Systemägare", True),
        ("E-post", True),
        ("Kontaktperson", True),
        ("serverOwner", True),
        ("Ansvarig förvaltning", False),
        ("Ansvar", False),
        ("Minne", False),
        ("Ledtid", False),
    ],
)
def test_headers_of_persons(header: str, is_person: bool) -> None:
    assert tells_of_a_person(header) is is_person


@pytest.mark.slow
def test_the_example_register_is_wholly_sure() -> None:
    done = run(EXAMPLE / "systemregister.csv", "--lang", "en")
    assert done.exit_code == 0 and "Unsure" not in done.output and "a register of systems" in done.output


@pytest.mark.slow
@pytest.mark.parametrize("width", [80, 120])
def test_the_real_command_keeps_to_the_width_of_the_terminal(folder: Path, width: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "planner.cli", "map", str(folder / "maskiner.csv"), "--yes"],
        cwd=REPOSITORY,
        env={**run_environment(), "COLUMNS": str(width)},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode, done.stderr) == (0, "")
    table = done.stdout[done.stdout.index("Säkra") : done.stdout.index("Betyder inget")]
    assert max(map(len, table.splitlines())) <= width and all(header in table for header in SURE)
    assert read_case(folder).sources[1].reader == "servers"
