"""Groups and schedule: order, circles, capacity, freezes, deadlines; and a checker that notices when a promise is broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from planner import pipeline
from planner.calendar import capacity_weeks, closed_weeks, closing, frozen_weeks, last_week_by, monday, week_of
from planner.case import Case, Change, Freeze, Source, Team, read_case
from planner.errors import InfeasiblePlan, VerificationError
from planner.pipeline import compute
from planner.plan import Plan
from planner.policy import Policy, load_policy
from planner.policy.schedule import CalendarRule
from planner.portfolio import Portfolio
from planner.schedule import schedule
from planner.verify import verify
from tests.conftest import REPOSITORY, TEAMS, slow_but, write_case

MakeCase = Callable[..., Path]
SCHEDULED = (
    "activities", "demand", "waves", "workload", "wave_bounds", "wave_checks", "clashes", "relaxations", "solution",
)  # fmt: skip
SOURCES = (
    "  - {file: system.csv, reader: systems}\n  - {file: servrar.csv, reader: servers}\n"
    "  - {file: samband.csv, reader: dataflows}\n"
)
REGISTER = "Id;Namn;IT Bedömning;Verksamhet Bedömning;Säkerhetsskydd;Måste vara klart;Årskostnad;Alternativ\n" + "".join(
    f"S{number};System {number};{verdict};{verdict};Nej;{deadline};100 tkr;Nej\n"
    for number, verdict, deadline in [
        (1, "Vidmakthållande", ""), (2, "Vidmakthållande", ""), (3, "Vidmakthållande", ""), (4, "Avveckling", ""),
        (5, "Vidmakthållande", "2027-02-15"), (6, "", ""),
    ]
)  # fmt: skip
SERVERS = "Server;System;vCPU;Minne (GB);Disk (GB);Operativsystem;Status\n" + "".join(
    f"srv{number};S{number};2;8;100;Windows Server 2022;På\n" for number in (1, 2, 3, 5)
)
FLOWS = "Från,Till,Syfte\nS1,S2,a\nS2,S1,b\nS3,S1,c\nS3,S4,d\nS3,S3,e\nS1,Nationell tjänst,f\n"
FREEZES = (
    "freezes:\n  - {name: sommar, first: 2027-06-28, last: 2027-08-15, capacity_pct: 40}\nmax_cutovers_per_week: 2\n"
)


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A small case with a circle, a retirement, a deadline and a freeze."""
    files = {"system.csv": REGISTER, "servrar.csv": SERVERS, "samband.csv": FLOWS}
    return compute(read_case(write_case(tmp_path_factory.mktemp("case"), files, SOURCES, extra=FREEZES)))


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


