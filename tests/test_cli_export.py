"""`fardplan export` and `fardplan edits`: from a case and from a saved plan, what is told, and errors in words."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml

Run = Callable[..., tuple[int, str, str]]
REGISTER = "Id;Namn;IT Bedömning;Verksamhet Bedömning;Säkerhetsskydd\nS1;Eken;Avveckling;Avveckling;Nej\nS2;Tallen;;;\n"
SERVERS = "Server;FQDN;System;OS;vCPU;Minne (GB)\ndvarg01;dvarg01.exempel.test;Eken;Windows Server 2019;4;16\ndvarg_02;;Eken;Ubuntu 22.04;2;4\n"
SOURCES = "  - {file: system.csv, reader: systems}\n  - {file: servrar.csv, reader: servers}\n"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case that has been planned."""
    from planner.pipeline import plan
    from tests.conftest import write_case

    folder = write_case(
        tmp_path_factory.mktemp("export") / "case", {"system.csv": REGISTER, "servrar.csv": SERVERS}, SOURCES
    )
    plan(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "waves",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("hub", "jira", "ics", "archimate", "xlsx", "docx")),
    ],
)
def test_a_saved_plan_gives_the_same_file_as_its_case(run: Run, case: Path, tmp_path: Path, name: str) -> None:
    for source, file in ((case, "a"), (case / "plan", "b")):
        code, out, err = run("export", source, "--format", name, "--out", tmp_path / file)
        assert (code, err) == (0, "") and str(tmp_path / file) in out
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.slow
def test_documents_beside_the_plan_are_the_exported_ones(run: Run, case: Path, tmp_path: Path) -> None:
    for name, file in (("pdf", "memo.pdf"), ("xlsx", "roadmap.xlsx")):
        assert run("export", case / "plan", "--format", name, "--out", tmp_path / file)[0] == 0
        assert (tmp_path / file).read_bytes() == (case / "plan" / file).read_bytes()


@pytest.mark.slow
def test_refused_rows_are_told_written_and_exit_code_one(run: Run, case: Path, tmp_path: Path) -> None:
    given = (
        "--out",
        tmp_path / "cmf.csv",
        "--account-id",
        "111122223333",
        "--domain",
        "exempel.test",
        "--refused",
        tmp_path / "ej.csv",
    )
    code, out, _ = run("export", case / "plan", "--format", "cmf", *given)
    assert code == 1
    for words in (
        "1 rad skulle målet avvisa",
        "server_name: inget giltigt värdnamn",
        "dvarg_02",
        "2026-11-23",
        "1 rad i",
    ):
        assert words in out, out
    rows = list(csv.DictReader(io.StringIO((tmp_path / "ej.csv").read_text(encoding="utf-8-sig"))))
    assert {row["kolumn"] for row in rows} == {"server_name", "server_fqdn"} and {row["namn"] for row in rows} == {
        "dvarg_02"
    }
    assert "dvarg01" in (tmp_path / "cmf.csv").read_text(encoding="utf-8")
    assert "would be refused" in run("export", case / "plan", "--format", "cmf", "--lang", "en", *given)[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("plan", "--format", "mgn", "--audience", "offentlig"), ["names servers", "intern"]),
        (("plan", "--format", "jira", "--audience", "offentlig"), ["plan.json", "intern", "Name the case"]),
        (("plan", "--format", "jira", "--lang", "en"), ["--lang sv"]),
        ((".", "--format", "dcat"), ["--url"]),
        (("plan", "--format", "ics", "--base", "saknas.ics"), ["saknas.ics", "cannot be read"]),
        (("plan/tables", "--format", "hub"), ["case.yaml"]),
        (("plan", "--format", "hub", "--out", "saknas/hub.csv"), ["saknas/hub.csv", "cannot be written"]),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_line(
    run: Run, case: Path, tmp_path: Path, arguments: tuple[str, ...], words: list[str]
) -> None:
    source, *given = arguments
    out = () if "--out" in given else ("--out", tmp_path / "ut")
    code, _, err = run("export", case / source, *given, *out)
    assert code == 2 and len(err.strip().splitlines()) == 1
    for word in words:
        assert word in err, err
    assert not (tmp_path / "ut").exists()


@pytest.mark.parametrize("command", ["plan", "check", "compare", "export", "history", "fleet", "map", "init", "diff"])
def test_every_command_refuses_a_language_that_there_is_not(run: Run, tmp_path: Path, command: str) -> None:
    code, out, err = run(command, tmp_path, "--lang", "fi")
    assert (code, out) == (2, "")
    assert "'fi'" in err and "'sv'" in err and "'en'" in err


@pytest.mark.slow
def test_a_public_case_is_exported_and_described(run: Run, case: Path, tmp_path: Path) -> None:
    code, _, err = run(
        "export", case, "--format", "dcat", "--url", "https://data.exempel.test", "--out", tmp_path / "plan.rdf"
    )
    assert (code, err) == (0, "") and b"https://data.exempel.test/roadmap.html" in (tmp_path / "plan.rdf").read_bytes()
    assert run("export", case, "--format", "archimate", "--audience", "offentlig", "--out", tmp_path / "m.xml")[0] == 0
    assert b"documentation" not in (tmp_path / "m.xml").read_bytes()


@pytest.mark.slow
def test_an_edited_mapping_is_read_back(run: Run, case: Path, tmp_path: Path) -> None:
    import zipfile

    assert run("export", case / "plan", "--format", "waves", "--out", tmp_path / "vagor.zip")[0] == 0
    with zipfile.ZipFile(tmp_path / "vagor.zip") as bundle:
        mapping = bundle.read("wave-mapping.csv").decode("utf-8")
    wave = next(csv.DictReader(io.StringIO(mapping)))["Wave Name"]
    (tmp_path / "vagor.csv").write_text(mapping.replace(wave, "W07 2029-Q3"), encoding="utf-8")
    review = tmp_path / "review.yaml"
    given = ("edits", case / "plan", tmp_path / "vagor.csv", "--out", review)
    assert "--date" in run(*given)[2] and "no person who decided" in run(*given, "--date", "2026-12-01")[2]
    assert "no reason" in run(*given, "--date", "2026-12-01", "--by", "It-chef")[2] and not review.exists()
    reasoned = mapping.replace(f"{wave},,", "W07 2029-Q3,,Vi hinner inte: semester")
    (tmp_path / "vagor.csv").write_text(reasoned, encoding="utf-8")
    code, out, _ = run(*given, "--date", "2026-12-01", "--by", "It-chef")
    assert code == 0 and f"S1: kvartal {wave[4:]} -> 2029-Q3" in out and "1 ändring" in out
    said = {
        "system": "S1",
        "quarter": "2029-Q3",
        "by": "It-chef",
        "date": date(2026, 12, 1),
        "why": "Vi hinner inte: semester",
    }
    assert yaml.safe_load(review.read_text(encoding="utf-8")) == {"format": "fardplan-review/1", "pins": [said]}
    code, out, _ = run("edits", case / "plan", case / "plan" / "roadmap.xlsx")
    assert code == 0 and "0 ändringar" in out
    code, _, err = run("edits", case / "plan", case / "system.csv")
    assert code == 2 and "system.csv" in err and "missing" in err
