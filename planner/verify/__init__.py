"""An independent checker: re-derives every promise of the plan from the inputs. Shares no code with schedule/ or
groups."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schema import concat
from planner.verify import changes, money, order, sizes, systems, waves, work

CHECKS: list[Callable[[Portfolio, Case, Policy], pd.DataFrame]] = [
    systems.every_row_is_accounted_for,
    systems.every_system_is_decided_once,
    systems.every_decision_has_evidence,
    systems.denied_options_are_not_chosen,
    systems.people_are_followed,
    systems.every_server_is_accounted_for,
    sizes.sizes_hold,
    money.money_holds,
    order.dates_are_those_of_the_weeks,
    order.phases_follow_each_other,
    order.steps_are_taken,
    order.nothing_is_too_short,
    order.dependencies_hold,
    order.groups_keep_their_limit,
    work.capacity_holds,
    work.budgets_hold,
    work.new_money_is_there,
    work.all_effort_is_planned,
    changes.no_cutover_in_closed_weeks,
    changes.decisions_are_taken_in_meetings,
    changes.cutovers_per_week_hold,
    changes.everything_changes_hands,
    changes.late_ones_are_told,
    changes.pins_are_kept,
    changes.only_what_is_known_has_begun,
    waves.waves_are_the_quarters,
    waves.servers_per_wave_hold,
    waves.critical_is_not_first,
    waves.complex_is_not_first,
    waves.pilot_is_first,
]


def verify(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """Check the finished plan.

    Returns
    -------
    dict of DataFrame
        findings: one error per broken promise; none when the plan holds.
    """
    return {"findings": concat([check(portfolio, case, policy) for check in CHECKS], "findings")}
