"""New money: when it can be asked for, what waits for it, and how that is told."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from pydantic import ValidationError

from planner.policy import load_policy
from planner.policy.schedule import BudgetCycle
from planner.schedule import schedule
from planner.schedule.budget_cycle import ask_by, money_from
from tests.small_case import bought, planned_small, unscheduled


@pytest.mark.parametrize(
    ("planned", "work", "asked", "there"),
    [
        # The budget of 2027 is asked for by the end of February 2026, and framed when the plan is made.
        (date(2026, 11, 23), date(2027, 1, 11), date(2027, 2, 28), date(2028, 1, 1)),
        (date(2026, 2, 28), date(2026, 9, 7), date(2026, 2, 28), date(2027, 1, 1)),
        (date(2026, 3, 1), date(2026, 9, 7), date(2027, 2, 28), date(2028, 1, 1)),
        # A plan that is made anew counts on what the first one asked for.
        (date(2027, 10, 4), date(2027, 1, 11), date(2027, 2, 28), date(2028, 1, 1)),
    ],
)
def test_money_is_there_in_the_first_year_whose_budget_is_still_open(
    planned: date, work: date, asked: date, there: date
) -> None:
    case = planned_small().case.model_copy(update={"plan_date": planned, "start_date": work})
    assert (ask_by(case, load_policy()), money_from(case, load_policy())) == (asked, there)


@pytest.mark.parametrize("day", ["02-29", "02-30", "04-31"])
def test_a_day_that_not_every_year_has_is_refused(day: str) -> None:
    cycle = load_policy().schedule.budget_cycle
    with pytest.raises(ValidationError, match="ask_by"):
        BudgetCycle.model_validate({**cycle.model_dump(), "ask_by": day})


def test_what_takes_new_money_waits_for_its_budget_and_says_so() -> None:
    portfolio, case = bought(unscheduled(), "framework"), planned_small().case
    made = schedule(portfolio, case, load_policy())
    held = made["activities"].set_index("activity_id").loc["g-S5/prepare"]
    assert held["start_date"] == pd.Timestamp(2028, 1, 3)
    assert (held["bound_by"], held["bound_detail"]) == ("wave_rule", "budget_cycle")
    told = made["findings"].query("code == 'money_to_ask_for'")
    assert told[["row_id", "value", "detail"]].values.tolist() == [["S5", "2027-02-28", "2028"]]
    granted = schedule(portfolio, case.model_copy(update={"new_money_from": date(2027, 6, 1)}), load_policy())
    begins = granted["activities"].set_index("activity_id").at["g-S5/prepare", "start_date"]
    assert pd.Timestamp(2027, 6, 1) <= begins < pd.Timestamp(2028, 1, 1)
    assert "money_to_ask_for" not in set(granted["findings"]["code"])


@pytest.mark.parametrize("route", ["direct_award", "own_contract"])
def test_what_the_yearly_frame_holds_waits_for_no_budget(route: str) -> None:
    made = schedule(bought(unscheduled(), route), planned_small().case, load_policy())
    assert made["activities"].set_index("activity_id").at["g-S5/prepare", "start_date"] < pd.Timestamp(2028, 1, 1)
    assert "money_to_ask_for" not in set(made["findings"]["code"])
