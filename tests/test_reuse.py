"""What a step read is what it read for the plan before: then it is not run, and the plan is the same to the byte."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import pipeline
from planner.case import read_case
from planner.errors import SchemaError
from planner.portfolio import Declared, Portfolio, finding_rows
from planner.reuse import Reuse
from planner.schedule import schedule
from planner.simulate import simulate
from planner.store import open_history, plan_files
from tests.conftest import write_case

COLUMNS = (
    "Id;Namn;Beskrivning;IT Bedömning;Verksamhet Bedömning;Aktiva användare;Leverantör;Avtalsslut;Verksamhetskritiskt"
)
SYSTEMS = (
    "S1;Eken;Ekens ärenden;Avveckling;Avveckling;20;Storverk AB;2028-06-30;Ej",
    "S2;Tallen;Tallens ärenden;;;30;Storverk AB;;Helt",
    "S3;Granen;Granens ärenden;Utveckling;;40;Granverk AB;2027-12-31;Delvis",
)
FILES: dict[str, bytes | str] = {
    "system.csv": "\n".join((COLUMNS, *SYSTEMS, "")),
    "servrar.csv": "Server;System;vCPU;RAM GB;Disk GB;OS\n"
    "EK1;Eken;2;8;100;Windows Server 2019\nTA1;Tallen;4;16;200;Debian 12\n",
    "floden.csv": "Från;Till\nTallen;Granen\n",
}
SOURCES = (
    "  - {file: system.csv, reader: systems}\n  - {file: servrar.csv, reader: servers}\n"
    "  - {file: floden.csv, reader: dataflows}\n"
)


@pytest.fixture(scope="module")
def planned_twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_case(tmp_path_factory.mktemp("reuse") / "case", FILES, SOURCES)
    planned(folder)
    write_cell(folder, 2, 2, "Ekens alla ärenden")
    planned(folder)
    return folder


@pytest.fixture
def case(tmp_path: Path, planned_twice: Path) -> Path:
    """A case that was planned twice: its plan keeps to one before it."""
    return Path(shutil.copytree(planned_twice, tmp_path / "case"))


def write_cell(folder: Path, row: int, column: int, value: str) -> None:
    path = folder / "system.csv"
    lines = path.read_text(encoding="utf-8").split("\n")
    cells = lines[row - 1].split(";")
    cells[column] = value
    lines[row - 1] = ";".join(cells)
    path.write_text("\n".join(lines), encoding="utf-8")


def planned(folder: Path, *, is_kept: bool = True, is_anew: bool = False) -> dict[str, bytes]:
    """Files of the next plan of a case, put into its history."""
    case = read_case(folder)
    history = open_history(case)
    made = pipeline.compute(case, history=history, is_anew=is_anew, is_quick=True)
    files = plan_files(made)
    if is_kept:
        history.keep(made, files)
    return files


def from_cold(folder: Path) -> dict[str, bytes]:
    """The same plan, every step of it run."""
    with patch.object(Reuse, "_taken", return_value=None):
        return planned(folder, is_kept=False)


def steps_run(folder: Path, *, is_anew: bool = False) -> list[str]:
    """Which of the steps that can be taken from the plan before are run."""
    with (
        patch.object(pipeline, "schedule", wraps=schedule) as scheduled,
        patch.object(pipeline, "simulate", wraps=simulate) as drawn,
    ):
        planned(folder, is_kept=False, is_anew=is_anew)
    return [name for name, step in (("schedule", scheduled), ("simulate", drawn)) if step.called]


def test_what_touches_no_work_is_neither_scheduled_nor_drawn_again(case: Path) -> None:
    write_cell(case, 3, 2, "Tallens nya ärenden")
    assert steps_run(case) == []
    assert planned(case, is_kept=False) == from_cold(case)


@pytest.mark.slow
def test_where_the_schedule_comes_out_as_it_was_nothing_is_drawn_again(case: Path) -> None:
    # Users would make more work of another way to move the system; not of the one that is decided.
    write_cell(case, 3, 5, "9000")
    assert steps_run(case) == ["schedule"]
    assert planned(case, is_kept=False) == from_cold(case)


@pytest.mark.slow
def test_what_touches_the_work_is_scheduled_and_drawn(case: Path) -> None:
    write_cell(case, 4, 3, "Avveckling")
    write_cell(case, 4, 4, "Avveckling")
    assert steps_run(case) == ["schedule", "simulate"]


@pytest.mark.slow
def test_the_same_case_planned_again_runs_neither(case: Path) -> None:
    assert steps_run(case) == []


def test_who_asks_for_the_best_dates_gets_nothing_from_before(case: Path) -> None:
    assert steps_run(case, is_anew=True) == ["schedule", "simulate"]


@pytest.mark.slow
def test_another_day_is_another_schedule(case: Path) -> None:
    text = (case / "case.yaml").read_text(encoding="utf-8")
    before = read_case(case).plan_date.isoformat()
    assert before in text
    (case / "case.yaml").write_text(text.replace(before, "2026-11-30"), encoding="utf-8")
    assert steps_run(case) == ["schedule", "simulate"]


@pytest.mark.slow
def test_a_table_that_somebody_changed_is_not_taken(case: Path) -> None:
    current = (case / "plans" / "current").read_text(encoding="utf-8").strip()
    damaged = case / "plans" / current / "tables" / "risk_waves.csv"
    wanted = damaged.read_bytes()
    damaged.write_bytes(wanted.replace(b"plan", b"play"))
    assert steps_run(case) == ["simulate"]
    assert planned(case, is_kept=False)["tables/risk_waves.csv"] == wanted


CELLS = st.tuples(
    st.sampled_from([2, 3, 4]),
    st.sampled_from(range(2, 9)),
    st.sampled_from(
        ["", "Avveckling", "Utveckling", "77", "5000", "2027-03-01", "2029-01-31", "Helt", "Ej", "Nyverk AB"]
    ),
)


@pytest.mark.slow
@settings(max_examples=4, deadline=None)
@given(cells=st.lists(CELLS, min_size=1, max_size=2))
def test_a_plan_with_steps_taken_is_the_plan_with_all_of_them_run(
    cells: list[tuple[int, int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = write_case(tmp_path_factory.mktemp("reuse") / "case", FILES, SOURCES)
    planned(folder)
    for row, column, value in cells:
        write_cell(folder, row, column, value)
        wanted = from_cold(folder)
        assert planned(folder) == wanted


def _made(**tables: pd.DataFrame) -> Callable[[Portfolio], dict[str, pd.DataFrame]]:
    return lambda seen: tables


def test_a_step_gets_only_what_it_declares() -> None:
    reuse, step = Reuse({}, None), Declared({"pins": ("system_id",)}, ("links",))
    with pytest.raises(SchemaError, match="does not declare"):
        reuse.run("step", step, Portfolio(), lambda seen: {"links": seen["groups"]})
    with pytest.raises(KeyError):
        reuse.run("step", step, Portfolio(), lambda seen: {"links": seen["pins"][["value"]]})


def test_a_step_may_not_make_or_say_what_it_does_not_declare() -> None:
    reuse, step = Reuse({}, None), Declared({}, ("links",), ("known",))
    empty = pd.DataFrame()
    for made in (_made(), _made(links=empty, pins=empty), _made(links=empty, findings=finding_rows("info", "other"))):
        with pytest.raises(SchemaError, match="does not make what it declares"):
            reuse.run("step", step, Portfolio(), made)
    assert reuse.run("step", step, Portfolio(), _made(links=empty, findings=finding_rows("info", "known")))
