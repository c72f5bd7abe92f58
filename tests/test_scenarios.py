"""Scenarios: only what may differ differs, each is planned for itself, and what is dominated is told in words."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from planner.case import read_case
from planner.errors import CaseError
from planner.pipeline import compare_scenarios, compute, policy_of
from planner.plan import Plan
from planner.render.scenarios import scenario_lines, scenario_markdown
from planner.scenarios import BASE, ScenarioResult, variants
from planner.scenarios.dominance import dominated
from planner.scenarios.measures import Measure
from planner.texts import load_texts

MakeCase = Callable[..., Path]
SOURCES = "  - {file: system.csv, reader: systems}\n  - {file: servrar.csv, reader: servers}\n"
REGISTER = "Id;Namn;IT Bedömning;Verksamhet Bedömning;Säkerhetsskydd;Årskostnad;Alternativ\n" + "".join(
    f"S{number};System {number};{verdict};{verdict};Nej;100 tkr;Nej\n"
    for number, verdict in enumerate(["Vidmakthållande"] * 6 + ["Avveckling"] * 2)
)
SERVERS = "Server;System;vCPU;Minne (GB);Disk (GB);Operativsystem;Status\n" + "".join(
    f"srv{number};S{number};2;8;100;Windows Server 2022;På\n" for number in range(6)
)
SCENARIOS = """scenarios:
  halva:
    title: Halva laget
    because: Ingen får tid
    capacity_pct: 50
  lika:
    title: Samma dagar
    because: Ett scenario som ändrar det som redan gäller
    days_per_week: {platform: 10}
  senare:
    title: Börja senare
    because: Projektet väntar
    start_date: 2028-01-10
