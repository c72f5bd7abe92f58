"""Which data flows are free: both ends reach the level, or the flow ends with its system."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.outlook.state import Days, Flags, State, flags, levels
from planner.outlook.systems import Measure, always, count
from planner.policy.outlook import Outlook

ENDS = ("source_system_id", "target_system_id")
ASKED_OF = {
    "agree_outside": "business",
    "decide_first": "business",
    "plan_earlier": "business",
    "assess": "it",
    "raise_level": "it",
}
LEVEL = {"low": "dataflow_2030_low", "high": "dataflow_2030_high"}
# Places of an end that is no system of the register, and of one that is named nowhere in it.
NO_SYSTEM, OUTSIDE = -2, -1


@dataclass(frozen=True)
class Ends:
    """Place of the systems at both ends of every flow."""

    source: npt.NDArray[np.intp]
    target: npt.NDArray[np.intp]

    def either(self, found: Flags) -> Flags:
        """Flows of which an end is among some systems, day by day."""
        source, target = self._at(found, is_outside=False)
        return source | target

    def both(self, found: Flags, *, is_outside: bool) -> Flags:
        """Flows of which both ends are; whether what is outside counts as one of them."""
        source, target = self._at(found, is_outside=is_outside)
        return source & target

    def _at(self, found: Flags, *, is_outside: bool) -> tuple[Flags, Flags]:
        wide = np.pad(found, [*[(0, 0)] * (found.ndim - 1), (0, 2)])
        wide[..., OUTSIDE] = is_outside
        return wide[..., self.source], wide[..., self.target]


def ends_of(links: pd.DataFrame, state: State) -> Ends:
    """Find the systems of the flows."""
    return Ends(*(_places(links[end], state.today.index) for end in ENDS))


def _places(end: pd.Series, systems: pd.Index) -> npt.NDArray[np.intp]:
    found = systems.get_indexer(pd.Index(end))
    return np.where(end.isna(), OUTSIDE, np.where(found < 0, NO_SYSTEM, found))


def flows_free(links: pd.DataFrame, days: Days, level: int) -> list[Measure]:
    """Count free flows; an end outside the register is unknown.

    A flow that ends with its system is free: nothing is left that could be blocked.
    """
    ends = ends_of(links, days.state)
    ended = ends.either(days.is_gone)
    low, high = (count(_reaches(ends, days, level, bound) | ended) for bound in ("low", "high"))
    gone, total = count(ended), always(ended, len(links))
    return [
        Measure("flows_free", low, high, total, count(_known(ends, days) | ended)),
        Measure("flows_ended", gone, gone, total, total),
    ]


def _reaches(ends: Ends, days: Days, level: int, bound: str) -> Flags:
    # Nobody knows how the far end of a flow out of the register does.
    return ends.both(days.level(LEVEL[bound], "dataflow_level") >= level, is_outside=bound == "high")


def _known(ends: Ends, days: Days) -> Flags:
    is_assessed = flags(days.state.today["dataflow_2030_class"] != "not_assessable")
    is_known = is_assessed | (days.is_changed & ~np.isnan(levels(days.state.after["dataflow_level"])))
    return ends.both(is_known, is_outside=False)


def blocked_flows(links: pd.DataFrame, state: State, day: pd.Timestamp, goals: Outlook) -> pd.DataFrame:
    """Flows that are not free for sure on a day, those that most systems wait for first."""
    level, days = goals.flow_level, state.on([day])
    places = ends_of(links, state)
    is_free = (places.either(days.is_gone) | _reaches(places, days, level, "low"))[0]
    left = links[~is_free]
    can_be_free = pd.Series(_reaches(places, days, level, "high")[0][~is_free], index=left.index)
    low = days.level(LEVEL["low"], "dataflow_level")[0]
    blocking = state.today.index[~(low >= level)]
    ends = pd.DataFrame({end: left[end].where(left[end].isin(blocking)) for end in ENDS})
    rows = left[["flow_id", *ENDS]].assign(
        state=can_be_free.map({True: "uncertain", False: "blocked"}),
        blocking=_joined(ends),
        dependants=_dependants(ends, links),
        remedy=_remedies(left, ends, state, goals),
    )
    rows["asked_of"] = rows["remedy"].map(ASKED_OF)
    return rows.sort_values(["dependants", "flow_id"], ascending=[False, True], kind="stable", ignore_index=True)


def _joined(ends: pd.DataFrame) -> pd.Series:
    one, other = (ends[end].astype("string") for end in ENDS)
    return (one + " " + other).fillna(one).fillna(other)


def _dependants(ends: pd.DataFrame, links: pd.DataFrame) -> pd.Series:
    pairs = links.dropna(subset=list(ENDS)).drop_duplicates(list(ENDS))
    needed_by = pairs.groupby("target_system_id")["source_system_id"].nunique()
    return pd.concat([ends[end].map(needed_by).fillna(0) for end in ENDS], axis=1).max(axis=1).astype("Int64")


def _remedies(left: pd.DataFrame, ends: pd.DataFrame, state: State, goals: Outlook) -> pd.Series:
    """What would free a flow: the first of these that applies to a blocking end, or agreeing with the far end."""
    reaches = (state.after["dataflow_level"] >= goals.flow_level).fillna(False) | state.after["is_gone"]
    unknown = state.today["dataflow_2030_class"].isin(["not_assessable", "uncertain"])
    steps = {"decide_first": state.option.isna(), "plan_earlier": reaches, "assess": unknown}
    remedy = pd.Series("raise_level", index=left.index)
    for name, applies in reversed(steps.items()):
        ids = applies.index[applies]
        remedy = remedy.mask(ends[ENDS[0]].isin(ids) | ends[ENDS[1]].isin(ids), name)
    is_outside = left[list(ENDS)].isna().any(axis=1) & ends.isna().all(axis=1)
    return remedy.mask(is_outside, "agree_outside")
