"""Decisions: gates say what is allowed, rules give points to it, tasks are what somebody has to decide first."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import model_validator

from planner.policy.conditions import Condition
from planner.policy.fields import check_fields
from planner.policy.parts import Key, Option, Part, Span, Text


class Gate(Part):
    """What is allowed: a gate that holds denies options, asks for a decision first or allows with a condition.

    When its condition is unknown it asks for the decision `task` (an unknown never allows and never denies), unless
    `on_unknown` is `ignore`. `task_on_unknown` is the smaller task of finding out, when it is another one.
    """

    name: Key
    when: Condition
    verdict: Literal["deny", "needs_decision", "allow_with"]
    options: list[Option]
    task: Key | None = None
    on_unknown: Literal["needs_decision", "ignore"] = "ignore"
    task_on_unknown: Key | None = None
    because: Text
    source: str
    facts: tuple[Key, ...] = ()

    @model_validator(mode="after")
    def _has_task(self) -> Gate:
        if self.task is None and (self.verdict == "needs_decision" or self.on_unknown == "needs_decision"):
            raise ValueError("a gate that asks for a decision needs a 'task'")
        return self


class Rule(Part):
    """Points for one option when a condition holds."""

    name: Key
    when: Condition
    then: Option
    points: float
    because: Text
    source: str
    facts: tuple[Key, ...] = ()


class Task(Part):
    """A decision that somebody takes before the move."""

    name: Key
    text: Text
    decided_by: Text
    role: Key
    days: Span
    because: str
    source: str


class Decisions(Part):
    """Gates, rules and tasks; `options` is the order in which ties are broken."""

    options: list[Option]
    tasks: list[Task]
    gates: list[Gate]
    rules: list[Rule]

    @property
    def everything(self) -> list[Gate | Rule]:
        """Gates, then rules, in the order of the file."""
        return [*self.gates, *self.rules]

    @model_validator(mode="after")
    def _consistent(self) -> Decisions:
        if sorted(self.options) != sorted(get_args(Option)):
            raise ValueError("'options' must list each of the seven once")
        names = [item.name for item in self.everything]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"the name '{twice}' stands twice")
        tasks = {task.name for task in self.tasks}
        for gate in self.gates:
            for asked in (gate.task, gate.task_on_unknown):
                if asked and asked not in tasks:
                    raise ValueError(f"gate '{gate.name}' asks for the task '{asked}', which is not declared")
        for item in self.everything:
            check_fields(item.name, item.when)
        _refuse_contradictions(self.gates)
        return self


def _refuse_contradictions(gates: list[Gate]) -> None:
    for gate in gates:
        if gate.verdict == "deny" and len(set(gate.options)) == len(get_args(Option)):
            raise ValueError(f"gate '{gate.name}' denies all seven options: nothing would be left to propose")
    for number, one in enumerate(gates):
        for other in gates[:number]:
            shared = sorted(set(one.options) & set(other.options))
            if one.when == other.when and {one.verdict, other.verdict} == {"deny", "allow_with"} and shared:
                raise ValueError(
                    f"gates '{other.name}' and '{one.name}' contradict each other on {', '.join(shared)}: "
                    "the same condition denies and allows"
                )
