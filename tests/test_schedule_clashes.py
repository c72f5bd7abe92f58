"""Deadlines that cannot be kept: one test per kind of constraint that it is named, and that a way out of it is priced."""

from __future__ import annotations

import re
from datetime import date

import pandas as pd
import pytest

from planner.case import Change, Freeze
from planner.errors import InfeasiblePlan
from planner.policy import Policy, load_policy
from planner.policy.schedule import CalendarRule
from planner.portfolio import Portfolio
from planner.schedule import schedule
from planner.schedule.alternatives import Alternatives, Choice
from planner.schema import load_table
from planner.texts import load_texts
from tests.small_case import bought, planned_small, unscheduled

Made = dict[str, pd.DataFrame]


def due(portfolio: Portfolio, system_id: str, day: str) -> Portfolio:
    """A deadline for one system and for no other."""
    frame = portfolio["systems"].assign(deadline_date=pd.NaT, contract_end_date=pd.NaT)
    frame["deadline_date"] = frame["deadline_date"].mask(frame["system_id"] == system_id, pd.Timestamp(day))
    return Portfolio({**portfolio.tables, "systems": frame})


def scheduled(portfolio: Portfolio, policy: Policy | None = None, **update: object) -> Made:
    return schedule(portfolio, planned_small().case.model_copy(update=update), policy or load_policy())


def kinds(made: Made, group_id: str) -> list[str]:
    rows = made["clashes"].query(f"group_id == '{group_id}'")
    assert rows["is_proven"].all()
    return rows["kind"].tolist()


def ways(made: Made, group_id: str) -> pd.DataFrame:
    return made["relaxations"].query(f"group_id == '{group_id}'").set_index("kind")


def end(made: Made, group_id: str) -> pd.Timestamp:
    return made["activities"].query(f"group_id == '{group_id}' and has_cutover")["end_date"].max()


def test_the_runner_up_is_named_with_its_price_where_it_meets_the_deadline() -> None:
    portfolio = due(bought(unscheduled()), "S5", "2027-12-03")
    made = scheduled(portfolio)
    assert end(made, "g-S5") > pd.Timestamp(2027, 12, 3), "the proposal is not swapped"
    way = ways(made, "g-S5").loc["other_disposition"]
    assert way["choices"] == "S5=rehost" and way["end_date"] <= pd.Timestamp(2027, 12, 3)
    assert way["amount"] == (end(made, "g-S5") - way["end_date"]).days / 7
    other = Alternatives(portfolio, planned_small().case, load_policy()).decided(
        (Choice("S5", "rehost", "repurchase"),)
    )
    days = other["effort"]["likely_days"].sum() - portfolio["effort"]["likely_days"].sum()
    assert way["days_more"] == pytest.approx(days, abs=0.01) and days < 0
    assert way["price_sek"] == pytest.approx(days * load_policy().effort.day_rate.value, abs=100)
    assert "other_disposition" not in ways(scheduled(due(other, "S5", "2027-12-03")), "g-S5").index
    assert end(scheduled(other), "g-S5") <= pd.Timestamp(2027, 12, 3), "what is told comes true once it is decided"


def test_a_runner_up_that_does_not_suffice_is_told_by_the_end_that_it_leads_to() -> None:
    way = ways(scheduled(due(bought(unscheduled()), "S5", "2027-01-22")), "g-S5").loc["other_disposition"]
    assert way["end_date"] > pd.Timestamp(2027, 1, 22) and way["amount"] > 4


def test_a_runner_up_that_is_no_sooner_is_not_told() -> None:
    """To rebuild it takes longer than to move it."""
    portfolio = unscheduled()
    options = portfolio["options"].copy()
    mine = (options["system_id"] == "S5") & (options["option"] == "refactor")
    options.loc[mine, ["is_allowed", "score"]] = [True, 10]
    made = scheduled(due(Portfolio({**portfolio.tables, "options": options}), "S5", "2027-01-22"))
    assert "S5=refactor" not in set(made["relaxations"]["choices"])


def test_nothing_is_offered_beside_what_is_not_decided() -> None:
    portfolio = unscheduled()
    decisions = portfolio["decisions"].copy()
    decisions.loc[decisions["system_id"] == "S5", "disposition"] = pd.NA
    undecided = Portfolio({**portfolio.tables, "decisions": decisions})
    assert Alternatives(undecided, planned_small().case, load_policy()).sets(["g-S5"]) == []


@pytest.mark.parametrize("table", ["reviews", "reported"])
def test_work_that_somebody_knows_better_is_not_estimated_anew(table: str) -> None:
    portfolio = bought(unscheduled())
    row = {"reviews": {"kind": "effort_days", "state": "active", "value": "1 / 2 / 3"}, "reported": {"phase": "decide"}}
    frame = pd.DataFrame([{"system_id": "S5", **row[table]}])
    alternatives = Alternatives(Portfolio({**portfolio.tables, table: frame}), planned_small().case, load_policy())
    assert alternatives.sets(["g-S5"]) == []
    assert Alternatives(portfolio, planned_small().case, load_policy()).sets(["g-S5"])


