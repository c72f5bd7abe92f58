"""What an export lacks: tabs, rows and columns without which something stays unknown; never silent under-reporting."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from planner.ingest.cells.values import clean
from planner.ingest.dialects.columns import load_maps
from planner.ingest.files.sheets import Sheet
from planner.ingest.files.tabs import READ
from planner.ingest.readers.rvtools.tab import MAP, Tab
from planner.portfolio import finding_rows

VERSION = re.compile(r"\d+(?:\.\d+)+")


def missing(tabs: Mapping[str, Tab], sheets: list[Sheet], file: str) -> list[pd.DataFrame]:
    """Findings about tabs and columns that are not there, tabs without rows, and tabs that are not read."""
    maps = load_maps(MAP)
    findings = [
        finding
        for name, columns in maps["wanted"].items()
        for finding in _of_tab(name, columns, tabs.get(name), file, is_never_empty=name in maps["never_empty"])
    ]
    findings += [_for_tool(tool, asked, tabs, sheets, file) for tool, asked in maps["profiles"].items()]
    left = sorted({str(sheet.name) for sheet in sheets if str(sheet.name).casefold() not in READ})
    if left:
        findings.append(finding_rows("info", "tabs_not_read", file=file, detail=len(left), value=", ".join(left)))
    return [finding for finding in findings if len(finding)]


def health(tab: Tab) -> list[pd.DataFrame]:
    """How many messages of each kind RVTools itself has."""
    counts = tab.texts(["Message type"]).fillna("?").value_counts()
    place = {"file": tab.sheet.file, "sheet": tab.sheet.name}
    kinds = sorted(counts.index)
    return [finding_rows("info", "health_messages", detail=kind, value=int(counts[kind]), **place) for kind in kinds]


def has_instance_uuids(tabs: Mapping[str, Tab], sheets: list[Sheet]) -> bool:
    """Whether `VM UUID` is vCenter's instance UUID: from a version that can be told by what the export has."""
    if "vSource" in tabs or tabs["vInfo"].has(["SMBIOS UUID"]):
        return True
    version = _version(sheets)
    return version is not None and version >= load_maps(MAP)["instance_uuid_from"]


def _version(sheets: list[Sheet]) -> list[int] | None:
    """Version in the sheet of metadata, whose headers are not documented: the fullest number under a word `version`."""
    found = []
    for sheet in sheets:
        if "metadata" in str(sheet.name).casefold() and sheet.rows:
            wanted = [at for at, cell in enumerate(sheet.rows[0]) if "version" in clean(cell).casefold()]
            texts = [clean(row[at]) for row in sheet.rows[1:] for at in wanted if at < len(row)]
            found += [match[0] for text in texts if (match := VERSION.search(text))]
    return [int(part) for part in max(found, key=len).split(".")] if found else None


def _of_tab(name: str, columns: list[str], tab: Tab | None, file: str, *, is_never_empty: bool) -> list[pd.DataFrame]:
    if tab is None:
        return [finding_rows("info", "missing_sheet", file=file, value=name)]
    found = []
    if is_never_empty and not tab.body:
        found.append(finding_rows("warning", "empty_sheet", file=file, sheet=tab.sheet.name, value=name))
    lacking = _lacking(tab, columns)
    if lacking:
        found.append(
            finding_rows(
                "info",
                "missing_columns",
                file=file,
                sheet=tab.sheet.name,
                row=tab.sheet.numbers[tab.header_at],
                value=", ".join(lacking),
                detail=len(lacking),
            )
        )
    return found


def _for_tool(
    tool: str, asked: dict[str, list[str]], tabs: Mapping[str, Tab], sheets: list[Sheet], file: str
) -> pd.DataFrame:
    names = {str(sheet.name).casefold() for sheet in sheets}
    lacking: list[str] = []
    for name, columns in asked.items():
        if not names.intersection(name.casefold().split("|")):
            lacking.append(name.partition("|")[0])
        elif name in tabs:
            lacking += [f"{name} {column}" for column in _lacking(tabs[name], columns)]
    if not lacking:
        return pd.DataFrame()
    return finding_rows("info", "not_enough_for_tool", file=file, detail=tool, value=", ".join(lacking))


def _lacking(tab: Tab, columns: list[Any]) -> list[str]:
    return [column.partition("|")[0] for column in columns if not tab.has(column.split("|"))]
