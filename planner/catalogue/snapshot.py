"""A snapshot of cloud facts on disk: what a refresh wrote and what a plan reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from planner.errors import CatalogueError

SNAPSHOTS = Path(__file__).parent.parent / "catalogues"
PRICES = Path(__file__).parent.parent / "facts" / "prices"
DTYPES: dict[str, dict[str, str]] = {
    "instance_types": {
        "instance_type": "string",
        "family": "string",
        "arch": "string",
        "vcpu": "int64",
        "memory_gib": "float64",
        "is_current_generation": "boolean",
        "is_burstable": "boolean",
        "is_bare_metal": "boolean",
        "gpu_count": "int64",
    },
    "offerings": {"region": "string", "instance_type": "string"},
    "regions": {
        "region": "string",
        "name": "string",
        "country_code": "string",
        "partition": "string",
        "dns_suffix": "string",
        "service_count": "Int64",
        "note": "string",
    },
    "services": {"region": "string", "service": "string"},
}

PRODUCTS = ("compute", "database", "licence", "storage", "transfer")
# What the list itself gives away; a nought anywhere else is a hole in the list.
FREE = ("internet_in", "internet_out_free_allowance_100_gb")
PRICE_DTYPES = {
    "region": "string",
    "product": "string",
    "kind": "string",
    "scope": "string",
    "unit": "string",
    "usd": "Float64",
    "min_vcpu": "Float64",
    "as_of": "string",
    "source": "string",
    "origin": "string",
}


@dataclass(frozen=True)
class Catalogue:
    """Cloud facts of one day, with the prices that go with them.

    `prices` has one row per region, product, kind and scope of each origin: `shipped` with the planner, or read into
    the `snapshot`. `manifest` says when and with what the snapshot was made; one made through a mock names it and is
    never called live.
    """

    instance_types: pd.DataFrame
    offerings: pd.DataFrame
    regions: pd.DataFrame
    services: pd.DataFrame
    prices: pd.DataFrame
    manifest: dict[str, Any]


@lru_cache
def load_catalogue(path: Path | None = None) -> Catalogue:
    """Load a snapshot; the newest shipped one by default.

    Raises
    ------
    CatalogueError
        The folder is not a snapshot.
    """
    folder = path or sorted(SNAPSHOTS.glob("aws-*"))[-1]
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        tables = {name: _read(folder / f"{name}.csv", dtypes) for name, dtypes in DTYPES.items()}
    except (OSError, ValueError) as reason:
        raise CatalogueError(
            f"not a catalogue snapshot ({reason})",
            place=str(folder),
            remedy="Make one with fardplan catalogue refresh.",
        ) from None
    prices = pd.concat([shipped_prices(), _snapshot_prices(folder)], ignore_index=True)
    return Catalogue(**tables, prices=prices, manifest=manifest)


def shipped_prices() -> pd.DataFrame:
    """Price facts that come with the planner, each row with its date and source."""
    files = {product: _read(PRICES / f"aws_{product}.csv", {}) for product in PRODUCTS}
    parts = [frame.assign(product=product, origin="shipped") for product, frame in files.items()]
    return _priced(pd.concat(parts, ignore_index=True))


def _snapshot_prices(folder: Path) -> pd.DataFrame:
    path = folder / "prices.csv"
    return _priced(_read(path, {}).assign(origin="snapshot") if path.is_file() else pd.DataFrame())


def _priced(prices: pd.DataFrame) -> pd.DataFrame:
    """A price that is missing, or nothing where something is sold, is no price (transfer in really costs nothing)."""
    prices = prices.reindex(columns=list(PRICE_DTYPES)).astype(PRICE_DTYPES)
    is_price = (prices["usd"] > 0) | ((prices["usd"] == 0) & prices["kind"].isin(FREE))
    return prices[is_price.fillna(False)]


def _read(path: Path, dtypes: dict[str, str]) -> pd.DataFrame:
    frame = pd.read_csv(path, dtype="string", encoding="utf-8", keep_default_na=False, na_values=[""])
    for name, dtype in dtypes.items():
        if dtype == "boolean":
            frame[name] = (frame[name] == "true").astype("boolean")
        else:
            frame[name] = frame[name].astype(dtype)
    return frame
