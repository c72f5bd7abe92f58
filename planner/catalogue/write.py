"""Writing a snapshot: what was read, what the last one knew where a part failed, and which is which."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import botocore
import pandas as pd

from planner.catalogue.parts import Rows, Tables
from planner.catalogue.snapshot import DTYPES, FORMAT, KEYS, PART_TABLES, Catalogue, fingerprint_of, load_catalogue
from planner.csvfile import to_csv_bytes
from planner.errors import CatalogueError

Key = tuple[str, str]
SOURCES = (
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstanceTypeOfferings",
    "pricing:GetProducts",
    "rds:DescribeOrderableDBInstanceOptions",
    "savingsplans:DescribeSavingsPlansOfferingRates",
    "ssm:/aws/service/global-infrastructure",
)


class Unfinished:
    """What a refresh has read so far, one file a part, beside the folder that it will write."""

    def __init__(self, out: Path, captured_date: date, made_with: str) -> None:
        self._folder = out.parent / f".{out.name}.unfinished"
        # What a mock has read is not the answer of AWS, were it of the same day.
        self._made = {"captured_date": captured_date.isoformat(), "made_with": made_with}

    def read(self, key: Key) -> Tables | None:
        """Rows of a part read earlier for the same day and in the same way; None when there are none, or the file is
        torn."""
        try:
            known = json.loads(self._path(key).read_text(encoding="utf-8"))
            tables = dict(known.pop("tables"))
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return None
        return tables if known == self._made else None

    def write(self, key: Key, tables: Tables) -> None:
        """Keep what was read; a file that cannot be kept costs only time."""
        path = self._path(key)
        text = json.dumps({**self._made, "tables": tables}, ensure_ascii=False)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".new").write_text(text, encoding="utf-8")
            path.with_suffix(".new").replace(path)
        except OSError:
            return

    def forget(self) -> None:
        """The snapshot is whole."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, key: Key) -> Path:
        return self._folder / f"{key[1]}.{key[0]}.json"


def write_snapshot(
    out: Path,
    tables: dict[Key, Tables],
    reasons: dict[Key, str],
    skipped: set[Key],
    captured_date: date,
    made_with: str,
    last: Path,
) -> None:
    """Write the folder, with the last known facts where a part failed.

    Raises
    ------
    CatalogueError
        The last snapshot cannot be read, or the folder not be written.
    """
    failed = sorted(key for key in reasons if key not in skipped)
    before = load_catalogue(last) if failed else None
    kept = {key: known for key in failed if before and (known := _known_of(before, key))}
    told = {key: {"state": "read", "captured_date": captured_date.isoformat()} for key in tables}
    told |= {key: {"state": "missing", "reason": reasons[key]} for key in failed}
    told |= {
        key: {**_told_of(before, key), "state": "kept", "reason": reasons[key]} for key in kept if before is not None
    }
    told |= {key: {"state": "not_asked", "reason": reasons[key]} for key in skipped}
    fresh = {key: _dated(part, captured_date.isoformat()) for key, part in tables.items()}
    frames = {name: _frame(name, fresh, kept) for name in DTYPES}
    frames["regions"]["service_count"] = frames["regions"]["region"].map(frames["services"]["region"].value_counts())
    frames["regions"] = frames["regions"].astype(DTYPES["regions"])
    _write(out, _files(frames, told, captured_date, made_with))


def _dated(part: Tables, day: str) -> Tables:
    """A price is the list's on the day when it was read."""
    return {name: [row | {"as_of": day} if name == "prices" else row for row in rows] for name, rows in part.items()}


def _known_of(before: Catalogue, key: Key) -> Tables | None:
    """What the last snapshot knew of a part of a region; nothing when it knew nothing."""
    part, region = key
    found = {name: _rows_of(before, name, part, region) for name in PART_TABLES[part]}
    return found if all(found.values()) else None


def _rows_of(before: Catalogue, table: str, part: str, region: str) -> Rows:
    frame: pd.DataFrame = (
        before.prices[before.prices["origin"] == "snapshot"] if table == "prices" else getattr(before, table)
    )
    if table == "instance_types":
        offered = before.offerings.loc[before.offerings["region"] == region, "instance_type"]
        found = frame[frame["instance_type"].isin(offered)]
    else:
        found = frame[frame["region"] == region]
    if table == "prices":
        found = found[found["part"] == part]
    return [{str(name): value for name, value in row.items() if not pd.isna(value)} for row in found.to_dict("records")]


def _told_of(before: Catalogue | None, key: Key) -> dict[str, Any]:
    """Date of what is kept, and what made it when that was another tool than this refresh's."""
    assert before is not None
    told = {(row["part"], row["region"]): row for row in before.manifest.get("parts", [])}.get(key, {})
    return {
        "captured_date": told.get("captured_date", before.manifest["captured_date"]),
        "made_with": told.get("made_with", before.manifest["made_with"]),
    }


def _frame(name: str, fresh: dict[Key, Tables], kept: dict[Key, Tables]) -> pd.DataFrame:
    """One table of all parts; what was read comes before what is kept, and the first of each key stays."""
    rows = [
        row | ({"part": key[0]} if name == "prices" else {})
        for parts in (fresh, kept)
        for key in sorted(parts)
        for row in parts[key].get(name, [])
    ]
    frame = pd.DataFrame(rows, columns=list(DTYPES[name])).astype(DTYPES[name])
    return frame.drop_duplicates(KEYS[name]).sort_values(KEYS[name], ignore_index=True)


def _files(
    frames: dict[str, pd.DataFrame], told: dict[Key, dict[str, Any]], captured_date: date, made_with: str
) -> dict[str, bytes]:
    content = {f"{name}.csv": to_csv_bytes(frame).replace(b"\r\n", b"\n") for name, frame in sorted(frames.items())}
    files = {
        name: {"rows": len(frames[name.removesuffix(".csv")]), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in content.items()
    }
    manifest = {
        "format": FORMAT,
        "captured_date": captured_date.isoformat(),
        "made_with": made_with,
        "botocore": botocore.__version__,
        "currency": "USD",
        "sources": list(SOURCES),
        "parts": [{"part": part, "region": region, **told[part, region]} for part, region in sorted(told)],
        "files": files,
        "fingerprint": fingerprint_of(files),
    }
    return content | {"manifest.json": (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode("utf-8")}


def _write(out: Path, files: dict[str, bytes]) -> None:
    fresh, old = (out.parent / f".{out.name}.{state}-{os.getpid()}" for state in ("new", "old"))
    try:
        fresh.mkdir(parents=True)
        for name, data in files.items():
            (fresh / name).write_bytes(data)
        if out.exists():
            # Only a snapshot in which parts had failed gets here.
            out.rename(old)
        fresh.rename(out)
    except OSError as reason:
        if old.exists() and not out.exists():
            old.rename(out)
        raise CatalogueError(f"the snapshot cannot be written ({reason.strerror})", place=str(out)) from None
    finally:
        for left in (fresh, old):
            shutil.rmtree(left, ignore_errors=True)
