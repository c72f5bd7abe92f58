"""The plan folder: written beside its place and put there in one step, so that nobody ever sees half a plan."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from planner.csvfile import from_csv_bytes, to_csv_bytes
from planner.errors import PlannerError, SchemaError
from planner.plan import Plan, as_json, inputs_of, manifest
from planner.store.locked import locked
from planner.store.manifest import INPUTS, MANIFEST, read_manifest

Files = Mapping[str, bytes]


def plan_files(plan: Plan) -> dict[str, bytes]:
    """Everything that a plan is, by name inside its folder: its tables, its inputs and its manifest."""
    tables = {name: to_csv_bytes(frame) for name, frame in sorted(plan.portfolio.tables.items())}
    return {
        **{f"tables/{name}.csv": content for name, content in tables.items()},
        INPUTS: as_json(inputs_of(plan)),
        MANIFEST: as_json(manifest(plan, tables)),
    }


def save(plan: Plan, documents: Files, folder: Path, *, with_tables: bool, files: Files | None = None) -> Path:
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
        Write the tables and inputs as well: they hold everything, so a public plan goes without them.
    files
        What `plan_files` gives, when it is at hand.

    Raises
    ------
    PlannerError
        The folder holds something that is not a plan, or cannot be written.
    """
    _refuse_foreign(folder)
    fresh = folder.parent / f".{folder.name}.new-{os.getpid()}"
    made = plan_files(plan) if files is None else files
    with writing(folder, fresh):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder.parent):
            sweep(folder)
        kept = made if with_tables else {MANIFEST: made[MANIFEST]}
        write_files({**documents, **kept}, fresh)
        with locked(folder.parent):
            _swap(fresh, folder)
    return folder


@contextmanager
def writing(place: Path, draft: Path) -> Iterator[None]:
    """Say in words what cannot be written, and leave no draft behind that fills a disk which is full already.

    Raises
    ------
    PlannerError
        The disk is full, or the place is not ours to write to.
    """
    try:
        yield
    except OSError as reason:
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)
        is_full = reason.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = "Make room on the disk, and plan again: nothing was changed." if is_full else "Choose another --out."
        raise PlannerError(f"the plan cannot be written ({reason.strerror})", place=str(place), remedy=remedy) from None


def load_tables(
    folder: Path, names: Iterable[str], wanted: Mapping[str, Collection[str]] | None = None
) -> dict[str, pd.DataFrame]:
    """Read tables of a saved plan, each with the columns that it was saved with; a table it does not have is left out.

    `wanted` names the columns that are asked for, by table; all by default.

    Raises
    ------
    PlannerError
        The folder holds no plan, one of another format or one without tables, or a table cannot be read.
    """
    read_manifest(folder)
    tables = folder / "tables"
    if not tables.is_dir():
        raise PlannerError(
            "the plan was saved without its tables", place=str(folder), remedy="Name one for internal readers."
        )
    files = {name: tables / f"{name}.csv" for name in names}
    return {name: _load(file, name, (wanted or {}).get(name)) for name, file in files.items() if file.is_file()}


def _load(file: Path, name: str, wanted: Collection[str] | None) -> pd.DataFrame:
    try:
        return from_csv_bytes(file.read_bytes(), name, wanted)
    except (OSError, SchemaError) as reason:
        raise PlannerError(
            f"the table of the plan cannot be read ({reason})", place=str(file), remedy="Plan anew."
        ) from None


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


def write_files(files: Files, folder: Path) -> None:
    """Write files into a new folder."""
    folder.mkdir()
    for name, content in sorted(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _swap(fresh: Path, folder: Path) -> None:
    old = folder.parent / f".{folder.name}.old-{os.getpid()}"
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def sweep(folder: Path) -> None:
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
