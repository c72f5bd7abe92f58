"""Shares of calendar years, and amounts spread over them."""

from __future__ import annotations

import numpy as np
import pandas as pd

LATEST = pd.Timestamp("2200-01-01")


def shares(start: pd.Series, end: pd.Series, years: list[int]) -> pd.DataFrame:
    """Share of each year that lies from `start` up to but not including `end`; nothing where a date is unknown."""
    made = {}
    for year in years:
        first, last = pd.Timestamp(year, 1, 1), pd.Timestamp(year + 1, 1, 1)
        days = (end.clip(upper=last) - start.clip(lower=first)).dt.days
        made[year] = days.clip(lower=0).fillna(0) / (last - first).days
    return pd.DataFrame(made, index=start.index)


def spread(rows: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """One row per row and year: every quantity times that year's part; years without any are left out.

    Parameters
    ----------
    rows
        With columns that begin with `quantity`.
    parts
        On the same index, one column per year.
    """
    count = len(parts.columns)
    made = rows.loc[rows.index.repeat(count)].reset_index(drop=True)
    made["year"] = np.tile(parts.columns.to_numpy(dtype=int), len(rows))
    share = parts.to_numpy(dtype=float).ravel()
    for name in (name for name in rows.columns if name.startswith("quantity")):
        made[name] = made[name].astype(float) * share
    return made[share > 0]
