"""What the plan before says of the activities of the new one: where they stood, and what it costs to move them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schedule.activities import Activity
from planner.schedule.pose import Posed
from planner.schedule.problem import NEVER, Ints, Problem

KEY = ["group_id", "phase", "step"]


@dataclass(frozen=True)
class Stood:
    """First week and weeks of the first part of an activity in the plan before, and its deadline there."""

    start: int
    weeks: int
    deadline: date | None = None


NOWHERE = Stood(-1, 0)


@dataclass(frozen=True)
class Anchors:
    """Where the activities stood.

    `start` and `weeks` are an activity's first week and the length of its first part in the plan before (-1 and 0:
    it was not there). `unit` is the number of its group, and `weight` what it costs to move anything of a group: its
    systems, each as much as all others together where the dates are decided. `due` are the dates that go before
    everything (NEVER: none): what was late already for a date that has not changed is no reason to move anything, but
    is to be no later than it was.
    """

    start: Ints
    weeks: Ints
    unit: Ints
    weight: Ints
    due: Ints

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
        return int(self.lateness(problem, start, mode).sum())

    def lateness(self, problem: Problem, start: Ints, mode: Ints) -> Ints:
        """The same, activity by activity."""
        ends = problem.ends(start, mode)
        late: Ints = np.maximum(ends - self.due, 0) * problem.late_weight + np.maximum(ends - problem.deadline, 0)
        return late

    def value(self, problem: Problem, start: Ints, mode: Ints) -> tuple[int, int, int, int]:
        """How good a schedule is, in the order in which it counts: dates kept, groups and weeks moved, objective."""
        moved = int(self.weight[self.moved(start)].sum())
        return self.late(problem, start, mode), moved, self.distance(start), problem.objective(start, mode)


def anchors_of(posed: Posed, portfolio: Portfolio, case: Case, policy: Policy) -> Anchors | None:
    """Anchors of a posed problem; None where no plan before is kept to. What has begun is where it is, and no move."""
    before = portfolio["baseline"]
    if not before["is_kept"].any():
        return None
    stood = stood_of(posed.activities, portfolio, case)
    found = [stood.get(item.key, NOWHERE) if item.begun is None else NOWHERE for item in posed.activities]
    unit, groups = pd.factorize(np.array([item.group_id for item in posed.activities], dtype=object))
    return Anchors(
        np.array([item.start for item in found], dtype=np.int64),
        np.array([item.weeks for item in found], dtype=np.int64),
        unit.astype(np.int64),
        _weights(groups, before, portfolio),
        _due(posed, found, policy),
    )


def _due(posed: Posed, found: list[Stood], policy: Policy) -> Ints:
    must = posed.problem.late_weight > policy.schedule.weights.after_support
    due = np.where(must, posed.problem.due, NEVER)
    for at, (activity, stood) in enumerate(zip(posed.activities, found, strict=True)):
        is_same = activity.due is None or activity.deadline == stood.deadline
        if must[at] and is_same and activity.pinned is None:
            due[at] = max(due[at], stood.start + stood.weeks + activity.after_care)
    return due


def stood_of(
    activities: Iterable[Activity], portfolio: Portfolio, case: Case, before: pd.DataFrame | None = None
) -> dict[str, Stood]:
    """Where the activities stood in the plan before: as most of their systems, the earliest of equals."""
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
    deadline = rows.dropna(subset="deadline_date").drop_duplicates(KEY).set_index(KEY)["deadline_date"].to_dict()
    stood: dict[tuple[str, str, str], Stood] = {}
    for group_id, phase, step, week, weeks in best[[*KEY, "week", "weeks"]].itertuples(index=False, name=None):
        day = deadline.get((group_id, phase, step))
        stood[group_id, phase, step] = Stood(int(week), int(weeks), None if day is None else day.date())
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
