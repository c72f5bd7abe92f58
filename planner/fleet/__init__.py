"""Many organisations side by side: what each plans, what they have in common, and what they could do together."""

from planner.fleet.plans import Fleet, fleet_problems, read_fleet
from planner.fleet.report import REPORT, fleet_report

__all__ = ["REPORT", "Fleet", "fleet_problems", "fleet_report", "read_fleet"]
