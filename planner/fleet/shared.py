"""What several organisations have: the same system by name, the same product, the same supplier."""

from __future__ import annotations

import re

import pandas as pd

from planner.fleet.plans import Fleet
from planner.schema import concat, conform

KINDS = {"system": "name", "product": "product", "supplier": "vendor"}
MARKS = re.compile(r"[^\w\s]|_")
VERSION = re.compile(r"\b(?:v|ver|version)\.? ?\d+(?:\.\d+)*\b|\b\d+\.\d+(?:\.\d+)*\b")


def shared(fleet: Fleet, legal_forms: list[str], least: int = 2) -> pd.DataFrame:
    """Table fleet_shared: a row per system and thing that at least `least` organisations have."""
    systems = _systems(fleet)
    suppliers = _bare(systems["vendor"], legal_forms)
    found = [_of_kind(systems, kind, suppliers, legal_forms, least) for kind in KINDS]
    return concat(found, "fleet_shared")


def _systems(fleet: Fleet) -> pd.DataFrame:
    """Every system of the fleet with its organisation, what is proposed for it and when."""
    activities, groups = fleet.tables["activities"], fleet.tables["groups"]
    cutovers = activities[activities["has_cutover"].fillna(False).astype(bool)]
    by_group = cutovers.groupby(["case", "group_id"])["end_date"].max().rename("cutover_date").reset_index()
    by_system = groups.merge(by_group, on=["case", "group_id"])[["case", "system_id", "cutover_date"]]
    systems = fleet.tables["systems"].merge(fleet.tables["decisions"], on=["case", "system_id"], how="left")
    systems = systems.merge(by_system, on=["case", "system_id"], how="left")
    names = {case: about["organisation"] for case, about in fleet.manifests.items()}
    return systems.assign(organisation=systems["case"].map(names))


def _of_kind(
    systems: pd.DataFrame, kind: str, suppliers: pd.Series, legal_forms: list[str], least: int
) -> pd.DataFrame:
    written = systems[KINDS[kind]]
    bare = suppliers if kind == "supplier" else _bare(written, legal_forms)
    rows = systems.assign(bare=bare, written=written, supplier=suppliers)[bare.notna()]
    by = rows.groupby("bare")
    rows = rows.assign(organisations=by["organisation"].transform("nunique"))
    rows = rows[rows["organisations"] >= least]
    by = rows.groupby("bare")
    is_one = rows["bare"].map(by["supplier"].nunique()) == 1
    rows = rows.assign(
        shared_id=kind + ":" + rows["bare"],
        kind=kind,
        shared=rows["bare"].map(_most_written(rows)),
        confidence=is_one.map({True: "high", False: "low"}),
    )
    order = rows.sort_values(["organisations", "bare", "case", "system_id"], ascending=[False, True, True, True])
    return conform(order.drop(columns=["bare", "written", "supplier"]), "fleet_shared")


def _most_written(rows: pd.DataFrame) -> pd.Series:
    """The spelling that most use, the first in the alphabet where several are as common."""
    counts = rows.groupby(["bare", "written"]).size().rename("count").reset_index()
    counts = counts.sort_values(["bare", "count", "written"], ascending=[True, False, True])
    return counts.drop_duplicates("bare").set_index("bare")["written"]


def _bare(names: pd.Series, legal_forms: list[str]) -> pd.Series:
    """Names without case, version, marks and legal form; unknown where nothing is left."""
    said = {name: bare_name(str(name), legal_forms) for name in names.dropna().unique()}
    return names.map(said).astype("string").replace("", pd.NA)


def bare_name(name: str, legal_forms: list[str]) -> str:
    """What a name says: `Trygglind® v7.4 AB` is `trygglind`."""
    words = MARKS.sub(" ", VERSION.sub(" ", name.casefold())).split()
    return " ".join(word for word in words if word not in legal_forms)
