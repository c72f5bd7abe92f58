"""Where a system may run: targets, and the gates that each has to pass, in order (public-sector reference 3.3)."""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field, model_validator

from planner.facts.providers import Level, ProviderClass, SealSource, ServiceModel
from planner.policy.conditions import Condition, evaluate
from planner.policy.fields import check_fields
from planner.policy.parts import Key, Option, Part, Text

PREFIX = "target_"
# A server that no system owns says nothing about security, secrecy or personal data.
HAS_OWNER = Condition(field="is_provisional", is_true=False)


class Target(Part):
    """A place where systems may run, and what is known of it; gates read each of these as `target_<name>`.

    `provider` and `region` name who stands behind it and where, when it is one alone; a target without stands for every
    provider of its class in `facts/providers.yaml`. `sov_2`, `sov_3` and `sov_4` are levels 0-4 of the EU Cloud
    Sovereignty Framework, blank where nobody has said anything; `seal_source` says who has. `latency_ms`, `rto_h` and
    `rpo_h` are what it can hold.
    """

    name: Key
    label: Text
    provider_class: ProviderClass
    service_model: ServiceModel
    provider: Key | None = None
    region: str | None = None
    options: Annotated[list[Option], Field(min_length=1)]
    sov_2: Level | None = None
    sov_3: Level | None = None
    sov_4: Level | None = None
    seal_source: SealSource | None = None
    latency_ms: float | None = None
    rto_h: float | None = None
    rpo_h: float | None = None
    because: str
    source: str

    @property
    def is_cloud(self) -> bool:
        """Whether somebody else runs it."""
        return self.provider_class != "own"


CONSTANTS = [f"{PREFIX}{name}" for name in Target.model_fields if name not in {"label", "options", "because", "source"}]


class TargetGate(Part):
    """What a target has to pass for a system, in one of three forms.

    `when` is a condition on the system and on the target (`target_...`). `exceeds` maps columns of the system to
    figures of the target: the gate holds where the target's figure exceeds what the system accepts. An unknown figure
    of a target meets no comparison; a gate asks for it with `is_known`. `gap_in` names a column of the system that
    lists regions with what each lacks (`eusc-de-east-1:lex`): the gate holds where the target's region is among them.
    """

    name: Key
    when: Condition | None = None
    exceeds: dict[str, str] | None = None
    gap_in: str | None = None
    verdict: Literal["deny", "needs_decision", "allow_with"]
    task: Key | None = None
    on_unknown: Literal["needs_decision", "ignore"] = "ignore"
    task_on_unknown: Key | None = None
    because: Text
    source: str
    facts: tuple[Key, ...] = ()

    @model_validator(mode="after")
    def _one_form(self) -> TargetGate:
        if [self.when, self.exceeds, self.gap_in].count(None) != 2:
            raise ValueError(f"gate '{self.name}' needs exactly one of 'when', 'exceeds' and 'gap_in'")
        wrong = sorted(set((self.exceeds or {}).values()) - {"latency_ms", "rto_h", "rpo_h"})
        if wrong:
            raise ValueError(f"gate '{self.name}': a target has no figure '{wrong[0]}'; latency_ms, rto_h or rpo_h")
        if self.task is None and (self.verdict == "needs_decision" or self.on_unknown == "needs_decision"):
            raise ValueError("a gate that asks for a decision needs a 'task'")
        return self

    def fields(self) -> list[str]:
        """Columns of the system that it reads."""
        read = self.when.fields() if self.when else [*(self.exceeds or {}), *([self.gap_in] if self.gap_in else [])]
        return [name for name in read if name not in CONSTANTS]


class CloudFit(Part):
    """Targets in the order in which they are preferred, and gates in the order in which they are asked."""

    targets: Annotated[list[Target], Field(min_length=1)]
    gates: list[TargetGate]

    @model_validator(mode="after")
    def _once_each(self) -> CloudFit:
        for names in ([item.name for item in self.targets], [item.name for item in self.gates]):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice:
                raise ValueError(f"the name '{twice}' stands twice")
        for gate in self.gates:
            read = gate.when or Condition(all=[Condition(field=name, is_known=True) for name in gate.fields()])
            check_fields(gate.name, read, CONSTANTS)
        return self

    @cached_property
    def asked(self) -> dict[str, dict[str, Condition | None]]:
        """What each gate asks of a system on each target; None where it can never hold there."""
        known = _Constants(self.targets)
        return {gate.name: {target.name: _on(gate, target, known) for target in self.targets} for gate in self.gates}

    def targets_of(self, option: str) -> list[Target]:
        """Targets that an option may lead to."""
        return [target for target in self.targets if option in target.options]


class _Constants:
    """What is known of the targets; each comparison is made once for all of them."""

    def __init__(self, targets: list[Target]) -> None:
        rows = [{name: getattr(target, name.removeprefix(PREFIX)) for name in CONSTANTS} for target in targets]
        self._table = pd.DataFrame(rows, index=[target.name for target in targets])
        self._answers: dict[str, pd.Series] = {}

    def holds(self, leaf: Condition, target: Target) -> bool:
        """Whether a comparison holds; what is not known of a target meets none."""
        key = leaf.model_dump_json()
        if key not in self._answers:
            self._answers[key] = evaluate(leaf, self._table, date.min).fillna(False)
        return bool(self._answers[key][target.name])


def _on(gate: TargetGate, target: Target, known: _Constants) -> Condition | None:
    bound: Condition | bool
    if gate.gap_in is not None:
        lacks = rf"(?:^| ){re.escape(target.region or '')}:"
        bound = Condition(field=gate.gap_in, matches=lacks) if target.region else False
    elif gate.exceeds is not None:
        figures = {field: getattr(target, figure) for field, figure in gate.exceeds.items()}
        parts = [Condition(field=field, below=value) for field, value in figures.items() if value is not None]
        bound = Condition(any=parts) if parts else False
    else:
        assert gate.when is not None
        bound = _bind(gate.when, target, known)
    if bound is False:
        return None
    return HAS_OWNER if bound is True else Condition(all=[HAS_OWNER, bound])


def _bind(condition: Condition, target: Target, known: _Constants) -> Condition | bool:
    """A condition with the target's own values put in."""
    if condition.not_ is not None:
        inner = _bind(condition.not_, target, known)
        return not inner if isinstance(inner, bool) else Condition(not_=inner)
    for parts, stops in ((condition.all, False), (condition.any, True)):
        if parts is not None:
            bound = [_bind(part, target, known) for part in parts]
            left = [part for part in bound if not isinstance(part, bool)]
            if stops in bound or not left:
                return stops if stops in bound else not stops
            return left[0] if len(left) == 1 else _joined(left, is_all=not stops)
    return known.holds(condition, target) if condition.field in CONSTANTS else condition


def _joined(parts: list[Condition], *, is_all: bool) -> Condition:
    return Condition(all=parts) if is_all else Condition(any=parts)
