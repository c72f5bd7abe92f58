"""What differs between two plans, and why: every change with the cell, line, fact or price that caused it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from planner.diff.causes import READ, Trace
from planner.diff.inputs import Cause, Inputs, inputs_between
from planner.diff.systems import KINDS, Change, changes_between, known
from planner.diff.totals import Total, totals_of
from planner.schema import conform
from planner.store import SavedPlan

__all__ = ["KINDS", "READ", "Cause", "Change", "Diff", "Total", "diff"]
# A chain of knock-on effects is followed so far; the precedence of systems has no circles, and rivals end a chain.
MAX_CHAIN = 12


@dataclass(frozen=True)
class Diff:
    """Two plans side by side; `causes` go with `changes` one by one."""

    old_id: str
    new_id: str
    totals: tuple[Total, ...]
    changes: tuple[Change, ...]
    causes: tuple[tuple[Cause, ...], ...]
    inputs: Inputs

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs, neither in what went in nor in what came out."""
        inputs = self.inputs
        return not (self.changes or len(inputs.cells) or inputs.settings or inputs.facts or inputs.reviews)

    def roots(self, system_id: str, kind: str) -> tuple[Cause, ...]:
        """First causes of a change: knock-on effects are followed to what they come from."""
        found: dict[Cause, None] = {}
        seen: set[tuple[str, str]] = set()
        ahead = [(system_id, kind)]
        for _ in range(MAX_CHAIN):
            step, ahead = ahead, []
            for key in step:
                if key in seen:
                    continue
                seen.add(key)
                for cause in self.causes_of(*key):
                    if cause.kind == "knock_on":
                        ahead.append((cause.place, cause.what))
                    else:
                        found[cause] = None
        return tuple(found)

    def causes_of(self, system_id: str, kind: str) -> tuple[Cause, ...]:
        """Causes of one change; of a system that was merely read anew, its cells."""
        if kind == READ:
            return tuple(cause for _, _, cause in self.inputs.by_system.get(system_id, []))
        return self._at.get((system_id, kind), ())

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of the systems that changed or whose cells did, by id."""
        cells = self.inputs.cells
        own = cells.loc[(cells["entity"] == "systems") & cells["name"].notna(), ["key", "name"]]
        return dict(own.itertuples(index=False, name=None)) | {item.system_id: item.name for item in self.changes}

    @cached_property
    def _at(self) -> dict[tuple[str, str], tuple[Cause, ...]]:
        return {(item.system_id, item.kind): own for item, own in zip(self.changes, self.causes, strict=True)}

    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables plan_changes and plan_causes, for files."""
        changes = [vars(item) | {"change": item.kind} for item in self.changes]
        causes = [
            {"system_id": item.system_id, "change": item.kind, **vars(cause)}
            for item, own in zip(self.changes, self.causes, strict=True)
            for cause in own
        ]
        return {
            "plan_changes": conform(pd.DataFrame(changes).drop(columns="kind", errors="ignore"), "plan_changes"),
            "plan_causes": conform(pd.DataFrame(causes), "plan_causes"),
        }


def diff(old: SavedPlan, new: SavedPlan) -> Diff:
    """Compare two saved plans; nothing is computed anew.

    Raises
    ------
    PlannerError
        One of them was saved without its tables, or was changed afterwards.
    """
    same_as = known(old).same_as(known(new))
    inputs = inputs_between(old, new, same_as)
    changes = changes_between(old, new, same_as)
    causes = Trace(old, new, inputs, same_as).of(changes)
    return Diff(
        old.plan_id, new.plan_id, totals_of(old, new), tuple(changes), tuple(tuple(own) for own in causes), inputs
    )
