"""A plan after a plan: nothing moves that need not, groups and decided dates stay, and the same input is the same plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import pipeline
from planner.case import read_case
from planner.groups.partition import partition
from planner.groups.partition import steady as steady_groups
from planner.plan import Plan
from planner.policy import load_policy
from planner.portfolio import Portfolio
from planner.schedule.anchor import Anchors
from planner.schedule.priority import topological
from planner.schedule.problem import NEVER, Problem
from planner.schedule.repair import forced
from planner.schedule.solve import Effort, solve
from planner.schedule.steady import Steady, steady
from planner.store import open_history, plan_files
from planner.verify import verify
from tests.test_schedule_solver import check, random_problem

GREEDY = Effort(exact_up_to=0, placements=0)
EXACT = Effort(exact_up_to=100, exact_work=0.02, placements=0)
WHO = "by: Systemägare, date: 2026-11-20, why: Beslut"


def dates_of(problem: Problem) -> np.ndarray:
    """Every other due date goes before everything."""
    return np.where(np.arange(len(problem)) % 2 == 0, problem.due, NEVER)


def anchored(problem: Problem) -> Anchors:
    """Anchors at a schedule of a problem, in groups of three."""
    placed = solve(problem, effort=GREEDY)
    size = len(problem)
    unit = np.arange(size) // 3
    return Anchors(
        placed.start,
        problem.watch[placed.mode] + 1,
        unit,
        np.ones(unit[-1] + 1, dtype=np.int64),
        dates_of(problem),
    )


def shaken(problem: Problem, seed: int) -> Problem:
    """The problem with one activity that may begin later, one that is due earlier, and one that needs less."""
    rng = np.random.default_rng(seed)
    release, due, demand = problem.release.copy(), problem.due.copy(), problem.demand.copy()
    release[rng.integers(0, len(problem))] += int(rng.integers(1, 20))
    due[rng.integers(0, len(problem))] = int(rng.integers(5, 20))
    demand[rng.integers(0, len(demand))] = 1
    return replace(problem, release=release, due=due, demand=demand)


def kept(problem: Problem, anchors: Anchors, effort: Effort) -> Steady:
    """The schedule that keeps to the anchors."""
    return steady(problem, anchors, solve(problem, effort=GREEDY), effort)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000))
def test_what_did_not_change_does_not_move(seed: int) -> None:
    problem = random_problem(seed)
    # Changes come last, as in a plan: its weeks then tell the way in which an activity was done.
    problem = replace(problem, watch=problem.duration - 1)
    anchors, placed = anchored(problem), solve(problem, effort=GREEDY)
    found = kept(problem, anchors, GREEDY).kept
    late, before = (anchors.late(problem, one.start, one.mode) for one in (found, placed))
    assert late <= before
    # Dates go before moves: where more of them can be kept than before, something has a reason to move.
    if late == before and not forced(problem, topological(problem), anchors):
        assert (found.start == anchors.start).all()


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000))
def test_a_repaired_schedule_keeps_every_constraint_and_is_never_further_than_a_new_one(seed: int) -> None:
    before = random_problem(seed)
    problem = shaken(before, seed)
    anchors = replace(anchored(before), due=dates_of(problem))
    found = kept(problem, anchors, GREEDY)
    check(problem, found.kept.start, found.kept.mode)
    value, anew = (anchors.value(problem, one.start, one.mode) for one in (found.kept, found.anew))
    assert value <= anew
    assert value[1] >= forced(problem, topological(problem), anchors) or value[0] > 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_no_more_than_twice_the_groups_move_that_the_exact_solver_would_move_in_the_end(seed: int) -> None:
    before = random_problem(seed, size=30)
    problem = shaken(before, seed)
    anchors = replace(anchored(before), due=dates_of(problem))
    best = kept(problem, anchors, replace(EXACT, exact_work=2.0)).kept
    for effort in (GREEDY, EXACT):
        near = kept(problem, anchors, effort).kept
        check(problem, near.start, near.mode)
        late, moved, *_ = anchors.value(problem, near.start, near.mode)
        least_late, least, *_ = anchors.value(problem, best.start, best.mode)
        assert late > least_late or moved <= max(2 * least, 1)


def test_groups_with_decided_dates_are_the_last_to_move() -> None:
    """Two activities share a role that has shrunk: the one that nobody has decided on gives way."""
    from planner.schedule.problem import Draft, Segment

    draft = Draft(60)
    role = draft.add_renewable("r", [1])
    for name in ("a", "b"):
        draft.add_activity(name)
        draft.add_mode(Segment(2, {role: 1}))
    problem = draft.problem()
    for decided in (0, 1):
        weight = np.array([1, 1])
        weight[decided] = 3
        anchors = Anchors(np.array([5, 5]), np.array([2, 2]), np.array([0, 1]), weight, np.full(2, NEVER))
        for effort in (GREEDY, EXACT):
            assert kept(problem, anchors, effort).kept.start[decided] == 5


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_groups_that_are_still_tied_stay_groups(data: st.DataObject) -> None:
    size = data.draw(st.integers(3, 14))
    pairs = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(lambda pair: pair[0] < pair[1])
    weights = {pair: 1.0 + pair[0] for pair in data.draw(st.sets(pairs, max_size=25))}
    arrows = sorted(data.draw(st.sets(pairs, max_size=8)))
    sizes, cap = [1] * size, data.draw(st.integers(2, 5))
    labels = partition(sizes, weights, arrows, cap)
    # One unit more, tied to an old one.
    new = {**weights, (data.draw(st.integers(0, size - 1)), size): 9.0}
    before = {unit: f"g{label}" for unit, label in enumerate(labels)}
    after = steady_groups([*sizes, 1], new, arrows, cap, before)
    assert max(np.bincount(after)) <= cap
    for one in range(size):
        for other in range(one):
            assert after[one] != after[other] or labels[one] == labels[other], "groups of the plan before have merged"
            if labels[one] == labels[other] and sum(label == labels[one] for label in labels) == 2:
                assert after[one] == after[other]


REGISTER = (
    "Id;Namn;IT Bedömning;Verksamhet Bedömning;Säkerhetsskydd;Måste vara klart;Aktiva användare;Alternativ\n"
    + "".join(f"S{at};System {at};Vidmakthållande;Vidmakthållande;Nej;;{40 + 5 * at};Nej\n" for at in range(1, 13))
)
SERVERS = "Server;System;vCPU;Minne (GB);Disk (GB);Operativsystem;Status\n" + "".join(
    f"srv{at};S{at};4;16;100;Windows Server 2022;På\n" for at in range(1, 13)
)
SOURCES = "  - {file: system.csv, reader: systems}\n  - {file: servrar.csv, reader: servers}\n"
MakeCase = Callable[..., Path]


@pytest.fixture
def case(make_case: MakeCase) -> Path:
    """Twelve systems with a server each."""
    return make_case({"system.csv": REGISTER, "servrar.csv": SERVERS}, SOURCES)


def planned(case: Path, *, is_anew: bool = False) -> Plan:
    """Plan a case after the plans that it has, and keep the plan."""
    read = read_case(case)
    history = open_history(read)
    made = pipeline.compute(read, history=history, is_anew=is_anew)
    history.keep(made, plan_files(made))
    return made


def dates(plan: Plan) -> dict[str, pd.Timestamp]:
    """When every system changes hands."""
    return plan.portfolio["waves"].set_index("system_id")["end_date"].to_dict()


def edit(case: Path, old: str, new: str) -> None:
    """Change the register."""
    path = case / "system.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.slow
def test_a_changed_cell_moves_nothing_else(case: Path) -> None:
    first = planned(case)
    edit(
        case, "System 12;Vidmakthållande;Vidmakthållande;Nej;;100", "System 12;Vidmakthållande;Vidmakthållande;Nej;;900"
    )
    second = planned(case)
    assert second.parent == first.plan_id != second.plan_id
    moved = {key for key, day in dates(second).items() if day != dates(first)[key]}
    assert moved <= {"S12"}
    told = second.portfolio["solution"].iloc[0]
    assert told["moved_systems"] == len(moved) <= told["anew_moved_systems"]


@pytest.mark.slow
def test_the_same_input_is_the_same_plan_after_other_plans_too(case: Path) -> None:
    planned(case)
    edit(case, "System 5;Vidmakthållande;Vidmakthållande;Nej;;65", "System 5;Vidmakthållande;Vidmakthållande;Nej;;66")
    second = planned(case)
    again = planned(case)
    assert again.plan_id == second.plan_id
    assert plan_files(again) == plan_files(second)


@pytest.mark.slow
def test_a_system_that_goes_or_comes_moves_no_other(case: Path) -> None:
    first = planned(case)
    edit(
        case,
        "S4;System 4;Vidmakthållande;Vidmakthållande;Nej;;60;Nej\n",
        "S44;Nytt;Vidmakthållande;Vidmakthållande;Nej;;60;Nej\n",
    )
    second = planned(case)
    stays = set(dates(first)) & set(dates(second))
    assert "S4" not in stays
    assert {key for key in stays if dates(first)[key] != dates(second)[key]} == set()


@pytest.mark.slow
def test_full_looks_for_the_best_dates_again(case: Path) -> None:
    planned(case)
    edit(case, "S4;System 4;Vidmakthållande;Vidmakthållande;Nej;;60;Nej\n", "")
    second = planned(case)
    anew = planned(case, is_anew=True)
    assert anew.plan_id != second.plan_id
    assert anew.portfolio["solution"]["moved_systems"].isna().all()
    # It still knows what was decided and what has begun.
    assert len(anew.portfolio["baseline"]) and not anew.portfolio["baseline"]["is_kept"].any()
    assert anew.portfolio["solution"]["objective"].iloc[0] <= second.portfolio["solution"]["objective"].iloc[0]
    # Made again it is the same plan, and not a step back to the one before.
    assert planned(case).plan_id == anew.plan_id


@pytest.mark.slow
def test_a_pin_holds_its_group_and_one_that_cannot_be_kept_is_told(case: Path) -> None:
    first = planned(case)
    (case / "review.yaml").write_text(
        "format: fardplan-review/1\npins:\n"
        f"  - {{system: S12, quarter: 2029-Q2, {WHO}}}\n"
        f"  - {{system: S11, not_before: 2029-08-01, {WHO}}}\n"
        f"  - {{system: S10, not_after: 2027-01-08, {WHO}}}\n",
        encoding="utf-8",
    )
    second = planned(case)
    assert pd.Timestamp("2029-04-01") <= dates(second)["S12"] <= pd.Timestamp("2029-06-30")
    assert dates(second)["S11"] >= pd.Timestamp("2029-08-01")
    told = second.portfolio["findings"].query("code == 'pin_not_held'")["row_id"]
    assert set(told) == {"S10"}
    same_group = second.portfolio["groups"].set_index("system_id")["group_id"]
    pinned = set(same_group[["S10", "S11", "S12"]])
    others = {key for key in dates(first) if same_group[key] not in pinned}
    assert others
    assert not second.portfolio["findings"]["code"].eq("broken_promise").any()
    early = second.portfolio.tables | {
        "activities": second.portfolio["activities"].assign(
            end_date=lambda rows: rows["end_date"].mask(
                rows["group_id"] == same_group["S11"], pd.Timestamp("2029-07-27")
            )
        )
    }
    found = verify(Portfolio(early), second.case, load_policy())["findings"]
    assert "promise_pins" in set(found["detail"])


def steps(plan: Plan, system_id: str) -> pd.DataFrame:
    """Activities of a system's group, by phase."""
    home = plan.portfolio["groups"].set_index("system_id")["group_id"]
    rows = plan.portfolio["activities"]
    return rows[rows["group_id"] == home[system_id]].set_index("phase")


