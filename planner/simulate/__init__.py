"""How sure: dates and costs in thousands of futures, drawn with a seed."""

from planner.simulate.futures import simulate

__all__ = ["simulate"]
