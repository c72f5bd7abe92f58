"""Gates decide what is allowed, rules score what is allowed: a proposal per system, with evidence and what it lacks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from planner.case import Case
from planner.policy.conditions import evaluate
from planner.lineage import cells_of, join_texts
from planner.policy import Decisions, Gate, Policy, Rule
from planner.portfolio import Portfolio
from planner.schema import concat, conform

EVIDENCE = ("system_id", "rule", "kind", "outcome", "effect", "options", "points", "values")


def classify(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """Propose one of the 7 Rs for every system.

    Returns
    -------
    dict of DataFrame
        evidence (one row per system and rule that holds or cannot be decided), options (one row per system and option),
        decisions (one row per system).
    """
    facts = assessed(portfolio)
    decisions = policy.decisions
    holds = {item.name: evaluate(item.when, facts, case.plan_date) for item in decisions.everything}
    evidence = _evidence(portfolio, facts, holds, policy)
    options = _options(facts["system_id"], holds, decisions)
    decided = _decisions(facts, options, holds, decisions)
    return {"evidence": evidence, "options": _with_reasons(options, decided), "decisions": decided}


def assessed(portfolio: Portfolio) -> pd.DataFrame:
    """Everything that conditions may read: systems, facts, and class and bounds of each lens (unknown when not
    assessable)."""
    lenses = portfolio["lenses"]
    said = lenses.assign(
        **{"class": lenses["class"].mask(lenses["class"].isin(["not_assessable", "uncertain"]), pd.NA)}
    )
    wide = said.pivot(index="system_id", columns="lens", values=["class", "low", "high"])
    wide.columns = [f"{lens}_{what}" for what, lens in wide.columns]
    wide = wide.astype({name: "string" if name.endswith("_class") else "Float64" for name in wide.columns})
    return portfolio["systems"].merge(portfolio["facts"], on="system_id").merge(wide.reset_index(), on="system_id")


def _evidence(portfolio: Portfolio, facts: pd.DataFrame, holds: dict[str, pd.Series], policy: Policy) -> pd.DataFrame:
    texts = _Texts(facts)
    columns: dict[str, list[Any]] = {name: [] for name in EVIDENCE}
    needed: list[tuple[str, str]] = []
    for item in policy.decisions.everything:
        value = holds[item.name]
        shown = value.fillna(_asks_when_unknown(item) if isinstance(item, Gate) else True).to_numpy(dtype=bool)
        at = np.flatnonzero(shown)
        _add_evidence(columns, item, texts, at, value.notna().to_numpy()[at])
        needed += [(item.name, field) for field in item.when.fields()]
    evidence = pd.DataFrame(columns)
    cells = _cells(portfolio, evidence, pd.DataFrame(needed, columns=["rule", "field"]), policy)
    evidence["cells"] = evidence.merge(cells, on=["system_id", "rule"], how="left")["cells"].to_numpy()
    return conform(evidence.sort_values(["system_id", "kind", "rule"], kind="stable"), "evidence")


def _asks_when_unknown(gate: Gate) -> bool:
    return gate.on_unknown == "needs_decision"


class _Texts:
    """Values of fields as texts, each made once."""

    def __init__(self, facts: pd.DataFrame) -> None:
        self.facts = facts
        self.made: dict[str, list[str]] = {}

    def __getitem__(self, field: str) -> list[str]:
        if field not in self.made:
            self.made[field] = [f"{field}={_as_text(value)}" for value in self.facts[field].tolist()]
        return self.made[field]


def _as_text(value: Any) -> str:
    if value is None or pd.isna(value):
        return "?"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _add_evidence(columns: dict[str, list[Any]], item: Gate | Rule, texts: _Texts, at: Any, is_known: Any) -> None:
    parts = [texts[field] for field in item.when.fields()]
    is_gate = isinstance(item, Gate)
    effect = item.verdict if isinstance(item, Gate) else "points"
    columns["system_id"] += texts.facts["system_id"].to_numpy()[at].tolist()
    columns["rule"] += [item.name] * len(at)
    columns["kind"] += ["gate" if is_gate else "rule"] * len(at)
    columns["outcome"] += ["true" if known else "unknown" for known in is_known]
    columns["effect"] += [effect if known or not is_gate else "needs_decision" for known in is_known]
    columns["options"] += [" ".join(item.options) if isinstance(item, Gate) else item.then] * len(at)
    columns["points"] += [item.points if isinstance(item, Rule) else None] * len(at)
    columns["values"] += ["; ".join(part[number] for part in parts) for number in at]


def _cells(portfolio: Portfolio, evidence: pd.DataFrame, fields: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    inputs = {
        f"{name}_{what}": [item.field for group in lens.inputs.values() for item in group]
        for name, lens in policy.lenses.lenses.items()
        for what in ("class", "low", "high")
    }
    cells = cells_of(portfolio, inputs)
    read = evidence[["system_id", "rule"]].merge(fields, on="rule").merge(cells, on=["system_id", "field"])
    return join_texts(read.sort_values(["system_id", "rule"], kind="stable"), ["system_id", "rule"], "cells")


def _options(system_ids: pd.Series, holds: dict[str, pd.Series], decisions: Decisions) -> pd.DataFrame:
    return concat([_option(option, system_ids, holds, decisions) for option in decisions.options], "options")


def _option(option: str, system_ids: pd.Series, holds: dict[str, pd.Series], decisions: Decisions) -> pd.DataFrame:
    score = pd.Series(0.0, index=system_ids.index)
    low, high = score.copy(), score.copy()
    for rules in _alternatives([rule for rule in decisions.rules if rule.then == option]):
        points = [holds[rule.name].map({True: rule.points, False: 0.0}).astype("Float64") for rule in rules]
        score = score + sum(part.fillna(0.0) for part in points)
        low = low + _bound(
            [part.fillna(min(0.0, rule.points)) for part, rule in zip(points, rules, strict=True)], "min"
        )
        high = high + _bound(
            [part.fillna(max(0.0, rule.points)) for part, rule in zip(points, rules, strict=True)], "max"
        )
    denied = pd.Series(pd.NA, index=system_ids.index, dtype="string")
    for gate in (gate for gate in decisions.gates if gate.verdict == "deny" and option in gate.options):
        denied = denied.mask(holds[gate.name].fillna(False).astype(bool) & denied.isna(), gate.name)
    return pd.DataFrame(
        {
            "system_id": system_ids,
            "option": option,
            "is_allowed": denied.isna(),
            "score": score,
            "score_low": low,
            "score_high": high,
            "denied_by": denied,
        }
    )


def _alternatives(rules: list[Rule]) -> list[list[Rule]]:
    """Rules that ask one field for different values: at most one of them can turn out to hold."""
    groups: dict[str, list[Rule]] = {}
    for rule in rules:
        single = rule.when.equals is not None
        groups.setdefault(f"field {rule.when.field}" if single else f"rule {rule.name}", []).append(rule)
    return list(groups.values())


def _bound(points: list[pd.Series], which: str) -> pd.Series:
    return points[0] if len(points) == 1 else getattr(pd.concat(points, axis=1), which)(axis=1)


def _with_reasons(options: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    chosen = options["system_id"].map(decided.set_index("system_id")["disposition"])
    best = options["system_id"].map(decided.set_index("system_id")["score"])
    why = pd.Series("fewer_points", index=options.index, dtype="string")
    why = why.mask((options["score"] == best).fillna(False).astype(bool), "tie_order").mask(
        options["score"] <= 0, "no_reason"
    )
    why = why.mask(~options["is_allowed"].astype(bool), "denied").mask(
        (options["option"] == chosen).fillna(False).astype(bool), pd.NA
    )
    return conform(options.assign(lost_because=why).sort_values(["system_id", "option"], kind="stable"), "options")


def _decisions(
    facts: pd.DataFrame, options: pd.DataFrame, holds: dict[str, pd.Series], decisions: Decisions
) -> pd.DataFrame:
    ranked = _ranked(options, decisions)
    best = ranked.groupby("system_id").nth(0).set_index("system_id").reindex(facts["system_id"])
    second = ranked.groupby("system_id").nth(1).set_index("system_id").reindex(facts["system_id"])
    leads = (best["score"] > 0).fillna(False).astype(bool)
    rivals = ranked[ranked["rank"] > 0].groupby("system_id")["score_high"].max().reindex(facts["system_id"])
    settled = leads & (rivals.isna() | (best["score_low"] > rivals)).fillna(False).astype(bool)
    state = pd.Series("needs_decision", index=best.index).mask(leads, "open").mask(settled, "settled")
    disposition = best["option"].where(leads)
    tasks = _tasks(disposition, facts, holds, decisions)
    return conform(
        pd.DataFrame(
            {
                "system_id": best.index,
                "disposition": disposition,
                "state": state,
                "score": best["score"].where(leads),
                "runner_up": second["option"].where(leads & (second["score"] > 0).fillna(False).astype(bool)),
                "margin": (best["score"] - second["score"]).where(leads),
                "tasks": tasks,
                "unknown_fields": _unknown_fields(facts, holds, decisions, state),
                "main_rule": _main_rule(disposition, holds, decisions),
            }
        ),
        "decisions",
    )


def _ranked(options: pd.DataFrame, decisions: Decisions) -> pd.DataFrame:
    order = options["option"].map({option: at for at, option in enumerate(decisions.options)})
    allowed = options.assign(order=order)[options["is_allowed"].astype(bool)]
    ranked = allowed.sort_values(["system_id", "score", "order"], ascending=[True, False, True], kind="stable")
    return ranked.assign(rank=ranked.groupby("system_id").cumcount())


def _tasks(disposition: pd.Series, facts: pd.DataFrame, holds: dict[str, pd.Series], decisions: Decisions) -> pd.Series:
    found = pd.Series("", index=disposition.index, dtype="string")
    for task in decisions.tasks:
        wanted = pd.Series(False, index=disposition.index)
        for gate in (gate for gate in decisions.gates if gate.task == task.name):
            value = pd.Series(holds[gate.name].to_numpy(), index=disposition.index, dtype="boolean")
            fires = (
                value.fillna(gate.on_unknown == "needs_decision")
                if gate.verdict != "deny"
                else value.isna() & (gate.on_unknown == "needs_decision")
            )
            wanted |= fires.astype(bool) & disposition.isin(gate.options)
        found = found.where(~wanted, found + " " + task.name)
    return found.str.strip().replace("", pd.NA)


def _unknown_fields(
    facts: pd.DataFrame, holds: dict[str, pd.Series], decisions: Decisions, state: pd.Series
) -> pd.Series:
    # Only a rule that is unknown can change the order of the options; only its unknown fields can settle it.
    is_asked: dict[str, pd.Series] = {}
    for rule in decisions.rules:
        undecided = holds[rule.name].isna()
        for field in rule.when.fields():
            asked = undecided & facts[field].isna()
            is_asked[field] = is_asked[field] | asked if field in is_asked else asked
    text = pd.Series("", index=facts.index, dtype="string")
    for field in sorted(is_asked):
        text = text.where(~is_asked[field], text + " " + field)
    text = text.str.strip().replace("", pd.NA)
    return text.set_axis(state.index).where(state != "settled")


def _main_rule(disposition: pd.Series, holds: dict[str, pd.Series], decisions: Decisions) -> pd.Series:
    found = pd.Series(pd.NA, index=disposition.index, dtype="string")
    for rule in _by_points(decisions.rules):
        fires = pd.Series(holds[rule.name].fillna(False).astype(bool).to_numpy(), index=disposition.index)
        found = found.mask(found.isna() & fires & (disposition == rule.then).fillna(False).astype(bool), rule.name)
    return found


def _by_points(rules: Iterable[Rule]) -> list[Rule]:
    return sorted(rules, key=lambda rule: (-rule.points, rule.name))