def report(case: Path, text: str, day: str) -> None:
    """Report work and plan on another day."""
    (case / "framdrift.csv").write_text("System;Fas;Påbörjad;Klar;Nedlagda dagar\n" + text, encoding="utf-8")
    path = case / "case.yaml"
    written = path.read_text(encoding="utf-8")
    if "framdrift" not in written:
        written = written.replace(SOURCES, SOURCES + "  - {file: framdrift.csv, reader: progress}\n")
    was = read_case(case).plan_date.isoformat()
    path.write_text(written.replace(f"plan_date: {was}", f"plan_date: {day}"), encoding="utf-8")


@pytest.mark.slow
def test_reported_work_stands_fast_and_costs_what_it_took(case: Path) -> None:
    first = planned(case)
    one = first.portfolio["waves"].sort_values("start_date")["system_id"].iloc[0]
    report(
        case,
        f"{one};förberedelser;2027-03-01;2027-04-09;31\nS404;flytt;2027-03-01;;\n{one};byte;2027-06-01;;\n",
        "2027-05-03",
    )
    second = planned(case)
    assert not second.portfolio["findings"]["code"].eq("broken_promise").any()
    done = steps(second, one).loc["prepare"]
    assert (done["state"], f"{done['start_date']:%F}", f"{done['end_date']:%F}") == ("done", "2027-03-01", "2027-04-09")
    effort = second.portfolio["effort"].query("system_id == @one and phase == 'prepare'")
    assert effort["likely_days"].sum() == pytest.approx(31, abs=0.05)
    assert (effort["low_days"] == effort["high_days"]).all()
    told = second.portfolio["findings"].set_index("code")["value"]
    assert told["progress_unknown_system"] == "S404"
    assert told["progress_impossible"].startswith("2027-06-01")
    rows = second.portfolio["activities"]
    assert (rows.loc[rows["state"] == "planned", "start_date"] >= pd.Timestamp("2027-05-03")).all()
    # What is said to have begun has to be known from somewhere.
    tampered = second.portfolio.tables | {"activities": rows.assign(state="running")}
    found = verify(Portfolio(tampered), second.case, load_policy())["findings"]
    assert "promise_begun" in set(found["detail"])


