"""What `fardplan check` says and writes, and that rejected rows come back mended."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from planner.case import read_case
from planner.check import every_finding, page, written
from planner.check.findings import CONFLICTS, all_found
from planner.check.page import WIDTH, Line
from planner.check.understood import understood
from planner.csvfile import to_csv_bytes
from planner.ingest import ingest
from planner.ingest.dialects.columns import dialects
from planner.ingest.records.rejected import rejected_files
from planner.pipeline import read_only
from planner.plan import FORMAT
from planner.portfolio import Portfolio
from planner.texts import load_texts
from tests.conftest import EXAMPLE, REPOSITORY

MakeCase = Callable[..., Path]
Run = Callable[..., tuple[int, str, str]]
GOLDEN = REPOSITORY / "tests" / "golden" / "exempelkommun"
SOURCES = "  - {file: system.csv, reader: systems}\n"
REGISTER = "Id;Namn;Leverantör;Årskostnad\nS1;Eken;Skogen AB;100\nS2;Tallen;;\nS3;Granen;;5\n"


@pytest.fixture
def check(run: Run) -> Run:
    """Run `fardplan check` in this process; returns exit code, output and errors."""
    return partial(run, "check")


@pytest.fixture(scope="module")
def example() -> Portfolio:
    """The example municipality, read once."""
    return read_only(read_case(EXAMPLE))


def text_of(lines: list[Line]) -> str:
    """What is printed, as text."""
    return "".join(f"{line.text}\n" for line in lines)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_page_of_the_example_is_a_golden(
    example: Portfolio, golden: Callable[[Path, bytes], None], language: str
) -> None:
    texts = load_texts(language)
    lines = page(example, texts.check["no_plan"].format(folder="plan"), "plan", texts)
    golden(GOLDEN / f"check.{language}.txt", text_of(lines).encode("utf-8"))
    assert max(len(line.text) for line in [*lines, *every_finding(example, texts)]) <= WIDTH


def test_every_code_is_told_once_with_its_count_and_errors_come_first(example: Portfolio) -> None:
    texts = load_texts("sv")
    said = text_of(page(example, "", "plan", texts))
    counts = all_found(example)["code"].value_counts()
    for code, count in counts.items():
        assert said.count(f"[{code}]") == 1 and f"{count} × " in said, code
    order = [line.kind for line in page(example, "", "plan", texts) if " × " in line.text]
    assert order.index("warning") < order.index("info") and order[-1] == "info"
    assert len(every_finding(example, texts)) > len(all_found(example))


def test_a_sheet_is_as_full_as_its_cells(make_case: MakeCase) -> None:
    tables = ingest(read_case(make_case({"system.csv": "Id;Namn;Leverantör;Anm\nS1;Eken;;a\nS2;Tallen;X;\n"}, SOURCES)))
    (item,) = understood(Portfolio(tables))
    assert (item.reader, item.rows_in, item.rows_used, item.columns, item.full_pct, item.kept_aside) == (
        "systems",
        2,
        2,
        3,
        83,
        1,
    )


def test_every_dialect_has_its_words() -> None:
    for language in ("sv", "en"):
        assert {"rvtools", *dialects()} <= set(load_texts(language).check["dialects"])


def test_conflicts_are_codes_that_exist() -> None:
    assert set(load_texts("sv").findings) >= CONFLICTS


def test_a_folder_of_mixed_files_is_told_file_by_file(check: Run, make_case: MakeCase) -> None:
    folder = make_case({}, "  - file: underlag\n")
    below = folder / "underlag" / "gammalt"
    below.mkdir(parents=True)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a/lista.csv", "Server;vCPU\nsrv1;2\n")
        packed.writestr("a/skiss.docx", "x")
        packed.writestr("__MACOSX/._lista.csv.bak", "x")
    files = {
        "register.csv": "Namn;Årskostnad\nEken;ca 5\n;7\n",
        "dagbok.csv": "Datum;Väder\n2026-01-01;sol\n",
        "egentligen.csv": "%PDF-1.4",
        "trasig.xlsx": "ingen arbetsbok",
        "rapport.pdf": "%PDF-1.4",
        "vDisk.csv": "VM,Powerstate,Disk,Capacity MiB\nsrv9,poweredOn,1,1\n",
        "~$register.xlsx": "lås",
        ".DS_Store": "x",
    }
    for name, content in files.items():
        (folder / "underlag" / name).write_text(content, encoding="utf-8")
    (folder / "underlag" / "allt.zip").write_bytes(archive.getvalue())
    code, out, err = check(folder)
    assert (code, err) == (1, "")
    for words in (
        "register.csv – systemregister",
        "2 rader in = 1 använda + 0 sammanslagna + 1 avvisade",
        "allt.zip – serverlista",
        "allt.zip/a/skiss.docx – lästes inte [file_not_a_table]",
        "underlag/rapport.pdf – lästes inte [file_not_a_table]",
        "underlag/gammalt/ – lästes inte [file_not_a_table]",
        "egentligen.csv – lästes inte [file_unreadable]",
        "trasig.xlsx – lästes inte [file_unreadable]",
        "dagbok.csv – lästes inte [sheet_not_recognised]",
        "vDisk.csv [vDisk] – lästes inte [tab_without_vinfo]",
        "1 × varning [inexact_number]",
        "1 × varning [missing_name]",
        "docs/findings.md",
    ):
        assert words in out, words
    assert "DS_Store" not in out and "~$" not in out and "__MACOSX" not in out and "\x1b" not in out
    assert max(map(len, out.splitlines())) <= WIDTH


def test_check_tells_and_writes_nothing(check: Run, make_case: MakeCase) -> None:
    folder = make_case({"system.csv": REGISTER + ";Alen;;\n;;x;9\n"}, SOURCES)
    before = sorted(folder.iterdir())
    code, out, _ = check(folder)
    assert code == 0 and "system.csv:6" in out and "ingen tidigare plan" in out
    assert check(folder, "--all")[1].count("system.csv:6") == 2
    assert sorted(folder.iterdir()) == before


def plan_of(folder: Path) -> None:
    """Put the folder of an earlier plan into a case: what comparing reads of it."""
    tables = ingest(read_case(folder))
    (folder / "plan" / "tables").mkdir(parents=True)
    (folder / "plan" / "manifest.json").write_text(json.dumps({"format": FORMAT}), encoding="utf-8")
    for name, frame in tables.items():
        (folder / "plan" / "tables" / f"{name}.csv").write_bytes(to_csv_bytes(frame))


@pytest.mark.slow
def test_what_would_change_is_shown_and_written_with_its_cell(check: Run, make_case: MakeCase) -> None:
    folder = make_case({"system.csv": REGISTER}, SOURCES)
    plan_of(folder)
    assert "Inget ändras." in check(folder)[1]
    changed = REGISTER.replace("100", "200").replace("S3;Granen;;5", "S4;Alen;;")
    (folder / "system.csv").write_text(changed, encoding="utf-8")
    code, out, _ = check(folder, "--out", folder / "ut")
    assert code == 0
    for words in ("1 nya, 1 ändrade, 1 lika, 1 borta", "nya: Alen", "borta: Granen", "100 → 200 (system.csv:2:D)"):
        assert words in out, words
    changes = pd.read_csv(folder / "ut" / "changes.csv", dtype="string")
    assert changes.query("change == 'updated'")[["key", "field", "cause_column"]].to_numpy().tolist() == [
        ["S1", "annual_cost_sek", "D"]
    ]
    moved = folder / "annan"
    shutil.move(folder / "plan", moved)
    assert "100 → 200" in check(folder, "--against", moved)[1]


@pytest.mark.slow
def test_a_plan_that_cannot_be_compared_with_stops_only_when_asked_for(check: Run, make_case: MakeCase) -> None:
    folder = make_case({"system.csv": REGISTER}, SOURCES)
    (folder / "plan").mkdir()
    code, out, _ = check(folder)
    assert code == 0 and "there is no plan here" in out
    code, _, err = check(folder, "--against", folder / "plan")
    assert code == 2 and "there is no plan here" in err


def test_findings_are_written_in_words_with_code_place_value_and_remedy(make_case: MakeCase) -> None:
    folder = make_case({"system.csv": "Id;Namn;Antal användare\nS1;=1+1;ca 5\nS2;;\n"}, SOURCES)
    portfolio = read_only(read_case(folder))
    files = written(portfolio, "", load_texts("en"))
    assert set(files) == {"findings.csv"}
    rows = pd.read_csv(io.BytesIO(files["findings.csv"]), dtype="string").set_index("code")
    assert rows.loc["inexact_number", ["severity", "place", "value", "row", "column"]].tolist() == [
        "warning",
        "system.csv:2:C",
        "ca 5",
        "2",
        "C",
    ]
    assert "roughly" in rows.loc["inexact_number", "text"] and "Write" in rows.loc["inexact_number", "remedy"]
    assert rows.loc["missing_name", "place"] == "system.csv:3"


def test_what_a_spreadsheet_would_take_for_a_formula_is_not_written(make_case: MakeCase) -> None:
    folder = make_case({"system.csv": "Id;Namn;Antal användare\nS1;Eken;=1+1\n"}, SOURCES)
    content = written(read_only(read_case(folder)), "", load_texts("sv"))["findings.csv"].decode("utf-8-sig")
    assert ",=1+1," not in content and "'=1+1" in content


# Mending: the rejected rows of a source become a source of their own.


def mended(folder: Path, name: str, old: str, new: str, reader: str | None = None) -> dict[str, pd.DataFrame]:
    """Write the rejected rows, mend one of them, name the file as one more source and read all again."""
    case = read_case(folder)
    before = ingest(case)
    files = rejected_files(case, before["rejects"])
    assert name in files, sorted(files)
    text = files[name].decode("utf-8-sig")
    assert old in text, text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    path = folder / "case.yaml"
    line = f"  - {{file: {name}{f', reader: {reader}' if reader else ''}}}\n"
    path.write_text(path.read_text(encoding="utf-8").replace("teams:", f"{line}teams:", 1), encoding="utf-8")
    after = ingest(read_case(folder))
    for table in ("systems", "servers"):
        key = after[table].columns[0]
        kept = after[table][after[table][key].isin(before[table][key])].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, before[table])
    return after


def book_of(rows: list[list[object]], sheet: str) -> bytes:
    """A workbook of one sheet."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    page_ = book.add_worksheet(sheet)
    for at, row in enumerate(rows):
        page_.write_row(at, 0, row)
    book.close()
    return buffer.getvalue()


