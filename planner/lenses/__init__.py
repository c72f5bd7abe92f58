"""The five public-sector lenses, one module each; `assess` runs them all."""

from __future__ import annotations

import pandas as pd

from planner.case import Case
from planner.lenses import business_value, cloud_fit, dataflow_2030, openness, relevance
from planner.lenses.reading import System, classes_of
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schema import concat

MODULES = {
    "dataflow_2030": dataflow_2030.score,
    "openness": openness.score,
    "cloud_fit": cloud_fit.score,
    "relevance": relevance.score,
    "business_value": business_value.score,
}


def assess(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """Look at every system through every lens.

    Returns
    -------
    dict of DataFrame
        lenses: one row per system and lens, with bounds, coverage and class (public-sector reference section 2).
    """
    systems = portfolio["systems"].merge(portfolio["facts"], on="system_id")
    parts = []
    for name, score in MODULES.items():
        lens = policy.lenses.lenses[name]
        reading = System.read(systems, lens, pd.Timestamp(case.plan_date))
        low, high = score(reading)
        parts.append(classes_of(name, reading, low, high, lens, policy.lenses.coverage_floor.value))
    return {"lenses": concat(parts, "lenses").sort_values(["system_id", "lens"], kind="stable", ignore_index=True)}
