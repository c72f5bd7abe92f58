"""Scenarios: variants of a case, what each leads to, and which of them no reason speaks for."""

from planner.scenarios.measures import ScenarioResult, result_of, without_plan
from planner.scenarios.variants import BASE, variants

__all__ = ["BASE", "ScenarioResult", "result_of", "variants", "without_plan"]
