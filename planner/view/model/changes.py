"""What differs from another plan."""

from __future__ import annotations

from dataclasses import dataclass

from planner.view.model.terms import Ref


@dataclass(frozen=True)
class Sum:
    """One sum of the plan before and of this plan; unknown where nothing that goes into it is known."""

    label: str
    before: float | str | None
    after: float | str | None


@dataclass(frozen=True)
class Changed:
    """What became of one system since the plan before, and why."""

    kind: str
    label: str
    system: Ref
    before: str
    after: str
    causes: tuple[str, ...]


@dataclass(frozen=True)
class Changes:
    """What differs from another plan: sums, systems, and what changed in the inputs."""

    old_id: str
    new_id: str
    totals: tuple[Sum, ...]
    inputs: tuple[str, ...]
    systems: tuple[Changed, ...]
