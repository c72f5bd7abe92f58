"""What the schedule tells beside its weeks: what binds each wave, what clashes, and how good it is."""

from __future__ import annotations

import pandas as pd

from planner.calendar import friday
from planner.case import Case
from planner.portfolio import Portfolio
from planner.schedule.activities import Activity, change_of
from planner.schedule.binding import Binding
from planner.schedule.missed import Missed
from planner.schedule.pose import Posed
from planner.schedule.result import SolveResult, Status
from planner.schedule.steady import Steady
from planner.schema import conform


def wave_bounds(waves: pd.DataFrame, activities: dict[str, Activity], posed: Posed, binding: Binding) -> pd.DataFrame:
    """For every wave, what keeps its last change from being earlier."""
    changes = change_of(activities)
    rows = []
    for wave, part in waves.groupby("wave"):
        # The one that is last; among those the one with the least slack, which is the one to look at.
        last = part.loc[part["end_date"] == part["end_date"].max(), "group_id"].unique()
        at = min((posed.number[changes[group].key] for group in last), key=lambda at: (binding.slack[at], at))
        bound, where = binding.root(at)
        phase, weeks = _longest(at, where, posed, binding)
        behind = binding.behind(where)
        rows.append(
            {
                "wave": wave,
                "group_id": posed.activities[at].group_id,
                "activity_id": posed.activities[where].key,
                "bound_by": bound.kind,
                "bound_detail": bound.detail,
                "behind_group_id": posed.activities[behind[1]].group_id if behind else None,
                "behind_by": behind[0].kind if behind else None,
                "behind_detail": behind[0].detail if behind else None,
                "longest_phase": phase,
                "longest_weeks": weeks,
                "slack_weeks": int(binding.slack[at]),
            }
        )
    return conform(pd.DataFrame(rows), "wave_bounds")


def _longest(at: int, where: int, posed: Posed, binding: Binding) -> tuple[str, int]:
    lengths = []
    while True:
        lengths.append((binding.end[at] - binding.start[at], posed.activities[at].phase))
        if at == where:
            break
        at = binding.bounds[at].blocker
    weeks, phase = max(lengths, key=lambda item: item[0])
    return phase, weeks


def clash_tables(missed: list[Missed], case: Case) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Constraints that clash, and what would have to give way."""
    clashes = [
        {
            "group_id": item.activity.group_id,
            "deadline_date": item.deadline,
            "end_date": friday(case, item.end),
            "late_weeks": item.late,
            "is_proven": item.is_proven,
            "kind": clash.kind,
            "subject": clash.subject,
            "weeks": clash.weeks,
        }
        for item in missed
        for clash in item.clashes
    ]
    ways = [
        {
            "group_id": item.activity.group_id,
            "kind": way.kind,
            "subject": way.subject,
            "amount": way.amount,
            "unit": way.unit,
            "first_date": way.first,
            "price_sek": way.price_sek,
            "end_date": friday(case, way.end),
            "choices": " ".join(f"{choice.system_id}={choice.option}" for choice in way.choices) or None,
            "days_more": way.days,
        }
        for item in missed
        for way in item.relaxations
    ]
    return conform(pd.DataFrame(clashes), "clashes"), conform(pd.DataFrame(ways), "relaxations")


def solution_table(
    posed: Posed, result: SolveResult, pilot: str | None, near: Steady | None, portfolio: Portfolio
) -> pd.DataFrame:
    """How good the schedule is, and what keeping to the one before costs; no seconds, which differ from run to run."""
    row = {
        "status": str(result.status if result.status is not Status.INFEASIBLE else Status.UNKNOWN),
        "objective": result.objective,
        "lower_bound": result.lower_bound,
        "gap_pct": round(100 * result.gap, 2),
        "greedy_objective": result.greedy,
        "solver": result.solver,
        "activities": len(posed.problem),
        "makespan_weeks": _makespan(posed, result),
        "pilot_group_id": pilot,
    }
    if near is not None:
        row |= {
            "moved_systems": _moved(near, near.kept, posed, portfolio),
            "anew_moved_systems": _moved(near, near.anew, posed, portfolio),
            "anew_makespan_weeks": _makespan(posed, near.anew),
            "anew_objective": near.anew.objective,
        }
    return conform(pd.DataFrame([row]), "solution")


def _makespan(posed: Posed, result: SolveResult) -> int:
    return int(posed.problem.ends(result.start, result.mode).max(initial=0))


def _moved(near: Steady, result: SolveResult, posed: Posed, portfolio: Portfolio) -> int:
    """Systems in groups of which anything begins in another week than before."""
    flags = near.anchors.moved(result.start)
    groups = {posed.activities[at].group_id for at, unit in enumerate(near.anchors.unit) if flags[unit]}
    return int(portfolio["groups"]["group_id"].isin(groups).sum())
