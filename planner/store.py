"""The plan folder: written beside its place and put there in one step, so that nobody ever sees half a plan."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from planner.errors import PlannerError
from planner.plan import Plan, manifest
from planner.schema import to_csv_bytes

MANIFEST = "manifest.json"


def save(plan: Plan, documents: Mapping[str, bytes], folder: Path, *, with_tables: bool) -> Path:
    """Write a plan folder atomically.

    Parameters
    ----------
    plan
        The plan.
    documents
        Rendered files by name.
    folder
        Where to put it; an earlier plan there is replaced, anything else is refused.
    with_tables
        Write the tables as well: they hold everything, so a public plan goes without them.

    Raises
    ------
    PlannerError
        The folder holds something that is not a plan, or cannot be written.
    """
    _refuse_foreign(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        fresh = folder.parent / f".{folder.name}.new-{os.getpid()}"
        _write(plan, documents, fresh, with_tables)
        _swap(fresh, folder)
    except OSError as reason:
        raise PlannerError(
            f"the plan cannot be written ({reason.strerror})",
            place=str(folder),
            remedy="Choose another --out.",
        ) from None
    return folder


def _refuse_foreign(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise PlannerError(
            "the folder holds something that is not a plan", place=str(folder), remedy="Choose another --out."
        )
    if folder.exists() and not folder.is_dir():
        raise PlannerError(
            "there is a file where the plan folder should be",
            place=str(folder),
            remedy="Choose another --out.",
        )


def _write(plan: Plan, documents: Mapping[str, bytes], folder: Path, with_tables: bool) -> None:
    folder.mkdir()
    for name, content in sorted(documents.items()):
        (folder / name).write_bytes(content)
    tables = {name: to_csv_bytes(frame) for name, frame in sorted(plan.portfolio.tables.items())}
    if with_tables:
        (folder / "tables").mkdir()
        for name, content in tables.items():
            (folder / "tables" / f"{name}.csv").write_bytes(content)
    about = json.dumps(manifest(plan, tables), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(about, encoding="utf-8")


def _swap(fresh: Path, folder: Path) -> None:
    old = folder.parent / f".{folder.name}.old-{os.getpid()}"
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Tidy up after runs that were killed: put back a plan that was on its way out, remove what was on its way in."""
    for path in sorted(folder.parent.glob(f".{folder.name}.old-*")):
        if _is_running(path):
            continue
        if folder.exists():
            shutil.rmtree(path)
        else:
            path.rename(folder)
    for path in sorted(folder.parent.glob(f".{folder.name}.new-*")):
        if not _is_running(path):
            shutil.rmtree(path)


def _is_running(path: Path) -> bool:
    number = path.name.rpartition("-")[2]
    if not number.isdigit() or int(number) == os.getpid():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
