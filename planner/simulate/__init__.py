"""How sure: dates and costs in thousands of futures, drawn with a seed."""

from planner.simulate.costs import risk_costs
from planner.simulate.declared import DECLARED
from planner.simulate.futures import simulate

__all__ = ["DECLARED", "risk_costs", "simulate"]