"""


def files() -> dict[str, str]:
    return {"system.csv": REGISTER, "servrar.csv": SERVERS}


def test_a_scenario_changes_what_it_names_and_nothing_else(make_case: MakeCase) -> None:
    case = read_case(make_case(files(), SOURCES, extra=SCENARIOS))
    made = variants(case, ["senare", "halva"])
    assert list(made) == [BASE, "senare", "halva"]
    assert made[BASE] is case
    assert made["halva"].capacities == {role: days / 2 for role, days in case.capacities.items()}
    kept = {"teams", "scenarios"}
    assert made["halva"].model_dump(exclude=kept) == case.model_dump(exclude=kept)
    assert made["senare"].start_date == date(2028, 1, 10)
    assert made["senare"].folder == case.folder


@pytest.mark.slow
def test_each_scenario_is_planned_and_told_beside_the_case(make_case: MakeCase) -> None:
    case = read_case(make_case(files(), SOURCES, extra=SCENARIOS))
    results = {one.name: one for one in compare_scenarios(case, [])}
    assert list(results) == [BASE, "halva", "lika", "senare"]
    ends = {name: one.measures["end_planned"].low for name, one in results.items()}
    assert ends[BASE] == ends["lika"] < ends["halva"] < ends["senare"]  # type: ignore[operator]
    assert results["lika"].measures == results[BASE].measures
    texts = load_texts("sv")
    found = dominated(list(results.values()))
    # Starting later costs as much and gives everything later; half the days are a saving.
    assert [(one.name, one.by) for one in found] == [("senare", BASE)]
    said = "\n".join(scenario_lines(list(results.values()), found, texts))
    assert "Börja senare är dominerat: Som ärendet står" in said
    assert "Samma dagar leder till samma sak" in said
    page = scenario_markdown(list(results.values()), found, texts).decode()
    assert page.count("\n|---|---:|") == 1 and "Ingen får tid" in page


@pytest.mark.slow
def test_a_plan_does_not_depend_on_what_could_have_been_instead(make_case: MakeCase) -> None:
    with_them = read_case(make_case(files(), SOURCES, extra=SCENARIOS, name="with"))
    without = read_case(make_case(files(), SOURCES, name="without"))
    assert compute(with_them).plan_id == compute(without).plan_id


@pytest.mark.slow
def test_no_year_costs_more_than_the_budget(make_case: MakeCase) -> None:
    poor = "scenarios:\n  fattig: {title: Fattig, because: Lite pengar, budget_sek_per_year: 400000}\n"
    case = read_case(make_case(files(), SOURCES, extra=poor))
    whole, narrow = compute(case), compute(variants(case, ["fattig"])["fattig"])
    assert _dearest(whole) > 400_000 >= _dearest(narrow)
    assert not (narrow.portfolio["findings"]["code"] == "broken_promise").any()


def test_a_share_of_the_capacity_is_one_of_later_capacities_too(make_case: MakeCase) -> None:
    text = "scenarios:\n  halva: {title: H, because: B, capacity_pct: 50}\n  fast: {title: F, because: B, days_per_week: {platform: 7}}\n"
    folder = make_case(files(), SOURCES, extra=text)
    path = folder / "case.yaml"
    line = "name: Plattform, days_per_week: 10}"
    later = "name: Plattform, days_per_week: 10, changes: [{first: 2028-01-03, days_per_week: 20}]}"
    path.write_text(path.read_text(encoding="utf-8").replace(line, later), encoding="utf-8")
    found = {name: one.teams[0] for name, one in variants(read_case(folder), []).items()}
    assert [(team.days_per_week, [change.days_per_week for change in team.changes]) for team in found.values()] == [
        (10, [20]), (5, [10]), (7, []),
    ]  # fmt: skip


def _dearest(plan: Plan) -> float:
    load = plan.portfolio["workload"]
    days = load.groupby(load["week_date"].dt.year)["used_days"].sum()
    return float(days.max() * plan.policy.effort.day_rate.value)


@pytest.mark.slow
def test_providers_that_may_not_be_used_close_the_options_that_need_them(make_case: MakeCase) -> None:
    own = "scenarios:\n  eget: {title: Eget, because: Ingen annan, providers: [own]}\n"
    case = variants(read_case(make_case(files(), SOURCES, extra=own)), [])["eget"]
    assert policy_of(case).cloud_fit.gates[0].name == "place_not_allowed"
    plan = compute(case).portfolio
    assert set(plan["decisions"]["disposition"].dropna()) <= {"retain", "retire", "repurchase"}
    assert not plan["options"].query("option == 'rehost'")["is_allowed"].any()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  a: {title: A, because: x}\n", "changes nothing"),
        ("  a: {title: A, because: x, capacity_pct: 0}\n", "scenarios.a.capacity_pct"),
        ("  a: {title: A, because: x, capcity_pct: 50}\n", "Did you mean 'capacity_pct'"),
        ("  a: {title: A, because: x, sources: []}\n", "unknown key 'scenarios.a.sources'"),
        ("  a: {title: A, because: x, days_per_week: {pilot: 3}}\n", "no team has the role 'pilot'"),
        ("  a: {title: A, because: x, horizon_date: 2026-01-01}\n", "must come before horizon_date"),
        ("  a: {title: A, capacity_pct: 50}\n", "'scenarios.a.because' is missing"),
    ],
)
def test_a_wrong_scenario_is_refused_with_its_place(make_case: MakeCase, text: str, words: str) -> None:
    with pytest.raises(CaseError) as refused:
        read_case(make_case(files(), SOURCES, extra=f"scenarios:\n{text}"))
    assert words in str(refused.value)
    assert refused.value.place.startswith("case.yaml")


def test_an_unknown_name_and_a_case_without_scenarios_are_refused(make_case: MakeCase) -> None:
    case = read_case(make_case(files(), SOURCES, extra=SCENARIOS))
    with pytest.raises(CaseError, match="Did you mean 'halva'"):
        variants(case, ["halv"])
    with pytest.raises(CaseError, match="no scenarios"):
        variants(read_case(make_case(files(), SOURCES, name="none")), [])


def _result(name: str, **given: float | None) -> ScenarioResult:
    units = {"cost": ("sek", "less"), "free": ("count", "more")}
    measures = {key: Measure(key, *units[key], value, value) for key, value in given.items()}  # type: ignore[arg-type]
    return ScenarioResult(name, name, "", measures)


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ({"cost": 2.0, "free": 5.0}, {"cost": 1.0, "free": 5.0}, ["one"]),
        ({"cost": 2.0, "free": 6.0}, {"cost": 1.0, "free": 5.0}, []),
        ({"cost": 1.0, "free": 5.0}, {"cost": 1.0, "free": 5.0}, []),
        ({"cost": None, "free": 4.0}, {"cost": 1.0, "free": 5.0}, []),
        ({"cost": None, "free": 4.0}, {"cost": None, "free": 5.0}, ["one"]),
    ],
)
def test_dominated_is_what_is_worse_in_something_and_better_in_nothing(
    one: dict[str, float | None], other: dict[str, float | None], told: list[str]
) -> None:
    assert [found.name for found in dominated([_result("one", **one), _result("other", **other)])] == told


def test_a_cost_that_is_known_of_other_systems_cannot_be_compared() -> None:
    few = ScenarioResult("few", "", "", {"cost": Measure("cost", "sek", "less", 1.0, 1.0, 3, 9)})
    many = ScenarioResult("many", "", "", {"cost": Measure("cost", "sek", "less", 5.0, 5.0, 8, 9)})
    assert dominated([few, many]) == []


@pytest.mark.slow
def test_the_command_writes_the_comparison(
    make_case: MakeCase, tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    folder = make_case(files(), SOURCES, extra=SCENARIOS)
    code, out, err = run("compare", folder, "halva", "--lang", "en")
    assert (code, err) == (0, "")
    assert "Halva laget" in out and "Samma dagar" not in out and "Days a week" in out
    code, out, _ = run("compare", folder, "halva", "--out", tmp_path / "out" / "jämför.csv")
    assert code == 0
    with (tmp_path / "out" / "jämför.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["scenario"] for row in rows} == {BASE, "halva"}
    assert {row["low"] for row in rows if row["measure"] == "capacity"} == {"36", "18"}
    code, _, err = run("compare", folder, "halva", "--out", tmp_path / "x.pdf")
    assert code == 2 and ".csv or .md" in err
    code, _, err = run("compare", folder, "halvt")
    assert code == 2 and "halva" in err
