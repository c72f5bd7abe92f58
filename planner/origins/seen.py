"""What was seen last of each case, kept between looks: a file beside the plans."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from planner.errors import PlannerError

FILE = "seen.json"


def read_seen(store: Path) -> dict[str, str]:
    """Fingerprints by case; none when nothing was seen.

    Raises
    ------
    PlannerError
        The file is damaged.
    """
    path = store / FILE
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in found.items()}
    except (OSError, ValueError, AttributeError):
        raise PlannerError(
            "what was seen cannot be read", place=str(path), remedy="Remove the file: every case is then planned anew."
        ) from None


def remember(store: Path, seen: Mapping[str, str]) -> None:
    """Write fingerprints in one step."""
    store.mkdir(parents=True, exist_ok=True)
    fresh = store / f".{FILE}.new-{os.getpid()}"
    fresh.write_text(json.dumps(dict(seen), indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(store / FILE)