@pytest.mark.slow
def test_a_decided_plan_is_taken_to_be_followed_until_somebody_reports(case: Path) -> None:
    first = planned(case)
    open_history(read_case(case)).decide(first.plan_id, {"by": "Nämnden"})
    cutovers = first.portfolio["activities"].query("phase == 'cutover'").sort_values(["end_date", "activity_id"])
    # The day after the third cut-over.
    day = cutovers["end_date"].iloc[2] + pd.Timedelta(days=3)
    group = cutovers["group_id"].iloc[2]
    system = first.portfolio["groups"].set_index("group_id")["system_id"][group]
    report(case, "", f"{day:%Y-%m-%d}")
    second = planned(case)
    assert not second.portfolio["findings"]["code"].eq("broken_promise").any()
    assert dates(second) == dates(first)
    assert {"done", "planned"} <= set(second.portfolio["activities"]["state"])
    assert "progress_assumed" in set(second.portfolio["findings"]["code"])
    assert "progress_assumed_later" not in set(second.portfolio["findings"]["code"])
    # Somebody says that its move still goes on: it changes hands later, and hardly anything else does.
    report(case, f"{system};flytt;{day - pd.Timedelta(days=7):%Y-%m-%d};;\n", f"{day:%Y-%m-%d}")
    third = planned(case)
    assert not third.portfolio["findings"]["code"].eq("broken_promise").any()
    assert steps(third, system).loc["move", "state"] == "running"
    assert dates(third)[system] > dates(second)[system]
    assert sum(dates(third)[key] != when for key, when in dates(second).items()) <= 3


