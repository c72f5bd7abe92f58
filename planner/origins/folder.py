"""A case in a folder: the files that a plan of it reads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from planner.case import PROGRESS, Case, read_case
from planner.errors import InventoryError, PlannerError
from planner.origins.look import Look, Seen

# What people write beside the inventory: their decisions, and what has been done.
BESIDE = ("review.yaml", PROGRESS)


def look_at(folder: Path) -> Look:
    """The case's files with size and time; one that is still being copied shows by another size or time later on.

    Raises
    ------
    CaseError
        There is no case, or it is wrong.
    """
    return Look(tuple(_seen(folder, file) for file in inputs_of(read_case(folder))), is_whole=False)


def contents_of(folder: Path) -> str:
    """Fingerprint of what is in the case's files: a file that is only saved anew is no change.

    Raises
    ------
    InventoryError
        A file cannot be read.
    """
    digest = hashlib.sha256()
    for file in inputs_of(read_case(folder)):
        try:
            with file.open("rb") as content:
                inside = hashlib.file_digest(content, "sha256").hexdigest()
        except FileNotFoundError:
            inside = "missing"
        except OSError as reason:
            raise InventoryError(f"the file cannot be read ({reason.strerror})", place=str(file)) from None
        digest.update(f"{_name(folder, file)}\0{inside}\n".encode())
    return digest.hexdigest()


def is_planned(folder: Path) -> bool:
    """Whether the plan of a case was written after its files were last saved."""
    try:
        written = (folder / "plan" / "manifest.json").stat().st_mtime_ns
        return all(file.stat().st_mtime_ns <= written for file in inputs_of(read_case(folder)) if file.is_file())
    except (OSError, PlannerError):
        return False


def inputs_of(case: Case) -> list[Path]:
    """The files that a plan of the case reads, in order; those in its folders one by one."""
    named = ["case.yaml", *(source.file for source in case.sources), *case.price_lists, *BESIDE]
    named += [case.catalogue] if case.catalogue else []
    # A policy of one's own is named by a path, a shipped one by its name.
    named += [case.policy] if "/" in case.policy or "\\" in case.policy else []
    return sorted({file for name in named for file in _files(case.folder / name)})


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        # One that is missing is looked at too: that it comes is a change.
        yield path
        return
    for file in path.rglob("*"):
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts):
            yield file


def _seen(folder: Path, file: Path) -> Seen:
    try:
        about = file.stat()
    except OSError:
        return Seen(_name(folder, file), -1, "missing")
    return Seen(_name(folder, file), about.st_size, str(about.st_mtime_ns))


def _name(folder: Path, file: Path) -> str:
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.as_posix()
