"""The five public-sector lenses, one module each; `assess` runs them all."""

from __future__ import annotations

import pandas as pd

from planner.case import Case
from planner.codes import in_turn
from planner.lenses import business_value, cloud_fit, dataflow_2030, openness, relevance
from planner.lenses.derived import with_derived_inputs
from planner.lenses.reading import System, classes_of
from planner.policy import LENSES, Policy
from planner.portfolio import Portfolio
from planner.schema import conform

MODULES = {
    "dataflow_2030": dataflow_2030.score,
    "openness": openness.score,
    "relevance": relevance.score,
    "business_value": business_value.score,
}


def assess(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """Look at every system through every lens.

    Returns
    -------
    dict of DataFrame
        lenses: one row per system and lens, with bounds, coverage and class (public-sector reference section 2);
        target_fit: one row per system and target environment.
    """
    systems = portfolio["systems"].merge(portfolio["facts"], on="system_id")
    fitted = cloud_fit.fit_targets(systems, policy.cloud_fit, case.plan_date)
    derived = with_derived_inputs(systems, pd.Timestamp(case.plan_date))
    parts = []
    for name in sorted(LENSES):
        lens = policy.lenses.lenses[name]
        reading = System.read(derived, lens)
        low, high = (
            MODULES[name](reading)
            if name in MODULES
            else cloud_fit.score(fitted, systems["system_id"], policy.cloud_fit)
        )
        parts.append(classes_of(name, reading, low, high, lens, policy.lenses.coverage_floor.value))
    return {"lenses": conform(in_turn(parts, systems["system_id"]), "lenses"), "target_fit": fitted}
