"""Which data flows are free: both ends reach the level, or the flow ends with its system."""

from __future__ import annotations

import pandas as pd

from planner.outlook.state import State
from planner.policy.outlook import Outlook

Row = tuple[str, int, int, int, int]
ENDS = ("source_system_id", "target_system_id")
ASKED_OF = {
    "agree_outside": "business",
    "decide_first": "business",
    "plan_earlier": "business",
    "assess": "it",
    "raise_level": "it",
}
LEVEL = {"low": "dataflow_2030_low", "high": "dataflow_2030_high"}


def flows_free(links: pd.DataFrame, state: State, day: pd.Timestamp, level: int) -> list[Row]:
    """Count free flows; an end outside the register is unknown.

    A flow that ends with its system is free: nothing is left that could be blocked.
    """
    ended = _ended(links, state, day)
    low, high = (_reaches(links, state, day, level, bound) | ended for bound in ("low", "high"))
    known = _known(links, state, day) | ended
    total = len(links)
    gone = int(ended.sum())
    return [
        ("flows_free", int(low.sum()), int(high.sum()), total, int(known.sum())),
        ("flows_ended", gone, gone, total, total),
    ]


def _ended(links: pd.DataFrame, state: State, day: pd.Timestamp) -> pd.Series:
    gone = state.is_gone(day)
    return _either(links, gone.index[gone])


def _either(links: pd.DataFrame, ids: pd.Index) -> pd.Series:
    return links[ENDS[0]].isin(ids) | links[ENDS[1]].isin(ids)


def _reaches(links: pd.DataFrame, state: State, day: pd.Timestamp, level: int, bound: str) -> pd.Series:
    reached = state.level(LEVEL[bound], "dataflow_level", day) >= level
    ids = reached.index[reached.fillna(False).astype(bool)]
    # Nobody knows how the far end of a flow out of the register does.
    outside = bound == "high"
    return pd.concat([links[end].isin(ids) | (links[end].isna() & outside) for end in ENDS], axis=1).all(axis=1)


def _known(links: pd.DataFrame, state: State, day: pd.Timestamp) -> pd.Series:
    is_assessed = state.today["dataflow_2030_class"] != "not_assessable"
    is_known = is_assessed | (state.is_changed(day) & state.after["dataflow_level"].notna())
    ids = is_known.index[is_known]
    return links[ENDS[0]].isin(ids) & links[ENDS[1]].isin(ids)


def blocked_flows(links: pd.DataFrame, state: State, day: pd.Timestamp, goals: Outlook) -> pd.DataFrame:
    """Flows that are not free for sure on a day, those that most systems wait for first."""
    level = goals.flow_level
    is_free = _ended(links, state, day) | _reaches(links, state, day, level, "low")
    left = links[~is_free]
    can_be_free = _reaches(left, state, day, level, "high")
    low = state.level(LEVEL["low"], "dataflow_level", day)
    blocking = low.index[~(low >= level).fillna(False).astype(bool)]
    ends = pd.DataFrame({end: left[end].where(left[end].isin(blocking)) for end in ENDS})
    rows = left[["flow_id", *ENDS]].assign(
        state=can_be_free.map({True: "uncertain", False: "blocked"}),
        blocking=_joined(ends),
        dependants=_dependants(ends, links),
        remedy=_remedies(left, ends, state, day, goals),
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


def _remedies(left: pd.DataFrame, ends: pd.DataFrame, state: State, day: pd.Timestamp, goals: Outlook) -> pd.Series:
    """What would free a flow: the first of these that applies to a blocking end, or agreeing with the far end."""
    reaches = (state.after["dataflow_level"] >= goals.flow_level).fillna(False) | state.after["is_gone"]
    unknown = state.today["dataflow_2030_class"].isin(["not_assessable", "uncertain"])
    steps = {"decide_first": state.option.isna(), "plan_earlier": reaches, "assess": unknown}
    remedy = pd.Series("raise_level", index=left.index)
    for name, applies in reversed(steps.items()):
        remedy = remedy.mask(_either(ends, applies.index[applies]), name)
    is_outside = left[list(ENDS)].isna().any(axis=1) & ends.isna().all(axis=1)
    return remedy.mask(is_outside, "agree_outside")
