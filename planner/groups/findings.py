"""What has to be known of the groups: circles that are too large, hard links that are cut or left behind."""

from __future__ import annotations

import pandas as pd

from planner.groups.split import Split
from planner.groups.ties import HARD
from planner.policy import Policy
from planner.portfolio import Portfolio, finding_rows
from planner.schema import concat

# The rest stands in table ties.
MOST_FLOWS = 5


def findings(
    splits: list[Split], ties: pd.DataFrame, disposition: pd.Series, portfolio: Portfolio, policy: Policy
) -> pd.DataFrame:
    """Findings of the step."""
    names = portfolio["systems"].set_index("system_id")["name"].to_dict()
    rows = [_too_large(one, ties, names) for one in splits]
    return concat([*rows, _left_behind(ties, disposition, names, policy)], "findings")


def _too_large(one: Split, ties: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    members = [member for part in one.parts for member in part]
    mine = ties[ties["source_system_id"].isin(members) & ties["target_system_id"].isin(members)]
    is_cut = mine["is_decoupled"] | (mine["kind"].isin(HARD) & mine["fate"].eq("border"))
    cut = mine[is_cut.astype(bool)]
    said = [
        f"{names[source]} → {names[target]} ({flow})"
        for flow, source, target in cut[["flow_id", "source_system_id", "target_system_id"]]
        .head(MOST_FLOWS)
        .itertuples(index=False)
    ]
    more = [f"+{len(cut) - MOST_FLOWS}"] if len(cut) > MOST_FLOWS else []
    code = "circle_too_large" if one.is_circle else "hard_links_too_many"
    return finding_rows(
        "warning", code, table="ties", row_id=min(members), value=len(members), detail="; ".join([*said, *more])
    )


def _left_behind(ties: pd.DataFrame, disposition: pd.Series, names: dict[str, str], policy: Policy) -> pd.DataFrame:
    """Hard links between a system that is moved and one that stays where it is, or of which nothing is decided."""
    hard = ties[ties["kind"].isin(HARD) & ties["service"].isna()]
    parts = []
    for end, other in (("source_system_id", "target_system_id"), ("target_system_id", "source_system_id")):
        moves = hard[end].map(disposition).isin(policy.groups.moved)
        stays = hard[other].map(disposition)
        part = hard[moves & (stays.eq("retain") | stays.isna())]
        kind = ("tie_" + part["kind"]).astype("string")
        parts.append(
            finding_rows(
                "warning",
                "hard_link_left_behind",
                table="ties",
                row_id=part[end],
                value=part[other].map(names),
                detail=kind,
            )
        )
    return concat(parts, "findings")
