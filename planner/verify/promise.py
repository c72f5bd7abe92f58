"""A promise of the plan that does not hold."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from planner.portfolio import finding_rows

TOLERANCE_DAYS = 0.01


def broken(promise: str, ids: Iterable[object], table: str) -> pd.DataFrame:
    """Findings of a broken promise, one for each id."""
    rows = pd.Series(list(ids), dtype="object")
    return finding_rows("error", "broken_promise", table=table, row_id=rows, detail=promise)
