"""What the futures are made of: tables and columns; where these are as they were, nothing need be drawn again."""

from __future__ import annotations

from planner.portfolio import Declared

DECLARED = Declared(
    reads={
        "activities": (
            "activity_id", "group_id", "phase", "step", "effort_phase", "effort_share", "start_week", "end_week",
            "end_date", "has_cutover", "deadline_date", "state",
        ),
        "decisions": ("system_id", "disposition"),
        "demand": ("activity_id", "role", "days_per_week"),
        "effort": ("system_id", "phase", "low_days", "likely_days", "high_days"),
        "facts": ("system_id", "lead_route"),
        "groups": ("group_id", "system_id"),
        "precedence": ("before_group_id", "after_group_id"),
        "systems": ("system_id", "business_area"),
        "waves": ("wave", "group_id", "system_id", "end_date"),
    },
    makes=("risk_waves", "risk_deadlines", "risk_activities"),
)  # fmt: skip
