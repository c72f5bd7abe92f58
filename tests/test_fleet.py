"""Many organisations: what each plans, what they share, what they could do together, and a bad one among them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from planner.errors import CaseError, PolicyError
from planner.fleet import Fleet, fleet_problems, fleet_report, read_fleet
from planner.fleet.plans import COLUMNS
from planner.fleet.rules import load_chance_rules
from planner.fleet.shared import bare_name
from planner.fleet_run import KILLED, CaseRun, find_cases, plan_all, plan_one, write_report
from planner.render.fleet import fleet_files
from planner.store import open_saved
from planner.texts import LANGUAGES, load_texts

LEGAL = ["ab"]
# case, system, product, vendor, disposition, cut-over, contract end, annual cost
Row = tuple[str, str, str | None, str | None, str | None, str | None, str | None, float | None]


def fleet_of(
    rows: list[Row], problems: dict[str, str] | None = None, organisations: dict[str, str] | None = None
) -> Fleet:
    """A fleet as read from plans, each system a move group of its own."""
    names = ["case", "name", "product", "vendor", "disposition", "end_date", "contract_end_date", "annual_cost_sek"]
    given = pd.DataFrame(rows, columns=names)
    given["system_id"] = [f"s{at}" for at in range(len(given))]
    given["group_id"] = "g" + given["system_id"]
    for name in ("end_date", "contract_end_date"):
        given[name] = pd.to_datetime(given[name])
    given["annual_cost_sek"] = given["annual_cost_sek"].astype("Float64")
    texts = ["name", "product", "vendor", "disposition"]
    given[texts] = given[texts].astype("string")
    given = given.assign(server_id="x", likely_days=2.0, kind="one_off", state="known", low_sek=1.0, high_sek=3.0)
    given = given.assign(has_cutover=given["end_date"].notna(), is_late=False)
    tables = {name: given[[*columns, "case"]] for name, columns in COLUMNS.items()}
    # A group without a cut-over has no such activity.
    tables["activities"] = tables["activities"][given["has_cutover"]]
    called = organisations or {}
    about = {
        case: {
            "organisation": called.get(case, f"{case} kommun"),
            "plan_id": "p",
            "plan_date": "2026-11-23",
            "findings": {"error": 0},
        }
        for case in sorted(set(given["case"]))
    }
    return Fleet(tables, about, problems or {})


def _chances(rows: list[Row], **more: Any) -> pd.DataFrame:
    return fleet_report(fleet_of(rows, **more), LEGAL)["fleet_chances"]


def test_the_same_is_found_behind_versions_legal_forms_and_marks() -> None:
    assert bare_name("Trygglind® v7.4 AB", LEGAL) == "trygglind" == bare_name("TRYGGLIND 8.0", LEGAL)
    assert bare_name("Program 1", LEGAL) != bare_name("Program 2", LEGAL)


def test_what_two_organisations_have_is_shared_and_what_one_has_is_not() -> None:
    report = fleet_report(
        fleet_of(
            [
                ("a", "Trygglind", "Omsorg", "Fiktiva AB", "rehost", None, None, None),
                ("b", "TRYGGLIND 7.4", "Omsorg 2", "Fiktiva", "retire", None, None, None),
                ("a", "Ensam", None, None, None, None, None, None),
                ("a", "Ensam", None, None, None, None, None, None),
            ]
        ),
        LEGAL,
    )["fleet_shared"]
    assert report[["kind", "shared_id", "organisations", "confidence"]].drop_duplicates().values.tolist() == [
        ["system", "system:trygglind", 2, "high"],
        ["supplier", "supplier:fiktiva", 2, "high"],
    ]


def test_two_cases_of_one_organisation_share_nothing_with_each_other() -> None:
    rows: list[Row] = [(case, "Trygglind", None, None, None, None, None, None) for case in ("a", "b")]
    assert fleet_report(fleet_of(rows, organisations={"a": "X", "b": "X"}), LEGAL)["fleet_shared"].empty


def test_a_name_without_a_supplier_is_only_a_hint() -> None:
    rows: list[Row] = [
        (case, "Intranät", None, vendor, None, None, None, None) for case, vendor in (("a", None), ("b", None))
    ]
    assert set(fleet_report(fleet_of(rows), LEGAL)["fleet_shared"]["confidence"]) == {"low"}
    rows = [(case, "Intranät", None, vendor, None, None, None, None) for case, vendor in (("a", "Ett"), ("b", "Annat"))]
    assert set(fleet_report(fleet_of(rows), LEGAL)["fleet_shared"]["confidence"]) == {"low"}


def test_those_who_replace_the_same_within_the_window_can_buy_together() -> None:
    rows: list[Row] = [
        ("a", "A", "Omsorg", "F", "repurchase", "2027-02-01", None, 100.0),
        ("b", "B", "Omsorg", "F", "repurchase", "2028-08-01", None, None),
        ("c", "C", "Omsorg", "F", "repurchase", "2029-06-01", None, 50.0),
        # It stays, so it is no part of a purchase.
        ("d", "D", "Omsorg", "F", "retain", "2028-08-01", None, None),
    ]
    found = _chances(rows)
    assert found[["chance", "cases", "organisations"]].values.tolist() == [["buy_together", "a b", 2]]
    assert (found["annual_cost_sek"].iloc[0], found["cost_known"].iloc[0]) == (100.0, 1)
    # One day more than 18 months, and the first two no longer meet; the last two do.
    rows[0] = ("a", "A", "Omsorg", "F", "repurchase", "2027-01-30", None, 100.0)
    assert _chances(rows)["cases"].tolist() == ["b c"]


def test_the_window_with_most_organisations_wins_and_not_the_one_with_most_systems() -> None:
    rows: list[Row] = [("a", f"A{at}", "Omsorg", None, "rehost", "2027-01-01", None, None) for at in range(5)]
    rows += [(case, "B", "Omsorg", None, "replatform", "2029-01-01", None, None) for case in ("b", "c")]
    found = _chances(rows)
    assert found[["chance", "cases", "systems"]].values.tolist() == [["operate_together", "b c", 2]]


def test_an_undecided_one_can_share_the_question_with_one_that_has_an_answer() -> None:
    rows: list[Row] = [
        ("a", "A", "Omsorg", None, None, None, None, None),
        ("b", "B", "Omsorg", None, "retire", None, None, None),
    ]
    found = _chances(rows)
    assert found[["chance", "cases"]].values.tolist() == [["decide_together", "a b"]]
    assert found["first_date"].isna().all() and found["annual_cost_sek"].isna().all()


def test_contracts_with_one_supplier_that_end_near_each_other_can_be_negotiated_together() -> None:
    rows: list[Row] = [
        ("a", "A", None, "Fiktiva AB", "retire", None, "2028-01-01", None),
        ("b", "B", None, "Fiktiva", "retire", None, "2028-12-30", None),
        ("c", "C", None, "Fiktiva", "retire", None, None, None),
    ]
    assert _chances(rows)[["chance", "cases"]].values.tolist() == [["negotiate_together", "a b"]]


def test_a_case_without_a_plan_is_told_and_nothing_of_it_is_zero() -> None:
    fleet = fleet_of([("a", "A", None, None, "retire", None, None, None)], {"trasig": "no case.yaml here."})
    every = fleet_report(fleet, LEGAL)["fleet_organisations"].set_index("case")
    assert every.loc["a", ["state", "systems", "retire", "undecided"]].tolist() == ["planned", 1, 1, 0]
    assert every.loc["trasig", ["state", "problem"]].tolist() == ["failed", "no case.yaml here."]
    assert every.loc["trasig", ["systems", "servers", "retire", "undecided", "one_off_known", "errors"]].isna().all()
    assert fleet_problems(fleet) == ["trasig: no case.yaml here."]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_escapes_what_inventories_say_and_says_when_there_is_nothing(language: str) -> None:
    rows: list[Row] = [(case, "<b>|x", None, "F", None, None, None, None) for case in ("a", "b")]
    page = fleet_files(fleet_report(fleet_of(rows), LEGAL), load_texts(language))["fleet.md"].decode()
    assert "\\<b\\>\\|x" in page and "<b>" not in page
    nothing = fleet_files(fleet_report(read_fleet({}, {"x": "y"}), LEGAL), load_texts(language))["fleet.md"].decode()
    assert load_texts(language).fleet["none"] in nothing


def test_both_languages_say_the_same_things() -> None:
    assert load_texts("sv").fleet.keys() == load_texts("en").fleet.keys()


def test_the_rules_are_read_and_a_wrong_one_is_told_with_its_line(tmp_path: Path) -> None:
    assert load_chance_rules().buy_together.within.unit == "months"
    (tmp_path / "chances.yaml").write_text("buy_togther: {}\n", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"chances\.yaml:1.*Did you mean 'buy_together'"):
        load_chance_rules(tmp_path / "chances.yaml")


REGISTER = "Namn;Produkt;Leverantör;Driftform\r\nTrygglind;Omsorg;Fiktiva AB;Internt\r\n"
SOURCES = "  - {file: register.csv, reader: systems}\n"


def _cases(make_case: Callable[..., Path], tmp_path: Path) -> Path:
    """Two good cases, and a bad one between them."""
    folder = tmp_path / "fleet"
    folder.mkdir()
    for name in ("a", "c"):
        make_case({"register.csv": REGISTER}, SOURCES, name=f"fleet/{name}", extra="")
        case = folder / name / "case.yaml"
        case.write_text(case.read_text(encoding="utf-8").replace("Provby", f"Provby {name}"), encoding="utf-8")
    make_case({}, SOURCES, name="fleet/b")
    return folder


@pytest.mark.slow
def test_a_bad_case_never_stops_the_others(make_case: Callable[..., Path], tmp_path: Path) -> None:
    out, said = tmp_path / "out", []
    runs = plan_all(find_cases(_cases(make_case, tmp_path)), out, 2, said=lambda *given: said.append(given))
    assert [(run.case, bool(run.folder)) for run in runs] == [("a", True), ("b", False), ("c", True)]
    assert "register.csv" in str(runs[1].problem) and [given[:2] for given in said] == [(1, 3), (2, 3), (3, 3)]
    first = {path.name: path.read_bytes() for path in write_report(runs, out, "sv")}
    assert "fleet.md" in first and "trasig" not in first["fleet.md"].decode()
    shared = first["fleet_shared.csv"].decode()
    assert shared.count("product:omsorg") == 2 and shared.count("supplier:fiktiva") == 2
    assert first == {path.name: path.read_bytes() for path in write_report(runs, out, "sv")}
    assert not list(out.glob(".*"))


def test_a_fault_of_the_planner_in_one_case_is_told_with_its_kind(
    make_case: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object, **more: object) -> None:
        raise KeyError("system_id")

    monkeypatch.setattr("planner.fleet_run.plan", broken)
    run = plan_one("a", tmp_path, tmp_path / "out")
    assert run.folder is None and "KeyError" in str(run.problem)


def test_a_killed_process_costs_only_its_own_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool breaks; what was left is tried one by one, and the one that kills its process again is told."""
    from concurrent.futures import Future

    import planner.fleet_run

    class Pool:
        def __init__(self, workers: int) -> None:
            self.is_alone = workers == 1

        def __enter__(self) -> Pool:
            return self

        def __exit__(self, *given: object) -> None: ...

        def submit(self, step: object, case: str, *given: object) -> Future[CaseRun]:
            future: Future[CaseRun] = Future()
            if case == "killer" or (case == "later" and not self.is_alone):
                future.set_exception(BrokenProcessPool())
            else:
                future.set_result(CaseRun(case, tmp_path, None))
            return future

    monkeypatch.setattr(planner.fleet_run, "_pool", Pool)
    runs = plan_all({name: tmp_path for name in ("first", "killer", "later")}, tmp_path, 2)
    assert [(run.case, run.problem) for run in runs] == [("first", None), ("killer", KILLED), ("later", None)]


@pytest.mark.slow
def test_tables_alone_are_those_of_a_whole_plan_that_searched_less(
    make_case: Callable[..., Path], tmp_path: Path
) -> None:
    case = make_case({"register.csv": REGISTER}, SOURCES)
    whole, bare = (plan_one("a", case, tmp_path / str(kind), kind).folder for kind in (True, False))
    assert whole and bare
    tables = {path.name: path.read_bytes() for path in (whole / "tables").iterdir()}
    assert tables == {path.name: path.read_bytes() for path in (bare / "tables").iterdir()}
    assert (whole / "roadmap.html").is_file() and not (bare / "roadmap.html").exists()
    searches = [open_saved(folder).inputs["policy"]["schedule"]["search"] for folder in (whole, bare)]
    assert searches[0]["exact_work"] > 0 == searches[1]["exact_work"]
    assert open_saved(whole).plan_id != open_saved(bare).plan_id


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"no folder in it has a case\.yaml"):
        find_cases(tmp_path)


def test_a_plan_that_cannot_be_read_is_a_problem_of_its_own(tmp_path: Path) -> None:
    os.makedirs(tmp_path / "gone")
    assert "there is no plan here" in read_fleet({"gone": tmp_path / "gone"}, {}).problems["gone"]
