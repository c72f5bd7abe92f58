"""Plans side by side in a folder: each is put there once, whole, and is never changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from planner.errors import PlanMoved
from planner.store.folder import sweep, write_files, writing
from planner.store.locked import locked
from planner.store.manifest import MANIFEST

READ_ONLY = 0o444


class Shelf(Protocol):
    """Where plans are kept: a folder, or a bucket."""

    def plans(self) -> list[str]:
        """Ids of all plans that are there in full, sorted."""

    def read(self, plan_id: str, name: str) -> bytes | None:
        """One file of a plan, or nothing."""

    def add(self, plan_id: str, files: Mapping[str, bytes]) -> None:
        """Put a plan there, whole or not at all; a plan that is there already stays as it is."""

    def remove(self, plan_id: str) -> None:
        """Take a plan away."""

    def pointer(self, name: str) -> str | None:
        """What a pointer says."""

    def move(self, name: str, before: str | None, after: str) -> None:
        """Let a pointer say something else, if it still says what it said before.

        Raises
        ------
        PlanMoved
            It was moved by somebody else meanwhile.
        """


class Folder:
    """A shelf on the file system."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def plans(self) -> list[str]:
        """Ids of all plans, sorted."""
        return sorted(path.parent.name for path in self.place.glob(f"[!.]*/{MANIFEST}"))

    def read(self, plan_id: str, name: str) -> bytes | None:
        """One file of a plan, or nothing."""
        path = self.place / plan_id / name
        return path.read_bytes() if path.is_file() else None

    def add(self, plan_id: str, files: Mapping[str, bytes]) -> None:
        """Put a plan there by one renaming, so that a run that is killed leaves all of it or nothing."""
        goal = self.place / plan_id
        fresh = goal.parent / f".{goal.name}.new-{os.getpid()}"
        with writing(goal, fresh):
            goal.parent.mkdir(parents=True, exist_ok=True)
        with writing(goal, fresh), locked(self.place):
            sweep(goal)
            if goal.exists():
                return
            write_files(files, fresh)
            for path in fresh.rglob("*"):
                if path.is_file():
                    path.chmod(READ_ONLY)
            fresh.rename(goal)

    def remove(self, plan_id: str) -> None:
        """Take a plan away: first out of sight, by one renaming."""
        with locked(self.place):
            gone = self.place / f".{plan_id}.new-{os.getpid()}"
            (self.place / plan_id).rename(gone)
            shutil.rmtree(gone)

    def pointer(self, name: str) -> str | None:
        """What a pointer says."""
        path = self.place / name
        return path.read_text(encoding="utf-8", errors="replace").strip() or None if path.is_file() else None

    def move(self, name: str, before: str | None, after: str) -> None:
        """Let a pointer say something else, if it still says what it said before."""
        draft = self.place / f".{name}.draft"
        with writing(self.place / name, draft):
            self.place.mkdir(parents=True, exist_ok=True)
        with writing(self.place / name, draft), locked(self.place):
            if self.pointer(name) != before:
                raise moved(str(self.place / name))
            draft.write_text(f"{after}\n", encoding="utf-8")
            os.replace(draft, self.place / name)


def moved(place: str) -> PlanMoved:
    """Somebody else was faster."""
    return PlanMoved(
        "another run has made a plan of this case meanwhile",
        place=place,
        remedy="Nothing was overwritten. Plan again: the new plan then begins from that one.",
    )
