"""A snapshot of cloud facts on disk: what a refresh wrote and what a plan reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from planner.errors import CatalogueError

FORMAT = "fardplan-catalogue/1"
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
        "processor": "string",
        "network": "string",
        "ebs_baseline_mbps": "Int64",
        "ebs_max_mbps": "Int64",
        "ebs_max_iops": "Int64",
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
    "database_classes": {
        "region": "string",
        "engine": "string",
        "instance_class": "string",
        "is_multi_az": "boolean",
    },
    "prices": {
        "region": "string",
        "product": "string",
        "kind": "string",
        "scope": "string",
        "unit": "string",
        "usd": "Float64",
        "min_vcpu": "Float64",
        "as_of": "string",
        "source": "string",
        "part": "string",
    },
}
KEYS = {
    "instance_types": ["instance_type"],
    "offerings": ["region", "instance_type"],
    "regions": ["region"],
    "services": ["region", "service"],
    "database_classes": ["region", "engine", "instance_class"],
    "prices": ["region", "product", "kind", "scope"],
}
# Tables and columns that snapshots of earlier days do not have; they are then empty, which is to say unknown.
OPTIONAL = ("database_classes", "prices")
PRICE_PARTS = ("compute_prices", "savings_prices", "storage_prices", "database_prices", "transfer_prices")
PART_TABLES = {
    "region": ("regions",),
    "services": ("services",),
    "offerings": ("offerings",),
    "types": ("instance_types",),
    "database_classes": ("database_classes",),
    **dict.fromkeys(PRICE_PARTS, ("prices",)),
}
# What the list itself gives away; a nought anywhere else is a hole in the list.
FREE = ("internet_in", "internet_out_free_allowance_100_gb")


# Compared as the object that it is: what is computed of a catalogue is kept beside it (`price_types`).
@dataclass(frozen=True, eq=False)
class Catalogue:
    """Cloud facts of one day, with the prices that go with them.

    `prices` has one row per region, product, kind and scope of each origin: `shipped` with the planner, or read into
    the `snapshot`. `manifest` says when and with what the snapshot was made, and of each part whether it was read,
    kept from an earlier one or missing; a snapshot made through a mock names it and is never called live.
    `own_types` are machines of the case's own price lists.
    """

    instance_types: pd.DataFrame
    offerings: pd.DataFrame
    regions: pd.DataFrame
    services: pd.DataFrame
    database_classes: pd.DataFrame
    prices: pd.DataFrame
    manifest: dict[str, Any]
    own_types: frozenset[str] = frozenset()


@lru_cache
def load_catalogue(path: Path | None = None) -> Catalogue:
    """Load a snapshot; the newest shipped one by default.

    Raises
    ------
    CatalogueError
        The folder is not a snapshot, one of another format, or a file of it was changed after it was written.
    """
    folder = path or sorted(SNAPSHOTS.glob("aws-*"))[-1]
    try:
        manifest = _manifest(folder)
        tables = {name: _table(folder, name) for name in DTYPES}
    except (OSError, ValueError, LookupError, TypeError) as reason:
        raise CatalogueError(
            f"not a catalogue snapshot ({reason})",
            place=str(folder),
            remedy="Make one with fardplan catalogue refresh.",
        ) from None
    prices = pd.concat([shipped_prices(), _priced(tables["prices"].assign(origin="snapshot"))], ignore_index=True)
    return Catalogue(**{**tables, "prices": prices}, manifest=manifest)


def shipped_prices() -> pd.DataFrame:
    """Price facts that come with the planner, each row with its date and source; one file a provider and product."""
    parts = [
        _typed(_read(path), DTYPES["prices"]).assign(product=path.stem.rpartition("_")[2], origin="shipped")
        for path in sorted(PRICES.glob("*.csv"))
    ]
    return _priced(pd.concat(parts, ignore_index=True))


def is_unfinished(folder: Path) -> bool:
    """Whether a folder is a snapshot in which parts had failed, and that a new refresh may therefore replace."""
    try:
        parts = _manifest(folder)["parts"]
    except (OSError, ValueError, LookupError, TypeError):
        return False
    return any(part["state"] in {"kept", "missing"} for part in parts)


def fingerprint_of(files: Mapping[str, Mapping[str, Any]]) -> str:
    """One fingerprint for all files of a snapshot."""
    return hashlib.sha256("".join(files[name]["sha256"] for name in sorted(files)).encode("ascii")).hexdigest()


def _manifest(folder: Path) -> dict[str, Any]:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    if manifest["format"] != FORMAT:
        raise ValueError(f"format {manifest['format']}, this version reads {FORMAT}")
    for name, file in manifest["files"].items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != file["sha256"]:
            raise ValueError(f"{name} was changed after it was written")
    return {"fingerprint": fingerprint_of(manifest["files"]), "parts": [], "currency": "USD"} | dict(manifest)


def _table(folder: Path, name: str) -> pd.DataFrame:
    path = folder / f"{name}.csv"
    if name in OPTIONAL and not path.is_file():
        return _typed(pd.DataFrame(), DTYPES[name])
    return _typed(_read(path), DTYPES[name])


def _priced(prices: pd.DataFrame) -> pd.DataFrame:
    """A price that is missing, or nothing where something is sold, is no price (transfer in really costs nothing)."""
    is_price = (prices["usd"] > 0) | ((prices["usd"] == 0) & prices["kind"].isin(FREE))
    return prices[is_price.fillna(False)].astype({"product": "string", "origin": "string"})


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype="string", encoding="utf-8", keep_default_na=False, na_values=[""])


def _typed(frame: pd.DataFrame, dtypes: dict[str, str]) -> pd.DataFrame:
    frame = frame.reindex(columns=list(dtypes))
    for name, dtype in dtypes.items():
        if dtype == "boolean":
            frame[name] = (frame[name].astype("string") == "true").astype("boolean")
        else:
            frame[name] = frame[name].astype(dtype)
    return frame
