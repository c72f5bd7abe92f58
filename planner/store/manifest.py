"""What a saved plan says of itself, and which plans this version can read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from planner.errors import PlannerError
from planner.plan import FORMAT, READABLE

MANIFEST = "manifest.json"
INPUTS = "inputs.json"


def read_manifest(folder: Path) -> dict[str, Any]:
    """Manifest of the plan in a folder.

    Raises
    ------
    PlannerError
        No plan, or one of a format that this version does not read.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise PlannerError("there is no plan here", place=str(folder), remedy="Name the folder of a plan.")
    try:
        content = path.read_bytes()
    except OSError as reason:
        raise PlannerError(f"the plan cannot be read ({reason.strerror})", place=str(path)) from None
    return parse_manifest(content, str(path))


def parse_manifest(content: bytes, place: str) -> dict[str, Any]:
    """Manifest from its bytes.

    Raises
    ------
    PlannerError
        Not a manifest, or of a format that this version does not read.
    """
    try:
        found = json.loads(content.decode("utf-8"))
    except ValueError:
        found = None
    written = found.get("format") if isinstance(found, dict) else None
    if isinstance(found, dict) and written in READABLE:
        return found
    is_newer = isinstance(written, str) and _number(written) > _number(FORMAT)
    remedy = "It was made by a newer Färdplan: update this one." if is_newer else "Plan anew."
    raise PlannerError("the plan is of another format", place=place, value=written, remedy=remedy)


def _number(written: str) -> int:
    name, _, number = written.partition("/")
    return int(number) if name == FORMAT.partition("/")[0] and number.isdigit() else -1
