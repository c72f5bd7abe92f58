"""The plans of a case in their order: which one is current, which one is decided, and which may be thinned out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from planner.case import Case
from planner.errors import PlanMoved, PlannerError
from planner.plan import Lineage, Plan, as_json
from planner.store.manifest import MANIFEST, parse_manifest
from planner.store.saved import SavedPlan, json_of
from planner.store.shelf import Folder, Shelf

CURRENT, DECIDED = "current", "decided"
RECORDS = "decisions"
_WITHOUT = {
    CURRENT: "the next plan then begins anew, and keeps to no dates",
    DECIDED: "nothing then counts as decided until a plan is approved",
}


@dataclass(frozen=True)
class Entry:
    """One plan of the history; `decision` is the record of whoever approved it."""

    plan: SavedPlan
    is_current: bool
    decision: dict[str, Any] | None


@dataclass(frozen=True)
class Base:
    """The plan before, and the one that was decided last; `is_kept` where the new plan keeps to the one before, and
    `lapsed` the last approval where it has expired."""

    parent: SavedPlan | None = None
    decided: SavedPlan | None = None
    is_kept: bool = True
    lapsed: Mapping[str, Any] | None = None


class History:
    """Plans of one case.

    A plan's id is a hash of its inputs, and the plan before it is one of them: so the plans are a chain, and the same
    inputs planned twice are the same plan. `day` is that of the plan to be made, in ISO form: an approval that has
    expired by then is none.
    """

    def __init__(self, shelf: Shelf, place: str, day: str = "") -> None:
        self.shelf = shelf
        self.place = place
        self.day = day

    @cached_property
    def current(self) -> SavedPlan | None:
        """The plan that the next one begins from, as it was when first asked for."""
        return self._pointed_to(CURRENT)

    @property
    def decided(self) -> str | None:
        """Id of the plan that was approved last, while the approval holds."""
        plan_id = self.shelf.pointer(DECIDED)
        return plan_id if plan_id and not self._is_over(plan_id) else None

    def _is_over(self, plan_id: str) -> bool:
        return str((self.decision(plan_id) or {}).get("expires", "9999")) < self.day

    @property
    def lapsed(self) -> dict[str, Any] | None:
        """Record of the last approval, where it has expired."""
        plan_id = self.shelf.pointer(DECIDED)
        return self.decision(plan_id) if plan_id and self._is_over(plan_id) else None

    def _pointed_to(self, name: str) -> SavedPlan | None:
        """The plan that a pointer names.

        Raises
        ------
        PlannerError
            It is gone: removed by hand, since no rule takes it away.
        """
        plan_id = self.shelf.pointer(name)
        if plan_id is not None and self.shelf.read(plan_id, MANIFEST) is None:
            raise self.gone(name, plan_id)
        return self.plan(plan_id) if plan_id else None

    def gone(self, name: str, plan_id: str) -> PlannerError:
        """What to say of a pointer to a plan that is not there."""
        return PlannerError(
            f"the {name} plan is not in the history any more",
            place=f"{self.place}/{name}",
            value=plan_id,
            remedy=f"Put {self.place}/{plan_id} back from a copy; or remove {self.place}/{name}: {_WITHOUT[name]}.",
        )

    def plan(self, plan_id: str) -> SavedPlan:
        """One plan; `current` and `decided` are names of plans too.

        Raises
        ------
        PlannerError
            There is no such plan.
        """
        if plan_id in (CURRENT, DECIDED) and (pointed := self._pointed_to(plan_id)):
            return pointed
        named = None if plan_id in (CURRENT, DECIDED) else plan_id
        content = self.shelf.read(named, MANIFEST) if named else None
        if named is None or content is None:
            raise PlannerError(
                "there is no such plan in the history", place=self.place, value=plan_id, remedy="See fardplan history."
            )
        manifest = parse_manifest(content, f"{self.place}/{named}")
        return SavedPlan(f"{self.place}/{named}", manifest, lambda name: self.shelf.read(named, name))

    def following(self, plan: Plan, *, is_anew: bool = False) -> Plan:
        """A new plan with those that it follows: the current one, or that one's own where both are made from the same.

        Parameters
        ----------
        plan
            The plan, of which nothing but its fingerprints has to be there yet.
        is_anew
            It is asked for without regard to when the plans before it have their systems change.
        """
        # No rule removes a decided plan; without it, all that was decided would move as if nobody had.
        self._pointed_to(DECIDED)
        if self.current is None:
            return plan
        before = self.current.lineage
        is_same = self.current.manifest.get("inputs") == json.loads(as_json(plan.fingerprints))
        if is_same and (before.is_anew or not is_anew):
            return plan.after(before)
        return plan.after(Lineage(self.current.plan_id, self.decided, is_anew))

    def base(self, plan: Plan) -> Base:
        """The plans that a plan keeps to; the same plan made again keeps to itself where the one before is gone."""
        parent, decided, is_kept = plan.lineage.parent, plan.lineage.decided, not plan.lineage.is_anew
        kept = set(self.shelf.plans())
        if parent is not None and parent not in kept and self.current is not None:
            parent, is_kept = self.current.plan_id, True
        if decided is not None and decided not in kept:
            raise self.gone(DECIDED, decided)
        return Base(
            self.plan(parent) if parent in kept else None,
            self.plan(decided) if decided else None,
            is_kept,
            self.lapsed,
        )

    def keep(self, plan: Plan, files: Mapping[str, bytes]) -> None:
        """Put a plan on the shelf and make it the current one.

        Raises
        ------
        PlannerError
            Another run has made another plan current since this one was begun.
        """
        self.shelf.add(plan.plan_id, files)
        before = self.current.plan_id if self.current else None
        if self.shelf.pointer(CURRENT) == plan.plan_id:
            return
        try:
            self.shelf.move(CURRENT, before, plan.plan_id)
        except PlanMoved:
            # Another run may have made the same plan current between the look and the move.
            if self.shelf.pointer(CURRENT) != plan.plan_id:
                raise

    def decide(self, plan_id: str, record: Mapping[str, Any]) -> str:
        """Make a plan the decided one, and write down who said so of which bytes.

        A plan that is decided already keeps its first record. One that was decided later than this one stays decided.

        Returns
        -------
        Id of the plan that is decided now.
        """
        plan = self.plan(plan_id)
        self.shelf.add(f"{RECORDS}/{plan.plan_id}", {MANIFEST: as_json(record)})
        before = self.shelf.pointer(DECIDED)
        later = (self.decision(before) or {}).get("date", "") if before else ""
        if before and before != plan.plan_id and str(later) > str(record.get("date", later)):
            return before
        if before != plan.plan_id:
            self.shelf.move(DECIDED, before, plan.plan_id)
        return plan.plan_id

    def decision(self, plan_id: str) -> dict[str, Any] | None:
        """Record of the approval of a plan."""
        content = self.shelf.read(f"{RECORDS}/{plan_id}", MANIFEST)
        return json_of(content, f"{self.place}/{RECORDS}/{plan_id}/{MANIFEST}") if content is not None else None

    def lost(self) -> list[PlannerError]:
        """What there is to say of pointers to plans that are not there."""
        known, pointers = self.shelf.plans(), {name: self.shelf.pointer(name) for name in (CURRENT, DECIDED)}
        return [self.gone(name, told) for name, told in pointers.items() if told is not None and told not in known]

    def entries(self) -> list[Entry]:
        """All plans from the current one backwards, then those that no chain leads to, by id."""
        current = self.shelf.pointer(CURRENT)
        known = set(self.shelf.plans())
        order: list[str] = []
        at = current
        while at in known and at not in order:
            order.append(str(at))
            at = self.plan(str(at)).parent
        order += sorted(known - set(order))
        return [Entry(self.plan(key), key == current, self.decision(key)) for key in order]

    def removable(self, keep: int) -> list[str]:
        """Plans that a rule "the last so many" would take away: never the current one nor one that was decided."""
        entries = self.entries()
        return [entry.plan.plan_id for entry in entries[keep:] if not entry.is_current and entry.decision is None]


def open_history(case: Case) -> History:
    """History of a case: the folder `plans` beside its `plan`, or the bucket that the case names."""
    if case.store is None:
        place = case.folder / "plans"
        return History(Folder(place), str(place), case.plan_date.isoformat())
    from planner.store.s3 import Bucket

    return History(Bucket(case.store), case.store, case.plan_date.isoformat())
