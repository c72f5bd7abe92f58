"""What else could be decided for a group: the ways to move that the rules allow, with their own work and steps.

A proposal rests on evidence, so the schedule never swaps it. Where a deadline is missed it tries the runners-up, and
tells what they would win and cost; a person decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from planner.case import Case
from planner.effort import effort_of
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schedule.activities import CLOUD, Activity, activities_of
from planner.schedule.begun import begin
from planner.schedule.pins import pin
from planner.schedule.wave_rules import bind
from planner.schema import conform

# Ways to move. To keep a system or to switch it off answers another question than how it gets there in time, and turns
# the order of its neighbours around.
WAYS = (*CLOUD, "repurchase")
EACH = 2
TRIED = 6


@dataclass(frozen=True)
class Choice:
    """Another option for one system."""

    system_id: str
    option: str
    instead_of: str


class Alternatives:
    """The portfolio as if something else had been decided."""

    def __init__(self, portfolio: Portfolio, case: Case, policy: Policy) -> None:
        self.portfolio, self.case, self.policy = portfolio, case, policy
        self.group_of = portfolio["groups"].set_index("system_id")["group_id"]
        self.chosen = portfolio["decisions"].set_index("system_id")["disposition"]

    def sets(self, groups: list[str]) -> list[tuple[Choice, ...]]:
        """What to try for some groups, the most important one first: each group's systems together, then alone."""
        found: list[tuple[Choice, ...]] = []
        for group in groups:
            by_system = [own for own in map(self._choices, self._movable(group)) if own]
            if len(by_system) > 1:
                found.append(tuple(own[0] for own in by_system))
            found += [(choice,) for own in by_system for choice in own]
        return found[:TRIED]

    def _movable(self, group: str) -> Iterator[str]:
        """Systems for which another way can be priced: no work of theirs has begun, nor did anybody estimate it."""
        reviews = self.portfolio["reviews"]
        bound = set(self.portfolio["reported"]["system_id"])
        bound |= set(reviews.loc[reviews["kind"] == "effort_days", "system_id"])
        for system_id in sorted(self.group_of.index[self.group_of == group]):
            # As a text: what is not decided yet is unknown, and in no list.
            if system_id not in bound and str(self.chosen[system_id]) in WAYS:
                yield str(system_id)

    def _choices(self, system_id: str) -> list[Choice]:
        """Allowed ways to move that a rule speaks for, the one with most points first."""
        options = self.portfolio["options"]
        mine = options[(options["system_id"] == system_id) & options["is_allowed"].astype(bool)]
        mine = mine[mine["option"].isin(WAYS) & (mine["score"] > 0) & (mine["option"] != self.chosen[system_id])]
        best = mine.sort_values(["score", "option"], ascending=[False, True])["option"].astype(str).tolist()
        return [Choice(system_id, option, str(self.chosen[system_id])) for option in best[:EACH]]

    def activities(self, choices: tuple[Choice, ...]) -> tuple[dict[str, Activity], float]:
        """Activities as they would be, and how many person-days more."""
        other = self.decided(choices)
        made = activities_of(other, self.case, self.policy)
        begin(made, other, self.case)
        bind(made, other, self.case, self.policy)
        pin(made, other, self.case)
        days = [float(tables["effort"]["likely_days"].sum()) for tables in (other, self.portfolio)]
        return made, round(days[0] - days[1], 2)

    def decided(self, choices: tuple[Choice, ...]) -> Portfolio:
        """The portfolio as if these had been decided; groups and their order stay as they are."""
        option = {choice.system_id: choice.option for choice in choices}
        decisions = self.portfolio["decisions"].set_index("system_id")
        for system_id, name in option.items():
            decisions.loc[system_id, ["disposition", "tasks"]] = [name, self._tasks(system_id, name)]
        decisions = conform(decisions.reset_index(), "decisions")
        targets = self.portfolio["targets"]
        goes = targets["system_id"].map(option)
        state = targets["state"].mask(goes.notna() & ~goes.isin(CLOUD), "not_moved")
        state = state.mask(goes.isin(CLOUD) & (state == "not_moved"), "price_not_found")
        effort = self.portfolio["effort"]
        kept = effort[~effort["system_id"].isin(option)]
        effort = pd.concat([kept, self._effort(decisions, list(option))], ignore_index=True)
        others = {"decisions": decisions, "targets": targets.assign(state=state), "effort": effort}
        return Portfolio({**self.portfolio.tables, **others})

    def _effort(self, decisions: pd.DataFrame, systems: list[str]) -> pd.DataFrame:
        facts = self.portfolio["facts"]
        facts = facts[facts["system_id"].isin(systems)]
        facts = facts.merge(self.portfolio["systems"][["system_id", "users", "criticality"]], on="system_id")
        return effort_of(facts.merge(decisions[["system_id", "disposition", "tasks"]], on="system_id"), self.policy)

    def _tasks(self, system_id: str, option: str) -> str | None:
        """Decisions that the gates ask for before a system goes another way, read off the evidence."""
        evidence = self.portfolio["evidence"]
        rows = evidence[(evidence["system_id"] == system_id) & (evidence["kind"] == "gate")]
        outcome = dict(zip(rows["rule"].astype(str), rows["outcome"].astype(str), strict=True))
        asked: set[str | None] = set()
        for gate in self.policy.decisions.gates:
            if option in gate.options and gate.name in outcome:
                if outcome[gate.name] == "true":
                    asked.add(gate.task if gate.verdict != "deny" else None)
                elif gate.on_unknown == "needs_decision":
                    asked.add(gate.task_on_unknown or gate.task)
        named = [task.name for task in self.policy.decisions.tasks if task.name in asked]
        return " ".join(named) or None
