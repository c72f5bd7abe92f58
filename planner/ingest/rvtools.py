"""RVTools workbooks: vInfo gives servers, vHost gives hosts, detail tabs are merged into the servers they describe."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd

from planner.case import Source
from planner.errors import InventoryError
from planner.ingest.columns import header_keys, load_maps, load_tab, match_header
from planner.ingest.conform import Records, read_records, short_hash
from planner.ingest.own_columns import extend
from planner.ingest.sheets import Sheet
from planner.ingest.values import BadValue, clean, is_unknown, read_boolean, read_number
from planner.portfolio import finding_rows
from planner.schema import concat

MAP = "rvtools"


def read_rvtools(sheets: list[Sheet], source: Source) -> list[Records]:
    """Read an RVTools workbook (formats reference 2.1): vInfo, vHost and the detail tabs.

    Raises
    ------
    InventoryError
        vInfo is missing or lacks VM, CPUs or Memory.
    """
    by_tab = {(sheet.name or "").casefold(): sheet for sheet in sheets}
    info = by_tab.get("vinfo")
    if info is None:
        raise InventoryError(
            "the workbook has no sheet vInfo",
            place=source.file,
            remedy="Export from RVTools with 'Export all to xlsx'.",
        )
    servers = _with_identity(_with_os(_read_tab("vInfo", info, source)), source.is_pseudonymised)
    hosts = [_read_tab("vHost", by_tab["vhost"], source)] if "vhost" in by_tab else []
    missing = [] if hosts else [_missing("vHost", source)]
    for tab, spec in load_maps(MAP)["details"].items():
        sheet = by_tab.get(tab.casefold())
        if sheet is None:
            missing.append(_missing(tab, source))
        else:
            servers = _with_detail(servers, tab, spec, sheet)
    return [dataclasses.replace(servers, findings=concat([servers.findings, *missing], "findings")), *hosts]


def count_details(sheets: list[Sheet], servers: Records) -> list[dict[str, Any]]:
    """Account for the rows of the detail tabs: merged when their VM is in vInfo, else rejected."""
    by_tab = {(sheet.name or "").casefold(): sheet for sheet in sheets}
    counts = []
    for tab, spec in load_maps(MAP)["details"].items():
        sheet = by_tab.get(tab.casefold())
        if sheet is not None:
            keys = _detail_keys(sheet, spec)
            known = int(keys.isin(servers.frame["_vm"]).sum())
            counts.append(
                {
                    "file": sheet.file,
                    "sheet": sheet.name,
                    "fills": "servers",
                    "rows_in": len(keys),
                    "rows_used": 0,
                    "rows_merged": known,
                    "rows_rejected": len(keys) - known,
                }
            )
    return counts


def _read_tab(tab: str, sheet: Sheet, source: Source) -> Records:
    column_map = extend(load_tab(MAP, tab), source) if tab == "vInfo" else load_tab(MAP, tab)
    matched = match_header(sheet, column_map)
    if matched is None:
        needed = ", ".join(column_map.required)
        raise InventoryError(f"sheet {tab} lacks one of the columns {needed}", place=f"{sheet.file}[{sheet.name}]:1")
    # MB and MiB are the same quantity in every version of RVTools, so the header's own label does not matter.
    return read_records(matched, column_map, source.is_pseudonymised)


def _with_os(records: Records) -> Records:
    frame = records.frame.copy()
    cells = records.cells.copy()
    if "os_configured" not in frame:
        return records
    tools = frame["os"] if "os" in frame else pd.Series(pd.NA, index=frame.index, dtype="object")
    # Tools see the running system, but some only say "Other 3.x Linux" where the configuration names a release.
    says_nothing = tools.isna() | tools.astype("string").str.startswith("Other").fillna(False)
    is_fallback = says_nothing.astype(bool) & frame["os_configured"].notna()
    frame["os"] = tools.where(~is_fallback, frame["os_configured"])
    fallen = cells["position"].isin(frame.index[is_fallback]) & (cells["column"] == "os_configured")
    cells.loc[fallen, "column"] = "os"
    cells = cells[cells["column"] != "os_configured"]
    return dataclasses.replace(records, frame=frame.drop(columns="os_configured"), cells=cells)


def _with_identity(records: Records, is_pseudonymised: bool) -> Records:
    frame = records.frame.copy()
    names = frame["name"].astype("string")
    frame["_vm"] = names
    parts = [frame[name].astype("string") for name in ("instance_uuid", "manager_uuid") if name in frame]
    if parts and parts[0].notna().any():
        joined = parts[0] if len(parts) == 1 else parts[0] + "@" + parts[1].fillna("")
        frame["server_id"] = joined.map(lambda text: f"srv-{short_hash(text)}", na_action="ignore")
    hints = load_maps(MAP)["name_hints"]
    frame["environment_hint"] = pd.Series(pd.NA, index=frame.index, dtype="object")
    for hint, pattern in hints.items():
        found = names.str.contains(pattern, case=False, regex=True).fillna(False).astype(bool)
        frame["environment_hint"] = frame["environment_hint"].mask(found & frame["environment_hint"].isna(), hint)
    if is_pseudonymised:
        frame["name"] = names.map(lambda name: f"vm-{short_hash(name, 8)}", na_action="ignore")
    hinted = records.cells[
        (records.cells["column"] == "name")
        & records.cells["position"].isin(frame.index[frame["environment_hint"].notna()])
    ]
    cells = pd.concat([records.cells, hinted.assign(column="environment_hint")], ignore_index=True)
    cells = cells[~cells["column"].isin(["instance_uuid", "manager_uuid"])]
    return dataclasses.replace(
        records, frame=frame.drop(columns=["instance_uuid", "manager_uuid"], errors="ignore"), cells=cells
    )


def _with_detail(servers: Records, tab: str, spec: dict[str, Any], sheet: Sheet) -> Records:
    keys = _detail_keys(sheet, spec)
    frame = servers.frame.copy()
    known = keys[keys.isin(frame["_vm"])]
    counted = known[_where(sheet, spec).reindex(known.index).fillna(False)] if "where" in spec else known
    frame[spec["count"]] = _per_server(frame, counted.value_counts(), known)
    for column, headers in spec.get("sum", {}).items():
        numbers = _column(sheet, headers).map(_mib_to_gib)
        sums = numbers.reindex(known.index).groupby(known).sum(min_count=1)
        frame[column] = frame["_vm"].map(sums)
    lost = keys[~keys.isin(frame["_vm"])]
    findings = (
        finding_rows("warning", "detail_without_server", file=sheet.file, sheet=tab, value=len(lost))
        if len(lost)
        else None
    )
    rejects = pd.DataFrame(
        {
            "file": sheet.file,
            "sheet": tab,
            "row": [sheet.numbers[at + 1] for at in lost.index],
            "code": "detail_without_server",
        }
    )
    return dataclasses.replace(
        servers,
        frame=frame,
        findings=servers.findings if findings is None else concat([servers.findings, findings], "findings"),
        side_rejects=pd.concat([servers.side_rejects, rejects], ignore_index=True),
    )


def _per_server(frame: pd.DataFrame, counts: pd.Series, known: pd.Series) -> pd.Series:
    # A server that the tab does not list at all is unknown, not zero: partitions are only seen where VMware Tools runs.
    found = frame["_vm"].map(counts)
    return found.where(found.notna() | ~frame["_vm"].isin(known), 0)


def _detail_keys(sheet: Sheet, spec: dict[str, Any]) -> pd.Series:
    return _column(sheet, spec["key"]).map(clean).astype("string")


def _where(sheet: Sheet, spec: dict[str, Any]) -> pd.Series:
    return _column(sheet, spec["where"]).map(_is_true)


def _is_true(cell: object) -> bool:
    try:
        return read_boolean(cell)
    except BadValue:
        return False


def _mib_to_gib(cell: object) -> float | None:
    if is_unknown(cell):
        return None
    try:
        return read_number(cell, None, "MiB")
    except BadValue:
        return None


def _column(sheet: Sheet, headers: list[str]) -> pd.Series:
    wanted = {key for header in headers for key in header_keys(header)}
    for index, cell in enumerate(sheet.rows[0]):
        if wanted.intersection(header_keys(clean(cell))):
            return pd.Series([row[index] if index < len(row) else "" for row in sheet.rows[1:]], dtype="object")
    return pd.Series("", index=range(len(sheet.rows) - 1), dtype="object")


def _missing(tab: str, source: Source) -> pd.DataFrame:
    return finding_rows("info", "missing_sheet", file=source.file, value=tab)
