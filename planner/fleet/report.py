"""The fleet report: three tables from the plans of many organisations. Pure: no file, no clock."""

from __future__ import annotations

from pandas import DataFrame

from planner.fleet.chances import chances
from planner.fleet.organisations import organisations
from planner.fleet.plans import Fleet
from planner.fleet.rules import ChanceRules, load_chance_rules
from planner.fleet.shared import shared

REPORT = ("fleet_organisations", "fleet_shared", "fleet_chances")


def fleet_report(fleet: Fleet, legal_forms: list[str], rules: ChanceRules | None = None) -> dict[str, DataFrame]:
    """Compare organisations and find what they share.

    Parameters
    ----------
    fleet
        Their plans.
    legal_forms
        Words in names of companies that say nothing, in lower case: `ab`.
    rules
        When organisations can act together; the shipped ones by default.

    Returns
    -------
    Tables fleet_organisations, fleet_shared and fleet_chances.
    """
    known = rules or load_chance_rules()
    common = shared(fleet, legal_forms, int(known.least_organisations.value))
    return dict(zip(REPORT, (organisations(fleet), common, chances(common, known)), strict=True))
