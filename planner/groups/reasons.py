"""Why each system is in its group, told per member."""

from __future__ import annotations

import pandas as pd

from planner.groups.precedence import Arrow, circles, in_words
from planner.groups.split import Split
from planner.groups.ties import HARD
from planner.portfolio import Portfolio

# Longer circles are told by their beginning and their end.
MOST_NAMES = 12


def reasons(
    of: pd.Series, splits: list[Split], order: pd.DataFrame, ties: pd.DataFrame, portfolio: Portfolio
) -> pd.DataFrame:
    """One row per system: group, reason and the circle or the strongest tie in words.

    Parameters
    ----------
    of
        Group of every system.
    splits
        What was too large for a group.
    order
        Arrows between systems with their flows.
    ties
        Ties between systems that are moved.
    """
    names = portfolio["systems"].set_index("system_id")["name"].to_dict()
    size = of.map(of.value_counts())
    frame = pd.DataFrame({"system_id": of.index, "group_id": of.to_numpy(), "size": size.to_numpy()})
    frame = frame.join(_strongest(ties, of, names), on="system_id")
    frame["reason"] = frame["reason"].fillna("between").mask(frame["size"] == 1, "alone")
    frame["detail"] = frame["detail"].mask(frame["size"] == 1)
    parted = {member: one.is_circle for one in splits for part in one.parts for member in part}
    part = frame["system_id"].map(parted)
    frame["reason"] = frame["reason"].mask(part.eq(True), "part_of_cycle").mask(part.eq(False), "part_of_hard")
    circle = frame["system_id"].map(_circles_in_words(of, order, names)).astype("string")
    frame["reason"] = frame["reason"].mask(circle.notna() & part.isna(), "cycle")
    frame["detail"] = circle.fillna(frame["detail"].astype("string"))
    return frame[["group_id", "system_id", "reason", "detail"]]


def _circles_in_words(of: pd.Series, order: pd.DataFrame, names: dict[str, str]) -> dict[str, str]:
    """Circle of each system that is in one within its group."""
    inside = order[order["before"].map(of).eq(order["after"].map(of))]
    arrows: list[Arrow] = sorted(set(zip(inside["before"], inside["after"], strict=True)))
    told: dict[str, str] = {}
    among: dict[str, list[Arrow]] = {}
    found = [members for members in circles(sorted({end for arrow in arrows for end in arrow}), arrows) if members[1:]]
    circle_of = {member: members[0] for members in found for member in members}
    for first, then in arrows:
        if first in circle_of and circle_of[first] == circle_of.get(then):
            among.setdefault(circle_of[first], []).append((first, then))
    for members in found:
        words = in_words(members, among[members[0]], lambda member: str(names[member]), MOST_NAMES)
        told |= dict.fromkeys(members, words)
    return told


def _strongest(ties: pd.DataFrame, of: pd.Series, names: dict[str, str]) -> pd.DataFrame:
    """Strongest tie of each system within its group: a hard link, or else a flow."""
    inside = ties[ties["source_system_id"].map(of).eq(ties["target_system_id"].map(of))]
    ends = pd.concat([inside.assign(system_id=inside[end]) for end in ("source_system_id", "target_system_id")])
    ends = ends[ends["service"].isna()].sort_values(["weight", "flow_id"], ascending=[False, True], kind="stable")
    best = ends.drop_duplicates("system_id").set_index("system_id")
    said = best["source_system_id"].map(names) + " → " + best["target_system_id"].map(names)
    reason = best["kind"].isin(HARD).map({True: "hard_link", False: "flows"})
    return pd.DataFrame({"reason": reason, "detail": said}, dtype="string")
