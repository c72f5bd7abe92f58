"""When: waves and dates under capacity, order, calendar and deadlines."""

from planner.schedule.plan_weeks import schedule

__all__ = ["schedule"]
