"""`fardplan init`: a folder of files becomes a case that can be checked and planned at once."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from planner import cli
from planner.case import read_case
from planner.errors import CaseError, InventoryError
from planner.ingest import ingest
from planner.new_case import new_case
from planner.texts import load_texts
from tests.conftest import REPOSITORY
from tests.test_mapping import MACHINES

REGISTER = "Id;Namn;Driftform\nS1;Eken;SaaS\nS2;Granen;Egen drift\n"
FLOWS = "Från;Till;Syfte\nEken;Granen;Personer\n"


def run(*arguments: object) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "Provby: kommun"
    (home / "från drift").mkdir(parents=True)
    (home / "register.csv").write_text(REGISTER, encoding="utf-8")
    (home / "flöden, alla.csv").write_text(FLOWS, encoding="utf-8")
    (home / "maskiner # 1.csv").write_text(MACHINES, encoding="utf-8")
    (home / "bild.csv").write_bytes(b"%PDF-1.7")
    (home / "anteckning.docx").write_bytes(b"x")
    (home / "från drift" / "servrar.csv").write_text("Server;vCPU\ndvarg01;2\n", encoding="utf-8")
    return home


@pytest.mark.slow
@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_is_recognised_is_planned_at_once(folder: Path, language: str) -> None:
    done = run("init", folder, "--lang", language, "--date", "2026-11-23")
    assert done.exit_code == 0, done.output
    case = read_case(folder)
    assert [source.file for source in case.sources] == ["flöden, alla.csv", "register.csv", "från drift/"]
    assert (case.organisation, case.language) == ("Provby: kommun", language)
    assert (case.plan_date, case.start_date) == (date(2026, 11, 23), date(2027, 1, 11))
    assert case.start_date.weekday() == 0 and case.freezes[0].first == date(2027, 6, 28)
    text = (folder / "case.yaml").read_text(encoding="utf-8")
    assert "# systems, 2 r" in text and "# - file: 'maskiner # 1.csv'  # " in text and "a PDF" in text
    assert "fardplan map" in done.output and "anteckning" not in text
    assert run("check", folder).exit_code == 0
    planned = run("plan", folder)
    assert planned.exit_code == 0 and (folder / "plan" / "roadmap.html").is_file()


def test_the_same_files_on_the_same_day_give_the_same_case(folder: Path) -> None:
    texts = []
    for _ in range(2):
        assert run("init", folder, "--date", "2026-11-23", "--organisation", "Provby").exit_code == 0
        texts.append((folder / "case.yaml").read_bytes())
        (folder / "case.yaml").unlink()
    assert texts[0] == texts[1] and b"organisation: Provby\n" in texts[0]


def test_today_is_written_into_the_case(folder: Path) -> None:
    before = date.today()
    assert run("init", folder).exit_code == 0
    assert before <= read_case(folder).plan_date <= date.today()


@pytest.mark.parametrize("day", ["2029-12-01", "2031-06-30"])
def test_late_days_get_a_later_horizon(folder: Path, day: str) -> None:
    assert run("init", folder, "--date", day).exit_code == 0
    case = read_case(folder)
    assert (case.horizon_date - case.start_date).days > 3 * 365 and case.freezes[-1].last > case.horizon_date


def test_a_case_that_is_there_is_never_touched(folder: Path) -> None:
    (folder / "case.yaml").write_text("mitt: eget\n", encoding="utf-8")
    done = run("init", folder)
    assert (
        isinstance(done.exception, CaseError) and (folder / "case.yaml").read_text(encoding="utf-8") == "mitt: eget\n"
    )
    os.unlink(folder / "case.yaml")
    (folder / "case.yaml").symlink_to(folder / "borta.yaml")
    assert isinstance(run("init", folder).exception, CaseError)
    assert not (folder / "borta.yaml").exists()


@pytest.mark.slow
def test_files_that_nothing_knows_are_mapped_after_it(tmp_path: Path) -> None:
    (tmp_path / "maskiner.csv").write_text(MACHINES, encoding="utf-8")
    done = run("init", tmp_path, "--date", "2026-11-23")
    assert done.exit_code == 0 and f"fardplan map {tmp_path}/maskiner.csv" in done.output
    assert yaml.safe_load((tmp_path / "case.yaml").read_text(encoding="utf-8"))["sources"] == []
    before = (tmp_path / "case.yaml").read_text(encoding="utf-8")
    assert run("map", tmp_path / "maskiner.csv", "--yes").exit_code == 0
    assert len(ingest(read_case(tmp_path))["servers"]) == 3
    after = (tmp_path / "case.yaml").read_text(encoding="utf-8").splitlines()
    assert set(before.splitlines()) - set(after) == {"sources: []"}
    assert run("check", tmp_path).exit_code == 0


def test_an_rvtools_export_in_the_folder_is_one_source(tmp_path: Path) -> None:
    tabs = {
        "RVTools_tabvInfo.csv": "VM,Powerstate,CPUs,Memory,Provisioned MiB\ndvarg01,poweredOn,2,4096,10240\n",
        "RVTools_tabvHost.csv": "Host,# Cores\nvard1,16\n",
        "register.csv": REGISTER,
    }
    for name, text in tabs.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert run("init", tmp_path, "--date", "2026-11-23").exit_code == 0
    tables = ingest(read_case(tmp_path))
    assert tables["servers"]["name"].tolist() == ["dvarg01"] and {"Eken", "Granen"} <= set(tables["systems"]["name"])
    assert tables["sources"].set_index("file").loc["register.csv", "rows_in"] == 2


@pytest.mark.parametrize("what", ["missing", "empty", "file"])
def test_a_folder_without_tables_is_explained(tmp_path: Path, what: str) -> None:
    place = tmp_path / what
    if what == "empty":
        place.mkdir()
    elif what == "file":
        place.write_text("x", encoding="utf-8")
    done = run("init", place)
    assert isinstance(done.exception, InventoryError) and what in str(done.exception)


def test_both_languages_have_the_same_case() -> None:
    swedish, english = (
        (REPOSITORY / "templates" / f"case.{one}.yaml").read_text(encoding="utf-8") for one in ("sv", "en")
    )
    lines = [
        [line.split(":")[0] for line in text.splitlines() if line and line[0] not in "# "]
        for text in (swedish, english)
    ]
    assert lines[0] == lines[1] and len(lines[0]) > 8


def test_a_series_is_a_source_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "servrar.csv").write_text("Server;vCPU;Minne (GB)\ndvarg01;4;16\n", encoding="utf-8")
    points = "".join(f"dvarg01;2026-09-01 {hour:02d}:00:00;{hour}\n" for hour in range(24))
    (tmp_path / "serie.csv").write_text(f"Server;Tidpunkt;CPU %\n{points}", encoding="utf-8")
    found = {one.file: one for one in new_case(tmp_path, "Provby", date(2026, 11, 26), load_texts("sv")).found}
    assert (found["serie.csv"].readers, found["serie.csv"].rows) == (("utilisation",), 24)
