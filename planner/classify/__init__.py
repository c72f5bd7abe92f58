"""Gates decide what is allowed, rules score what is allowed: a proposal per system, with evidence and what it lacks."""

from __future__ import annotations

import pandas as pd

from planner.case import Case
from planner.classify.decisions import decided
from planner.classify.evidence import evidence_of
from planner.classify.options import weighed
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.rules.facts import Facts
from planner.rules.reading import read_rules
from planner.rules.scores import score


def classify(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """Propose one of the 7 Rs for every system.

    Returns
    -------
    dict of DataFrame
        evidence (one row per system and rule that holds or cannot be decided), options (one row per system and option),
        decisions (one row per system).
    """
    facts = Facts.of(portfolio, policy)
    readings = read_rules(facts, policy.decisions.everything, case.plan_date)
    scores = score(readings, policy.decisions)
    return {
        "evidence": evidence_of(portfolio, readings, policy),
        "options": weighed(readings, scores),
        "decisions": decided(readings, scores, policy.decisions),
    }
