"""Deadlines that cannot be kept: one test per kind of constraint that it is named, and that a way out of it is priced."""

from __future__ import annotations

import pandas as pd
import pytest

from planner.policy import Policy, load_policy
from planner.portfolio import Portfolio
from planner.schedule import schedule
from planner.schedule.alternatives import Alternatives, Choice
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