def _tampered(plan: Plan, table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Portfolio:
    tables = {name: frame.copy() for name, frame in plan.portfolio.tables.items()}
    tables[table] = change(tables[table])
    return Portfolio(tables)


def _shift(weeks: int, phase: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def shift(frame: pd.DataFrame) -> pd.DataFrame:
        at = frame["phase"] == phase
        for name in ("start_week", "end_week"):
            frame.loc[at, name] += weeks
        for name in ("start_date", "end_date"):
            frame.loc[at, name] += pd.Timedelta(weeks=weeks)
        return frame

    return shift


def _at(where: Callable[[pd.DataFrame], pd.Series], **values: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Other values in the rows where something holds."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        rows = where(frame).fillna(False).astype(bool)
        assert rows.any(), "the mutation changes nothing"
        for name, value in values.items():
            frame.loc[rows, name] = value
        return frame

    return change


def _phase(name: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda frame: frame["phase"] == name


MUTATIONS: list[tuple[str, Callable[[pd.DataFrame], pd.DataFrame], str]] = [
    ("activities", _shift(-30, "move"), "promise_phases"),
    ("activities", _shift(-200, "decide"), "promise_dates"),
    ("activities", _shift(1, "hypercare"), "promise_phases"),
    ("activities", _shift(100, "foundation"), "promise_phases"),
    ("activities", lambda frame: frame.assign(start_date=frame["start_date"] - pd.Timedelta(days=1)), "promise_dates"),
    ("activities", lambda frame: frame.assign(start_week=1, end_week=1), "promise_capacity"),
    ("activities", lambda frame: frame[frame["step"].isna()], "promise_steps"),
    ("activities", _at(lambda frame: frame["step"].notna(), end_week=400), "promise_steps"),
    ("activities", _at(_phase("hypercare"), end_week=0, start_week=0), "promise_lengths"),
    ("activities", _at(_phase("foundation"), start_week=7), "promise_lengths"),
    ("activities", lambda frame: frame.assign(is_late=False), "promise_deadlines"),
    ("activities", lambda frame: frame.assign(is_late=True), "promise_deadlines"),
    ("activities", lambda frame: frame.assign(has_cutover=False), "promise_changes"),
    (
        "activities",
        lambda frame: frame.assign(end_week=frame["end_week"].where(~frame["has_cutover"].astype(bool), 40)),
        "promise_cutovers",
    ),
    ("demand", lambda frame: frame.assign(days_per_week=frame["days_per_week"] * 30), "promise_capacity"),
    ("demand", lambda frame: frame.iloc[1:], "promise_effort"),
    ("waves", lambda frame: frame.iloc[1:], "promise_waves"),
    ("waves", lambda frame: pd.concat([frame, frame.iloc[:1]]), "promise_waves"),
    ("waves", lambda frame: frame.assign(wave=frame["wave"] + 1), "promise_waves"),
    ("facts", lambda frame: frame.assign(server_count=149), "promise_wave_size"),
    ("decisions", lambda frame: frame.iloc[1:], "promise_systems"),
    ("decisions", lambda frame: frame.assign(disposition="refactor"), "promise_evidence"),
    ("evidence", lambda frame: frame.iloc[:0], "promise_evidence"),
    ("evidence", lambda frame: frame.assign(effect="deny"), "promise_gates"),
    ("assignments", lambda frame: frame.iloc[1:], "promise_servers"),
    ("targets", lambda frame: frame.assign(need_vcpu=frame["need_vcpu"] / 2), "promise_sizes"),
    ("targets", lambda frame: frame.assign(memory_gib_basis="utilisation"), "promise_sizes"),
    ("sources", lambda frame: frame.assign(rows_used=frame["rows_used"] - 1), "promise_rows"),
    ("groups", lambda frame: pd.concat([frame, frame.iloc[:1]]), "promise_systems"),
]


# One for each kind of table; the others run with the slow tests.
QUICK = ("promise_capacity", "promise_effort", "promise_gates", "promise_rows", "promise_sizes", "promise_wave_size")


@pytest.mark.parametrize(("table", "change", "promise"), slow_but(lambda given: given[2] in QUICK, MUTATIONS))
def test_the_checker_notices(
    planned: Plan, table: str, change: Callable[[pd.DataFrame], pd.DataFrame], promise: str
) -> None:
    found = verify(_tampered(planned, table, change), planned.case, load_policy())["findings"]
    assert found["detail"].str.contains(promise, regex=False).any(), found["detail"].tolist()


def _broken(plan: Plan, **update: object) -> set[str]:
    """Promises that the plan breaks once its case says something else."""
    return set(verify(plan.portfolio, plan.case.model_copy(update=update), load_policy())["findings"]["detail"])


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
    without = _tampered(planned, "systems", lambda frame: frame.assign(personal_data="sensitive", dpia="missing"))
    found = verify(without, planned.case, load_policy())["findings"]
    assert found["detail"].str.contains("promise_steps", regex=False).any()


@pytest.mark.slow
def test_the_checker_holds_the_plan_against_the_case(planned: Plan) -> None:
    assert not _broken(planned)
    always = Freeze(name="alltid", first=date(2027, 1, 1), last=date(2030, 1, 1))
    assert "promise_freeze" in _broken(planned, freezes=[always])
    assert "promise_freeze" not in _broken(planned, freezes=[always.model_copy(update={"areas": ["lön"]})])
    gone = [
        team.model_copy(update={"changes": [Change(first=date(2027, 1, 11), days_per_week=0)]})
        for team in planned.case.teams
    ]
    assert "promise_capacity" in _broken(planned, teams=gone)
    assert "promise_budget" in _broken(planned, budgets={2027: 1000})


def test_the_checker_reads_the_calendar_of_the_policy(planned: Plan) -> None:
    closed = CalendarRule(
        name="closed",
        text={"sv": "x", "en": "x"},
        effect="closed",
        first="01-01",
        last="12-31",
        because="x",
        source="x",
    )
    schedule = load_policy().schedule.model_copy(update={"calendar": [closed]})
    policy = load_policy().model_copy(update={"schedule": schedule})
    assert "promise_freeze" in set(verify(planned.portfolio, planned.case, policy)["findings"]["detail"])


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
def test_the_checker_notices_a_late_pilot_and_a_complex_system_that_is_early(planned: Plan) -> None:
    rules = [
        rule.model_copy(update={"level": "hard", "value": 99 if rule.name.endswith("not_first") else rule.value})
        for rule in load_policy().schedule.waves
    ]
    few = load_policy().schedule.complex_servers.model_copy(update={"value": 1})
    schedule = load_policy().schedule.model_copy(update={"waves": rules, "complex_servers": few})
    policy = load_policy().model_copy(update={"schedule": schedule})
    pilots = _tampered(planned, "priorities", lambda frame: frame.assign(is_pilot_candidate=frame["system_id"] == "S5"))
    late = _tampered(Plan(**{**vars(planned), "portfolio": pilots}), "activities", lambda frame: frame.assign(
        end_week=frame["end_week"].where(frame["activity_id"] != "g-S5/hypercare", 400)))  # fmt: skip
    late = _tampered(Plan(**{**vars(planned), "portfolio": late}), "systems", lambda frame: frame.assign(criticality=4))
    found = set(verify(late, planned.case, policy)["findings"]["detail"])
    assert {"promise_pilot", "promise_complex_not_first", "promise_critical_not_first"} <= found


def test_every_check_has_a_plan_that_it_refuses() -> None:
    """No promise is kept only because nobody ever tried to break it."""
    written = "".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "planner" / "verify").glob("*.py"))
    promises = set(re.findall(r'"(promise_[a-z_]+)"', written)) | {
        "promise_critical_not_first",
        "promise_complex_not_first",
    }
    tried = "".join(
        Path(__file__).with_name(name).read_text(encoding="utf-8")
        for name in ("test_schedule.py", "test_business_case.py", "test_review.py", "test_replan.py")
    )
    assert {name for name in promises if tried.count(name) < (2 if "not_first" in name else 1)} == set()


def test_the_checker_notices_a_broken_order(planned: Plan) -> None:
    turned = _tampered(
        planned,
        "links",
        lambda frame: frame.rename(
            columns={"source_system_id": "target_system_id", "target_system_id": "source_system_id"}
        ),
    )
    assert verify(turned, planned.case, load_policy())["findings"]["detail"].str.contains("promise_order").any()


@pytest.mark.slow
def test_the_checker_notices_a_flow_that_is_passed_over_without_a_word(planned: Plan) -> None:
    turned = _tampered(planned, "links", lambda frame: frame.rename(
        columns={"source_system_id": "target_system_id", "target_system_id": "source_system_id"}))  # fmt: skip
    silent = _tampered(Plan(**{**vars(planned), "portfolio": turned}), "ties", lambda frame: frame.assign(
        is_decoupled=True))  # fmt: skip
    assert verify(silent, planned.case, load_policy())["findings"]["detail"].str.contains("promise_order").any()


def test_the_checker_notices_a_group_beyond_the_limit(planned: Plan) -> None:
    one = _tampered(planned, "groups", lambda frame: frame.assign(group_id=frame["group_id"].iloc[0]))
    few = load_policy().groups.max_systems.model_copy(update={"value": 1})
    groups = load_policy().groups.model_copy(update={"max_systems": few})
    found = verify(one, planned.case, load_policy().model_copy(update={"groups": groups}))["findings"]
    assert found.query("detail == 'promise_group_size'")["row_id"].tolist() == [one["groups"]["group_id"].iloc[0]]


@pytest.mark.slow
def test_a_plan_that_breaks_a_promise_is_not_published(make_case: MakeCase, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_case({"system.csv": REGISTER, "servrar.csv": SERVERS, "samband.csv": FLOWS}, SOURCES)
    honest = pipeline.schedule

    def hasty(*given: Any) -> dict[str, pd.DataFrame]:
        made = honest(*given)
        return made | {"demand": made["demand"].assign(days_per_week=99.0)}

    monkeypatch.setattr(pipeline, "schedule", hasty)
    with pytest.raises(VerificationError, match="not published"):
        pipeline.plan(folder)
    assert not (folder / "plan").exists()


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
