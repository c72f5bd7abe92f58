"""What a delay pushes: the order of phases and groups, and the order in which teams go from one activity to the next.

Without the teams' order the simulation would let everybody work at once. It is read out of the finished schedule:
every activity takes its person-days from capacity that was never used or that an earlier one has set free (a resource
flow, as in Artigues, Michelon and Reusser 2003), and waits for those that it takes from.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass
from itertools import chain

import pandas as pd

from planner.case import Case
from planner.portfolio import Portfolio

PHASES = ("foundation", "investigate", "decide", "procure", "prepare", "move", "cutover", "hypercare", "close")
CLOUD = ("rehost", "relocate", "replatform", "refactor")
NEVER_USED = -1
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Network:
    """Activities by start, and for each those that it waits for."""

    table: pd.DataFrame
    before: list[list[int]]
    changes: list[int]
    """Activities with which groups have changed hands."""


def network_of(portfolio: Portfolio, case: Case) -> Network:
    """Build the network from the tables of the schedule; it holds only what the schedule itself keeps."""
    table = portfolio["activities"].sort_values(["start_week", "end_week", "activity_id"], ignore_index=True)
    start, end = table["start_week"].tolist(), table["end_week"].tolist()
    before: list[set[int]] = [set() for _ in start]
    changes = _changes(table)
    for first, then in [*_phases(table, portfolio), *_groups(table, portfolio, changes)]:
        if end[first] < start[then]:
            before[then].add(first)
    _add_teams(table, portfolio["demand"], case, before)
    # What has begun waits for nothing any more.
    for at in table.index[table["state"] != "planned"]:
        before[at] = set()
    return Network(table, [sorted(earlier) for earlier in before], sorted(changes.values()))


def _changes(table: pd.DataFrame) -> dict[str, int]:
    cuts = table[table["has_cutover"].astype(bool)]
    return {str(group): int(at) for at, group in cuts.sort_values("end_week", kind="stable")["group_id"].items()}


def _phases(table: pd.DataFrame, portfolio: Portfolio) -> list[tuple[int, int]]:
    rank = table["phase"].map({phase: at for at, phase in enumerate(PHASES)})
    ordered = table.assign(rank=rank, at=table.index).sort_values(["group_id", "rank", "start_week"])
    earlier = ordered.groupby("group_id")["at"].shift()
    links = [(int(one), int(other)) for one, other in zip(earlier, ordered["at"], strict=True) if not pd.isna(one)]
    ground = table.index[table["phase"] == "foundation"]
    options = portfolio["groups"].merge(portfolio["decisions"][["system_id", "disposition"]], on="system_id")
    cloud = set(options.loc[options["disposition"].isin(CLOUD), "group_id"])
    built = table.index[(table["phase"] == "prepare") & table["group_id"].isin(cloud)]
    return links + [(int(one), int(other)) for one in ground for other in built]


def _groups(table: pd.DataFrame, portfolio: Portfolio, changes: dict[str, int]) -> list[tuple[int, int]]:
    pairs = portfolio["precedence"][["before_group_id", "after_group_id"]].itertuples(index=False)
    return [(changes[one], changes[other]) for one, other in pairs if one in changes and other in changes]


def _add_teams(table: pd.DataFrame, demand: pd.DataFrame, case: Case, before: list[set[int]]) -> None:
    at = {key: number for number, key in enumerate(table["activity_id"])}
    start, end = table["start_week"].tolist(), table["end_week"].tolist()
    for role, rows in demand.groupby("role", sort=True):
        needs = sorted(zip(rows["activity_id"].map(at), rows["days_per_week"], strict=True))
        free = _unused(case, str(role))
        for number, needed in needs:
            _take(free, start[number], float(needed), number, before[number])
            insort(free, (end[number], number, float(needed)))


def _unused(case: Case, role: str) -> list[tuple[int, int, float]]:
    """A team's days a week before anybody has used them: from the start, and more from the week in which it grows."""
    team = next((team for team in case.teams if team.role == role), None)
    if team is None:
        return [(NEVER_USED, NEVER_USED, 0.0)]
    free, most = [(NEVER_USED, NEVER_USED, team.days_per_week)], team.days_per_week
    for change in sorted(team.changes, key=lambda change: change.first):
        if change.days_per_week > most:
            released = -(-(change.first - case.first_monday).days // 7) - 1
            free.append((max(released, NEVER_USED), NEVER_USED, change.days_per_week - most))
            most = change.days_per_week
    return free


def _take(free: list[tuple[int, int, float]], start: int, needed: float, number: int, before: set[int]) -> None:
    """Take what an activity needs: from what it waits for anyway, from what nobody has used, from the longest free."""
    ready, waited_for = free[: bisect_left(free, (start,))], set(before)
    known = (part for part in ready if part[1] in waited_for)
    others = (part for part in ready if part[1] not in waited_for)
    for part in chain(known, others):
        if needed <= TOLERANCE:
            break
        released, owner, amount = part
        used = min(amount, needed)
        needed -= used
        free.remove(part)
        if amount - used > TOLERANCE:
            insort(free, (released, owner, amount - used))
        if owner != NEVER_USED:
            before.add(owner)
