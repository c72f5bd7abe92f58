"""Groups and schedule: order, circles, capacity, freezes, deadlines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from planner.calendar import capacity_weeks, closed_weeks, closing, frozen_weeks, last_week_by, monday, week_of
from planner.case import Case, Change, Freeze, Source, Team, read_case
from planner.errors import InfeasiblePlan
from planner.pipeline import compute
from planner.plan import Plan
from planner.policy import Policy, load_policy
from planner.policy.schedule import CalendarRule
from planner.portfolio import Portfolio
from planner.schedule import schedule
from planner.verify import verify
from tests.conftest import TEAMS
from tests.small_case import FLOWS, FREEZES, REGISTER, SCHEDULED, SERVERS, SOURCES, planned_small, tampered

MakeCase = Callable[..., Path]


@pytest.fixture(scope="module")
def planned() -> Plan:
    """The small case."""
    return planned_small()


def ends(plan: Plan) -> pd.Series:
    """Last cut-over week of each system."""
    activities = plan.portfolio["activities"].query("has_cutover")
    last = activities.groupby("group_id")["end_week"].max()
    return plan.portfolio["groups"].set_index("system_id")["group_id"].map(last)


def test_a_circle_moves_together_and_is_told(planned: Plan) -> None:
    groups = planned.portfolio["groups"].set_index("system_id")
    assert groups.loc["S1", "group_id"] == groups.loc["S2", "group_id"] != groups.loc["S3", "group_id"]
    assert groups.loc["S1", "detail"] == "System 1 → System 2 → System 1"


def test_what_is_needed_moves_first_and_the_retired_leaves_last(planned: Plan) -> None:
    week = ends(planned)
    assert week["S1"] < week["S3"] < week["S4"]
    reasons = planned.portfolio["precedence"].set_index("reason")["flows"]
    assert set(reasons.index) == {"needed_moves_first", "dependants_leave_first"}


def test_the_plan_holds_and_only_the_missed_deadline_is_an_error(planned: Plan) -> None:
    errors = planned.portfolio["findings"].query("severity == 'error'")
    assert errors["code"].tolist() == ["deadline_missed"]
    assert planned.has_errors


def test_external_ends_and_self_flows_are_told(planned: Plan) -> None:
    assert {"external_end", "flow_to_itself"} <= set(planned.portfolio["findings"]["code"])
    assert planned.portfolio["links"]["state"].value_counts().to_dict() == {"stated": 4, "external": 1}


def test_an_impact_assessment_that_is_missing_comes_before_the_preparations(planned: Plan) -> None:
    tables = dict(planned.portfolio.tables)
    systems = tables["systems"].assign(personal_data="sensitive", dpia="missing")
    known = Portfolio({name: tables[name] for name in tables if name not in SCHEDULED} | {"systems": systems})
    made = schedule(known, planned.case, load_policy())["activities"].set_index("activity_id")
    group = planned.portfolio["groups"].set_index("system_id").at["S5", "group_id"]
    step = made.loc[f"{group}/decide/impact_assessment"]
    assert step["end_week"] - step["start_week"] + 1 == 6
    assert step["end_week"] < made.at[f"{group}/prepare", "start_week"]
    # The checker finds it missing in the plan that was made before anybody knew.
    without = tampered(planned, "systems", lambda frame: frame.assign(personal_data="sensitive", dpia="missing"))
    found = verify(without, planned.case, load_policy())["findings"]
    assert found["detail"].str.contains("promise_steps", regex=False).any()


def _with_calendar(**rule: object) -> Policy:
    """The policy with one rule on meetings alone, and every step decided in one."""
    said = {"name": "closed", "text": {"sv": "x", "en": "x"}, "effect": "no_meeting", "because": "x", "source": "x"}
    given = load_policy().schedule
    steps = [step.model_copy(update={"needs_meeting": True}) for step in given.steps]
    changed = given.model_copy(update={"calendar": [CalendarRule(**{**said, **rule})], "steps": steps})
    return load_policy().model_copy(update={"schedule": changed})


def test_decisions_are_taken_when_committees_meet(planned: Plan) -> None:
    steps = planned.portfolio["activities"].query("step == 'archive_decision'")
    taken = steps["end_date"].iloc[0]
    on_that_day = {"first": f"{taken:%m-%d}", "last": f"{taken:%m-%d}"}
    hard, soft, other = (
        _with_calendar(**on_that_day),
        _with_calendar(**on_that_day, level="soft"),
        _with_calendar(**on_that_day, every=4, since=taken.year + 1),
    )
    found = [
        set(verify(planned.portfolio, planned.case, policy)["findings"]["detail"]) for policy in (hard, soft, other)
    ]
    assert ["promise_meetings" in broken for broken in found] == [True, False, False]
    tables = planned.portfolio.tables
    before = Portfolio({name: tables[name] for name in tables if name not in SCHEDULED})
    made = {name: schedule(before, planned.case, policy) for name, policy in {"hard": hard, "soft": soft}.items()}
    moved = made["hard"]["activities"].query("step == 'archive_decision'")
    assert not (moved["end_date"].dt.strftime("%m-%d") == on_that_day["first"]).any()
    assert "no_meeting" in set(made["hard"]["activities"]["bound_by"])
    assert "decision_in_soft_window" in set(made["soft"]["findings"]["code"])
    assert "decision_in_soft_window" not in set(made["hard"]["findings"]["code"])


@pytest.mark.slow
def test_zero_capacity_names_the_team(make_case: MakeCase) -> None:
    teams = TEAMS.replace(
        "application, name: Applikation, days_per_week: 10",
        "application, name: Applikation, days_per_week: 10, changes: [{first: 2027-01-11, days_per_week: 0}]",
    )
    with pytest.raises(InfeasiblePlan, match="'application', whose team has no days"):
        compute(
            read_case(
                make_case(
                    {"system.csv": "Id;Namn\nS1;Eken\n"}, "  - {file: system.csv, reader: systems}\n", teams=teams
                )
            )
        )


def test_a_deadline_that_cannot_be_kept_is_explained_with_what_would_help(planned: Plan) -> None:
    clashes = planned.portfolio["clashes"].query("group_id == 'g-S5'")
    assert clashes["is_proven"].all()
    assert clashes["kind"].tolist()[0] == "deadline" and "phases" in set(clashes["kind"])
    assert "freeze" not in set(clashes["kind"]), "what does not matter is left out"
    later = planned.portfolio["relaxations"].query("group_id == 'g-S5' and kind == 'later_deadline'")
    assert later["amount"].item() == clashes["late_weeks"].iloc[0] > 0


@pytest.mark.slow
def test_more_people_is_priced_where_it_helps(make_case: MakeCase) -> None:
    teams = TEAMS.replace(
        "platform, name: Plattform, days_per_week: 10", "platform, name: Plattform, days_per_week: 1.5"
    )
    register = REGISTER.replace("2027-02-15", "2027-07-30")
    folder = make_case({"system.csv": register, "servrar.csv": SERVERS, "samband.csv": FLOWS}, SOURCES, teams=teams)
    ways = compute(read_case(folder)).portfolio["relaxations"].query("kind == 'more_people'")
    assert ways["subject"].tolist() == ["platform"]
    assert (ways["price_sek"] > 0).all() and (ways["end_date"] <= pd.Timestamp(2027, 7, 30)).all()


def test_what_binds_is_true(planned: Plan) -> None:
    """Whoever is bound by precedence begins right after its binder; the chain has no gaps that nothing explains."""
    rows = planned.portfolio["activities"].set_index("activity_id")
    bound = rows[(rows["bound_by"] == "precedence") & ~rows["has_cutover"].astype(bool)]
    binder = rows["end_week"].reindex(bound["bound_detail"]).to_numpy()
    assert (bound["start_week"].to_numpy() == binder + 1).all()
    assert (rows.loc[rows["bound_by"] == "start", "start_week"] == 0).all()
    chain = rows[rows["is_critical"].astype(bool)].sort_values("end_week")
    assert chain["end_week"].iloc[-1] == rows["end_week"].max()
    assert (rows.loc[rows["is_late"].astype(bool), "slack_weeks"] < 0).all()
    assert set(planned.portfolio["wave_bounds"]["wave"]) == set(planned.portfolio["waves"]["wave"])


def test_every_wave_rule_is_looked_at(planned: Plan) -> None:
    checks = planned.portfolio["wave_checks"].set_index("rule")
    assert len(checks) == 9
    assert not ((checks["level"] == "hard") & (checks["state"] == "broken")).any()


def test_the_calendar_closes_and_opens_by_area() -> None:
    case = case_of(5, [Freeze(name="jul", first=date(2027, 12, 15), last=date(2028, 1, 10))])
    rules = load_policy().schedule.calendar
    new_year = week_of(case, date(2028, 1, 1))
    plain, money, pay = (closed_weeks(case, rules, 120, areas) for areas in ("", "ekonomi och inköp", "personal, lön"))
    assert plain[new_year] and not money[new_year] and money[new_year + 4] and not plain[new_year + 4]
    payday = week_of(case, date(2027, 5, 25))
    assert pay[payday] and not plain[payday]
    assert closing(case, rules, payday, "personal, lön") == "payroll"
    summer = case_of(5, [Freeze(name="sommar", first=date(2027, 6, 28), last=date(2027, 8, 15))])
    july = week_of(summer, date(2027, 7, 14))
    assert closed_weeks(summer, rules, 80, "")[july] and not closed_weeks(summer, rules, 80, "förskola, skola")[july]


def test_a_team_grows_and_a_deadline_is_met_by_its_friday() -> None:
    case = case_of(5)
    grown = case.model_copy(
        update={
            "teams": [case.teams[0].model_copy(update={"changes": [Change(first=date(2027, 1, 20), days_per_week=9)]})]
        }
    )
    assert capacity_weeks(grown, "r", 4).tolist() == [5, 5, 9, 9]
    assert last_week_by(case, date(2027, 1, 22)) == 1 and last_week_by(case, date(2027, 1, 21)) == 0


@pytest.mark.slow
def test_a_budget_holds_work_back(make_case: MakeCase) -> None:
    files = {"system.csv": REGISTER, "servrar.csv": SERVERS, "samband.csv": FLOWS}
    plan = compute(read_case(make_case(files, SOURCES, extra="budgets: {2027: 300000}\n")))
    load = plan.portfolio["workload"]
    spent = load.loc[load["week_date"].dt.year == 2027, "used_days"].sum() * plan.policy.effort.day_rate.value
    assert 0 < spent <= 300_001
    assert not plan.portfolio["findings"]["code"].eq("broken_promise").any()


@pytest.mark.slow
def test_a_missing_team_is_named(make_case: MakeCase) -> None:
    teams = "teams:\n  - {role: platform, name: P, days_per_week: 5}\n"
    with pytest.raises(InfeasiblePlan, match="application"):
        compute(
            read_case(
                make_case(
                    {"system.csv": "Id;Namn\nS1;Eken\n"}, "  - {file: system.csv, reader: systems}\n", teams=teams
                )
            )
        )


def case_of(days: float, freezes: list[Freeze] | None = None) -> Case:
    """A case with one team."""
    return Case(
        organisation="Provby kommun", plan_date=date(2026, 11, 23), start_date=date(2027, 1, 11),
        sources=[Source(file="x", reader="systems")], teams=[Team(role="r", name="r", days_per_week=days)], freezes=freezes or [],
    )  # fmt: skip


def test_weeks_begin_on_mondays_and_a_freeze_of_one_friday_freezes_its_week() -> None:
    case = case_of(5, [Freeze(name="f", first=date(2027, 1, 22), last=date(2027, 1, 22))])
    assert monday(case, 0) == date(2027, 1, 11)
    assert week_of(case, date(2027, 1, 10)) == -1
    assert frozen_weeks(case, 4).tolist() == [False, True, False, False]
    weekend = case_of(5, [Freeze(name="f", first=date(2027, 1, 23), last=date(2027, 1, 24))])
    assert not frozen_weeks(weekend, 4).any()


@pytest.mark.slow
def test_row_order_does_not_change_the_plan(make_case: MakeCase, planned: Plan) -> None:
    header, *rows = REGISTER.strip().split("\n")
    turned = "\n".join([header, *reversed(rows)]) + "\n"
    files = {"system.csv": turned, "servrar.csv": SERVERS, "samband.csv": FLOWS}
    other = compute(read_case(make_case(files, SOURCES, extra=FREEZES, name="turned")))
    for table in (
        "decisions",
        "targets",
        "effort",
        "costs",
        "groups",
        "precedence",
        "activities",
        "demand",
        "waves",
        "workload",
    ):
        pd.testing.assert_frame_equal(planned.portfolio[table], other.portfolio[table])