def test_rejected_rows_of_a_text_file_come_back(make_case: MakeCase) -> None:
    content = "Register;;\nNamn;Årskostnad;Anm\nEken;1 234,5;a\n;1.500;b\nGran;2;c;för;många\n"
    folder = make_case({"system.csv": content}, SOURCES)
    rejected = rejected_files(read_case(folder), ingest(read_case(folder))["rejects"])
    assert rejected["rejected_01_system_csv.csv"].decode("utf-8-sig").splitlines() == [
        "fardplan_reason;Namn;Årskostnad;Anm",
        "missing_name;;1.500;b",
        "too_many_cells;Gran;2;c;för;många",
    ]
    after = mended(folder, "rejected_01_system_csv.csv", "missing_name;;", "missing_name;Björken;")
    assert after["systems"].set_index("name").loc["Björken", "annual_cost_sek"] == 1500
    # What was not mended is rejected once more, in its own file and in the new one.
    assert after["rejects"]["code"].tolist().count("too_many_cells") == 2


def test_rejected_rows_of_a_workbook_with_title_rows_come_back_with_their_numbers(make_case: MakeCase) -> None:
    rows: list[list[object]] = [["Vårt register"], [], ["Namn", "Årskostnad"], ["Eken", 5], ["", 12.125], ["", 7]]
    folder = make_case({"register.xlsx": book_of(rows, "Blad 1")}, "  - {file: register.xlsx}\n")
    name = "rejected_01_register_xlsx_Blad_1.csv"
    after = mended(folder, name, "missing_name,,12.1250", "missing_name,Björken,12.1250")
    assert after["systems"].set_index("name")["annual_cost_sek"].to_dict() == {"Björken": 12.125, "Eken": 5}
    cell = after["provenance"].query("column == 'annual_cost_sek' and raw == '12.1250'").iloc[0]
    assert (cell["file"], cell["row"], cell["cell_column"]) == (name, 2, "C")


