"""What a scenario leads to, in the numbers that a choice turns on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import pandas as pd

from planner.case import Case
from planner.errors import InfeasiblePlan
from planner.plan import Plan

Value = float | date | None
# Chance with which a date is promised.
PROMISE_PCT = 80.0


@dataclass(frozen=True)
class Measure:
    """One number: at least, at most, of how many it is known; the worse end counts when scenarios are compared."""

    key: str
    unit: Literal["days", "sek", "date", "percent", "count"]
    better: Literal["less", "more"]
    low: Value
    high: Value
    known: int | None = None
    total: int | None = None

    @property
    def worst(self) -> Value:
        """The end that is worse."""
        return self.high if self.better == "less" else self.low


@dataclass(frozen=True)
class ScenarioResult:
    """A scenario with its measures; `problem` says why there is no plan."""

    name: str
    title: str
    because: str
    measures: dict[str, Measure] = field(default_factory=dict)
    problem: str = ""


def without_plan(name: str, case: Case, reason: InfeasiblePlan) -> ScenarioResult:
    """A scenario for which no schedule exists."""
    return ScenarioResult(name, *_words(name, case), problem=str(reason))


def result_of(name: str, plan: Plan) -> ScenarioResult:
    """Measure the plan of a scenario."""
    made = [*_costs(plan), *_dates(plan), *_risks(plan), *_goals(plan)]
    return ScenarioResult(name, *_words(name, plan.case), {measure.key: measure for measure in made})


def _words(name: str, case: Case) -> tuple[str, str]:
    scenario = case.scenarios.get(name)
    return (scenario.title, scenario.because) if scenario else ("", "")


def _one(key: str, unit: Literal["days", "sek", "date", "percent", "count"], value: Value, better: str) -> Measure:
    return Measure(key, unit, "more" if better == "more" else "less", value, value)


def _costs(plan: Plan) -> list[Measure]:
    portfolio, rate = plan.portfolio, plan.policy.effort.day_rate.value
    load = portfolio["workload"]
    by_year = load.groupby(load["week_date"].dt.year)["used_days"].sum() * rate
    costs = portfolio["risk_costs"].set_index("kind")
    capacity = round(sum(plan.case.capacities.values()), 1)
    made = [
        _one("capacity", "days", capacity, "less"),
        _one("peak_year", "sek", _number(by_year.max()), "less"),
    ]
    for kind in ("one_off", "target"):
        row = costs.loc[kind] if kind in costs.index else None
        low, high = (None, None) if row is None else (_number(row["p50_sek"]), _number(row["p80_sek"]))
        known, total = (None, None) if row is None else (int(row["known"]), int(row["total"]))
        made.append(Measure(f"cost_{kind}", "sek", "less", low, high, known, total))
    return made


def _dates(plan: Plan) -> list[Measure]:
    waves = plan.portfolio["risk_waves"]
    whole = waves[waves["scope"] == "plan"]
    planned, likely = (whole[name].iloc[0].date() if len(whole) else None for name in ("planned_date", "p80_date"))
    return [_one("end_planned", "date", planned, "less"), _one("end_p80", "date", likely, "less")]


def _risks(plan: Plan) -> list[Measure]:
    portfolio = plan.portfolio
    chance = portfolio["risk_deadlines"].set_index("kind")["chance_pct"]
    dated = chance[chance.index == "deadline"]
    by_goal, by_horizon = (_number(chance.get(kind)) for kind in ("goal", "horizon"))
    activities = portfolio["activities"]
    late = activities["is_late"].astype(bool) & activities["has_cutover"].astype(bool)
    undecided = int(portfolio["decisions"]["disposition"].isna().sum())
    return [
        _one("deadlines_missed", "count", float(activities.loc[late, "group_id"].nunique()), "less"),
        _one("deadlines_unsure", "count", float((dated < PROMISE_PCT).sum()), "less"),
        _one("chance_goal", "percent", by_goal, "more"),
        _one("chance_horizon", "percent", by_horizon, "more"),
        _one("undecided", "count", float(undecided), "less"),
    ]


def _goals(plan: Plan) -> list[Measure]:
    table = plan.portfolio["outlook"]
    due = table[table["moment"] == "target"].set_index("measure")
    return [
        Measure(
            key,
            "count",
            "more" if key == "flows_free" else "less",
            float(due.loc[key, "low"]),
            float(due.loc[key, "high"]),
            int(due.loc[key, "known"]),
            int(due.loc[key, "total"]),
        )
        for key in ("closed_left", "flows_free", "red_left")
    ]


def _number(value: object) -> float | None:
    return None if value is None or pd.isna(value) else float(value)  # type: ignore[arg-type]
