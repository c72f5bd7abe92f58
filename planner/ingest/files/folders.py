"""A folder or ZIP of mixed files: what in it is no table, and what cannot be read, is told and not passed over."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pandas as pd

from planner.errors import InventoryError
from planner.ingest.files.sheets import DAMAGE, TABLES, Sheet
from planner.portfolio import finding_rows

# What the case itself and operating systems put beside the files.
_NOT_MEANT = frozenset({"case.yaml", "thumbs.db", "desktop.ini", "__macosx"})


def unopened(path: Path) -> list[pd.DataFrame]:
    """Findings about what in a folder or ZIP is not opened: files that are no tables, and folders below."""
    if path.is_dir():
        inside = [f"{item.name}/" if item.is_dir() else item.name for item in sorted(path.iterdir())]
        named = [None if _is_table(name, TABLES) else name for name in inside]
    else:
        named = [None if _is_table(name, TABLES - {".zip"}) else name for name in _members(path)]
    unread = [name for name in named if name and not _is_hidden(name)]
    return [finding_rows("info", "file_not_a_table", file=path.name, value=name) for name in unread]


def open_all(files: list[Path], opener: Callable[[Path], list[Sheet]]) -> tuple[list[list[Sheet]], list[pd.DataFrame]]:
    """Open the files of a folder; one that cannot be read is an error, and the others are read all the same."""
    opened: list[list[Sheet]] = []
    damaged: list[pd.DataFrame] = []
    for file in files:
        try:
            opened.append(opener(file))
        except InventoryError as reason:
            damaged.append(finding_rows("error", "file_unreadable", file=file.name, value=reason.message))
        damaged += unopened(file) if file.suffix.lower() == ".zip" else []
    return opened, damaged


def _members(path: Path) -> list[str]:
    if path.suffix.lower() != ".zip":
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            return sorted(item.filename for item in archive.infolist() if not item.is_dir())
    except DAMAGE:
        # Opening it says so in words.
        return []


def _is_table(name: str, suffixes: frozenset[str]) -> bool:
    return not name.endswith("/") and PurePosixPath(name).suffix.lower() in suffixes


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part[0] in ".~" or part.casefold() in _NOT_MEANT for part in parts)
