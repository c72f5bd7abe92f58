"""What became of the rows of series, in findings, rejects and counts; one line stands for all rows of a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import pandas as pd

from planner.ingest.readers.series.files import MEASURES, SeriesFile, zone_of
from planner.ingest.readers.series.reasons import Reason
from planner.ingest.readers.series.scale import Scale
from planner.ingest.readers.series.tally import Fate
from planner.portfolio import finding_rows
from planner.schema import concat

SHOWN = 5
Fates = list[tuple[str, Fate, Scale]]


def counts_of(fates: Fates) -> list[dict[str, Any]]:
    """Rows of table sources."""
    hashes = {
        fate.file.path: fate.file.fingerprint() for fate in {item.file.path: item for _, item, _ in fates}.values()
    }
    return [
        {
            "source_id": source_id,
            "file": fate.file.name,
            "sheet": fate.file.sheet,
            "reader": str(fate.file.source.reader),
            "fills": "utilisation",
            "rows_in": fate.rows_in,
            "rows_used": fate.used,
            "rows_merged": fate.merged,
            "rows_rejected": fate.rows_rejected,
            "sha256": hashes[fate.file.path],
        }
        for source_id, fate, _ in fates
    ]


def rejects_of(fates: Fates) -> pd.DataFrame:
    """One row per file and reason, with the first of its rows and how many it stands for."""
    rows = [
        {
            "file": fate.file.name,
            "sheet": fate.file.sheet,
            "row": lost.line,
            "value": str(lost.count),
            "code": reason.code,
            "original": lost.original,
            "rows": lost.count,
        }
        for _, fate, _ in fates
        for reason, lost in sorted(fate.rejected.items())
    ]
    return concat([pd.DataFrame(rows)], "rejects")


def findings_of(fates: Fates) -> list[pd.DataFrame]:
    """Findings per source, so that a thousand files of one export say a thing once."""
    found = []
    for _, mine in groupby(fates, key=lambda item: item[0]):
        group = list(mine)
        found += _of_source([fate for _, fate, _ in group], group[0][2])
    return found


def _of_source(fates: list[Fate], scale: Scale) -> list[pd.DataFrame]:
    first = fates[0].file
    found = [_of_header(first, scale)]
    naive = next((fate.file for fate in fates if fate.has_naive and not zone_of(fate.file)[1]), None)
    if naive is not None:
        found.append(_at(naive, "info", "assumed_time_zone", value=zone_of(naive)[0].key))
    merged = sum(fate.merged for fate in fates)
    if merged:
        file = next(fate.file for fate in fates if fate.merged)
        found.append(_at(file, "info", "series_points_twice", value=str(merged)))
    for encoding in sorted({encoding for fate in fates for encoding in fate.encodings} - {"utf-8"}):
        file = next(fate.file for fate in fates if encoding in fate.encodings)
        found.append(_at(file, "warning", "assumed_encoding", value=encoding))
    return [*found, *_owners(fates), *_cells(fates)]


def _of_header(file: SeriesFile, scale: Scale) -> pd.DataFrame:
    """What was decided of the columns: fractions, no unit, not read."""
    layout = file.layout
    said = [("info", "series_fractions", header) for header in sorted(scale.fractions)]
    known = {match.column.name: match.header for match in file.matched.matches}
    said += [
        ("warning", "series_without_unit", known[name])
        for name in MEASURES
        if name in known and name not in layout.measures
    ]
    unread = [header for _, header in file.matched.unmapped]
    if unread:
        said.append(("info", "series_columns_unread", ", ".join(unread)))
    row = file.matched.sheet.numbers[file.matched.header_at]
    return concat([_at(file, severity, code, row=row, value=value) for severity, code, value in said], "findings")


def _owners(fates: list[Fate]) -> list[pd.DataFrame]:
    """Servers that no inventory has, or several: how many, and the first by name."""
    found = []
    for reason, code in (
        (Reason.SERIES_UNKNOWN_SERVER, "series_unknown_servers"),
        (Reason.SERIES_SEVERAL_SERVERS, "series_ambiguous_servers"),
    ):
        names = sorted({name for fate in fates for name in fate.owners.get(reason, ())})
        if names:
            file = next(fate.file for fate in fates if fate.owners.get(reason))
            shown = None if file.source.is_pseudonymised else ", ".join(names[:SHOWN]) + " …" * (len(names) > SHOWN)
            found.append(_at(file, "warning", code, detail=str(len(names)), value=shown))
    return found


def _cells(fates: list[Fate]) -> Iterable[pd.DataFrame]:
    """Cells that were no value, also those of rows that had others."""
    total: Counter[tuple[str, Reason]] = Counter()
    for fate in fates:
        total.update({key: lost.count for key, lost in fate.cells.items()})
    for (measure, reason), count in sorted(total.items()):
        fate = next(fate for fate in fates if (measure, reason) in fate.cells)
        line = fate.cells[measure, reason].line
        yield _at(fate.file, "warning", f"{reason.code}_cells", row=line, detail=measure, value=str(count))


def _at(file: SeriesFile, severity: str, code: str, **more: Any) -> pd.DataFrame:
    return finding_rows(severity, code, table="utilisation", file=file.name, sheet=file.sheet, **more)


def doubtful(table: pd.DataFrame) -> pd.DataFrame:
    """Metrics of servers that may be fractions among percentages."""
    each = table[["server_id"]].assign(metric=table["doubtful"].astype("string").str.split()).explode("metric").dropna()
    detail = each["metric"] + "_pct"
    return finding_rows(
        "warning", "series_perhaps_fractions", table="utilisation", row_id=each["server_id"], detail=detail
    )
