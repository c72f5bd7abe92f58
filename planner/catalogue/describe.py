"""What `fardplan catalogue show` says: regions, parts with their dates and ages, and where the facts come from."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from planner.catalogue.coverage import coverage
from planner.catalogue.snapshot import Catalogue


def describe_catalogue(catalogue: Catalogue, region: str | None, day: date) -> list[str]:
    """Lines about every region, or about one: each part with its state, rows, date and age in days."""
    manifest = catalogue.manifest
    regions = catalogue.regions if region is None else catalogue.regions[catalogue.regions["region"] == region]
    lines = [
        f"Snapshot {manifest['captured_date']}, made with {manifest['made_with']}",
        f"Fingerprint {manifest['fingerprint'][:12]}, prices in {manifest['currency']}",
    ]
    if regions.empty:
        lines += ["", f"{region}  not in this snapshot"]
    for row in regions.itertuples(index=False):
        lines += [
            "",
            f"{row.region}  {_known(row.name)}  {_known(row.country_code)}  partition {_known(row.partition)}",
        ]
        parts = coverage(catalogue, str(row.region))
        lines += [_line({str(key): value for key, value in part.items()}, day) for part in parts.to_dict("records")]
    return lines


def _line(part: dict[str, Any], day: date) -> str:
    dated = ""
    if not pd.isna(part["as_of"]):
        dated = f"  {part['as_of']}, {(day - date.fromisoformat(part['as_of'])).days} days old"
    undated = f", {part['undated']} undated" if part["undated"] else ""
    reason = "" if pd.isna(part["reason"]) else f"  ({part['reason']})"
    return f"  {part['part']:<17}{part['state']:<8}{part['rows']:>5} rows{dated}{undated}{reason}"


def _known(value: Any) -> str:
    return "?" if value is None or pd.isna(value) else str(value)
