"""RVTools exports: vInfo gives servers, vHost hosts, vDisk disks, and detail tabs are merged into the servers."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from planner.case import Source
from planner.errors import InventoryError
from planner.ingest.dialects.columns import load_maps
from planner.ingest.files.sheets import Sheet
from planner.ingest.readers.linked import Detailed, detailed
from planner.ingest.readers.rvtools.details import LIST_MARK, Detail, read_details
from planner.ingest.readers.rvtools.disks import Listed, read_disks, with_disks
from planner.ingest.readers.rvtools.hosts import read_hosts, with_hosts
from planner.ingest.readers.rvtools.roll import take_roll
from planner.ingest.readers.rvtools.tab import MAP, Tab, open_tab
from planner.ingest.readers.rvtools.vms import read_vms
from planner.ingest.readers.rvtools.wanted import has_instance_uuids, health, missing
from planner.ingest.records.conform import Records
from planner.portfolio import finding_rows
from planner.schema import concat

JOINED = ["ip_addresses", "mac_addresses"]


def read_rvtools(sheets: list[Sheet], source: Source) -> list[Records]:
    """Read an RVTools export (formats reference 2.1): vInfo, vHost, vDisk and the detail tabs.

    Raises
    ------
    InventoryError
        vInfo is missing or lacks VM, CPUs or Memory.
    """
    tabs = _open_all(sheets, source)
    roll = take_roll(tabs["vInfo"], has_instance_uuids(tabs, sheets))
    servers = read_vms(roll, source)
    detail = read_details(tabs, roll)
    listed = read_disks(tabs, roll, source.is_pseudonymised) if "vDisk" in tabs else None
    if listed is not None:
        detail = with_disks(detail, listed, tabs["vDisk"], roll)
    numbers = pd.Series(tabs["vInfo"].numbers)
    positions = numbers.map(pd.Series(servers.rows.index, index=servers.rows.to_numpy()))
    servers = _with_detail(servers, detail, positions)
    hosts = [read_hosts(tabs["vHost"], source)] if "vHost" in tabs else []
    for host in hosts:
        servers = with_hosts(servers, host)
    notes = missing(tabs, sheets, tabs["vInfo"].sheet.file) + (health(tabs["vHealth"]) if "vHealth" in tabs else [])
    if servers.frame.empty:
        notes.append(finding_rows("error", "no_vms", file=servers.file, sheet=servers.sheet))
    servers = replace(servers, findings=concat([servers.findings, *notes], "findings"))
    return [servers, *_disks(listed, servers, positions), *hosts]


def _disks(listed: Listed | None, servers: Records, positions: pd.Series) -> list[Records]:
    return [] if listed is None else [listed.of(servers, positions)]


def _open_all(sheets: list[Sheet], source: Source) -> dict[str, Tab]:
    by_name = {str(sheet.name).casefold(): sheet for sheet in sheets}
    stated = [text for given in source.columns.values() for text in ([given] if isinstance(given, str) else given)]
    tabs = {}
    for name in [*load_maps(MAP)["wanted"], "vHealth", "vSource"]:
        sheet = by_name.get(name.casefold())
        opened = open_tab(name, sheet, stated if name == "vInfo" else ()) if sheet is not None else None
        if opened is not None:
            tabs[name] = opened
    if "vInfo" not in tabs:
        if "vinfo" in by_name:
            raise InventoryError("sheet vInfo lacks the column VM", place=f"{by_name['vinfo'].file}[vInfo]:1")
        raise InventoryError(
            "the workbook has no sheet vInfo",
            place=source.file,
            remedy="Export from RVTools with 'Export all to xlsx'.",
        )
    return tabs


def _with_detail(servers: Records, detail: Detail, positions: pd.Series) -> Detailed:
    """Put what the detail tabs say beside the servers, by the row of vInfo that both are about."""
    said = detail.values.assign(_position=positions).dropna(subset="_position").set_index("_position")
    said = said.reindex(servers.frame.index)
    frame = servers.frame
    for column in said.columns:
        frame = frame.assign(**{column: _joined(frame, said, column) if column in JOINED else said[column]})
    frame, storage = _with_storage(frame)
    cells = servers.cells
    is_replaced = cells["column"].isin(["storage_gib", "storage_basis"]) & cells["position"].isin(storage)
    witnesses = pd.concat(detail.cells, ignore_index=True) if detail.cells else pd.DataFrame()
    if len(witnesses):
        witnesses["position"] = witnesses["at"].map(positions)
        witnesses = _with_storage_cells(witnesses.drop(columns="at").dropna(subset="position"), storage)
    return detailed(
        replace(
            servers,
            frame=frame,
            cells=cells[~is_replaced],
            findings=concat([servers.findings, *(part for part in detail.findings if len(part))], "findings"),
            side_rejects=pd.concat([servers.side_rejects, *detail.rejects], ignore_index=True),
        ),
        counts=tuple(detail.counts),
        witnesses=witnesses,
    )


def _joined(frame: pd.DataFrame, said: pd.DataFrame, column: str) -> pd.Series:
    """The addresses of the network cards, and before them the one that vInfo calls primary."""
    if column not in frame:
        return said[column].astype("object")
    pairs = zip(frame[column], said[column], strict=True)
    parts = [[part for text in pair if not pd.isna(text) for part in str(text).split(LIST_MARK)] for pair in pairs]
    texts = [LIST_MARK.join(dict.fromkeys(some)) or None for some in parts]
    return pd.Series(texts, index=frame.index, dtype="object")


def _with_storage(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Index]:
    """Prefer the sum of listed disks to what is provisioned, which counts swap files and snapshots as well."""
    if "disk_capacity_gib" not in frame:
        return frame, frame.index[:0]
    is_better = frame["disk_capacity_gib"].notna() & ~frame["storage_basis"].eq("disk_total").fillna(False).astype(bool)
    storage = frame["storage_gib"] if "storage_gib" in frame else pd.Series(pd.NA, index=frame.index, dtype="object")
    return frame.assign(
        storage_gib=storage.mask(is_better, frame["disk_capacity_gib"].astype("object")),
        storage_basis=frame["storage_basis"].mask(is_better, "disks_listed"),
    ), frame.index[is_better]


def _with_storage_cells(witnesses: pd.DataFrame, storage: pd.Index) -> pd.DataFrame:
    sums = witnesses[(witnesses["column"] == "disk_capacity_gib") & witnesses["position"].isin(storage)]
    more = [sums.assign(column=name) for name in ("storage_gib", "storage_basis")]
    return pd.concat([witnesses, *more], ignore_index=True)