def test_rejected_rows_of_an_archive_come_back(make_case: MakeCase) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("lista.csv", "Server;vCPU\nsrv1;2\n;4\n")
        packed.writestr("system.csv", "Namn\nEken\n")
    folder = make_case({"allt.zip": archive.getvalue()}, "  - {file: allt.zip}\n")
    after = mended(folder, "rejected_01_allt_zip_lista.csv", "missing_name;;4", "missing_name;srv2;4")
    assert after["servers"].set_index("name")["vcpu"].to_dict() == {"srv1": 2, "srv2": 4}


VINFO: list[list[object]] = [
    ["VM", "Powerstate", "Template", "CPUs", "Memory", "Provisioned MiB"],
    ["srv1", "poweredOn", "False", 2, 8192, 1024],
    ["", "poweredOn", "False", 4, 16384, 1024],
]


def test_rejected_rows_of_vinfo_are_read_as_rvtools_and_not_as_a_server_list(make_case: MakeCase) -> None:
    folder = make_case({"export.xlsx": book_of(VINFO, "vInfo")}, "  - {file: export.xlsx}\n")
    after = mended(folder, "rejected_01_export_xlsx_vInfo.csv", "missing_name,,powered", "missing_name,srv2,powered")
    assert after["servers"].set_index("name")["memory_gib"].to_dict() == {"srv1": 8, "srv2": 16}
    assert set(after["sources"]["reader"]) == {"rvtools"}


