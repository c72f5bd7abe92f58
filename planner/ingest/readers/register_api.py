"""A municipality's register by its API: systems, and the tables that they refer to, joined by their keys."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import pandas as pd

from planner.case import Source
from planner.errors import InventoryError
from planner.ingest.dialects.families import by_tab
from planner.ingest.files.sheets import Sheet
from planner.ingest.readers.joined import KEY, only_joined, spread
from planner.ingest.readers.processings import of_systems
from planner.ingest.records.conform import Records, read_records, without_columns
from planner.portfolio import finding_rows
from planner.schema import concat

DIALECT = "register_api"
# Which column of a system refers to which table.
REFERENCES = {"supplier_key": "suppliers", "organisation_key": "organizations", "criticality_key": "criticality_levels"}
# Steps that a register names without its table of them: P1 is critical, P4 low.
STEPS = {"p1": 4, "p2": 3, "p3": 2, "p4": 1}


def read_register(sheets: list[Sheet], source: Source) -> list[Records]:
    """Read the tables of a register (formats reference 2.16).

    Suppliers, organisations, levels and processings of personal data fill columns of the systems that refer to them;
    a row that no system refers to is rejected, and a reference to nothing is told of.

    Raises
    ------
    InventoryError
        No sheet holds the systems.
    """
    tabs = {
        tab: [read_records(matched, column_map, source.is_pseudonymised) for matched, column_map in found]
        for tab, found in by_tab(sheets, DIALECT).items()
    }
    if not tabs[DIALECT]:
        raise InventoryError(
            "the tables of the register have no table of systems among them",
            place=source.file,
            remedy="Put the register's tables into one folder, ZIP or JSON file, and name that as the source.",
        )
    systems = [_with_steps(_with_ids(records)) for records in tabs[DIALECT]]
    frame = pd.concat([records.frame for records in systems], ignore_index=True)
    ids = dict(zip(frame[KEY], frame["system_id"], strict=True))
    sides: list[Records] = []
    for column, tab in REFERENCES.items():
        references = _references(frame, column)
        sides += [spread(_with_path(side), references, _above(side, references)) for side in tabs[tab]]
        systems[0] = _told(systems[0], column, references, tabs[tab])
    sides += _processings(tabs["processings"], tabs["processing_links"], ids)
    flows = [_between_systems(records, ids) for records in tabs["dependencies"]]
    staged = [KEY, *REFERENCES]
    return [*(without_columns(one, [name for name in staged if name in one.frame]) for one in systems), *sides, *flows]


def _with_ids(records: Records) -> Records:
    """The register's own number is a system's key, else what its tables refer to."""
    frame = records.frame.reindex(columns=[*dict.fromkeys(["system_id", *records.frame.columns])])
    return dataclasses.replace(records, frame=frame.assign(system_id=frame["system_id"].fillna(frame[KEY])))


def _with_steps(records: Records) -> Records:
    if "criticality_key" not in records.frame:
        return records
    steps = records.frame["criticality_key"].astype("string").str.casefold().map(STEPS).astype("object")
    is_step = records.cells["position"].isin(records.frame.index[steps.notna()])
    column = records.cells["column"].mask(is_step & (records.cells["column"] == "criticality_key"), "criticality")
    others = records.frame["criticality_key"].mask(steps.notna())
    frame = records.frame.assign(criticality=steps.where(steps.notna(), pd.NA), criticality_key=others)
    return dataclasses.replace(records, frame=frame, cells=records.cells.assign(column=column))


def _references(frame: pd.DataFrame, column: str) -> list[tuple[str, str]]:
    if column not in frame:
        return []
    said = frame.dropna(subset=[column])
    return list(zip(said[column], said["system_id"], strict=True))


def _told(systems: Records, column: str, references: list[tuple[str, str]], tables: list[Records]) -> Records:
    known = {key for side in tables for key in side.frame[KEY]}
    lost = [key for key, _ in references if key not in known]
    if not lost:
        return systems
    found = finding_rows(
        "warning", "reference_not_found", file=systems.file, value=len(lost), detail=REFERENCES[column]
    )
    return dataclasses.replace(systems, findings=concat([systems.findings, found], "findings"))


def _with_path(side: Records) -> Records:
    """An organisation is written with those above it, `A / B / C`."""
    if "parent_key" not in side.frame:
        return side
    names = dict(zip(side.frame[KEY], side.frame["organisation"], strict=True))
    paths = [_path(key, side) for key in side.frame[KEY]]
    named = [" / ".join(str(names[key]) for key in path if pd.notna(names[key])) or None for path in paths]
    return dataclasses.replace(side, frame=side.frame.assign(organisation=named))


def _above(side: Records, references: list[tuple[str, str]]) -> set[str]:
    return {above for key in dict(references) for above in _path(key, side)} if "parent_key" in side.frame else set()


def _path(key: str, side: Records) -> list[str]:
    """Keys from the topmost organisation down to one; a ring is left where it closes."""
    above = dict(zip(side.frame[KEY], side.frame["parent_key"], strict=True))
    path: dict[str, None] = {}
    while key in above and key not in path:
        path[key] = None
        key = above[key]
    return [*reversed(path)]


def _processings(sides: list[Records], links: list[Records], ids: Mapping[str, str]) -> list[Records]:
    keys = {key for side in sides for key in side.frame[KEY]}
    references = [
        (other, ids[key])
        for link in links
        for other, key in zip(link.frame["other_key"], link.frame[KEY], strict=True)
        if key in ids
    ]
    return [
        *(of_systems(side, references) for side in sides),
        *(only_joined(link, ids, keys) for link in links),
    ]


def _between_systems(flows: Records, ids: Mapping[str, str]) -> Records:
    ends = {name: flows.frame[name].map(lambda key: ids.get(key, key)) for name in ("source_system", "target_system")}
    return dataclasses.replace(flows, frame=flows.frame.assign(**ends))
