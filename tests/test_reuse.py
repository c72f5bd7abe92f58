"""What was asked for the plan before is not asked again, and the plan is the same to the byte."""

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
from planner.portfolio import Declared, Portfolio
from planner.reuse import Reuse
from planner.schedule import placing
from planner.simulate import simulate
from planner.store import open_history, plan_files
from tests.conftest import write_case
from tests.test_diff import FLOWS, SERVERS, SOURCES, write_cell

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
    "servrar.csv": SERVERS,
    "floden.csv": FLOWS,
}


@pytest.fixture(scope="module")
def planned_twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_case(tmp_path_factory.mktemp("reuse") / "case", FILES, SOURCES)
    planned(folder)
    write_cell(folder / "system.csv", 2, 2, "Allt om Eken")
    planned(folder)
    return folder


@pytest.fixture
def case(tmp_path: Path, planned_twice: Path) -> Path:
    """A case that was planned twice: its plan keeps to one before it."""
    return Path(shutil.copytree(planned_twice, tmp_path / "case"))


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
    """The same plan, with nothing taken from the one before."""
    with patch.object(pipeline, "Reuse", lambda settings, before: Reuse(settings, None)):
        return planned(folder, is_kept=False)


def asked_again(folder: Path, *, is_anew: bool = False) -> list[str]:
    """What of the plan before is not taken: the search for a schedule, and the futures."""
    with (
        patch.object(placing, "solve", wraps=placing.solve) as solved,
        patch.object(pipeline, "simulate", wraps=simulate) as drawn,
    ):
        planned(folder, is_kept=False, is_anew=is_anew)
    return [name for name, step in (("solve", solved), ("simulate", drawn)) if step.called]


@pytest.mark.slow
def test_what_touches_no_work_is_neither_scheduled_nor_drawn_again(case: Path) -> None:
    write_cell(case / "system.csv", 3, 6, "Nyverk AB")
    write_cell(case / "system.csv", 3, 5, "9000")
    assert asked_again(case) == []
    assert planned(case, is_kept=False) == from_cold(case)


@pytest.mark.slow
def test_what_touches_the_work_is_scheduled_and_drawn(case: Path) -> None:
    write_cell(case / "system.csv", 4, 3, "Avveckling")
    write_cell(case / "system.csv", 4, 4, "Avveckling")
    assert asked_again(case) == ["solve", "simulate"]


@pytest.mark.slow
def test_the_same_case_planned_again_asks_for_neither(case: Path) -> None:
    assert asked_again(case) == []


@pytest.mark.slow
def test_who_asks_for_the_best_dates_gets_nothing_from_before(case: Path) -> None:
    assert asked_again(case, is_anew=True) == ["solve", "simulate"]


@pytest.mark.slow
def test_another_day_is_another_schedule(case: Path) -> None:
    text = (case / "case.yaml").read_text(encoding="utf-8")
    before = read_case(case).plan_date.isoformat()
    assert before in text
    (case / "case.yaml").write_text(text.replace(before, "2027-03-01"), encoding="utf-8")
    assert asked_again(case) == ["solve", "simulate"]


@pytest.mark.slow
@pytest.mark.parametrize(("table", "again"), [("placements", "solve"), ("risk_waves", "simulate")])
def test_a_table_that_somebody_changed_is_not_taken(table: str, again: str, case: Path) -> None:
    current = (case / "plans" / "current").read_text(encoding="utf-8").strip()
    damaged = case / "plans" / current / "tables" / f"{table}.csv"
    wanted = damaged.read_bytes()
    damaged.write_bytes(wanted.replace(b"\r\n", b"0\r\n"))
    assert asked_again(case) == [again]
    assert planned(case, is_kept=False)[f"tables/{table}.csv"] == wanted


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
def test_a_plan_with_answers_taken_is_the_plan_from_cold(
    cells: list[tuple[int, int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = write_case(tmp_path_factory.mktemp("reuse") / "case", FILES, SOURCES)
    planned(folder)
    for row, column, value in cells:
        write_cell(folder / "system.csv", row, column, value)
        wanted = from_cold(folder)
        assert planned(folder) == wanted


def _made(**tables: pd.DataFrame) -> Callable[[Portfolio], dict[str, pd.DataFrame]]:
    return lambda seen: tables


def test_a_step_gets_only_what_it_declares() -> None:
    reuse, step = Reuse({"version": "1"}, None), Declared({"pins": ("system_id",)}, ("links",))
    with pytest.raises(SchemaError, match="does not declare"):
        reuse.run("step", step, Portfolio(), lambda seen: {"links": seen["groups"]})
    with pytest.raises(KeyError):
        reuse.run("step", step, Portfolio(), lambda seen: {"links": seen["pins"][["value"]]})


def test_a_step_makes_what_it_declares() -> None:
    reuse, step = Reuse({"version": "1"}, None), Declared({}, ("links",))
    empty = pd.DataFrame()
    for made in (_made(), _made(links=empty, pins=empty)):
        with pytest.raises(SchemaError, match="does not make what it declares"):
            reuse.run("step", step, Portfolio(), made)
    assert reuse.run("step", step, Portfolio(), _made(links=empty)).keys() == {"links"}
