"""What went into two plans and differs: cells of the inventory, lines of policy and case, facts, prices, decisions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from planner.diff.rows import differing, parsed
from planner.preview import ENTITIES, changes_of, with_causes
from planner.schema import empty, load_table
from planner.store import SavedPlan

PROVENANCE = ["table", "row_id", "column", "file", "sheet", "row", "cell_column"]
# Measured use is told of a server and has no key of its own.
RECORDS = (*ENTITIES, "utilisation")
_SUPPORT = ["system_id", "server_id", "column", "text"]
_MANY = ("risk", "gate", "decision")
_TOLD = ["security_end_min_date", "security_end_max_date", "status"]


@dataclass(frozen=True)
class Cause:
    """One thing that changed, where it stands, and its value before and after.

    `kind` is `cell`, `policy`, `case`, `fact`, `price`, `review`, `version` or `knock_on`; of a knock-on, `place` is
    the system whose change it follows from and `what` that change.
    """

    kind: str
    place: str
    what: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class Inputs:
    """Everything that differs between the inputs of two plans.

    `cells` is table changes with the `system_id` that each of its records is about; `by_system` gives the same as
    causes, by system and then by entity and field.
    """

    cells: pd.DataFrame
    settings: tuple[Cause, ...]
    facts: dict[str, list[Cause]]
    reviews: dict[str, list[Cause]]
    by_system: dict[str, list[tuple[str, str, Cause]]]


def inputs_between(old: SavedPlan, new: SavedPlan, same_as: dict[str, str]) -> Inputs:
    """Compare what two plans were made from; `same_as` gives the new id of a system whose id is another one now."""
    cells = _cells(old, new, same_as)
    by_system: dict[str, list[tuple[str, str, Cause]]] = {}
    columns = ["system_id", "entity", "field", "place", "change", "before", "after"]
    plain = _one_per_record(cells)[columns].astype("object")
    for system_id, entity, field, place, change, before, after in plain.where(plain.notna(), None).itertuples(
        index=False, name=None
    ):
        what = field if change == "updated" else change
        cause = Cause("cell", place, f"{entity}.{what}", before, after)
        by_system.setdefault(system_id, []).append((entity, field, cause))
    return Inputs(cells, tuple(_settings(old, new)), _facts(old, new), _reviews(old, new), by_system)


def _one_per_record(cells: pd.DataFrame) -> pd.DataFrame:
    """Of a record that came or went one row, by its name and the first of its cells that is known."""
    is_updated = cells["change"] == "updated"
    whole = cells[~is_updated].assign(_no_cell=lambda rows: rows["cause_column"].isna())
    whole = whole.sort_values("_no_cell", kind="stable").drop_duplicates(["entity", "key", "system_id", "change"])
    told = whole["name"].fillna(whole["key"])
    whole = whole.assign(before=told.where(whole["change"] == "gone"), after=told.where(whole["change"] == "created"))
    return pd.concat([cells[is_updated], whole.drop(columns="_no_cell")]).sort_index()


def _cells(old: SavedPlan, new: SavedPlan, same_as: dict[str, str]) -> pd.DataFrame:
    parts = []
    for entity in RECORDS:
        sides = differing(old.table(entity), new.table(entity), entity)
        key = load_table(entity).names[0]
        one, other = (side.drop_duplicates(key) for side in sides)
        if entity == "systems":
            one = one.assign(**{key: one[key].replace(same_as)})
        if len(one) or len(other):
            other = other.reindex(columns=load_table(entity).names)
            parts.append(changes_of(one.set_index(key, drop=False), other.set_index(key, drop=False), entity))
    if not any(len(part) for part in parts):
        return empty("changes").assign(system_id="", place="")
    found = pd.concat(parts, ignore_index=True)
    found = _with_old_letters(with_causes(found, _provenance(old, new, found)), old)
    return _about_systems(found, old, new, same_as).assign(place=_places)


def _provenance(old: SavedPlan, new: SavedPlan, changes: pd.DataFrame) -> pd.DataFrame:
    """Cells of the changed records: as the new plan read them, and of records that are gone as the old one did."""
    is_gone = changes["change"] == "gone"
    return pd.concat([_cells_of(new, changes), _cells_of(old, changes[is_gone])], ignore_index=True).drop_duplicates(
        ["table", "row_id", "column"]
    )


def _cells_of(plan: SavedPlan, changes: pd.DataFrame) -> pd.DataFrame:
    pairs = list(changes[["entity", "key"]].drop_duplicates().itertuples(index=False, name=None))
    content = plan.table("provenance") if pairs else b""
    rows = differing(b"", content, "provenance", pairs)[1]
    return rows.reindex(columns=PROVENANCE)


def _with_old_letters(changes: pd.DataFrame, old: SavedPlan) -> pd.DataFrame:
    """Where a cell says nothing any more: the column in which the old plan found it, in the row that is there now."""
    is_blank = (changes["change"] == "updated") & changes["cause_column"].isna()
    if not is_blank.any():
        return changes
    cells = _cells_of(old, changes[is_blank]).set_index(["table", "row_id", "column"])[["file", "cell_column"]]
    wanted = pd.MultiIndex.from_frame(changes.loc[is_blank, ["entity", "key", "field"]].astype("object"))
    found = cells[~cells.index.duplicated()].reindex(wanted).set_axis(changes.index[is_blank])
    is_there = (found["file"] == changes.loc[is_blank, "cause_file"].astype("string")).fillna(False).astype(bool)
    letters = changes["cause_column"].astype("object")
    letters[found.index[is_there]] = found.loc[is_there, "cell_column"].astype("object")
    return changes.assign(cause_column=letters)


def _places(cells: pd.DataFrame) -> pd.Series:
    sheet = ("[" + cells["cause_sheet"].astype("string") + "]").fillna("")
    place = cells["cause_file"].astype("string") + sheet + ":" + cells["cause_row"].astype("string")
    column = (":" + cells["cause_column"].astype("string")).fillna("")
    return (place + column).fillna("")


def _about_systems(cells: pd.DataFrame, old: SavedPlan, new: SavedPlan, same_as: dict[str, str]) -> pd.DataFrame:
    """One row per changed field and system that it is about: the record's own, its server's, or both ends of a flow."""
    servers = _pairs(old, new, "assignments", "server_id", ["system_id"], same_as)
    flows = _pairs(old, new, "links", "flow_id", ["source_system_id", "target_system_id"], same_as)
    disks = _pairs(old, new, "disks", "disk_id", ["server_id"], {}).rename(columns={"system_id": "server_id"})
    disks = disks.merge(servers.rename(columns={"key": "server_id"}), on="server_id")[["key", "system_id"]]
    own = (
        cells.loc[cells["entity"] == "systems", ["key"]].drop_duplicates().assign(system_id=lambda frame: frame["key"])
    )
    owners = [
        own.assign(entity="systems"),
        servers.assign(entity="servers"),
        servers.assign(entity="utilisation"),
        flows.assign(entity="dataflows"),
    ]
    every = pd.concat([*owners, disks.assign(entity="disks")], ignore_index=True)
    return (
        cells.merge(every, on=["entity", "key"], how="left").astype({"system_id": "string"}).fillna({"system_id": ""})
    )


def _pairs(
    old: SavedPlan, new: SavedPlan, table: str, key: str, columns: list[str], same_as: dict[str, str]
) -> pd.DataFrame:
    parts = []
    for plan in (old, new):
        frame = parsed(plan.table(table), table, [key, *columns])
        parts += [frame[[key, name]].set_axis(["key", "system_id"], axis=1) for name in columns if name in frame]
    pairs = pd.concat(parts, ignore_index=True).dropna() if parts else pd.DataFrame(columns=["key", "system_id"])
    return pairs.assign(system_id=pairs["system_id"].replace(same_as)).drop_duplicates()


def _settings(old: SavedPlan, new: SavedPlan) -> Iterator[Cause]:
    """Lines of the policy and the case that differ, and the version of the program."""
    one, other = old.inputs, new.inputs
    for part in ("policy", "case"):
        if part in one and part in other:
            for path, before, after in _leaves(one[part], other[part], ""):
                yield Cause(part, path, path, before, after)
    for name in ("captured_date", "made_with", "prices_sha256"):
        before, after = (plan.manifest.get("catalogue", {}).get(name) for plan in (old, new))
        if before is not None and before != after:
            yield Cause("price", f"catalogue.{name}", name, str(before), str(after))
    if old.manifest.get("made_by") != new.manifest.get("made_by"):
        yield Cause("version", "", "version", str(old.manifest.get("made_by")), str(new.manifest.get("made_by")))


def _leaves(one: Any, other: Any, path: str) -> Iterator[tuple[str, str | None, str | None]]:
    if one == other:
        return
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from _leaves(one.get(key), other.get(key), f"{path}.{key}" if path else str(key))
    elif _is_named(one) and _is_named(other):
        before, after = ({item["name"]: item for item in side} for side in (one, other))
        for name in sorted({*before, *after}):
            yield from _leaves(before.get(name), after.get(name), f"{path}[{name}]")
    else:
        yield path, _short(one), _short(other)


def _is_named(value: Any) -> bool:
    names = [item.get("name") for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    return bool(names) and None not in names and len(set(names)) == len(names) == len(value)


def _short(value: Any, longest: int = 120) -> str | None:
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _facts(old: SavedPlan, new: SavedPlan) -> dict[str, list[Cause]]:
    """Technologies that are written as before and of which something else is known now."""
    sides = [side.fillna("") for side in differing(old.table("support"), new.table("support"), "support")]
    both = sides[0].merge(sides[1], on=_SUPPORT, suffixes=("_old", "_new"))
    facts: dict[str, list[Cause]] = {}
    for row in both.to_dict("records"):
        before, after = ("/".join(str(row[f"{name}_{side}"]) for name in _TOLD) for side in ("old", "new"))
        if before != after:
            place = f"end_of_support: {row['product_new']} {row['cycle_new']} ({row['as_of_new']})"
            facts.setdefault(str(row["system_id"]), []).append(Cause("fact", place, str(row["text"]), before, after))
    return facts


def _reviews(old: SavedPlan, new: SavedPlan) -> dict[str, list[Cause]]:
    """People's decisions that came, went or expired, by system."""
    found: dict[str, list[Cause]] = {}
    sides = differing(old.table("reviews"), new.table("reviews"), "reviews")
    one, other = ({_subject(row): row for row in side.fillna("").to_dict("records")} for side in sides)
    for key in sorted({*one, *other}):
        before, after = one.get(key), other.get(key)
        told = [None if row is None else f"{row['value']} ({row['state']})" for row in (before, after)]
        if told[0] != told[1]:
            row = after or before or {}
            for system_id in dict.fromkeys(filter(None, (row["system_id"], row.get("other_id")))):
                cause = Cause("review", str(row["place"]), str(row["kind"]), told[0], told[1])
                found.setdefault(str(system_id), []).append(cause)
    return found


def _subject(row: dict[str, Any]) -> tuple[str, ...]:
    """What a decision is about; of some kinds a system can have several."""
    more = row["value"] if row["kind"] in _MANY else ""
    return row["section"], row["system_id"], row["kind"], more
