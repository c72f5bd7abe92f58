"""Which dated facts a plan rests on, and which of them are due for review."""

from __future__ import annotations

import pandas as pd

from planner.case import Case
from planner.facts.laws import load_laws
from planner.policy import Policy
from planner.portfolio import Portfolio, finding_rows
from planner.schema import conform


def cite(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """List the facts behind every gate and rule that bore on a system, behind the lenses and the goals.

    Returns
    -------
    dict of DataFrame
        laws (one row per fact), findings (one per fact past its review date: a warning, since a passed day alone must
        not stop a plan).
    """
    rows = _rows(_citations(portfolio, policy), pd.Timestamp(case.plan_date))
    late = rows[rows["is_review_late"]].reset_index(drop=True)
    findings = finding_rows(
        "warning",
        "review_late",
        table="laws",
        index=late.index,
        row_id=late["fact_id"],
        value=late["fact_id"],
        detail=late["review_by"].dt.strftime("%Y-%m-%d"),
    )
    return {"laws": rows, "findings": findings}


def _citations(portfolio: Portfolio, policy: Policy) -> dict[str, list[str]]:
    used = set(portfolio["evidence"]["rule"].unique())
    bearing = [(item.name, item.facts) for item in policy.decisions.everything if item.name in used]
    lenses = [(name, lens.facts) for name, lens in policy.lenses.lenses.items()]
    routes = set(portfolio["facts"]["lead_route"].dropna())
    leads = [(lead.route, lead.facts) for lead in policy.schedule.lead_times if lead.route in routes]
    whole = [("outlook", policy.outlook.facts)]
    if len(portfolio["compared"]):
        whole.append(("business_case", policy.business_case.facts))
    citations: dict[str, list[str]] = {}
    for name, facts in [*bearing, *lenses, *leads, *whole]:
        for fact in facts:
            citations.setdefault(fact, []).append(name)
    return citations


def _rows(citations: dict[str, list[str]], plan_date: pd.Timestamp) -> pd.DataFrame:
    used = [fact for fact in load_laws().facts if fact.id in citations]
    frame = pd.DataFrame(
        {
            "fact_id": [fact.id for fact in used],
            "status": [fact.status for fact in used],
            "mark": [fact.mark for fact in used],
            "as_of": pd.to_datetime([fact.as_of for fact in used]),
            "review_by": pd.to_datetime([fact.review_by for fact in used]),
            "used_by": [" ".join(sorted(citations[fact.id])) for fact in used],
        }
    )
    return conform(frame.assign(is_review_late=frame["review_by"] < plan_date), "laws")
