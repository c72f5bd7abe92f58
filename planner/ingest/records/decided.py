"""matches.csv with a person's decisions: which proposed pairs are the same thing, and which are not."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planner.ingest.records.conform import Records
from planner.schema import conform

TABLE = "matches"
PAIR = ["table", "left_key", "left_file", "right_key", "right_file"]


def decisions_of(records: list[Records]) -> pd.DataFrame:
    """Rows of all filled lists (reader `matches`) in which something was decided."""
    frames = [
        record.frame.reindex(columns=[*PAIR, "decision"]).assign(_record=at, _row=record.rows)
        for at, record in enumerate(records)
    ]
    if not frames:
        return pd.DataFrame(columns=[*PAIR, "decision", "_record", "_row"])
    given = pd.concat(frames, ignore_index=True)
    return given.dropna(subset=["decision"]).reset_index(drop=True)


def accounted(
    decided: pd.DataFrame, records: list[Records], matches: pd.DataFrame
) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """How many decided rows were used, and the rows about pairs that no longer stand in the sources."""
    known = set(matches.loc[matches["decision"].notna(), PAIR].itertuples(index=False, name=None))
    turned = {(table, right, right_file, left, left_file) for table, left, left_file, right, right_file in known}
    is_used = pd.Series(
        [pair in known | turned for pair in decided[PAIR].itertuples(index=False, name=None)],
        index=decided.index,
        dtype="bool",
    )
    follows = decided.duplicated(PAIR, keep="last") & is_used
    counts, rejects = [], []
    for at, record in enumerate(records):
        mine = decided["_record"] == at
        lost = decided[mine & ~is_used]
        counts.append(
            {
                "file": record.file,
                "sheet": record.sheet,
                "fills": TABLE,
                "rows_in": int(mine.sum()) + len(record.rejects),
                "rows_used": int((mine & is_used & ~follows).sum()),
                "rows_merged": int((mine & follows).sum()),
                "rows_rejected": len(lost) + len(record.rejects),
            }
        )
        rows = pd.DataFrame({"row": lost["_row"], "original": lost["left_key"] + " | " + lost["right_key"]})
        rejects += [conform(record.rejects, "rejects")]
        rejects += [conform(rows.assign(file=record.file, sheet=record.sheet, code="match_of_unknown_rows"), "rejects")]
    return counts, pd.concat(rejects, ignore_index=True) if rejects else pd.DataFrame()
