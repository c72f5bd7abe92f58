"""A graph of services: nodes are systems, and edges say which service calls which."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Iterable, Mapping

import pandas as pd

from planner.case import Source
from planner.ingest.dialects.columns import load_maps
from planner.ingest.dialects.families import by_tab
from planner.ingest.files.sheets import Sheet
from planner.ingest.records.conform import Records, read_records, without_rows

DIALECT = "service_graph"


def read_graph(sheets: list[Sheet], source: Source) -> list[Records]:
    """Read nodes and edges (formats reference 2.16); the source depends on the target.

    `EmailReader`, `email-reader` and `api-service-email-reader` are one service, but no two names that differ by a
    letter are. An edge that several evidences show is one.
    """
    tabs = {
        tab: [read_records(matched, column_map, source.is_pseudonymised) for matched, column_map in found]
        for tab, found in by_tab(sheets, DIALECT).items()
    }
    nodes, edges = [_named(node) for node in tabs[DIALECT]], tabs["edges"]
    known = [name for node in nodes for name in node.frame["system_id"].dropna()]
    known += [name for edge in edges for name in edge.frame["source_system"].dropna()]
    return [*nodes, *(_edges(edge, known) for edge in edges)]


def _named(nodes: Records) -> Records:
    """A service without a title is called by its repository."""
    is_untitled = nodes.frame["name"].isna()
    at = nodes.cells["position"].isin(nodes.frame.index[is_untitled]) & (nodes.cells["column"] == "system_id")
    cells = pd.concat([nodes.cells, nodes.cells[at].assign(column="name")], ignore_index=True)
    frame = nodes.frame.assign(name=nodes.frame["name"].fillna(nodes.frame["system_id"]))
    return dataclasses.replace(nodes, frame=frame, cells=cells)


def spelling(name: str) -> str:
    """What stays of a service's name however it is spelt."""
    text = unicodedata.normalize("NFC", name).casefold().strip()
    beginnings = [word for word in load_maps(DIALECT)["beginnings"] if text.startswith(word)]
    return re.sub(r"[\W_]", "", text[max((len(word) for word in beginnings), default=0) :])


def _edges(records: Records, known: Iterable[str]) -> Records:
    left_over = [spelling(word) for word in load_maps(DIALECT)["templates"]]
    targets = records.frame["target_system"].fillna("").map(spelling)
    records = without_rows(records, targets.isin(left_over), "template_left_over")
    frame = records.frame
    names = {spelling(name): name for name in sorted(set(known), reverse=True)}
    given = sorted(set(frame["target_system"].dropna()), reverse=True)
    called = {spelling(name): name for name in given} | names
    frame = frame.assign(target_system=[_called(name, called) for name in frame["target_system"]])
    return _folded(dataclasses.replace(records, frame=frame))


def _called(name: object, called: Mapping[str, str]) -> object:
    return called.get(spelling(name), name) if isinstance(name, str) else name


def _folded(records: Records) -> Records:
    """One row for each pair, with the words of all; rows that lack an end stay to be rejected."""
    frame = records.frame.reindex(columns=["source_system", "target_system", "purpose"])
    whole = frame.dropna(subset=["source_system", "target_system"])
    # Of the rows of a pair the one that says a purpose leads, so that the purpose has its cell.
    led = whole.loc[whole["purpose"].isna().sort_values(kind="stable").index]
    again = led.index[led.duplicated(["source_system", "target_system"])]
    if again.empty:
        return records
    pairs = [whole["source_system"], whole["target_system"]]
    frame.loc[whole.index, "purpose"] = whole["purpose"].groupby(pairs).transform(_joined)
    attributes = records.attributes.copy()
    for header in attributes.columns:
        attributes.loc[whole.index, header] = attributes.loc[whole.index, header].groupby(pairs).transform(_joined)
    return dataclasses.replace(
        records,
        frame=frame.drop(again),
        rows=records.rows.drop(again),
        attributes=attributes.drop(again).fillna(""),
        cells=records.cells[~records.cells["position"].isin(again)],
        rows_folded=len(again),
    )


def _joined(texts: pd.Series) -> str | None:
    return "; ".join(dict.fromkeys(text for text in texts.dropna() if text)) or None
