"""Azure's eight ordered wave conditions and the pilot, looked at when the waves are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schedule.activities import CLOUD
from planner.schema import conform

TEST = ("test", "development", "preproduction")


@dataclass(frozen=True)
class _Scene:
    """Waves with what the conditions ask about their systems."""

    systems: pd.DataFrame
    portfolio: Portfolio
    pilot: str | None
    policy: Policy


def wave_checks(
    portfolio: Portfolio, waves: pd.DataFrame, pilot: str | None, case: Case, policy: Policy
) -> pd.DataFrame:
    """Look at every wave rule that is not off.

    Returns
    -------
    DataFrame
        wave_checks: kept, broken (where), or not applicable.
    """
    systems = (
        waves.merge(portfolio["systems"][["system_id", "environment", "product", "criticality"]], on="system_id")
        .merge(portfolio["facts"][["system_id", "server_count"]], on="system_id")
        .merge(portfolio["decisions"][["system_id", "disposition"]], on="system_id")
    )
    start = pd.Timestamp(case.first_monday) + pd.Timedelta(days=4)
    quarter = (systems["end_date"].dt.year - start.year) * 4 + systems["end_date"].dt.quarter - start.quarter
    systems["quarter_number"] = quarter + 1
    scene = _Scene(systems, portfolio, pilot, policy)
    rows = []
    for rule in policy.schedule.waves:
        if rule.level == "off":
            continue
        concerned, broken = CHECKS[rule.name](scene, rule.value)
        state = "broken" if len(broken) else "kept" if concerned else "not_applicable"
        rows.append(
            {
                "rule": rule.name,
                "level": rule.level,
                "state": state,
                "waves": " ".join(map(str, sorted(set(broken["wave"])))) or None,
                "systems": " ".join(sorted(set(broken["system_id"]))) or None,
            }
        )
    return conform(pd.DataFrame(rows), "wave_checks")


Checked = tuple[bool, pd.DataFrame]


def _together(scene: _Scene, value: int) -> Checked:
    several = scene.systems[scene.systems["group_id"].duplicated(keep=False)]
    apart = several.groupby("group_id")["wave"].transform("nunique") > 1
    return len(several) > 0, several[apart]


def _application_together(scene: _Scene, value: int) -> Checked:
    return len(scene.systems) > 0, scene.systems[scene.systems["system_id"].duplicated(keep=False)]


def _needed_first(scene: _Scene, value: int) -> Checked:
    wave = scene.systems.groupby("group_id")["wave"].min()
    order = scene.portfolio["precedence"]
    before, after = order["before_group_id"].map(wave), order["after_group_id"].map(wave)
    wrong = set(order.loc[(before > after).fillna(False).astype(bool), "after_group_id"])
    return bool((before.notna() & after.notna()).any()), scene.systems[scene.systems["group_id"].isin(wrong)]


def _test_before_production(scene: _Scene, value: int) -> Checked:
    known = scene.systems.dropna(subset=["product", "environment"])
    test = known[known["environment"].isin(TEST)].groupby("product")["wave"].max()
    production = known[known["environment"] == "production"]
    first = production["product"].map(test)
    return bool(first.notna().any()), production[(first > production["wave"]).fillna(False).astype(bool)]


def _test_apart_from_production(scene: _Scene, value: int) -> Checked:
    known = scene.systems.dropna(subset=["environment"])
    is_test = known["environment"].isin(TEST)
    mixed = set(known.loc[is_test, "wave"]) & set(known.loc[known["environment"] == "production", "wave"])
    return bool(is_test.any()), known[is_test & known["wave"].isin(mixed)]


def _critical_not_first(scene: _Scene, value: int) -> Checked:
    critical = (scene.systems["criticality"] == 4).fillna(False).astype(bool)
    return _not_first(scene, critical, value)


def _complex_not_first(scene: _Scene, value: int) -> Checked:
    least = scene.policy.schedule.complex_servers.value
    return _not_first(scene, (scene.systems["server_count"] >= least).fillna(False).astype(bool), value)


def _not_first(scene: _Scene, held: pd.Series, waves: int) -> Checked:
    """The first waves are the first quarters of the plan; a retirement is not held back."""
    held = held & (scene.systems["disposition"] != "retire")
    return bool(held.any()), scene.systems[held & (scene.systems["quarter_number"] <= waves)]


def _wave_size(scene: _Scene, value: int) -> Checked:
    sizes = scene.systems.groupby("wave")["system_id"].transform("size")
    most = scene.policy.schedule.max_systems_per_wave.value * scene.policy.schedule.parallel_waves.value
    return len(scene.systems) > 0, scene.systems[(sizes < value) | (sizes > most)]


def _pilot_first(scene: _Scene, value: int) -> Checked:
    cloud = scene.systems[scene.systems["disposition"].isin(CLOUD)]
    if scene.pilot is None:
        return False, cloud.iloc[:0]
    end = cloud.loc[cloud["group_id"] == scene.pilot, "end_date"].max()
    early = cloud[(cloud["end_date"] <= end) & (cloud["group_id"] != scene.pilot)]
    needed = set(scene.portfolio["precedence"]["before_group_id"])
    return True, early[~early["group_id"].isin(needed)]


CHECKS: dict[str, Callable[[_Scene, int], Checked]] = {
    "mutual_dependencies_together": _together,
    "application_together": _application_together,
    "needed_first": _needed_first,
    "test_before_production": _test_before_production,
    "test_apart_from_production": _test_apart_from_production,
    "critical_not_first": _critical_not_first,
    "complex_not_first": _complex_not_first,
    "wave_size": _wave_size,
    "pilot_first": _pilot_first,
}
