"""Where the plan leads: the goals today and on their day, the curve over waves, and the flows that are blocked."""

from __future__ import annotations

import pandas as pd

from planner.view.desk import Desk
from planner.view.model.page_one import Blocked, Goal, Point

PUBLIC = ("flows_free", "key_services_digital", "delivery_cloud", "moves_with_benefit")
INTERNAL = ("flows_free", "closed_left", "red_left", "key_services_digital", "delivery_cloud", "moves_with_benefit")
CLOUD = [f"delivery_{name}" for name in ("iaas", "paas", "saas")]


def goals(desk: Desk) -> tuple[Goal, ...]:
    """Five numbers with today and the day of the goals (public-sector reference 3.7).

    The public version leaves out how many systems are closed or red: a small count could point at one.
    """
    table = _with_cloud(desk.table("outlook"))
    start = table[table["moment"] == "start"].set_index("measure")
    due = table[table["moment"] == "target"].set_index("measure")
    return tuple(_goal(desk, key, start, due) for key in (INTERNAL if desk.is_internal else PUBLIC))


def _goal(desk: Desk, key: str, start: pd.DataFrame, due: pd.DataFrame) -> Goal:
    return Goal(
        key,
        desk.texts.say(f"goal_{key}"),
        desk.texts.say(f"goal_{key}_means"),
        _bounds(start, key),
        _bounds(due, key),
        int(due.loc[key, "total"]),
        int(due.loc[key, "known"]),
    )


def _bounds(table: pd.DataFrame, key: str) -> tuple[int, int]:
    return int(table.loc[key, "low"]), int(table.loc[key, "high"])


def _with_cloud(table: pd.DataFrame) -> pd.DataFrame:
    """One measure more: delivered from a cloud; a delivery that is not known could be."""
    keys = ["moment", "date", "wave"]
    cloud = table[table["measure"].isin(CLOUD)].groupby(keys, dropna=False)["low"].sum().rename("low")
    unknown = table[table["measure"] == "delivery_unknown"].set_index(keys)[["low", "total", "known"]]
    made = unknown[["total", "known"]].join(cloud).assign(measure="delivery_cloud")
    made["high"] = made["low"] + unknown["low"]
    return pd.concat([table, made.reset_index()], ignore_index=True)


def curve(desk: Desk) -> tuple[Point, ...]:
    """Free flows on the day of the plan, after every wave and on the day of the goals."""
    table = desk.table("outlook").query("measure == 'flows_free'")
    return tuple(
        Point(
            f"{row['date']:%Y-%m-%d}",
            None if pd.isna(row["wave"]) else int(row["wave"]),
            row["moment"],
            int(row["low"]),
            int(row["high"]),
            int(row["total"]),
        )
        for row in table.to_dict("records")
    )


def blocked(desk: Desk) -> tuple[Blocked, ...]:
    """Flows that are not free for sure when the goals fall due, those that most systems wait for first."""
    table = desk.table("blocked_flows").merge(
        desk.table("links")[["flow_id", "source_name", "target_name"]], on="flow_id", how="left"
    )
    say = desk.texts.say
    return tuple(
        Blocked(
            desk.names.get(row["source_system_id"], row["source_name"]),
            desk.names.get(row["target_system_id"], row["target_name"]),
            say(f"flow_{row['state']}"),
            desk.refs(str(row["blocking"]).split() if not pd.isna(row["blocking"]) else []),
            say(f"remedy_{row['remedy']}"),
            desk.texts.interface[f"q_{row['asked_of']}"],
            int(row["dependants"]),
        )
        for row in table.to_dict("records")
    )


def without_benefit(desk: Desk) -> pd.Index:
    """Systems that move without a benefit that has a baseline and an owner, as far as is known."""
    systems = desk.table("systems").set_index("system_id")
    moves = desk.decisions.index[~desk.decisions["key"].isin(["retire", "retain", "undecided"])]
    has = systems["benefit_baseline"].notna() & systems["has_benefit_owner"].fillna(False).astype(bool)
    has |= (systems["has_no_measured_benefit"] == False).fillna(False).astype(bool)  # noqa: E712
    return moves[~has.reindex(moves).to_numpy(dtype=bool)]
