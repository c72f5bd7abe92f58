"""How each sheet was understood: its dialect, the fate of its rows, its columns and how full they are."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.portfolio import Portfolio

ROWS = ["rows_in", "rows_used", "rows_merged", "rows_rejected"]
KEY = ["file", "sheet", "reader"]


@dataclass(frozen=True)
class Understood:
    """One sheet, or one file that is a table. `columns` are those with a value; None where cells are not traced."""

    file: str
    sheet: str
    reader: str
    fills: tuple[str, ...]
    rows_in: int
    rows_used: int
    rows_merged: int
    rows_rejected: int
    columns: int | None
    full_pct: int | None
    kept_aside: int


def understood(portfolio: Portfolio) -> list[Understood]:
    """Every sheet that was read, in the order of the case."""
    sources = portfolio["sources"].assign(sheet=portfolio["sources"]["sheet"].fillna(""))
    sums = sources.groupby(KEY, sort=False)[ROWS].sum()
    fills = sources.groupby(KEY, sort=False)["fills"].agg(lambda names: tuple(dict.fromkeys(names)))
    cells, aside = _cells(portfolio["provenance"]), _kept_aside(portfolio["findings"])
    made = []
    for (file, sheet, reader), rows in zip(sums.index, sums.to_dict("records"), strict=True):
        columns, full = cells.get((file, sheet), (None, 0))
        kept = rows["rows_used"] + rows["rows_merged"]
        share = min(100, round(100 * full / (columns * kept))) if columns and kept else None
        made.append(
            Understood(
                file=file,
                sheet=sheet,
                reader=reader,
                fills=fills[(file, sheet, reader)],
                columns=columns,
                full_pct=share,
                kept_aside=aside.get((file, sheet), 0),
                **{name: int(rows[name]) for name in ROWS},
            )
        )
    return made


def _cells(provenance: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int]]:
    """By file and sheet, how many columns were read and how many cells."""
    read = provenance[provenance["column"] != "quote"]
    each = read.groupby(["file", "sheet", "cell_column"], observed=True, dropna=False).size().reset_index(name="cells")
    each["sheet"] = each["sheet"].astype("string").fillna("")
    sums = each.groupby([each["file"].astype("string"), "sheet"])["cells"].agg(["size", "sum"])
    return {
        (str(file), str(sheet)): (int(row[0]), int(row[1]))
        for (file, sheet), row in zip(sums.index, sums.to_numpy(), strict=True)
    }


def _kept_aside(findings: pd.DataFrame) -> dict[tuple[str, str], int]:
    """By file and sheet, how many columns are kept as attributes and not used."""
    named = findings[findings["code"].isin(["unknown_column", "columns_kept_aside"])]
    counts = pd.to_numeric(named["detail"], errors="coerce").fillna(1).astype(int)
    sums = counts.groupby([named["file"].fillna(""), named["sheet"].fillna("")]).sum()
    return {(str(file), str(sheet)): int(count) for (file, sheet), count in sums.items()}
