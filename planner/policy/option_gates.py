"""What the gates of targets mean for options: an option is denied when every target that it may lead to is."""

from __future__ import annotations

from typing import get_args

from planner.policy.cloud_fit import CloudFit, TargetGate
from planner.policy.conditions import Condition
from planner.policy.decisions import Gate
from planner.policy.parts import Option, Text

NOWHERE = Text(sv="Ingen målmiljö är tillåten för alternativet", en="No target environment is allowed for the option")


def option_gates(fit: CloudFit) -> dict[str, list[Gate]]:
    """Gates on options, by the gate of targets that each was made from.

    A gate bears on an option only where it holds on every target of the option: with one free target there is a way.
    Where different gates close different targets, `no_target` denies what they close together.
    """
    made = {gate.name: _of_one(gate, fit) for gate in fit.gates}
    return made | {"no_target": [gate for option in get_args(Option) for gate in _together(option, fit)]}


def _of_one(gate: TargetGate, fit: CloudFit) -> list[Gate]:
    by_condition: dict[str, tuple[Condition, list[Option]]] = {}
    for option in get_args(Option):
        condition = _on_all(gate, option, fit)
        if condition is not None:
            by_condition.setdefault(condition.model_dump_json(), (condition, []))[1].append(option)
    return [
        Gate(
            name=gate.name if number == 0 else f"{gate.name}_{options[0]}",
            when=condition,
            verdict=gate.verdict,
            options=options,
            task=gate.task,
            on_unknown=gate.on_unknown,
            task_on_unknown=gate.task_on_unknown,
            because=gate.because,
            source=gate.source,
            facts=gate.facts,
        )
        for number, (condition, options) in enumerate(by_condition.values())
    ]


def _on_all(gate: TargetGate, option: str, fit: CloudFit) -> Condition | None:
    conditions = [fit.asked[gate.name][target.name] for target in fit.targets_of(option)]
    distinct = list({condition.model_dump_json(): condition for condition in conditions if condition}.values())
    if not conditions or None in conditions:
        return None
    return distinct[0] if len(distinct) == 1 else Condition(all=distinct)


def _together(option: Option, fit: CloudFit) -> list[Gate]:
    denials = [gate for gate in fit.gates if gate.verdict == "deny"]
    targets = fit.targets_of(option)
    closed = [[on for gate in denials if (on := fit.asked[gate.name][target.name])] for target in targets]
    # A gate on every target has a gate of the option already; only one on some of them can close it with others.
    is_mixed = any(
        fit.asked[gate.name][target.name] for gate in denials if not _on_all(gate, option, fit) for target in targets
    )
    if not (targets and is_mixed and all(closed)):
        return []
    return [
        Gate(
            name=f"no_target_{option}",
            when=Condition(all=[Condition(any=conditions) for conditions in closed]),
            verdict="deny",
            options=[option],
            because=NOWHERE,
            source="public-sector reference 3.3",
        )
    ]
