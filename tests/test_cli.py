"""The command: what it prints, its exit codes, and no traceback whatever it is given."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, TEAMS, run_environment

MakeCase = Callable[..., Path]
Run = Callable[..., tuple[int, str, str]]
SOURCES = "  - {file: system.csv, reader: systems}\n"
REGISTER = "Id;Namn;IT Bedömning;Verksamhet Bedömning;Säkerhetsskydd\nS1;Eken;Avveckling;Avveckling;Nej\nS2;Tallen;;;\n"


@pytest.mark.slow
def test_plan_ends_with_the_paths_of_the_documents(run: Run, make_case: MakeCase) -> None:
    folder = make_case({"system.csv": REGISTER}, SOURCES)
    code, out, err = run("plan", folder)
    assert (code, err) == (0, "")
    documents = out.strip().splitlines()[-7:]
    assert [Path(line).name for line in documents] == [
        "manifest.json",
        "memo.pdf",
        "plan.json",
        "roadmap.html",
        "roadmap.md",
        "roadmap.xlsx",
        "systems.csv",
    ]
    assert all(Path(line).is_file() for line in documents)


@pytest.mark.slow
def test_explain_shows_rule_values_cells_and_what_lost(run: Run, make_case: MakeCase) -> None:
    folder = make_case({"system.csv": REGISTER}, SOURCES)
    code, out, _ = run("explain", folder, "eken")
    assert code == 0
    for words in (
        "both_want_retirement",
        "system.csv:2:C,D",
        "Avveckla",
        "Både it och verksamheten",
        "Ersätt med tjänst",
    ):
        assert words in out, words
    code, out, _ = run("explain", folder, "S1", "--lang", "en")
    assert (code == 0 and "Retire" in out and "denied" in out) or "nothing speaks for it" in out


@pytest.mark.slow
@pytest.mark.parametrize(("wanted", "words"), [("Ekn", "Did you mean: Eken"), ("xyz", "systems.csv")])
def test_explain_an_unknown_system(run: Run, make_case: MakeCase, wanted: str, words: str) -> None:
    code, _, err = run("explain", make_case({"system.csv": REGISTER}, SOURCES), wanted)
    assert code == 2 and words in err


@pytest.mark.slow
def test_a_missed_hard_deadline_is_an_error_with_exit_code_one(run: Run, make_case: MakeCase) -> None:
    register = REGISTER.replace("Säkerhetsskydd", "Säkerhetsskydd;Måste vara klart").replace(
        "Avveckling;Nej", "Avveckling;Nej;2027-01-15"
    )
    code, out, _ = run("plan", make_case({"system.csv": register}, SOURCES))
    assert code == 1 and "15 januari 2027" in out


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        ("organisation: x\n", ["case.yaml", "missing"]),
        ("organisation: x\nplan_dat: 2026-11-23\n", ["case.yaml:2", "plan_dat", "plan_date"]),
        ("- 1\n", ["case.yaml"]),
        ("", ["case.yaml", "missing"]),
        ("organisation: [\n", ["case.yaml", "not valid YAML"]),
        (
            f"organisation: x\nplan_date: 2026-11-23\nstart_date: 2027-01-11\nsources:\n{SOURCES}{TEAMS}region: 5\n",
            ["case.yaml:", "region"],
        ),
        (
            f"organisation: x\nplan_date: 2026-11-23\nstart_date: 2031-01-11\nsources:\n{SOURCES}{TEAMS}",
            ["before horizon_date"],
        ),
        (
            f"organisation: x\nplan_date: snart\nstart_date: 2027-01-11\nsources:\n{SOURCES}{TEAMS}",
            ["case.yaml:2", "plan_date", "snart"],
        ),
        (
            f"organisation: x\npolicy: min\nplan_date: 2026-11-23\nstart_date: 2027-01-11\nsources:\n{SOURCES}{TEAMS}",
            ["policy", "min", "standard"],
        ),
        (
            f"organisation: x\nplan_date: 2026-11-23\nstart_date: 2027-01-11\nsources:\n  - {{file: system.csv, reader: magic}}\n{TEAMS}",
            ["case.yaml (system.csv)", "reader", "magic"],
        ),
        (
            f"organisation: x\nplan_date: 2026-11-23\nstart_date: 2027-01-11\nsources:\n  - {{file: system.csv, reader: systems, columns: {{namm: X}}}}\n{TEAMS}",
            ["namm"],
        ),
    ],
)
def test_a_wrong_case_is_explained(run: Run, tmp_path: Path, yaml: str, words: list[str]) -> None:
    (tmp_path / "case.yaml").write_text(yaml, encoding="utf-8")
    (tmp_path / "system.csv").write_text(REGISTER, encoding="utf-8")
    code, out, err = run("plan", tmp_path)
    assert code == 2 and not out
    for word in words:
        assert word in err, err
    assert len(err.strip().splitlines()) == 1


def test_no_case_at_all(run: Run, tmp_path: Path) -> None:
    code, _, err = run("plan", tmp_path / "saknas")
    assert code == 2 and "case.yaml" in err


@pytest.mark.slow
def test_a_folder_that_is_not_a_plan_is_left_alone(run: Run, make_case: MakeCase, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("keep", encoding="utf-8")
    code, _, err = run("plan", make_case({"system.csv": REGISTER}, SOURCES), "--out", tmp_path / "mine")
    assert code == 2 and "not a plan" in err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["diary.txt"]


@pytest.mark.parametrize(
    "arguments", [("plan",), ("plan", "x", "--lang", "fi"), ("plan", "x", "--date", "igår"), ("nonsense",)]
)
def test_wrong_usage_is_exit_code_two(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments)[0] == 2


def test_catalogue_show_tells_regions_dates_ages_and_how_it_was_made(run: Run) -> None:
    code, out, _ = run("catalogue", "show", "--date", "2026-11-30")
    assert code == 0
    for words in ("moto", "eu-north-1", "eusc-de-east-1", "715 rows  2026-11-24, 6 days old", "shipped", "USD"):
        assert words in out
    assert "offerings        missing     0 rows  (another partition" in out
    assert "not in this snapshot" in run("catalogue", "show", "--region", "eu-south-9")[1]


def test_catalogue_refresh_with_a_profile_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    code, _, err = run("catalogue", "refresh", "--out", tmp_path / "x", "--date", "2026-12-01", "--profile", "nope")
    assert code == 2 and "nope" in err and "Traceback" not in err
    code, _, err = run("catalogue", "refresh", "--out", tmp_path / "x", "--date", "2026-12-01", "--part", "nope")
    assert code == 2 and "offerings" in err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "sources"),
    [
        ({"system.csv": "Id;Namn\nS1;Eken\n"}, SOURCES),
        ({"system.csv": "Id;Namn;Driftform\nS1;Eken;SaaS\n"}, SOURCES),
        ({"system.csv": "Id;Namn;Beroende till\nS1;Eken;Tallen\n"}, SOURCES),
        ({"servrar.csv": "Server;vCPU\nsrv1;2\n"}, "  - {file: servrar.csv, reader: servers}\n"),
        (
            {"system.csv": "Id;Namn\nS1;Eken\n", "samband.csv": "Från;Till\nEken;Eken\n"},
            SOURCES + "  - {file: samband.csv, reader: dataflows}\n",
        ),
    ],
)
def test_the_smallest_inventories_are_planned(
    run: Run, make_case: MakeCase, files: dict[str, str], sources: str
) -> None:
    code, out, err = run("plan", make_case(files, sources))
    assert (code, err) == (0, "") and "roadmap.html" in out


def test_flows_alone_are_no_inventory(run: Run, make_case: MakeCase) -> None:
    code, _, err = run(
        "plan", make_case({"samband.csv": "Från;Till\nEken;Tallen\n"}, "  - {file: samband.csv, reader: dataflows}\n")
    )
    assert code == 2 and "no system and no server" in err


def test_help_is_quick_to_import() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "planner.cli", "--help"],
        cwd=REPOSITORY,
        env=run_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 and "explain" in done.stdout
