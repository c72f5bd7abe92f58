"""The checker notices when a promise of the plan is broken: for every promise a plan that it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from planner import pipeline
from planner.case import Change, Freeze
from planner.errors import VerificationError
from planner.plan import Plan
from planner.policy import load_policy
from planner.policy.schedule import CalendarRule
from planner.schedule import schedule
from planner.verify import verify
from tests.conftest import REPOSITORY, slow_but
from tests.small_case import FLOWS, REGISTER, SERVERS, SOURCES, bought, planned_small, tampered, unscheduled

MakeCase = Callable[..., Path]


@pytest.fixture(scope="module")
def planned() -> Plan:
    """The small case."""
    return planned_small()


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
    found = verify(tampered(planned, table, change), planned.case, load_policy())["findings"]
    assert found["detail"].str.contains(promise, regex=False).any(), found["detail"].tolist()


def _broken(plan: Plan, **update: object) -> set[str]:
    """Promises that the plan breaks once its case says something else."""
    return set(verify(plan.portfolio, plan.case.model_copy(update=update), load_policy())["findings"]["detail"])


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


@pytest.mark.slow
def test_the_checker_notices_a_late_pilot_and_a_complex_system_that_is_early(planned: Plan) -> None:
    rules = [
        rule.model_copy(update={"level": "hard", "value": 99 if rule.name.endswith("not_first") else rule.value})
        for rule in load_policy().schedule.waves
    ]
    few = load_policy().schedule.complex_servers.model_copy(update={"value": 1})
    schedule = load_policy().schedule.model_copy(update={"waves": rules, "complex_servers": few})
    policy = load_policy().model_copy(update={"schedule": schedule})
    pilots = tampered(planned, "priorities", lambda frame: frame.assign(is_pilot_candidate=frame["system_id"] == "S5"))
    late = tampered(Plan(**{**vars(planned), "portfolio": pilots}), "activities", lambda frame: frame.assign(
        end_week=frame["end_week"].where(frame["activity_id"] != "g-S5/hypercare", 400)))  # fmt: skip
    late = tampered(Plan(**{**vars(planned), "portfolio": late}), "systems", lambda frame: frame.assign(criticality=4))
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
        for name in ("test_verify.py", "test_schedule.py", "test_business_case.py", "test_review.py", "test_replan.py")
    )
    assert {name for name in promises if tried.count(name) < (2 if "not_first" in name else 1)} == set()


def test_the_checker_notices_a_broken_order(planned: Plan) -> None:
    turned = tampered(
        planned,
        "links",
        lambda frame: frame.rename(
            columns={"source_system_id": "target_system_id", "target_system_id": "source_system_id"}
        ),
    )
    assert verify(turned, planned.case, load_policy())["findings"]["detail"].str.contains("promise_order").any()


@pytest.mark.slow
def test_the_checker_notices_a_flow_that_is_passed_over_without_a_word(planned: Plan) -> None:
    turned = tampered(planned, "links", lambda frame: frame.rename(
        columns={"source_system_id": "target_system_id", "target_system_id": "source_system_id"}))  # fmt: skip
    silent = tampered(Plan(**{**vars(planned), "portfolio": turned}), "ties", lambda frame: frame.assign(
        is_decoupled=True))  # fmt: skip
    assert verify(silent, planned.case, load_policy())["findings"]["detail"].str.contains("promise_order").any()


def test_the_checker_notices_a_group_beyond_the_limit(planned: Plan) -> None:
    one = tampered(planned, "groups", lambda frame: frame.assign(group_id=frame["group_id"].iloc[0]))
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


def test_the_checker_notices_a_purchase_that_the_budget_cannot_hold() -> None:
    """A plan made without the rule on new money is refused by one that has it, unless the case says that money is there."""
    portfolio, case, policy = bought(unscheduled(), "framework"), planned_small().case, load_policy()
    off = policy.schedule.budget_cycle.model_copy(update={"level": "off"})
    careless = policy.model_copy(update={"schedule": policy.schedule.model_copy(update={"budget_cycle": off})})
    early = portfolio.with_tables(schedule(portfolio, case, careless))
    found = verify(early, case, policy)["findings"].query("detail == 'promise_budget_cycle'")["row_id"]
    assert set(found) == {"g-S5/prepare", "g-S5/move", "g-S5/cutover"}
    granted = case.model_copy(update={"new_money_from": date(2027, 1, 1)})
    for other in ((early, granted, policy), (portfolio.with_tables(schedule(portfolio, case, policy)), case, policy)):
        assert "promise_budget_cycle" not in set(verify(*other)["findings"]["detail"])