def test_a_runner_up_brings_the_decisions_that_its_gates_ask_for() -> None:
    portfolio, policy = bought(unscheduled()), load_policy()
    gate = next(
        item for item in policy.decisions.gates if item.task and "rehost" in item.options and item.verdict != "deny"
    )
    row = {"system_id": "S5", "rule": gate.name, "kind": "gate", "outcome": "true"}
    evidence = pd.concat([portfolio["evidence"].astype({"rule": "string"}), pd.DataFrame([row])], ignore_index=True)
    made = Alternatives(Portfolio({**portfolio.tables, "evidence": evidence}), planned_small().case, policy).decided(
        (Choice("S5", "rehost", "repurchase"),)
    )
    assert str(gate.task) in made["decisions"].set_index("system_id").at["S5", "tasks"].split()


def rule(**said: object) -> Policy:
    """The policy with one rule of the calendar and no other."""
    given = {"name": "stängt", "text": {"sv": "x", "en": "x"}, "because": "x", "source": "x", **said}
    return with_schedule(calendar=[CalendarRule(**{**given, "name": "closed"})])


def with_schedule(**update: object) -> Policy:
    return load_policy().model_copy(update={"schedule": load_policy().schedule.model_copy(update=update)})


def alone() -> Portfolio:
    """No deadline but those that a test gives, and no flows."""
    portfolio = unscheduled()
    systems = portfolio["systems"].assign(deadline_date=pd.NaT, contract_end_date=pd.NaT)
    return Portfolio({**portfolio.tables, "systems": systems})


def test_a_freeze_is_named_and_an_exception_from_it_is_a_way() -> None:
    portfolio = due(unscheduled(), "S5", "2027-06-11")
    free = scheduled(portfolio)
    assert "g-S5" not in set(free["clashes"]["group_id"])
    frozen = [Freeze(name="Revision", first=date(2027, 3, 1), last=date(2027, 6, 30), capacity_pct=100)]
    made = scheduled(portfolio, freezes=frozen)
    clashes = made["clashes"].query("group_id == 'g-S5'").set_index("kind")
    assert clashes["is_proven"].all() and clashes.at["freeze", "subject"] == "Revision"
    assert ways(made, "g-S5").at["freeze_exception", "end_date"] <= pd.Timestamp(2027, 6, 11)


def test_a_rule_of_meetings_is_named_and_an_extra_meeting_is_a_way() -> None:
    portfolio = due(bought(unscheduled(), "direct_award"), "S5", "2027-10-29")
    assert "g-S5" not in set(scheduled(portfolio)["clashes"]["group_id"])
    made = scheduled(portfolio, rule(effect="no_meeting", first="01-01", last="08-31"))
    assert "no_meeting" in kinds(made, "g-S5") and "freeze" not in kinds(made, "g-S5")
    assert ways(made, "g-S5").at["meeting_exception", "end_date"] <= pd.Timestamp(2027, 10, 29)


def test_a_budget_that_is_too_small_is_named_and_a_larger_one_is_priced() -> None:
    portfolio = due(unscheduled(), "S5", "2027-12-10")
    assert "g-S5" not in set(scheduled(portfolio)["clashes"]["group_id"])
    made = scheduled(portfolio, budgets={2027: 100_000})
    assert kinds(made, "g-S5") == ["deadline", "budget"]
    way = ways(made, "g-S5").loc["more_budget"]
    assert way["price_sek"] == way["amount"] > 0 and way["end_date"] <= pd.Timestamp(2027, 12, 10)
    enough = scheduled(portfolio, budgets={2027: 100_000 + way["amount"]})
    assert "g-S5" not in set(enough["clashes"]["group_id"]), "what is told comes true"


def test_a_group_that_comes_first_is_named_and_to_go_before_it_is_a_way() -> None:
    """System 5 needs System 6, which may not change hands before the autumn."""
    portfolio = due(unscheduled(), "S5", "2027-06-04")
    order = pd.DataFrame(
        [{"before_group_id": "g-S3", "after_group_id": "g-S5", "reason": "needed_moves_first", "flows": "x"}]
    )
    pins = pd.DataFrame([{"system_id": "S3", "kind": "not_before", "value": "2027-09-06"}])
    first = Portfolio({**portfolio.tables, "precedence": pd.concat([portfolio["precedence"], order]), "pins": pins})
    made = scheduled(first)
    clashes = made["clashes"].query("group_id == 'g-S5'")
    assert clashes["is_proven"].all()
    assert clashes.query("kind == 'precedence'")["subject"].tolist() == ["g-S3"]
    assert clashes.query("kind == 'wave_rule'")["subject"].tolist() == ["pin"]
    way = ways(made, "g-S5").loc["without_order"]
    assert way["subject"] == "g-S3" and way["end_date"] <= pd.Timestamp(2027, 6, 4)


