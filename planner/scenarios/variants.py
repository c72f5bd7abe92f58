"""A case with the changes of one of its scenarios."""

from __future__ import annotations

import difflib
from typing import Any

from planner.case import Case, Scenario, Team
from planner.errors import CaseError

# The case as it is.
BASE = "base"
# A budget goes on after the horizon: a plan that is late does not get the rest of its money at once.
BUDGET_YEARS = 20
SIMPLE = ("max_cutovers_per_week", "providers", "regions", "policy", "start_date", "horizon_date")


def variants(case: Case, names: list[str]) -> dict[str, Case]:
    """The case itself and the named scenarios (all of them when none is named), each as a case of its own.

    Raises
    ------
    CaseError
        A name that the case does not have, or a case without scenarios.
    """
    if not case.scenarios:
        raise CaseError(
            "the case has no scenarios to compare",
            place="case.yaml",
            remedy="Add 'scenarios:' with a title, a reason and what is different; see inventories/exempelkommun.",
        )
    for name in names:
        if name != BASE and name not in case.scenarios:
            near = difflib.get_close_matches(name, case.scenarios, n=1)
            known = ", ".join(sorted(case.scenarios))
            hint = f"Did you mean '{near[0]}'? " if near else ""
            raise CaseError(
                "no such scenario", place="case.yaml: scenarios", value=name, remedy=f"{hint}Known are: {known}."
            )
    chosen = [name for name in dict.fromkeys(names or case.scenarios) if name != BASE]
    return {BASE: case} | {name: _changed(case, case.scenarios[name]) for name in chosen}


def _changed(case: Case, scenario: Scenario) -> Case:
    given: dict[str, Any] = {key: getattr(scenario, key) for key in SIMPLE if getattr(scenario, key) is not None}
    share = (scenario.capacity_pct or 100) / 100
    given["teams"] = [_team(team, scenario, share) for team in case.teams]
    if scenario.budget_sek_per_year is not None:
        years = range(case.start_date.year, case.horizon_date.year + BUDGET_YEARS)
        given["budgets"] = dict.fromkeys(years, scenario.budget_sek_per_year)
    return case.model_copy(update=given)


def _team(team: Team, scenario: Scenario, share: float) -> Team:
    """The team with the scenario's days; days that the scenario states hold for good, whatever was to change later."""
    if team.role in scenario.days_per_week:
        days = scenario.days_per_week[team.role] * share
        return team.model_copy(update={"days_per_week": days, "changes": []})
    later = [change.model_copy(update={"days_per_week": change.days_per_week * share}) for change in team.changes]
    return team.model_copy(update={"days_per_week": team.days_per_week * share, "changes": later})
