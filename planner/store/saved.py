"""A plan as it was saved: bytes of its files, checked against its manifest, wherever it is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.errors import PlannerError
from planner.plan import Lineage, Plan
from planner.store.folder import plan_files
from planner.store.manifest import INPUTS, MANIFEST, parse_manifest, read_manifest

Read = Callable[[str], bytes | None]


@dataclass(frozen=True)
class SavedPlan:
    """A plan of which every file is read when it is asked for."""

    place: str
    manifest: dict[str, Any]
    read: Read

    @property
    def plan_id(self) -> str:
        """Fingerprint of what it was made from."""
        return str(self.manifest["plan_id"])

    @property
    def lineage(self) -> Lineage:
        """The plans that it follows."""
        said = self.manifest
        return Lineage(said.get("parent"), said.get("decided"), bool(said.get("is_anew", False)))

    @property
    def parent(self) -> str | None:
        """Id of the plan before it."""
        return self.lineage.parent

    @property
    def inputs(self) -> dict[str, Any]:
        """Case, policy and review in full; empty where the plan was saved without them."""
        content = self.read(INPUTS)
        return json_of(content, f"{self.place}/{INPUTS}") if content is not None else {}

    def table(self, name: str) -> bytes:
        """One table as CSV; nothing for a table that the plan does not have.

        Raises
        ------
        PlannerError
            The plan was saved without its tables, or somebody changed this one afterwards.
        """
        told = self.manifest.get("tables", {}).get(name)
        content = self.read(f"tables/{name}.csv")
        if content is None and told is not None:
            raise PlannerError(
                "the plan was saved without its tables", place=self.place, remedy="Name one for internal readers."
            )
        if content is not None and told is not None and hashlib.sha256(content).hexdigest() != told["sha256"]:
            raise PlannerError(
                "the table is not as it was saved",
                place=f"{self.place}: tables/{name}.csv",
                remedy="Take the plan from its history, or plan anew.",
            )
        return content or b""


def json_of(content: bytes, place: str) -> dict[str, Any]:
    """A file of a plan that is JSON.

    Raises
    ------
    PlannerError
        It is damaged.
    """
    try:
        found = json.loads(content.decode("utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise PlannerError("the file is damaged", place=place, remedy="Put it back from a copy.")
    return found


def open_saved(folder: Path) -> SavedPlan:
    """A plan in a folder.

    Raises
    ------
    PlannerError
        No plan, or one of a format that this version does not read.
    """

    def read(name: str) -> bytes | None:
        path = folder / name
        return path.read_bytes() if path.is_file() else None

    return SavedPlan(str(folder), read_manifest(folder), read)


def as_saved(plan: Plan, files: dict[str, bytes] | None = None) -> SavedPlan:
    """A plan that is not saved yet, as it will be."""
    made = plan_files(plan) if files is None else files
    return SavedPlan(plan.plan_id, parse_manifest(made[MANIFEST], plan.plan_id), made.get)
