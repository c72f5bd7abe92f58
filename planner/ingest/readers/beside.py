"""Lists beside a list of servers, such as tags or databases: attributes of the servers that they name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import pandas as pd

from planner.case import Source
from planner.ingest.dialects.columns import ColumnMap, MatchedSheet, beside, dialects, load_maps
from planner.ingest.dialects.families import fitting
from planner.ingest.files.sheets import Sheet
from planner.ingest.readers.joined import folded_away
from planner.ingest.readers.plain import read_plain
from planner.ingest.records.conform import Records, read_records, without_rows


def read_with_lists(sheets: list[Sheet], source: Source) -> list[Records]:
    """Read servers, and the lists beside them that say more of them.

    A row of a list is merged into its server; one that names no server of the source is rejected.
    """
    own, lists = _sorted(sheets, str(source.reader))
    alone = source.model_copy(update={"sheet": None})
    servers = [record for sheet in own for record in read_plain([sheet], alone)]
    sides = []
    for dialect, matched, column_map in lists:
        read = read_records(matched, column_map, source.is_pseudonymised)
        servers, side = _attached(servers, read, load_maps(dialect)[dialect]["beside"])
        sides.append(side)
    return [*servers, *sides] or read_plain(sheets, source)


def _sorted(sheets: list[Sheet], dialect: str) -> tuple[list[Sheet], list[tuple[str, MatchedSheet, ColumnMap]]]:
    own, lists = [], []
    for sheet in sheets:
        side = next((name for name in dialects() if beside(name) and fitting(sheet, name)), None)
        if side:
            _, column_map, matched = fitting(sheet, side)[0]
            lists.append((side, matched, column_map))
        elif fitting(sheet, dialect):
            own.append(sheet)
    return own, lists


def _attached(servers: list[Records], side: Records, beside: Mapping[str, str]) -> tuple[list[Records], Records]:
    said = side.frame.reindex(columns=["server_key", "header", "value"]).astype("object")
    said["header"] = said["header"].fillna(beside.get("header", ""))
    said["key"] = said["server_key"].astype("string").str.casefold()
    keys = [record.frame[beside["column"]].astype("string").str.casefold() for record in servers]
    known = {key for series in keys for key in series.dropna()}
    is_known = said["key"].isin(list(known)) & said["value"].notna() & (said["header"] != "")
    wide = said[is_known].groupby(["key", "header"])["value"].agg(lambda values: "; ".join(dict.fromkeys(values)))
    table = wide.unstack("header") if len(wide) else pd.DataFrame()
    return (
        [_with(record, key, table) for record, key in zip(servers, keys, strict=True)],
        folded_away(without_rows(side, ~is_known, "detail_without_server")),
    )


def _with(servers: Records, keys: pd.Series, table: pd.DataFrame) -> Records:
    if table.empty or servers.is_pseudonymised:
        return servers
    more = table.reindex(keys).set_axis(keys.index).fillna("")
    names = {name: f"{name} [tag]" for name in more.columns if name in servers.attributes.columns}
    return dataclasses.replace(servers, attributes=pd.concat([servers.attributes, more.rename(columns=names)], axis=1))
