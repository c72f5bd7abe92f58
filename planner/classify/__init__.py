"""Gates decide what is allowed, rules score what is allowed: a proposal per system, with evidence and what it lacks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.case import Case
from planner.classify.decisions import decided
from planner.classify.evidence import evidence_of
from planner.classify.options import weighed
from planner.classify.reviewed import Replaced, lifted_gates
from planner.codes import ranks_of
from planner.policy import Policy
from planner.portfolio import Portfolio, finding_rows
from planner.rules.facts import Facts
from planner.rules.reading import Readings, read_rules
from planner.rules.scores import Scores, score
from planner.rules.what_if import what_if
from planner.schema import concat, conform


def classify(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """Propose one of the 7 Rs for every system.

    Returns
    -------
    dict of DataFrame
        evidence (one row per system and rule that holds or cannot be decided), options (one row per system and option),
        decisions (one row per system), flips (which answers would change a proposal, and to what), findings (systems
        whose options are all denied, and decisions of people that a gate goes before).
    """
    facts = Facts.of(portfolio, policy)
    readings = read_rules(facts, policy.decisions.everything, case.plan_date)
    lifted, refused = lifted_gates(portfolio, readings)
    by_rules = score(readings, policy.decisions, lifted)
    replaced = Replaced.of(portfolio, readings, by_rules)
    scores = replaced.over(by_rules)
    findings = [_closed_on_all_sides(readings, scores), replaced.findings(readings, scores), refused]
    return {
        "evidence": replaced.evidence(evidence_of(portfolio, readings, policy), readings.facts.system_ids),
        "options": weighed(readings, scores),
        "decisions": decided(readings, scores, policy.decisions),
        "flips": _flips(readings, scores),
        "findings": concat(findings, "findings"),
    }


def _closed_on_all_sides(readings: Readings, scores: Scores) -> pd.DataFrame:
    at = np.flatnonzero(scores.denied.all(axis=1))
    ids = readings.facts.system_ids.iloc[at].reset_index(drop=True)
    gates = [reading.item.name for reading in readings.gates]
    by = [" ".join(dict.fromkeys(gates[number] for number in row)) for row in scores.denied_by[at]]
    return finding_rows(
        "warning",
        "all_options_denied",
        table="systems",
        index=ids.index,
        row_id=ids,
        value=readings.facts.frame["name"].iloc[at].reset_index(drop=True),
        detail=pd.Series(by, index=ids.index, dtype="object"),
    )


def _flips(readings: Readings, scores: Scores) -> pd.DataFrame:
    found = what_if(readings, scores)
    # What a person chose, no answer changes.
    found = found[~scores.chosen[found["at"].to_numpy()]]
    at = found["at"].to_numpy()
    order = np.argsort(ranks_of(readings.facts.system_ids)[at], kind="stable")
    rows = {
        "system_id": readings.facts.system_ids.array[at[order]],
        "field": found["field"].array[order],
        "answer": found["answer"].array[order],
        "disposition": pd.Categorical.from_codes(found["option"].to_numpy()[order], scores.options),
    }
    return conform(pd.DataFrame(rows), "flips")
