"""What a new reading of the inventory changes against that of an earlier plan, and which cells cause it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner.errors import PlannerError
from planner.portfolio import Portfolio
from planner.schema import concat, load_table, table_names, to_texts

# Tables of the inventory, by a key of their own; the rest of a plan is made from them.
ENTITIES = tuple(name for name in ("systems", "servers", "hosts", "disks", "dataflows") if name in table_names())
_NOTHING = pd.DataFrame(columns=["change", "field", "before", "after"], dtype="string")
_PLACES = {"file": "cause_file", "sheet": "cause_sheet", "row": "cause_row", "cell_column": "cause_column"}


@dataclass(frozen=True)
class Preview:
    """Table changes, and by table how many records are created, updated, unchanged and gone and rows rejected."""

    counts: pd.DataFrame
    changes: pd.DataFrame


def preview(portfolio: Portfolio, before: Mapping[str, pd.DataFrame]) -> Preview:
    """Compare the inventory with an earlier one, record by record and column by column.

    Unknown equals unknown. Columns that the earlier tables do not have are not compared: what they would have held is
    not known.

    Parameters
    ----------
    portfolio
        The inventory as it is read now, with its provenance and sources.
    before
        Tables of the earlier plan, as `load_tables` reads them.

    Raises
    ------
    PlannerError
        An earlier table has no key, or one key twice.
    """
    rejected = portfolio["sources"].groupby("fills")["rows_rejected"].sum()
    counts, parts = [], []
    for entity in ENTITIES:
        after = portfolio[entity]
        key = load_table(entity).names[0]
        old = before.get(entity, pd.DataFrame({key: pd.Series(dtype="string")}))
        if old.empty and after.empty:
            counts.append([entity, 0, 0, 0, 0, int(rejected.get(entity, 0))])
            continue
        _refuse_wrong_keys(old, entity, key)
        changed = changes_of(old.set_index(key, drop=False), after.set_index(key, drop=False), entity)
        kinds = changed.groupby("change")["key"].nunique()
        created, updated, gone = (int(kinds.get(kind, 0)) for kind in ("created", "updated", "gone"))
        unchanged = len(after) - created - updated
        counts.append([entity, created, updated, unchanged, gone, int(rejected.get(entity, 0))])
        parts.append(with_causes(changed, portfolio["provenance"]))
    columns = ["entity", "created", "updated", "unchanged", "gone", "rejected"]
    return Preview(pd.DataFrame(counts, columns=columns), concat(parts, "changes"))


def _refuse_wrong_keys(old: pd.DataFrame, entity: str, key: str) -> None:
    if key not in old or old[key].isna().any() or old[key].duplicated().any():
        raise PlannerError(
            f"the plan's table has records without a key of their own ({key})",
            place=f"tables/{entity}.csv",
            remedy="Plan anew.",
        )


def changes_of(old: pd.DataFrame, new: pd.DataFrame, entity: str) -> pd.DataFrame:
    """One row per field that differs, in the order of keys and of the schema's columns; indexed by key."""
    columns = load_table(entity).names
    key = columns[0]
    created, gone = new.loc[~new.index.isin(old.index)], old.loc[~old.index.isin(new.index)]
    both = new.index[new.index.isin(old.index)]
    one, other = old.loc[both], new.loc[both]
    parts = [_rows("gone", key, gone[key], None), *(_rows("created", name, None, created[name]) for name in columns)]
    parts += [_differing(name, one[name], other[name]) for name in columns if name in old.columns and name != key]
    found = pd.concat([_NOTHING, *(part for part in parts if part is not None)])
    order = {name: at for at, name in enumerate(columns)}
    found = found.assign(key=found.index.astype("string"), _order=found["field"].map(order))
    found = found.sort_values(["key", "_order"], kind="stable").drop(columns="_order")
    return found.assign(entity=entity, name=_names(old, new, found["key"]))


def _rows(change: str, field: str, before: pd.Series | None, after: pd.Series | None) -> pd.DataFrame | None:
    """The fields that say something on one of the sides."""
    sides = {name: _as_written(side) for name, side in (("before", before), ("after", after)) if side is not None}
    is_said = np.logical_or.reduce([side.notna().to_numpy() for side in sides.values()])
    if not is_said.any():
        return None
    return pd.DataFrame(
        {"change": change, "field": field, **{name: to_texts(side[is_said]) for name, side in sides.items()}}
    )


def _differing(field: str, before: pd.Series, after: pd.Series) -> pd.DataFrame | None:
    one, other = _as_written(before), _as_written(after)
    is_same = (one == other).fillna(False).to_numpy(dtype=bool) | (one.isna() & other.isna()).to_numpy()
    return None if is_same.all() else _rows("updated", field, one[~is_same], other[~is_same])


def _as_written(series: pd.Series) -> pd.Series:
    # A CSV writes an empty text and an unknown one alike.
    return series.mask(series == "", pd.NA) if series.dtype == "string" else series


def _names(old: pd.DataFrame, new: pd.DataFrame, keys: pd.Series) -> pd.Series:
    sides = [name for side in (new, old) if (name := _name_of(side)) is not None]
    nothing = pd.Series(pd.NA, index=keys.index, dtype="string")
    names = [pd.Series(keys.map(side.dropna()), index=keys.index, dtype="string") for side in sides]
    return names[0].fillna(names[-1]) if names else nothing


def _name_of(frame: pd.DataFrame) -> pd.Series | None:
    if "source_system" in frame and "target_system" in frame:
        named: pd.Series = frame["source_system"] + " → " + frame["target_system"]
        return named
    return frame.get("name")


def with_causes(changes: pd.DataFrame, provenance: pd.DataFrame) -> pd.DataFrame:
    """Add the cell that each value is read from, else the row that says nothing of it any more."""
    mine = provenance[provenance["row_id"].isin(changes["key"].unique())]
    mine = mine[mine["table"].isin(changes["entity"].unique())].astype({"row_id": "string", "column": "string"})
    cells = mine[["row_id", "column", *_PLACES]].rename(columns={"row_id": "key", "column": "field", **_PLACES})
    found = changes.reset_index(drop=True).merge(cells, on=["key", "field"], how="left")
    rows = cells.drop_duplicates("key").set_index("key")
    for name in ("cause_file", "cause_sheet", "cause_row"):
        # A sheet without a name is known too: only what has no cell at all falls back on its row.
        fallback = found["key"].map(rows[name].astype("object"))
        found[name] = found[name].astype("object").where(found["cause_column"].notna(), fallback)
    return found
