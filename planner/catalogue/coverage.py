"""What a catalogue knows of a region, part by part: whether it was read, kept or shipped, and of which day."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planner.catalogue.prices import newest, prices_of
from planner.catalogue.snapshot import KEYS, PART_TABLES, Catalogue

PRODUCTS = {
    "compute_prices": ("compute", "licence"),
    "savings_prices": ("compute",),
    "storage_prices": ("storage",),
    "database_prices": ("database",),
    "transfer_prices": ("transfer",),
}
SAVINGS = "savings_"


def coverage(catalogue: Catalogue, region: str) -> pd.DataFrame:
    """Say what is known of one region.

    Returns
    -------
    DataFrame
        part, region, state (`read` into the snapshot, `kept` in it from an earlier one, `shipped` with the planner,
        `missing`), rows, as_of (of the oldest row), undated (rows whose source states no date), reason (why a part is
        not of this snapshot), made_with (of kept facts).
    """
    told = {row["part"]: row for row in catalogue.manifest["parts"] if row["region"] == region}
    rows = [_of_part(catalogue, region, part, told.get(part, {})) for part in PART_TABLES]
    return pd.DataFrame(rows).astype({"as_of": "string", "reason": "string", "made_with": "string"})


def _of_part(catalogue: Catalogue, region: str, part: str, told: dict[str, Any]) -> dict[str, Any]:
    known = {"part": part, "region": region, "reason": told.get("reason"), "made_with": told.get("made_with")}
    if part in PRODUCTS:
        return known | _of_prices(catalogue, region, part, str(told.get("state", "read")))
    count = _count(catalogue, region, part)
    state = (told.get("state", "read") if told.get("state") != "not_asked" else "missing") if count else "missing"
    # Snapshots of earlier versions do not tell their parts; everything in them was read on one day.
    day = told.get("captured_date", catalogue.manifest["captured_date"]) if count else None
    return known | {"state": state, "rows": count, "as_of": day, "undated": 0}


def _count(catalogue: Catalogue, region: str, part: str) -> int:
    if part == "types":
        offered = catalogue.offerings.loc[catalogue.offerings["region"] == region, "instance_type"]
        return int(catalogue.instance_types["instance_type"].isin(offered).sum())
    frame = getattr(catalogue, PART_TABLES[part][0])
    return int((frame["region"] == region).sum())


def _of_prices(catalogue: Catalogue, region: str, part: str, told: str) -> dict[str, Any]:
    frames = [newest(prices_of(catalogue, product, region), KEYS["prices"]) for product in PRODUCTS[part]]
    prices = pd.concat(frames, ignore_index=True)
    is_savings = prices["kind"].str.startswith(SAVINGS)
    prices = prices[is_savings if part == "savings_prices" else ~is_savings]
    is_read = (prices["origin"] == "snapshot").any()
    state = "missing" if prices.empty else told if is_read else "shipped"
    return {
        "state": state,
        "rows": len(prices),
        "as_of": prices["as_of"].min() if prices["as_of"].notna().any() else None,
        "undated": int(prices["as_of"].isna().sum()),
    }
