"""What the schedule is made of: tables and columns; where these are as they were, it need not be made again."""

from __future__ import annotations

from planner.policy import Policy
from planner.portfolio import Declared
from planner.schema import load_table

SYSTEMS = (
    "system_id", "business_area", "contract_end_date", "criticality", "deadline_date", "environment", "product",
    "users",
)  # fmt: skip
READS = {
    "groups": ("group_id", "system_id"),
    "precedence": ("before_group_id", "after_group_id"),
    "priorities": ("system_id", "rank", "is_pilot_candidate"),
    "facts": (
        "system_id", "server_count", "lead_route", "support_end_date", "depends_on_count", "needed_by_count",
    ),
    "targets": ("system_id", "state"),
    "effort": ("system_id", "phase", "role", "likely_days"),
    "options": ("system_id", "option", "is_allowed", "score"),
    "evidence": ("system_id", "kind", "rule", "outcome"),
    "reviews": ("system_id", "kind"),
    "pins": ("system_id", "kind", "value"),
    **{name: tuple(load_table(name).names) for name in ("baseline", "decisions", "reported")},
}  # fmt: skip
MAKES = (
    "activities", "demand", "waves", "workload", "wave_bounds", "wave_checks", "clashes", "relaxations", "solution",
)  # fmt: skip
CODES = (
    "after_horizon", "deadline_missed", "decision_in_soft_window", "money_to_ask_for", "progress_assumed",
    "progress_assumed_later", "progress_no_phase", "wave_too_large",
)  # fmt: skip


def declared(policy: Policy) -> Declared:
    """The columns that the schedule reads, those among them that the conditions of the policy's steps ask about."""
    asked = {field for step in policy.schedule.steps if step.when is not None for field in step.when.fields()}
    return Declared({**READS, "systems": tuple(dict.fromkeys((*SYSTEMS, *sorted(asked))))}, MAKES, CODES)
