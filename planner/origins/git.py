"""A case in a git checkout: what is committed counts, and new commits are fetched first."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from planner.errors import InventoryError
from planner.origins.look import Look, Seen

LONGEST_SECONDS = 120


def look_at(folder: Path) -> Look:
    """Fetch what is new, where the branch follows another, and say what is committed of the folder.

    Raises
    ------
    InventoryError
        Not a checkout, one that cannot be brought forward, or one in which a file is changed and not committed: a plan
        would read what nobody has committed.
    """
    if _run(folder, "rev-parse", "--abbrev-ref", "@{upstream}", may_fail=True):
        _run(folder, "pull", "--quiet", "--ff-only")
    changed = _run(folder, "status", "--porcelain", "--untracked-files=no", "--", ".")
    if changed:
        raise InventoryError(
            "a file of the checkout is changed and not committed",
            place=str(folder),
            value=changed.splitlines()[0].strip(),
            remedy="Commit it, or watch the folder itself instead of git+.",
        )
    return Look((Seen(".", 0, _run(folder, "rev-parse", "HEAD:./")),), is_whole=True)


def _run(folder: Path, *command: str, may_fail: bool = False) -> str:
    # No hooks of the repository that is watched, and nobody to ask for a password.
    whole = ["git", "-C", str(folder), "-c", "core.hooksPath=/dev/null", *command]
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            whole, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as reason:
        raise InventoryError(f"git did not answer ({type(reason).__name__})", place=str(folder)) from None
    if done.returncode and not may_fail:
        said = done.stderr.strip().splitlines()
        raise InventoryError(f"git {command[0]} failed ({said[-1] if said else done.returncode})", place=str(folder))
    return "" if done.returncode else done.stdout.strip()