def test_rejected_rows_of_a_detail_tab_are_mended_in_the_export(check: Run, make_case: MakeCase) -> None:
    folder = make_case({}, "  - file: export\n")
    (folder / "export").mkdir()
    tabs = {
        "vInfo.csv": "\n".join(",".join(map(str, row)) for row in VINFO[:2]),
        "vDisk.csv": "VM,Disk,Capacity MiB,Raw\nsrv1,Hard disk 1,1024,False\nsvr1,Hard disk 2,2048,False\n",
    }
    for name, content in tabs.items():
        (folder / "export" / name).write_text(content, encoding="utf-8")
    case = read_case(folder)
    before = ingest(case)
    assert before["servers"]["disks_listed"].tolist() == [1]
    name = "rejected_01_vDisk_csv_vDisk.csv"
    rejected = rejected_files(case, before["rejects"])[name].decode("utf-8-sig").splitlines()
    assert rejected == [
        "fardplan_reason,VM,Disk,Capacity MiB,Raw",
        "detail_without_server,svr1,Hard disk 2,2048,False",
    ]
    # Alone the rows are no list of servers, and it is said what to do.
    (folder / name).write_text("\n".join(rejected), encoding="utf-8")
    text = (folder / "case.yaml").read_text(encoding="utf-8")
    (folder / "case.yaml").write_text(text.replace("  - file: export\n", f"  - file: {name}\n"), encoding="utf-8")
    code, _, err = check(folder)
    assert code == 2 and "vInfo" in err
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    mended_tab = tabs["vDisk.csv"].replace("svr1", "srv1")
    (folder / "export" / "vDisk.csv").write_text(mended_tab, encoding="utf-8")
    assert ingest(read_case(folder))["servers"]["disks_listed"].tolist() == [2]
