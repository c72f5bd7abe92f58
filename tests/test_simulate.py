"""Simulation: outcomes have the shape that was asked for, delays push what waits, and the same seed gives the same figures."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest

from planner.case import Case, Change, Freeze, Source, Team
from planner.policy import load_policy
from planner.policy.schedule import CalendarRule
from planner.policy.simulation import Simulation
from planner.portfolio import Portfolio
from planner.schema import conform
from planner.simulate import simulate
from planner.simulate.kernel import Bounds, Draws, Taken, Watch, critical, futures
from planner.simulate.network import network_of
from planner.simulate.spread import lognormal, triangular
from tests.conftest import planned_example

POLICY = load_policy()


def case(*freezes: Freeze) -> Case:
    return Case(
        organisation="Provby kommun",
        plan_date=date(2026, 11, 23),
        start_date=date(2027, 1, 11),
        sources=[Source(file="system.csv")],
        teams=[Team(role="platform", name="Plattform", days_per_week=10)],
        freezes=list(freezes),
    )


def scheduled(
    rows: list[tuple[str, int, int, float]], spans: tuple[float, float], deadline: str | None = None
) -> Portfolio:
    """Groups that only move, given by first week, last week and days a week; low and high as factors on likely."""
    first = pd.Timestamp("2027-01-11")
    groups = [f"g-{name}" for name, *_ in rows]
    names = [name for name, *_ in rows]
    start, end = [row[1] for row in rows], [row[2] for row in rows]
    ends = [first + pd.Timedelta(days=7 * week + 4) for week in end]
    activities = pd.DataFrame(
        {
            "activity_id": [f"{group}/move" for group in groups], "group_id": groups, "phase": "move",
            "effort_phase": "move", "effort_share": 1.0, "slack_weeks": 0, "is_critical": False, "state": "planned", "start_week": start, "end_week": end, "start_date": [first + pd.Timedelta(days=7 * week) for week in start],
            "end_date": ends, "has_cutover": True, "is_late": False, "bound_by": "start",
            "deadline_date": pd.Series([deadline] * len(rows), dtype="datetime64[us]"),
        }
    )  # fmt: skip
    demand = pd.DataFrame(
        {"activity_id": activities["activity_id"], "role": "platform", "days_per_week": [row[3] for row in rows]}
    )
    likely = [row[3] * (row[2] - row[1] + 1) for row in rows]
    effort = pd.DataFrame(
        {"system_id": names, "phase": "move", "role": "platform", "low_days": [spans[0] * days for days in likely],
         "likely_days": likely, "high_days": [spans[1] * days for days in likely]}
    )  # fmt: skip
    waves = pd.DataFrame(
        {"wave": range(1, len(rows) + 1), "system_id": names, "group_id": groups, "quarter": "2027-Q1",
         "start_date": activities["start_date"], "end_date": ends}
    )  # fmt: skip
    frames = {
        "activities": activities, "demand": demand, "effort": effort, "waves": waves,
        "groups": pd.DataFrame({"group_id": groups, "system_id": names, "reason": "alone"}),
        "decisions": pd.DataFrame({"system_id": names, "disposition": "relocate", "state": "settled"}),
        "systems": pd.DataFrame({"system_id": names, "name": names}),
        "costs": pd.DataFrame({"system_id": names, "kind": "one_off", "state": "known", "likely_sek": [7600 * d for d in likely]}),
    }  # fmt: skip
    return Portfolio({name: conform(frame, name) for name, frame in frames.items()})


def test_triangles_have_their_own_mean_and_quantiles() -> None:
    row = triangular(np.array([2.0]), np.array([3.0]), np.array([7.0]))[0]
    assert row.mean() == pytest.approx(4.0, abs=0.01)
    assert np.median(row) == pytest.approx(7 - math.sqrt(0.5 * 5 * 4), abs=0.01)
    assert (np.diff(row) > 0).all()
    flat = triangular(np.array([5.0]), np.array([5.0]), np.array([5.0]))[0]
    assert (flat == 5.0).all()


def test_lead_times_meet_both_of_their_percentiles() -> None:
    row = lognormal(10, 15)
    assert np.quantile(row, [0.5, 0.8]) == pytest.approx([10, 15], rel=0.01)


def _drawn(chance: float, count: int = 40_000) -> np.ndarray:
    level = np.tile(np.linspace(0, 1, 1024, dtype=np.float32), (2, 1))
    draws = Draws(level, [1.0, 1.0], [0.0, 0.0], {}, ["team", "team"], {"team": chance})
    bounds = Bounds([0.0, 0.0], [[], []], np.zeros((1, 9), np.float32), [-1, -1])
    return np.concatenate(
        [block.ends for block in futures(draws, bounds, Watch([0, 0], ends=[0, 1]), count, 7)], axis=1
    )


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.5, 1.0])
def test_two_activities_of_one_team_have_the_correlation_of_the_policy(correlation: float) -> None:
    ends = _drawn(math.sqrt(correlation))
    assert np.corrcoef(ends)[0, 1] == pytest.approx(correlation, abs=0.02)
    assert ends.mean(axis=1) == pytest.approx([0.5, 0.5], abs=0.01)


def test_what_is_certain_comes_out_as_planned() -> None:
    found = simulate(scheduled([("A", 0, 3, 5.0), ("B", 4, 6, 5.0)], (1, 1)), case(), POLICY)
    waves = found["risk_waves"]
    assert waves["on_plan_pct"].tolist() == [100.0, 100.0, 100.0]
    assert (waves["p95_date"] <= waves["planned_date"]).all()
    assert waves["p80_sek"].tolist() == [152_000.0, 114_000.0, 266_000.0]
    assert waves["likely_sek"].tolist() == [152_000.0, 114_000.0, 266_000.0]


def test_a_delay_pushes_those_that_wait_for_the_same_team_and_nobody_else() -> None:
    # Each takes half of the team: A and B work side by side, C takes over from whoever has been free the longest.
    portfolio = scheduled([("A", 0, 3, 5.0), ("B", 0, 9, 5.0), ("C", 4, 6, 5.0)], (1, 2))
    network = network_of(portfolio, case())
    at = {name: number for number, name in enumerate(network.table["group_id"])}
    assert network.before[at["g-C"]] == [at["g-A"]]
    assert network.before[at["g-B"]] == []


def test_capacity_that_nobody_has_used_makes_nobody_wait() -> None:
    portfolio = scheduled([("A", 0, 3, 2.0), ("B", 5, 8, 2.0)], (1, 2))
    assert network_of(portfolio, case()).before == [[], []]


def test_the_critical_one_is_the_one_that_ends_last() -> None:
    portfolio = scheduled([("A", 0, 3, 5.0), ("B", 0, 19, 5.0), ("C", 4, 6, 5.0)], (0.9, 1.2))
    critical_ = simulate(portfolio, case(), POLICY)["risk_activities"].set_index("group_id")["criticality_pct"]
    assert critical_.to_dict() == {"g-A": 0.0, "g-B": 100.0, "g-C": 0.0}


def test_a_chain_is_critical_from_its_beginning() -> None:
    rows = np.tile(np.linspace(1, 2, 1024, dtype=np.float32), (3, 1))
    draws = Draws(rows, [1.0] * 3, [0.0] * 3, {}, [""] * 3, {"": 0.0})
    bounds = Bounds([0.0] * 3, [[], [0], []], np.zeros((1, 9), np.float32), [-1] * 3)
    block = next(iter(futures(draws, bounds, Watch([0] * 3, close=500), 500, 1)))
    assert critical(block, bounds.before, [1, 2]).all(axis=1).tolist() == [True, True, False]


def test_a_cutover_that_slips_into_a_freeze_waits_for_its_end() -> None:
    summer = Freeze(name="sommar", first=date(2027, 2, 8), last=date(2027, 3, 5))
    waves = simulate(scheduled([("A", 0, 3, 5.0)], (1, 3)), case(summer), POLICY)["risk_waves"]
    # Planned for the Friday before the freeze; a week's delay costs the whole of it.
    assert waves["planned_date"].dt.strftime("%Y-%m-%d").iloc[0] == "2027-02-05"
    assert waves["p50_date"].dt.strftime("%Y-%m-%d").iloc[0] == "2027-03-12"


def test_a_cutover_waits_for_the_end_of_weeks_that_are_closed_to_its_area() -> None:
    """The calendar of the policy counts as the freezes of the case do, for the areas that it names."""
    portfolio = scheduled([("A", 0, 3, 5.0)], (1, 3))
    rule = CalendarRule(
        name="grades", text={"sv": "x", "en": "x"}, effect="closed", areas=["skola"], first="02-08", last="03-05",
        because="x", source="x",
    )  # fmt: skip
    policy = POLICY.model_copy(update={"schedule": POLICY.schedule.model_copy(update={"calendar": [rule]})})
    for area, end in (("Skola", "2027-03-12"), ("Vård", "2027-02-26")):
        systems = portfolio["systems"].assign(business_area=area)
        waves = simulate(Portfolio({**portfolio.tables, "systems": systems}), case(), policy)["risk_waves"]
        assert waves["p50_date"].dt.strftime("%Y-%m-%d").iloc[0] == end


def test_a_team_that_grows_later_makes_those_wait_that_need_its_growth() -> None:
    grown = case().model_copy(
        update={
            "teams": [
                Team(
                    role="platform",
                    name="P",
                    days_per_week=10,
                    changes=[Change(first=date(2027, 2, 8), days_per_week=20)],
                )
            ]
        }
    )
    # C runs beside A and B with the days that came in week 4.
    portfolio = scheduled([("A", 0, 9, 5.0), ("B", 0, 9, 5.0), ("C", 4, 6, 5.0), ("D", 10, 12, 5.0)], (1, 2))
    network = network_of(portfolio, grown)
    at = {name: number for number, name in enumerate(network.table["group_id"])}
    assert network.before[at["g-C"]] == []


def test_the_chance_of_a_deadline_falls_with_the_spread() -> None:
    chances = [
        simulate(scheduled([("A", 0, 9, 5.0)], (0.8, high), "2027-03-26"), case(), POLICY)["risk_deadlines"]
        .query("kind == 'deadline'")["chance_pct"]
        .iloc[0]
        for high in (1.05, 1.5, 3.0)
    ]
    assert chances[0] > chances[1] > chances[2] > 0


def test_the_same_seed_gives_the_same_figures_and_another_one_nearly_the_same() -> None:
    portfolio = scheduled([("A", 0, 3, 5.0), ("B", 4, 9, 5.0)], (0.5, 3))
    one, again = (simulate(portfolio, case(), POLICY) for _ in range(2))
    for name, frame in one.items():
        pd.testing.assert_frame_equal(frame, again[name])
    seed = POLICY.simulation.seed.model_copy(update={"value": 8})
    other = POLICY.model_copy(update={"simulation": POLICY.simulation.model_copy(update={"seed": seed})})
    moved = simulate(portfolio, case(), other)["risk_waves"]
    assert moved["on_plan_pct"].tolist() == pytest.approx(one["risk_waves"]["on_plan_pct"].tolist(), abs=2.0)
    assert moved["p80_sek"].tolist() != one["risk_waves"]["p80_sek"].tolist()


def test_blocks_change_nothing_but_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    portfolio = scheduled([("A", 0, 3, 5.0), ("B", 4, 9, 5.0)], (0.5, 3))
    whole = simulate(portfolio, case(), POLICY)
    monkeypatch.setattr("planner.simulate.kernel.MOST_AT_ONCE", 2000)
    parts = simulate(portfolio, case(), POLICY)
    assert parts["risk_waves"]["on_plan_pct"].tolist() == pytest.approx(
        whole["risk_waves"]["on_plan_pct"].tolist(), abs=2.0
    )
    assert len(parts["risk_activities"]) == 2


def test_nothing_that_changes_hands_gives_empty_tables() -> None:
    assert all(frame.empty for frame in simulate(Portfolio(), case(), POLICY).values())


def test_the_example_is_uncertain_in_the_right_direction() -> None:
    portfolio = planned_example().portfolio
    waves, deadlines = portfolio["risk_waves"], portfolio["risk_deadlines"]
    assert (waves["p50_date"] <= waves["p80_date"]).all()
    assert (waves["p80_date"] <= waves["p95_date"]).all()
    assert waves["systems"].iloc[-1] == len(portfolio["waves"])
    late = portfolio["activities"].query("is_late and has_cutover")["group_id"]
    assert set(late) <= set(deadlines.query("chance_pct < 50")["group_id"])
    costs = portfolio["risk_costs"].set_index("kind")
    assert costs.loc["target", "known"] < costs.loc["target", "total"]


@pytest.mark.parametrize(("name", "value"), [("same_team", 1.5), ("samples_of_criticality", 20_000.0), ("seed", -1.0)])
def test_a_policy_that_makes_no_sense_is_refused(name: str, value: float) -> None:
    data = POLICY.simulation.model_dump()
    with pytest.raises(ValueError, match=name):
        Simulation.model_validate({**data, name: {**data[name], "value": value}})


@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_future_has_more_changes_in_a_week_than_the_limit(most: int) -> None:
    """Counted future by future; nothing waits that has room, and nobody ends in a closed week."""
    count, amounts = 12, [1 + at % most for at in range(12)]
    spread = np.tile(np.linspace(1, 8, 1024, dtype=np.float32), (count, 1))
    draws = Draws(spread, [1.0] * count, [0.0] * count, {}, [""] * count, {"": 0.0})
    wait = np.zeros((1, 80), np.float32)
    wait[0, 4:7] = [3, 2, 1]
    free = Bounds([0.0] * count, [[]] * count, wait, [0] * count)
    held = Bounds([0.0] * count, [[]] * count, wait, [0] * count, amounts, most)
    watch = Watch([0] * count, ends=range(count))
    without, ends = (next(iter(futures(draws, given, watch, 300, 3))).ends for given in (free, held))
    weeks, wanted = (np.ceil(end).astype(int) - 1 for end in (ends, without))
    assert (weeks >= wanted).all() and (weeks > wanted).any()
    for future in range(300):
        used = np.zeros(80, dtype=int)
        for at in range(count):
            week = wanted[at, future]
            while used[week] + amounts[at] > most or wait[0, week]:
                week += 1
            used[week] += amounts[at]
            assert week == weeks[at, future]


def test_a_week_that_is_full_puts_a_change_off() -> None:
    made = scheduled([("A", 0, 3, 5.0), ("B", 0, 3, 5.0)], (1, 1))
    cutovers = made["activities"].assign(phase="cutover")
    portfolio = Portfolio({**made.tables, "activities": conform(cutovers, "activities")})
    one, two = (case().model_copy(update={"max_cutovers_per_week": most}) for most in (1, 2))
    planned = pd.Timestamp(2027, 2, 5)
    ends = [simulate(portfolio, given, POLICY)["risk_activities"]["p50_date"].max() for given in (one, two)]
    assert ends == [planned + pd.Timedelta(weeks=1), planned]


def test_a_group_of_hundreds_of_systems_fills_its_week() -> None:
    open_weeks = np.zeros((1, 10), dtype=np.float32)
    taken = Taken(Bounds([0.0, 0.0], [[], []], open_weeks, [0, 0], [300, 300], 300), 4)
    ends = []
    for at in (0, 1):
        end = np.full(4, 3, dtype=np.float32)
        taken.place(at, end, np.full(4, 2, dtype=np.intp), open_weeks[0].astype(np.intp))
        ends.append(end.tolist())
    assert ends == [[3.0] * 4, [4.0] * 4]
