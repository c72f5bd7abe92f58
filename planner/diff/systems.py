"""What became of every system: added, removed, renamed, classified, sized, estimated or timed otherwise."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pandas as pd

from planner.diff.rows import differing, parsed
from planner.identity import Known
from planner.store import SavedPlan

KINDS = ("added", "removed", "renamed", "reclassified", "resettled", "resized", "repriced", "reestimated", "moved")
SHOWN = 4
_SIZE = ["instance_type", "state", "need_vcpu", "need_memory_gib", "operating_system"]
_PRICE = ["compute_usd_month", "storage_usd_month"]


@dataclass(frozen=True)
class Change:
    """One thing that became of one system, with its value in either plan."""

    system_id: str
    name: str
    kind: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Sides:
    """Rows that differ, of the old plan and the new one, with systems under their new ids."""

    old: pd.DataFrame
    new: pd.DataFrame

    @classmethod
    def of(
        cls,
        old: SavedPlan,
        new: SavedPlan,
        table: str,
        same_as: dict[str, str],
        among: Collection[tuple[str, ...]] | None = None,
    ) -> Sides:
        """Rows of a table that the plans do not have in common."""
        one, other = differing(old.table(table), new.table(table), table, among)
        renamed = {name: one[name].replace(same_as) for name in one.columns if name.endswith("system_id")}
        return cls(one.assign(**renamed), other)


def known(plan: SavedPlan) -> Known:
    """The systems of a saved plan."""
    ids = set(parsed(plan.table("systems"), "systems", ["system_id"])["system_id"])
    return Known(ids, lambda: parsed(plan.table("identifiers"), "identifiers"))


def changes_between(old: SavedPlan, new: SavedPlan, same_as: dict[str, str]) -> list[Change]:
    """All changes, by kind and system."""
    systems = Sides.of(old, new, "systems", same_as)
    names = [dict(zip(side["system_id"], side["name"], strict=True)) for side in (systems.old, systems.new)]
    every = _names(new) | {key: name for key, name in names[0].items() if key not in names[1]}
    is_new = set(names[1]) - set(names[0])
    is_gone = set(names[0]) - set(names[1])
    found = [Change(key, every[key], "added", None, names[1][key]) for key in sorted(is_new)]
    found += [Change(key, every[key], "removed", names[0][key], None) for key in sorted(is_gone)]
    found += [Change(key, every[key], "renamed", *pair) for key, pair in _renamed(names, same_as)]
    stay = set(every) - is_new - is_gone
    for kind, key, before, after in _valued(old, new, same_as):
        if key in stay:
            found.append(Change(key, every[key], kind, before, after))
    return sorted(found, key=lambda item: (KINDS.index(item.kind), item.name.casefold(), item.system_id))


def _names(plan: SavedPlan) -> dict[str, str]:
    frame = parsed(plan.table("systems"), "systems", ["system_id", "name"])
    return dict(zip(frame["system_id"], frame["name"], strict=True))


def _renamed(names: list[dict[str, str]], same_as: dict[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    was = {after: before for before, after in same_as.items()}
    for key in sorted(set(names[0]) & set(names[1])):
        before, after = names[0][key], names[1][key]
        if key in was:
            yield key, (f"{before} ({was[key]})", f"{after} ({key})")
        elif before != after:
            yield key, (before, after)


Valued = Iterator[tuple[str, str, str | None, str | None]]


def _valued(old: SavedPlan, new: SavedPlan, same_as: dict[str, str]) -> Valued:
    decisions = Sides.of(old, new, "decisions", same_as)
    yield from _differs(decisions, "disposition", "reclassified")
    classified = {key for _, key, _, _ in _differs(decisions, "disposition", "reclassified")}
    yield from (item for item in _differs(decisions, "state", "resettled") if item[1] not in classified)
    yield from _sized(Sides.of(old, new, "targets", same_as))
    yield from _estimated(Sides.of(old, new, "effort", same_as), old, new, same_as)
    yield from _differs(Sides.of(old, new, "waves", same_as), "quarter", "moved")


def _differs(sides: Sides, column: str, kind: str) -> Valued:
    one, other = (side.set_index("system_id")[column].dropna().to_dict() for side in (sides.old, sides.new))
    for key in sorted({*one, *other}):
        before, after = one.get(key), other.get(key)
        if before != after:
            yield kind, key, before, after


def _sized(sides: Sides) -> Valued:
    """Systems with a server of another size; else those with a server of another price."""
    both = sides.old.merge(sides.new, on="server_id", how="outer", suffixes=("_old", "_new"))
    sized, priced = (_unlike(both, columns) for columns in (_SIZE, _PRICE))
    for kind, rows, columns in (("resized", sized, _SIZE[:2]), ("repriced", priced & ~sized, _PRICE[:1])):
        for key, part in both[rows].groupby(both["system_id_new"].fillna(both["system_id_old"])):
            before, after = (_listed(part, columns, side) for side in ("old", "new"))
            yield kind, str(key), before, after


def _unlike(both: pd.DataFrame, columns: list[str]) -> pd.Series:
    unlike = pd.Series(False, index=both.index)
    for name in columns:
        if f"{name}_old" in both and f"{name}_new" in both:
            unlike |= both[f"{name}_old"].fillna("").ne(both[f"{name}_new"].fillna(""))
    return unlike.astype(bool)


def _listed(part: pd.DataFrame, columns: list[str], side: str) -> str | None:
    """What the servers become, each kind once with its number."""
    first = part[f"{columns[0]}_{side}"]
    for name in columns[1:]:
        first = first.fillna(part[f"{name}_{side}"])
    counts = first.dropna().value_counts().sort_index()
    told = [f"{count} × {text}" if count > 1 else str(text) for text, count in counts.items()]
    return ", ".join([*told[:SHOWN], *(["…"] if len(told) > SHOWN else [])]) or None


def _estimated(sides: Sides, old: SavedPlan, new: SavedPlan, same_as: dict[str, str]) -> Valued:
    touched = {*sides.old["system_id"], *sides.new["system_id"]}
    if not touched:
        return
    sums = []
    for plan in (old, new):
        frame = parsed(plan.table("effort"), "effort", ["system_id", "low_days", "likely_days", "high_days"])
        frame = frame.assign(system_id=frame["system_id"].replace(same_as))
        frame = frame[frame["system_id"].isin(touched)].astype(dict.fromkeys(frame.columns[1:], "float64"))
        sums.append(frame.groupby("system_id").sum().round(2))
    for key in sorted(touched):
        before, after = (side.loc[key].tolist() if key in side.index else None for side in sums)
        if before != after:
            yield "reestimated", key, _days(before), _days(after)


def _days(values: list[float] | None) -> str | None:
    return None if values is None else " / ".join(f"{value:g}" for value in values)
