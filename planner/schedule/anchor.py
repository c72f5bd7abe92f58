"""What the plan before says of the activities of the new one: where they stood, and what it costs to move them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schedule.activities import Activity
from planner.schedule.pose import Posed
from planner.schedule.problem import Ints, Problem

KEY = ["group_id", "phase", "step"]


@dataclass(frozen=True)
class Anchors:
    """Where the activities stood.

    `start` and `weeks` are an activity's first week and the length of its first part in the plan before (-1 and 0:
    it was not there). `unit` is the number of its group, and `weight` what it costs to move anything of a group: its
    systems, each as much as all others together where the dates are decided. `must` are the activities whose due
    dates go before everything.
    """

    start: Ints
    weeks: Ints
    unit: Ints
    weight: Ints
    must: npt.NDArray[np.bool_]

    def moved(self, start: Ints) -> npt.NDArray[np.bool_]:
        """Which groups are not where they were."""
        moved = np.zeros(len(self.weight), dtype=np.bool_)
        moved[self.unit[(self.start >= 0) & (start != self.start)]] = True
        return moved

    def distance(self, start: Ints) -> int:
        """Weeks by which activities have moved, in all."""
        return int(np.abs(start - self.start)[self.start >= 0].sum())

    def late(self, problem: Problem, start: Ints, mode: Ints) -> int:
        """What missing the dates that go before everything costs."""
        ends = problem.ends(start, mode)
        late = np.maximum(ends - problem.due, 0) * problem.late_weight
        return int(late[self.must].sum() + np.maximum(ends - problem.deadline, 0).sum())

    def value(self, problem: Problem, start: Ints, mode: Ints) -> tuple[int, int, int, int]:
        """How good a schedule is, in the order in which it counts: dates kept, groups and weeks moved, objective."""
        moved = int(self.weight[self.moved(start)].sum())
        return self.late(problem, start, mode), moved, self.distance(start), problem.objective(start, mode)


def anchors_of(posed: Posed, portfolio: Portfolio, case: Case, policy: Policy) -> Anchors | None:
    """Anchors of a posed problem; None where there is no plan before. What has begun is where it is, and no move."""
    before = portfolio["baseline"]
    if not len(before):
        return None
    stood = stood_of(posed.activities, portfolio, case)
    found = [stood.get(item.key, (-1, 0)) if item.begun is None else (-1, 0) for item in posed.activities]
    unit, groups = pd.factorize(np.array([item.group_id for item in posed.activities], dtype=object))
    return Anchors(
        np.array([start for start, _ in found], dtype=np.int64),
        np.array([weeks for _, weeks in found], dtype=np.int64),
        unit.astype(np.int64),
        _weights(groups, before, portfolio),
        posed.problem.late_weight > policy.schedule.weights.after_support,
    )


def stood_of(
    activities: Iterable[Activity], portfolio: Portfolio, case: Case, before: pd.DataFrame | None = None
) -> dict[str, tuple[int, int]]:
    """First week and weeks in the plan before, by activity: those of most of its systems, the earliest of equals.

    The weeks are those of the first part: what follows it without a pause is not counted.
    """
    before = portfolio["baseline"] if before is None else before
    if not len(before):
        return {}
    home = portfolio["groups"].set_index("system_id")["group_id"]
    group = before["system_id"].map(home).where(before["system_id"].notna(), before["group_id"])
    first = pd.Timestamp(case.first_monday)
    rows = before.assign(
        group_id=group,
        step=before["step"].fillna(""),
        week=(before["start_date"] - first).dt.days // 7,
        weeks=(before["end_date"] - before["start_date"]).dt.days // 7 + 1,
    )
    counts = rows.groupby([*KEY, "week", "weeks"], sort=True).size().rename("systems").reset_index()
    counts = counts.sort_values([*KEY, "systems", "week"], ascending=[True, True, True, False, True], kind="stable")
    best = counts.drop_duplicates(KEY)
    keys = zip(best["group_id"], best["phase"], best["step"], strict=True)
    stood = dict(zip(keys, zip(best["week"].tolist(), best["weeks"].tolist(), strict=True), strict=True))
    named = {item.key: (item.group_id, item.phase, item.step or "") for item in activities}
    return {key: stood[place] for key, place in named.items() if place in stood}


def _weights(groups: npt.NDArray[np.object_], before: pd.DataFrame, portfolio: Portfolio) -> Ints:
    members = portfolio["groups"]
    size = members.groupby("group_id").size().reindex(groups).fillna(1).astype("int64").to_numpy()
    decided = set(before.loc[before["is_decided"].astype(bool), "system_id"])
    held = set(members.loc[members["system_id"].isin(decided), "group_id"])
    heavy = np.array([group in held for group in groups], dtype=np.bool_)
    weights: Ints = np.where(heavy, size * (size.sum() + 1), size)
    return weights