def test_two_dates_that_people_gave_clash() -> None:
    """Not before September, says one; by June, says the other."""
    pins = [("S5", "not_before", "2027-09-06"), ("S5", "not_after", "2027-06-04")]
    portfolio = alone()
    frame = pd.DataFrame(pins, columns=["system_id", "kind", "value"])
    made = scheduled(Portfolio({**portfolio.tables, "pins": frame}))
    clashes = made["clashes"].query("group_id == 'g-S5'")
    assert clashes["kind"].tolist() == ["pin", "wave_rule"] and clashes["subject"].tolist()[1] == "pin"
    assert set(clashes["deadline_date"]) == {pd.Timestamp(2027, 6, 4)}
    assert ways(made, "g-S5").at["without_rule", "end_date"] <= pd.Timestamp(2027, 6, 4)


def test_a_team_without_the_days_is_named_and_people_are_priced() -> None:
    teams = [team.model_copy(update={"days_per_week": 0.2} if team.role == "platform" else {}) for team in
             planned_small().case.teams]  # fmt: skip
    made = scheduled(due(unscheduled(), "S5", "2027-09-24"), teams=teams)
    clashes = made["clashes"].query("group_id == 'g-S5'")
    assert clashes["is_proven"].all() and "platform" in set(clashes["subject"])
    way = ways(made, "g-S5").loc["more_people"]
    assert way["subject"] == "platform" and way["price_sek"] > 0 and way["end_date"] <= pd.Timestamp(2027, 9, 24)


def test_more_changes_than_a_week_holds_are_named_and_a_higher_limit_is_a_way() -> None:
    portfolio = unscheduled()
    systems = portfolio["systems"].assign(contract_end_date=pd.NaT, deadline_date=pd.Timestamp(2027, 6, 11))
    policy = rule(effect="closed", first="01-01", last="06-06")
    portfolio = Portfolio({**portfolio.tables, "systems": systems, "precedence": portfolio["precedence"].iloc[:0]})
    made = scheduled(portfolio, policy, max_cutovers_per_week=1, freezes=[])
    clashes = made["clashes"]
    assert set(clashes["kind"]) == {"deadline", "cutovers"} and clashes["is_proven"].all(), "one open week for five"
    enough = ways(made, clashes["group_id"].iloc[0]).loc["more_cutovers"]
    assert enough["amount"] == 1 and enough["end_date"] <= pd.Timestamp(2027, 6, 11)


def test_what_is_not_done_by_the_horizon_is_explained_too() -> None:
    made = scheduled(alone(), horizon_date=date(2027, 2, 26))
    clashes = made["clashes"]
    assert "horizon" in set(clashes["kind"]) and set(clashes["deadline_date"]) == {pd.Timestamp(2027, 2, 26)}
    assert (made["relaxations"].query("kind == 'later_deadline'")["amount"] > 0).all()


def test_a_team_without_any_days_names_what_would_be_enough() -> None:
    teams = [
        team.model_copy(update={"changes": [Change(first=date(2027, 1, 11), days_per_week=0)]})
        if team.role == "application"
        else team
        for team in planned_small().case.teams
    ]
    with pytest.raises(InfeasiblePlan, match="'application', whose team has no days") as said:
        scheduled(unscheduled(), teams=teams)
    assert said.value.remedy is not None
    found = re.search(r"With (\d+) days a week .* ends (\d{4}-\d{2}-\d{2})", said.value.remedy)
    assert found, said.value.remedy
    enough = [
        team.model_copy(update={"days_per_week": float(found[1])}) if team.role == "application" else team
        for team in planned_small().case.teams
    ]
    assert scheduled(unscheduled(), teams=enough)["activities"]["end_date"].max() <= pd.Timestamp(found[2])


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_kind_has_words(language: str) -> None:
    labels = load_texts(language).labels
    for table, prefix in (("clashes", "clash"), ("relaxations", "way")):
        missing = [
            kind for kind in load_table(table).column("kind").values if kind not in ("deadline", "pin", "horizon")
        ]
        assert [kind for kind in missing if f"{prefix}_{kind}" not in labels] == []


def test_what_lies_behind_another_group_is_told() -> None:
    """System 3 waits for System 1, which waits for a date that somebody gave."""
    portfolio = alone()
    pins = pd.DataFrame([{"system_id": "S1", "kind": "not_before", "value": "2027-09-06"}])
    made = scheduled(Portfolio({**portfolio.tables, "pins": pins}))
    told = made["wave_bounds"].set_index("group_id")[["bound_detail", "behind_group_id", "behind_by", "behind_detail"]]
    assert told.loc["g-S3"].tolist() == ["g-S1/cutover", "g-S1", "wave_rule", "pin"]
    assert told.loc["g-S4"].tolist() == ["g-S3/cutover", "g-S1", "wave_rule", "pin"], "through one that waits itself"
