"""Processings of personal data: what they say of the systems that they use."""

from __future__ import annotations

import dataclasses

import pandas as pd

from planner.ingest.cells.values import BadValue, read_boolean
from planner.ingest.readers.joined import KEY, expand
from planner.ingest.records.conform import Records

# Which cell bears witness to what is concluded.
WITNESS = {"is_sensitive": "personal_data", "is_transferred": "transfer"}
STRICTEST_FIRST = ["children_or_criminal", "sensitive", "ordinary"]


def of_systems(side: Records, references: list[tuple[str, str]]) -> Records:
    """Say of each system the strictest of its processings.

    Personal data are sensitive or criminal if those of one processing are. All stays within the EU only if no
    processing transfers to a third country. An assessment is missing if one processing needs it and has no date.

    Parameters
    ----------
    side
        Table of processings.
    references
        Key of the processing and system, for each link between them.
    """
    at = {key: position for position, key in reversed(list(side.frame[KEY].items()))}
    met = [(at[key], system) for key, system in dict.fromkeys(references) if key in at]
    records = expand(side, [position for position, _ in met], [system for _, system in met])
    said = records.frame.reindex(columns=["is_sensitive", "is_criminal", "is_transferred", "needs_dpia", "dpia_date"])
    flags = {name: said[name].map(_flag).astype("boolean") for name in said.columns[:4]}
    kind = pd.Series("ordinary", index=said.index, dtype="object")
    kind = kind.mask(flags["is_sensitive"].fillna(False), "sensitive")
    kind = kind.mask(flags["is_criminal"].fillna(False), "children_or_criminal")
    is_done = said["dpia_date"].notna()
    dpia = pd.Series(pd.NA, index=said.index, dtype="object").mask(is_done, "done")
    dpia = dpia.mask(~is_done & flags["needs_dpia"].fillna(False), "missing")
    inside = pd.Series(pd.NA, index=said.index, dtype="object").mask(~flags["is_transferred"].fillna(True), "eu_only")
    systems = records.frame["system_id"]
    all_inside = inside.notna().groupby(systems).transform("all")
    frame = records.frame[["system_id"]].assign(
        personal_data=_strictest(kind, systems, STRICTEST_FIRST),
        transfer=_strictest(inside.where(all_inside, pd.NA), systems, ["eu_only"]),
        dpia=_strictest(dpia, systems, ["missing", "done"]),
    )
    return dataclasses.replace(records, frame=frame, cells=_witnesses(records.cells, frame))


def _flag(text: object) -> object:
    try:
        return pd.NA if pd.isna(text) else read_boolean(text)
    except BadValue:
        return pd.NA


def _strictest(values: pd.Series, systems: pd.Series, order: list[str]) -> pd.Series:
    """The strictest value of each system in the row that says it first; elsewhere unknown."""
    rank = values.map({value: at for at, value in enumerate(order)}).astype("Float64")
    best = rank == rank.groupby(systems).transform("min")
    first = best.fillna(False) & ~systems.where(best.fillna(False)).duplicated()
    return values.where(first.astype(bool), pd.NA)


def _witnesses(cells: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    is_criminal = cells["position"].map(frame["personal_data"]).eq("children_or_criminal")
    is_missing = cells["position"].map(frame["dpia"]).eq("missing")
    named = cells["column"].map(WITNESS)
    named = named.mask(is_criminal & (cells["column"] == "is_sensitive"), pd.NA)
    named = named.mask(is_criminal & (cells["column"] == "is_criminal"), "personal_data")
    named = named.mask(cells["column"] == ("dpia_date"), "dpia")
    named = named.mask(is_missing & (cells["column"] == "needs_dpia"), "dpia")
    told = cells.assign(column=named)[named.notna()]
    known = frame.notna().stack()
    return told[[bool(known.get(place, False)) for place in zip(told["position"], told["column"], strict=True)]]
