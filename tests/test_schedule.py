"""Groups and schedule: order, circles, capacity, freezes, deadlines; and a checker that notices when a promise is broken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.case import Case, Freeze, Source, Team, read_case
from planner.errors import InfeasiblePlan
from planner.pipeline import compute
from planner.plan import Plan
from planner.policy import load_policy
from planner.portfolio import Portfolio
from planner.schedule.activities import Activity
from planner.schedule.calendar import capacity_weeks, frozen_weeks, monday, week_of
from planner.schedule.serial import place
from planner.verify import verify
from tests.conftest import write_case

MakeCase = Callable[..., Path]
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


@pytest.mark.parametrize(
    ("table", "change", "promise"),
    [
        ("activities", _shift(-30, "move"), "promise_phases"),
        ("activities", _shift(-200, "decide"), "promise_phases"),
        ("activities", lambda frame: frame.assign(start_week=1, end_week=1), "promise_capacity"),
        ("demand", lambda frame: frame.assign(days_per_week=frame["days_per_week"] * 30), "promise_capacity"),
        ("demand", lambda frame: frame.iloc[1:], "promise_effort"),
        ("decisions", lambda frame: frame.iloc[1:], "promise_systems"),
        ("decisions", lambda frame: frame.assign(disposition="refactor"), "promise_evidence"),
        ("evidence", lambda frame: frame.iloc[:0], "promise_evidence"),
        ("evidence", lambda frame: frame.assign(effect="deny"), "promise_gates"),
        ("activities", lambda frame: frame.assign(is_late=False), "promise_deadlines"),
        (
            "activities",
            lambda frame: frame.assign(end_week=frame["end_week"].where(~frame["has_cutover"], 40)),
            "promise_cutovers",
        ),
        ("assignments", lambda frame: frame.iloc[1:], "promise_servers"),
        ("targets", lambda frame: frame.assign(need_vcpu=frame["need_vcpu"] / 2), "promise_sizes"),
        ("targets", lambda frame: frame.assign(memory_gib_basis="utilisation"), "promise_sizes"),
        ("sources", lambda frame: frame.assign(rows_used=frame["rows_used"] - 1), "promise_rows"),
        ("groups", lambda frame: pd.concat([frame, frame.iloc[:1]]), "promise_systems"),
    ],
)
def test_the_checker_notices(
    planned: Plan, table: str, change: Callable[[pd.DataFrame], pd.DataFrame], promise: str
) -> None:
    found = verify(_tampered(planned, table, change), planned.case, load_policy())["findings"]
    assert found["detail"].str.contains(promise, regex=False).any(), found["detail"].tolist()


def test_the_checker_notices_a_cutover_in_a_freeze_and_a_broken_order(planned: Plan) -> None:
    summer = planned.case.model_copy(
        update={"freezes": [Freeze(name="alltid", first=date(2027, 1, 1), last=date(2030, 1, 1))]}
    )
    assert verify(planned.portfolio, summer, load_policy())["findings"]["detail"].str.contains("promise_freeze").any()
    turned = _tampered(
        planned,
        "links",
        lambda frame: frame.rename(
            columns={"source_system_id": "target_system_id", "target_system_id": "source_system_id"}
        ),
    )
    assert verify(turned, planned.case, load_policy())["findings"]["detail"].str.contains("promise_order").any()


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


ACTIVITIES = st.lists(st.tuples(st.integers(1, 8), st.floats(0.1, 4.0), st.integers(0, 2)), min_size=1, max_size=25)


@settings(deadline=None, max_examples=60)
@given(rows=ACTIVITIES, frozen=st.integers(0, 20))
def test_any_schedule_keeps_capacity_order_and_freezes(rows: list[tuple[int, float, int]], frozen: int) -> None:
    freeze = Freeze(name="f", first=monday(case_of(5), frozen), last=monday(case_of(5), frozen + 3), capacity_pct=80)
    case = case_of(5, [freeze])
    activities = {
        f"a{number:02d}": Activity(f"a{number:02d}", f"g{number:02d}", "move", weeks, {"r": demand}, cutovers,
                                   before=[f"a{number - 3:02d}"] if number >= 3 else [])
        for number, (weeks, demand, cutovers) in enumerate(rows)
    }  # fmt: skip
    placed = {item.activity.key: item for item in place(activities, case)}
    assert set(placed) == set(activities)
    last = max(item.end for item in placed.values()) + 1
    used, cutovers = [0.0] * last, [0] * last
    for key, item in placed.items():
        assert all(placed[before].end < item.start for before in activities[key].before)
        for week in range(item.start, item.end + 1):
            used[week] += item.activity.demand["r"]
        cutovers[item.end] += item.activity.cutovers
        assert not (item.activity.cutovers and frozen_weeks(case, last)[item.end])
    capacity = capacity_weeks(case, "r", last)
    assert all(week <= limit + 1e-6 for week, limit in zip(used, capacity, strict=True))
    assert max(cutovers) <= case.max_cutovers_per_week


def test_what_fits_nowhere_is_named() -> None:
    with pytest.raises(InfeasiblePlan, match="capacity"):
        place({"a": Activity("a", "g", "move", 2, {"r": 9.0})}, case_of(5))


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
