"""What organisations could do together: those that share something and come to it at about the same time."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from planner.fleet.rules import ChanceRules, Window
from planner.schema import conform, empty

DAYS_PER_MONTH = 30.4375


def chances(shared: pd.DataFrame, rules: ChanceRules) -> pd.DataFrame:
    """Table fleet_chances, those of most organisations first.

    What is the same is told by the product; by the name of the system only where its register states no product.
    """
    same = shared[(shared["kind"] == "product") | ((shared["kind"] == "system") & shared["product"].isna())]
    suppliers = shared[shared["kind"] == "supplier"]
    least = int(rules.least_organisations.value)
    rows = [
        *_near("buy_together", same, "cutover_date", rules.buy_together, least),
        *_near("operate_together", same, "cutover_date", rules.operate_together, least),
        *_near("negotiate_together", suppliers, "contract_end_date", rules.negotiate_together, least),
        *_undecided(same, least),
    ]
    if not rows:
        return empty("fleet_chances")
    order = pd.DataFrame(rows).sort_values(
        ["organisations", "chance", "shared_id"], ascending=[False, True, True], kind="stable"
    )
    return conform(order, "fleet_chances")


def _near(chance: str, rows: pd.DataFrame, when: str, window: Window, least: int) -> list[dict[str, object]]:
    """For each shared thing the period of at most the window's length in which most organisations come to it."""
    wanted = rows[rows[when].notna()]
    if window.options:
        wanted = wanted[wanted["disposition"].isin(window.options)]
    length = pd.Timedelta(days=round(window.within.value * DAYS_PER_MONTH))
    found = []
    for _, members in wanted.sort_values([when, "case", "system_id"]).groupby("shared_id"):
        mine = members[_fullest(members[when].tolist(), members["organisation"].tolist(), length)]
        if mine["organisation"].nunique() >= least:
            found.append(_row(chance, mine) | {"first_date": mine[when].iloc[0], "last_date": mine[when].iloc[-1]})
    return found


def _fullest(dates: list[pd.Timestamp], organisations: list[str], length: pd.Timedelta) -> slice:
    """Of ordered dates the stretch with most different organisations; the earliest where several have as many."""
    inside: Counter[str] = Counter()
    first, best, most = 0, slice(0, 0), 0
    for last, organisation in enumerate(organisations):
        inside[organisation] += 1
        while dates[last] - dates[first] > length:
            inside[organisations[first]] -= 1
            inside += Counter()
            first += 1
        # A longer stretch of the same organisations holds more of their systems.
        if len(inside) > most or (len(inside) == most and first == best.start):
            best, most = slice(first, last + 1), len(inside)
    return best


def _undecided(rows: pd.DataFrame, least: int) -> list[dict[str, object]]:
    """Shared things on which somebody is undecided, and somebody else could share the investigation or the answer."""
    asking = set(rows.loc[rows["disposition"].isna(), "shared_id"])
    kept = rows[rows["shared_id"].isin(asking)]
    groups = [members for _, members in kept.groupby("shared_id") if members["organisation"].nunique() >= least]
    return [_row("decide_together", members) for members in groups]


def _row(chance: str, members: pd.DataFrame) -> dict[str, object]:
    return {
        "chance": chance,
        "shared_id": members["shared_id"].iloc[0],
        "shared": members["shared"].iloc[0],
        "confidence": members["confidence"].iloc[0],
        "organisations": members["organisation"].nunique(),
        "systems": len(members),
        "cases": " ".join(sorted(set(members["case"]))),
        "annual_cost_sek": members["annual_cost_sek"].sum(min_count=1),
        "cost_known": int(members["annual_cost_sek"].notna().sum()),
    }