@pytest.mark.slow
def test_a_decided_plan_is_an_input_of_the_next(case: Path) -> None:
    first = planned(case)
    history = open_history(read_case(case))
    history.decide(first.plan_id, {"by": "Nämnden"})
    assert planned(case).plan_id == first.plan_id
    edit(case, "System 5;Vidmakthållande;Vidmakthållande;Nej;;65", "System 5;Vidmakthållande;Vidmakthållande;Nej;;66")
    second = planned(case)
    assert second.lineage.decided == first.plan_id
    assert second.portfolio["baseline"].dropna(subset="system_id")["is_decided"].all()


@pytest.mark.slow
def test_a_decided_system_that_no_longer_changes_is_told_as_long_as_the_decision_stands(case: Path) -> None:
    first = planned(case)
    history = open_history(read_case(case))
    history.decide(first.plan_id, {"by": "Nämnden"})
    quarter = first.portfolio["waves"].set_index("system_id").loc["S7", "quarter"]
    review = f"format: fardplan-review/1\noverrides:\n  - {{system: S7, disposition: retain, {WHO}}}\n"
    (case / "review.yaml").write_text(review, encoding="utf-8")
    told = []
    for users in (66, 67, 68):
        edit(case, f"Vidmakthållande;Nej;;{users - 1}", f"Vidmakthållande;Nej;;{users}")
        made = planned(case)
        found = made.portfolio["findings"].query("code == 'decided_wave_changed' and row_id == 'S7'")
        told.append(found[["value", "detail"]].to_numpy().tolist())
    assert told == [[[quarter, "–"]]] * 3
    # A system that the inventory has no more was decided on too.
    edit(case, "S7;System 7;", "S77;Ett annat;")
    gone = planned(case).portfolio["findings"].query("code == 'decided_wave_changed'")
    assert "S7" in set(gone["row_id"])
    history.decide(planned(case).plan_id, {"by": "Nämnden"})
    edit(case, "Vidmakthållande;Nej;;68", "Vidmakthållande;Nej;;69")
    assert "decided_wave_changed" not in set(planned(case).portfolio["findings"]["code"])
