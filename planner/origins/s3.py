"""A case under a prefix in S3: listed to see whether it has changed, and copied before it is planned.

Retries are botocore's alone, as for the catalogue. An object in S3 is never half-written.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path, PurePosixPath
from typing import Any

from planner.catalogue.client import CONFIG, FAULTS, open_session, reason_of
from planner.errors import InventoryError
from planner.origins.look import Look, Seen

COPIED = ".copied.json"


def look_at(address: str, client: Any = None) -> Look:
    """The objects under an address `s3://bucket/prefix`, with size and tag.

    Raises
    ------
    InventoryError
        S3 cannot be asked, or there is nothing.
    """
    bucket, prefix = _split(address)
    try:
        pages = (client or _client()).get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        found = [item for page in pages for item in page.get("Contents", []) if not item["Key"].endswith("/")]
    except FAULTS as fault:
        raise InventoryError(f"S3 could not be asked ({reason_of(fault)})", place=address) from None
    if not found:
        raise InventoryError("there is nothing under the prefix", place=address)
    files = (Seen(item["Key"].removeprefix(prefix), int(item["Size"]), str(item["ETag"])) for item in found)
    return Look(tuple(sorted(files)), is_whole=True)


def copy_to(address: str, folder: Path, client: Any = None) -> Path:
    """Make a folder hold what is under an address; plans and their history, which lie beside it there, stay.

    Nothing is touched before everything has come. A file that an earlier copy put there and that is gone is removed.

    Raises
    ------
    InventoryError
        S3 cannot be asked, or a key would lead out of the folder.
    """
    asked = client or _client()
    bucket, prefix = _split(address)
    names = [_inside(item.name, address) for item in look_at(address, asked).files]
    fresh = folder.parent / f".{folder.name}.new-{os.getpid()}"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        for name in names:
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            asked.download_file(bucket, prefix + name, str(fresh / name))
        _put(fresh, folder, names)
    except FAULTS as fault:
        raise InventoryError(f"S3 could not be read ({reason_of(fault)})", place=address) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _put(fresh: Path, folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    listed = folder / COPIED
    before = set(json.loads(listed.read_text(encoding="utf-8"))) if listed.is_file() else set()
    listed.write_text(json.dumps(sorted(before | set(names))), encoding="utf-8")
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (fresh / name).replace(folder / name)
    for name in before - set(names):
        (folder / name).unlink(missing_ok=True)
    listed.write_text(json.dumps(sorted(names)), encoding="utf-8")


def _client() -> Any:
    return open_session(None).client("s3", config=CONFIG)


def _split(address: str) -> tuple[str, str]:
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    if not bucket:
        raise InventoryError("the address names no bucket", place=address, remedy="Write s3://bucket/prefix.")
    return bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else ""


def _inside(name: str, address: str) -> str:
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        raise InventoryError("a key leads out of the folder", place=address, value=name, remedy="Rename the object.")
    return name
