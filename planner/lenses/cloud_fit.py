"""Lens 3: cloud is how business systems are delivered. Gates in order for each target; the worst one decides."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.codes import in_turn
from planner.flags import Flags, named
from planner.policy.cloud_fit import CloudFit, Target, TargetGate
from planner.policy.conditions import Condition
from planner.rules.facts import Facts
from planner.rules.kleene import TRUE, UNKNOWN, Truth, Truths
from planner.schema import conform

VERDICTS = ["allow", "allow_with", "needs_decision", "deny"]
ALLOW, NEEDS_DECISION = 0, 2
# By verdict: what may run there, after a decision, or not at all.
POINTS = np.array([2.0, 2.0, 1.0, 0.0])
Levels = NDArray[np.int8]


def fit_targets(systems: pd.DataFrame, fit: CloudFit, plan_date: date) -> pd.DataFrame:
    """Ask the gates of every target about every system.

    An unknown gate never allows and never denies: it needs a decision, with the fields that are missing.

    Parameters
    ----------
    systems
        Columns of tables systems and facts.
    fit
        Targets and gates.
    plan_date
        Day on which the plan is made.

    Returns
    -------
    DataFrame
        Table target_fit: one row per system that somebody owns and target, with the bounds of its verdict.
    """
    fields = {name for gate in fit.gates for name in gate.fields()}
    columns = [name for name in systems.columns if name in {"system_id", "is_provisional", *fields}]
    facts = Facts(systems.loc[~systems["is_provisional"], columns].reset_index(drop=True), {})
    asked = _Asked(facts, Truths(facts, plan_date))
    rows = [_on_target(target, fit, asked) for target in sorted(fit.targets, key=lambda target: target.name)]
    return conform(in_turn(rows, facts.system_ids), "target_fit")


def score(fitted: pd.DataFrame, system_ids: pd.Series, fit: CloudFit) -> tuple[pd.Series, pd.Series]:
    """0 denied, 1 needs a decision, 2 ready: the best cloud decides (public-sector reference 3.3).

    Nothing can be said of a server that no system owns: 0 to 2.
    """
    names = sorted(target.name for target in fit.targets)
    clouds = [names.index(target.name) for target in fit.targets if target.is_cloud]
    at = pd.Index(fitted["system_id"].iloc[:: len(names)]).get_indexer(pd.Index(system_ids))
    bounds = []
    for end, unknown in (("worst", 0.0), ("best", 2.0)):
        given = pd.Categorical(fitted[end], categories=VERDICTS).codes
        best = POINTS[given].reshape(-1, len(names))[:, clouds].max(axis=1, initial=0.0)
        # The last one is for the systems that are not there.
        bounds.append(pd.Series(np.append(best, unknown)[at], index=system_ids.index))
    return bounds[0], bounds[1]


@dataclass
class _Asked:
    """Conditions on all systems, each evaluated once however many targets ask it."""

    facts: Facts
    truths: Truths
    answers: dict[str, Truth] = field(default_factory=dict)
    texts: dict[tuple[str, ...], pd.Categorical] = field(default_factory=dict)

    def named(self, flags: Flags, names: list[str]) -> pd.Categorical:
        """Names of what is flagged, written once for all targets for which it is the same."""
        key = (*names, hashlib.sha256(np.packbits(flags).tobytes()).hexdigest())
        if key not in self.texts:
            self.texts[key] = named(flags, names).kept_once()
        return self.texts[key]

    def truth(self, condition: Condition) -> Truth:
        key = condition.model_dump_json()
        if key not in self.answers:
            codes, combos = self.truths.combinations(condition, condition.fields())
            self.answers[key] = self.truths.of(condition, combos)[codes]
        return self.answers[key]


def _on_target(target: Target, fit: CloudFit, asked: _Asked) -> pd.DataFrame:
    found = [(gate, asked.truth(on)) for gate in fit.gates if (on := fit.asked[gate.name][target.name]) is not None]
    size = len(asked.facts)
    verdict = _worst_of([_level(gate, truth, _when_open(gate)) for gate, truth in found], size)
    worst = _worst_of([_level(gate, truth, VERDICTS.index(gate.verdict)) for gate, truth in found], size)
    best = _worst_of([_level(gate, truth, ALLOW) for gate, truth in found], size)
    gives = [(truth == TRUE) & (verdict == VERDICTS.index(gate.verdict)) for gate, truth in found]
    return pd.DataFrame(
        {
            "system_id": asked.facts.system_ids,
            "target": pd.Categorical.from_codes(np.zeros(size, dtype=np.int8), [target.name]),
            "verdict": pd.Categorical.from_codes(verdict, VERDICTS),
            "worst": pd.Categorical.from_codes(worst, VERDICTS),
            "best": pd.Categorical.from_codes(best, VERDICTS),
            "gates": asked.named(
                np.array(gives, dtype=np.bool_).reshape(len(gives), size), [gate.name for gate, _ in found]
            ),
            "missing": _missing(found, asked),
        }
    )


def _when_open(gate: TargetGate) -> int:
    """An unknown gate that could deny or that asks for a decision needs one; an unknown condition says nothing."""
    asks = gate.on_unknown == "needs_decision" or gate.verdict == "deny"
    return NEEDS_DECISION if asks else ALLOW


def _level(gate: TargetGate, truth: Truth, when_open: int) -> Levels:
    # In the order of the codes of truth: 0 unknown, 1 true, -1 (the last) false.
    levels: Levels = np.array([when_open, VERDICTS.index(gate.verdict), ALLOW], dtype=np.int8)[truth]
    return levels


def _worst_of(levels: list[Levels], size: int) -> Levels:
    worst: Levels = np.maximum.reduce([np.full(size, ALLOW, dtype=np.int8), *levels])
    return worst


def _missing(found: list[tuple[TargetGate, Truth]], asked: _Asked) -> pd.Categorical:
    fields = sorted({name for gate, _ in found for name in gate.fields()})
    flags = np.zeros((len(fields), len(asked.facts)), dtype=np.bool_)
    for gate, truth in found:
        for name in gate.fields():
            flags[fields.index(name)] |= (truth == UNKNOWN) & asked.facts.is_unknown(name)
    return asked.named(flags, fields)
