"""The step: from the schedule and its spans to P50, P80 and P95, chances and criticality."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.calendar import areas_of, closed_weeks, this_week, without_meetings
from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schema import conform, empty
from planner.simulate.declared import DECLARED
from planner.simulate.kernel import Bounds, Draws, Watch, critical, futures
from planner.simulate.network import Network, network_of
from planner.simulate.spread import SHARES, draws_of

EXTRA_WEEKS = 52 * 30
Weeks = npt.NDArray[np.float32]


@dataclass
class Seen:
    """What is kept of the futures: last changes by wave and by watched activity, work, and the critical activities."""

    waves: list[Weeks] = field(default_factory=list)
    watched: list[Weeks] = field(default_factory=list)
    days: list[Weeks] = field(default_factory=list)
    ends: list[Weeks] = field(default_factory=list)
    flags: list[npt.NDArray[np.bool_]] = field(default_factory=list)


def simulate(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """Draw the futures of a schedule.

    In each of them effort and procurement take what they may take, correlated within a team and within the
    procurements; a delay pushes what waits for it, be it by the order of phases and groups or because the same team is
    busy; a cut-over that falls into weeks that are closed to its areas, or that hold no more
    changes, waits for their end, and a decision for the next meeting.

    Returns
    -------
    dict of DataFrame
        risk_waves, risk_deadlines, risk_activities; empty when nothing changes hands.
    """
    if portfolio["waves"].empty:
        return {name: empty(name) for name in DECLARED.makes}
    network = network_of(portfolio, case)
    wave_of = portfolio["waves"].drop_duplicates("group_id").set_index("group_id")["wave"]
    waves = sorted(int(wave) for wave in wave_of.unique())
    bucket = _buckets(network, wave_of, waves)
    dated = [at for at in network.changes if not pd.isna(network.table.at[at, "deadline_date"])]
    draws = draws_of(network, portfolio, case, policy)
    seen = _seen(draws, _bounds(network, portfolio, case, policy), network, bucket, waves, dated, policy)
    return {
        "risk_waves": _waves(seen, portfolio, waves, case, policy),
        "risk_deadlines": _deadlines(seen, network, dated, case, policy),
        "risk_activities": _activities(seen, network, draws, case),
    }


def _bounds(network: Network, portfolio: Portfolio, case: Case, policy: Policy) -> Bounds:
    table = network.table
    start, is_planned = table["start_week"].to_numpy(dtype=float), (table["state"] == "planned").to_numpy(dtype=bool)
    early = np.maximum(start - policy.simulation.early_weeks.value, float(this_week(case)))
    is_change = table["has_cutover"].to_numpy(dtype=bool) & is_planned
    steps = {step.name for step in policy.schedule.steps if step.needs_meeting}
    is_meeting = table["step"].isin(steps).to_numpy(dtype=bool) & is_planned
    areas = areas_of(portfolio)
    words = np.array([areas.get(str(group), "") for group in table["group_id"]], dtype=object)
    kinds = {word: at for at, word in enumerate(sorted(set(words[is_change])))}
    weeks = int(table["end_week"].max()) + EXTRA_WEEKS
    closed = [closed_weeks(case, policy.schedule.calendar, weeks, word) for word in kinds]
    if is_meeting.any():
        closed.append(without_meetings(case, policy.schedule.calendar, weeks))
    wait = np.vstack([_wait_for_open(row) for row in closed]) if closed else np.zeros((0, weeks), dtype=np.float32)
    opens = np.where(is_change, [kinds.get(word, -1) for word in words], np.where(is_meeting, len(kinds), -1)).tolist()
    begins = np.where(is_planned, early, start).tolist()
    most = case.max_cutovers_per_week
    return Bounds(begins, network.before, wait, opens, _changes(network, portfolio, is_change, most), most)


def _changes(network: Network, portfolio: Portfolio, is_change: npt.NDArray[np.bool_], most: int) -> list[int]:
    """Systems that change hands with each activity; a group larger than the limit of a week takes the whole of one."""
    rows = portfolio["groups"].merge(portfolio["decisions"][["system_id", "disposition"]], on="system_id")
    rows = rows[rows["disposition"].notna() & (rows["disposition"] != "retain")]
    phase = np.where(rows["disposition"] == "retire", "close", "cutover")
    sizes = rows.groupby([rows["group_id"], phase]).size()
    keys = pd.MultiIndex.from_frame(network.table[["group_id", "phase"]].astype("object"))
    found = np.minimum(sizes.reindex(keys).fillna(0).to_numpy(dtype=np.int64), most)
    taken: list[int] = np.where(is_change, found, 0).tolist()
    return taken


def _wait_for_open(closed: npt.NDArray[np.bool_]) -> Weeks:
    """Weeks from each week to the next in which a cut-over may end, 0 in an open one; the last one is."""
    place = np.arange(len(closed))
    is_open = ~closed
    is_open[-1] = True
    following = np.minimum.accumulate(np.where(is_open, place, len(closed))[::-1])[::-1]
    wait: Weeks = (following - place).astype(np.float32)
    return wait


def _buckets(network: Network, wave_of: pd.Series, waves: list[int]) -> list[int]:
    """Wave of each activity by its place among the waves; what belongs to none comes last."""
    place = {wave: at for at, wave in enumerate(waves)}
    of_group = {str(group): place[int(wave)] for group, wave in wave_of.items()}
    return [of_group.get(group, len(waves)) for group in network.table["group_id"].tolist()]


def _seen(
    draws: Draws,
    bounds: Bounds,
    network: Network,
    bucket: list[int],
    waves: list[int],
    dated: list[int],
    policy: Policy,
) -> Seen:
    numbers, seen = policy.simulation, Seen()
    last = [at for at in network.changes if bucket[at] < len(waves)]
    count, close, seed = (int(n.value) for n in (numbers.samples, numbers.samples_of_criticality, numbers.seed))
    for block in futures(draws, bounds, Watch(bucket, last, dated, close), count, seed):
        seen.waves.append(block.last[: len(waves)])
        seen.watched.append(block.ends)
        seen.days.append(block.days)
        if block.close_start.shape[1]:
            seen.flags.append(critical(block, network.before, last))
            seen.ends.append(block.close_end)
    return seen


def _fridays(case: Case, weeks: Weeks) -> pd.DatetimeIndex:
    """Friday of the last week of everything that ends after so many weeks."""
    return pd.Timestamp(case.first_monday) + pd.to_timedelta(7 * np.ceil(weeks).astype(np.int64) - 3, unit="D")


def _by(case: Case, day: date) -> int:
    """Most weeks that something may take and still have its last Friday on that day or earlier."""
    return (day - case.first_monday + timedelta(days=3)).days // 7


def _at(shares: dict[str, float], values: Weeks) -> dict[str, Weeks]:
    """For each row the least value that so large a share of the futures does not pass."""
    count = values.shape[1]
    places = {name: max(math.ceil(share * count) - 1, 0) for name, share in shares.items()}
    ordered = np.sort(values, axis=1)
    return {name: ordered[:, place] for name, place in places.items()}


def _share(flags: npt.NDArray[np.bool_]) -> float:
    return round(float(flags.mean()) * 100, 1)


def _dates(case: Case, values: Weeks) -> dict[str, pd.DatetimeIndex]:
    return {f"{name}_date": _fridays(case, at) for name, at in _at(SHARES, values).items()}


def _waves(seen: Seen, portfolio: Portfolio, waves: list[int], case: Case, policy: Policy) -> pd.DataFrame:
    ends, days = np.concatenate(seen.waves, axis=1), np.concatenate(seen.days, axis=1)
    ends = np.vstack([ends, ends.max(axis=0)])
    sek = np.vstack([days[: len(waves)], days.sum(axis=0)]) * np.float32(policy.effort.day_rate.value)
    table = portfolio["waves"]
    planned = [table.loc[table["wave"] == wave, "end_date"].max().date() for wave in waves]
    planned.append(max(planned))
    likely = _likely_sek(portfolio, policy)
    by_wave = table["system_id"].map(likely).groupby(table["wave"]).sum()
    goal = _by(case, policy.outlook.target_date)
    frame = pd.DataFrame(
        {
            "scope": [*["wave"] * len(waves), "plan"],
            "wave": pd.array([*waves, None], dtype="Int64"),
            "systems": [*(int((table["wave"] == wave).sum()) for wave in waves), len(table)],
            "planned_date": planned,
            **_dates(case, ends),
            "on_plan_pct": [_share(row <= _by(case, day)) for row, day in zip(ends, planned, strict=True)],
            "by_goal_pct": [_share(row <= goal) for row in ends],
            "likely_sek": [*(float(by_wave[wave]) for wave in waves), _all_sek(likely, portfolio, policy)],
            **{f"{name}_sek": at.astype(float).round(-3) for name, at in _at(SHARES, sek).items()},
        }
    )
    return conform(frame, "risk_waves")


def _likely_sek(portfolio: Portfolio, policy: Policy) -> pd.Series:
    days = portfolio["effort"].groupby("system_id")["likely_days"].sum()
    return days * policy.effort.day_rate.value


def _all_sek(likely: pd.Series, portfolio: Portfolio, policy: Policy) -> float:
    has_ground = bool((portfolio["activities"]["phase"] == "foundation").any())
    ground = sum(work.base.likely for work in policy.effort.foundation) if has_ground else 0.0
    return float(likely.sum()) + ground * policy.effort.day_rate.value


def _deadlines(seen: Seen, network: Network, dated: list[int], case: Case, policy: Policy) -> pd.DataFrame:
    last = np.concatenate(seen.waves, axis=1).max(axis=0)
    ends = np.vstack([np.concatenate(seen.watched, axis=1), last, last])
    rows = network.table.loc[dated]
    days = [*(day.date() for day in rows["deadline_date"]), policy.outlook.target_date, case.horizon_date]
    changes = network.table.loc[network.changes, "end_date"].max().date()
    frame = pd.DataFrame(
        {
            "kind": [*["deadline"] * len(dated), "goal", "horizon"],
            "group_id": pd.array([*rows["group_id"], None, None], dtype="string"),
            "deadline_date": days,
            "planned_date": [*(day.date() for day in rows["end_date"]), changes, changes],
            **_dates(case, ends),
            "chance_pct": [_share(row <= _by(case, day)) for row, day in zip(ends, days, strict=True)],
        }
    )
    return conform(frame.sort_values(["deadline_date", "group_id"], kind="stable"), "risk_deadlines")


def _activities(seen: Seen, network: Network, draws: Draws, case: Case) -> pd.DataFrame:
    flags, ends = np.concatenate(seen.flags, axis=1), np.concatenate(seen.ends, axis=1)
    frame = network.table[["activity_id", "group_id"]].assign(
        driver=[driver or "none" for driver in draws.drivers],
        criticality_pct=(flags.mean(axis=1) * 100).round(1),
        **_dates(case, ends),
    )
    return conform(frame.sort_values("activity_id"), "risk_activities")
