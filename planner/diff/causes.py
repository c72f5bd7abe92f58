"""Why a system is planned otherwise: the cell, line, fact or price that changed, or the change that it follows from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from planner.diff.evidence import columns_behind, turned
from planner.diff.inputs import Cause, Inputs
from planner.diff.rows import parsed
from planner.diff.systems import Change, Sides
from planner.store import SavedPlan

# So many systems are named as what a change follows from; the first are those of which most changed.
NAMED = 3
READ = "read"
_SIZE_TABLES = ("servers", "disks", "utilisation")
_EFFORT_FIELDS = {("systems", "users"), ("systems", "criticality")}
_DATE_FIELDS = {("systems", "deadline_date"), ("systems", "contract_end_date"), ("systems", "procurement_route")}
_SETTINGS = {
    "resized": ("sizing", "region", "catalogue"),
    "repriced": ("sizing", "region", "catalogue", "exchange"),
    "reestimated": ("effort", "decisions.tasks"),
    "moved": (
        "schedule",
        "effort.foundation",
        "priority",
        "teams",
        "freezes",
        "start_date",
        "plan_date",
        "max_cutovers",
    ),
}
_CLASSIFIED = ("reclassified", "resettled")
Causes = list[Cause]


@dataclass
class Trace:
    """Causes of the changes between two plans, found one kind after the other: later ones follow from earlier ones."""

    old: SavedPlan
    new: SavedPlan
    inputs: Inputs
    same_as: dict[str, str]
    kinds: dict[str, set[str]] = field(default_factory=dict)

    def of(self, changes: list[Change]) -> list[Causes]:
        """Causes of each change; every change has at least one."""
        for item in changes:
            self.kinds.setdefault(item.system_id, set()).add(item.kind)
        self.quarters = {item.system_id: item.after for item in changes if item.kind == "moved"}
        self.lines: dict[tuple[str, ...], Causes] = {}
        self.readers: dict[tuple[str, str], list[str]] = {}
        for key in sorted(self.inputs.by_system):
            for source in {(entity, name) for entity, name, _ in self.inputs.by_system[key] if key}:
                self.readers.setdefault(source, []).append(key)
        self.turned = self._turned()
        self.sources = self.new.inputs or self.old.inputs
        self.rivals = self._rivals(changes)
        self.before = self._predecessors()
        self.near = self._neighbours()
        tellers: dict[str, Callable[[str], Causes]] = {
            "resized": self._sized,
            "repriced": self._sized,
            "reestimated": self._estimated,
            "moved": self._moved,
        }
        return [
            _distinct(tellers.get(item.kind, self._classified)(item.system_id))
            if item.kind in _TOLD
            else self._record(item)
            for item in changes
        ]

    def _turned(self) -> dict[str, tuple[set[str], set[str]]]:
        wanted = {"reclassified", "resettled", "reestimated"}
        ids = [key for key, kinds in self.kinds.items() if kinds & wanted]
        was = {after: before for before, after in self.same_as.items()}
        among = [(key,) for key in {*ids, *(was.get(key, key) for key in ids)}]
        if not among:
            return {}
        sides = Sides.of(self.old, self.new, "evidence", self.same_as, among)
        return turned(sides.old, sides.new)

    def _record(self, item: Change) -> Causes:
        """The cell of a system that came, went or has another name; of one made for a server, why it was made."""
        wanted = "name" if item.kind == "renamed" else {"added": "created", "removed": "gone"}[item.kind]
        cells = [
            cause
            for entity, _, cause in self.inputs.by_system.get(item.system_id, [])
            if cause.what in (f"systems.{wanted}", f"servers.{wanted}") and cause.place
        ]
        decided = [cause for cause in self.inputs.reviews.get(item.system_id, []) if cause.what == "decision"]
        return _distinct([*decided, *cells]) or self._because_of(item.system_id) or self._otherwise(item.system_id)

    def _because_of(self, system_id: str) -> Causes:
        """Other systems with which it is joined in one plan only, and that changed themselves."""
        found = []
        for key in self.near.get(system_id, []):
            kinds = [
                kind for kind in ("added", "removed", "renamed", "reclassified") if kind in self.kinds.get(key, ())
            ]
            if kinds or key in self.inputs.by_system:
                found.append(Cause("knock_on", key, kinds[0] if kinds else READ))
        return found[:NAMED]

    def _classified(self, system_id: str) -> Causes:
        rules, fields = self.turned.get(system_id, (set(), set()))
        behind = columns_behind(fields, self.sources)
        found = self._decided(system_id, ("disposition", "gate"))
        found += self._cells(system_id, lambda entity, name: (entity, name) in behind)
        found += self._record_cells(system_id, behind)
        found += self._settings([f"[{rule}]" for rule in sorted(rules)])
        found += self._settings(["lenses"]) if any(name.endswith("_class") for name in fields) else []
        if ("systems", "os") in behind:
            found += self.inputs.facts.get(system_id, [])
        if not found:
            found = (
                self._because_of(system_id)
                or self._elsewhere(system_id, behind)
                or self._settings(["decisions", "cloud_fit", "plan_date"])
            )
        return found or self._otherwise(system_id)

    def _sized(self, system_id: str) -> Causes:
        found = self._follows(system_id, _CLASSIFIED)
        found += self._cells(system_id, lambda entity, name: entity in _SIZE_TABLES)
        found += self._settings(_SETTINGS["resized"])
        return found or self._otherwise(system_id)

    def _estimated(self, system_id: str) -> Causes:
        found = self._follows(system_id, ("reclassified",)) + self._decided(system_id, ("effort_days",))
        found += self._cells(system_id, lambda entity, name: (entity, name) in _EFFORT_FIELDS)
        found += self._flows(system_id)
        found += self._record_cells(system_id, {("servers", "name")})
        found += self._settings(_SETTINGS["reestimated"])
        # Tasks that gates ask for are work too.
        return found or self._because_of(system_id) or self._classified(system_id)

    def _moved(self, system_id: str) -> Causes:
        found = self._follows(system_id, ("reclassified", "reestimated"))[:1] + self._pinned(system_id)
        found += self._cells(system_id, lambda entity, name: (entity, name) in _DATE_FIELDS)
        found += self._flows(system_id) if not found else []
        found += self._settings(_SETTINGS["moved"])
        if not found:
            needed = [key for key in self.before.get(system_id, []) if "moved" in self.kinds.get(key, ())]
            found = [Cause("knock_on", key, "moved") for key in needed[:NAMED]]
        if not found:
            found = self._others(system_id)
        return found or self._otherwise(system_id)

    def _decided(self, system_id: str, kinds: Iterable[str]) -> Causes:
        return [cause for cause in self.inputs.reviews.get(system_id, []) if cause.what in kinds]

    def _pinned(self, system_id: str) -> Causes:
        """Dates that people gave or took back; a quarter that the plan does not keep has moved nothing."""
        held = self.quarters.get(system_id)
        found = self._decided(system_id, ("quarter", "not_before", "not_after"))
        return [
            cause
            for cause in found
            if cause.what != "quarter" or cause.after is None or cause.after.partition(" ")[0] == held
        ]

    def _cells(self, system_id: str, wanted: Callable[[str, str], bool]) -> Causes:
        return [cause for entity, name, cause in self.inputs.by_system.get(system_id, []) if wanted(entity, name)]

    def _record_cells(self, system_id: str, behind: set[tuple[str, str]]) -> Causes:
        """Records of a table that a count is made from, such as servers that came or went."""
        tables = {table for table, _ in behind if table != "systems"}
        return [
            cause
            for entity, _, cause in self.inputs.by_system.get(system_id, [])
            if entity in tables and cause.what in (f"{entity}.gone", f"{entity}.created")
        ][:NAMED]

    def _flows(self, system_id: str) -> Causes:
        """Data flows that came or went: because an end of them is called something else, or by their own cells."""
        found = self._follows(system_id, ("renamed",))
        found += [cause for cause in self._because_of(system_id) if cause.what in ("renamed", "added", "removed")]
        return found or self._cells(system_id, lambda entity, name: entity == "dataflows")

    def _settings(self, parts: Iterable[str]) -> Causes:
        wanted = tuple(parts)
        if wanted not in self.lines:
            self.lines[wanted] = [
                cause
                for cause in self.inputs.settings
                if any(cause.place.startswith(part) or (part[:1] == "[" and part in cause.place) for part in wanted)
            ]
        return self.lines[wanted]

    def _follows(self, system_id: str, kinds: Iterable[str]) -> Causes:
        return [Cause("knock_on", system_id, kind) for kind in kinds if kind in self.kinds.get(system_id, ())]

    def _elsewhere(self, system_id: str, behind: set[tuple[str, str]]) -> Causes:
        """Systems whose cells a count over several systems is made from."""
        keys = [key for source in sorted(behind) for key in self.readers.get(source, [])[: NAMED + 1]]
        return _distinct([Cause("knock_on", key, READ) for key in keys if key != system_id])[:NAMED]

    def _others(self, system_id: str) -> Causes:
        return [cause for cause in self.rivals[: NAMED + 1] if cause.place != system_id][:NAMED]

    def _otherwise(self, system_id: str) -> Causes:
        """What changed at all, from near to far: of the system, of the rules, of the other systems."""
        found = self.inputs.facts.get(system_id, []) + self._cells(system_id, lambda entity, name: True)[:NAMED]
        found = found or list(self.inputs.settings)[:NAMED]
        found = found or self._others(system_id)
        return found or [Cause("unexplained", "", "")]

    def _rivals(self, changes: list[Change]) -> Causes:
        """Changes that the timing of other systems follows from: those with most work first, then mere readings."""
        weights: dict[str, tuple[float, str]] = {}
        for item in changes:
            if item.kind in ("added", "removed", "reclassified", "reestimated"):
                size = abs(_likely(item.after) - _likely(item.before)) if item.kind == "reestimated" else 0.0
                before = weights.get(item.system_id, (-1.0, item.kind))
                kind = item.kind if item.kind != "reestimated" or before[0] < 0 else before[1]
                weights[item.system_id] = (max(size, before[0], 0.0), kind)
        ranked = sorted(weights.items(), key=lambda pair: (-pair[1][0], pair[0]))
        causes = [Cause("knock_on", key, kind) for key, (_, kind) in ranked]
        return causes + [
            Cause("knock_on", key, READ) for key in sorted(self.inputs.by_system) if key and key not in weights
        ]

    def _neighbours(self) -> dict[str, list[str]]:
        """Systems that are joined with a system in one of the plans only: by a data flow, or by a server."""
        pairs: set[tuple[str, str]] = set()
        flows = Sides.of(self.old, self.new, "links", self.same_as)
        for side in (flows.old, flows.new):
            ends = side[["source_system_id", "target_system_id"]].replace(self.same_as).dropna()
            pairs |= set(ends.itertuples(index=False, name=None))
        servers = Sides.of(self.old, self.new, "assignments", self.same_as)
        both = servers.old.merge(servers.new, on="server_id", suffixes=("_old", "_new"))
        pairs |= set(both[["system_id_old", "system_id_new"]].itertuples(index=False, name=None))
        found: dict[str, list[str]] = {}
        for one, other in sorted({*pairs, *((other, one) for one, other in pairs)}):
            if one != other:
                found.setdefault(one, []).append(other)
        return found

    def _predecessors(self) -> dict[str, list[str]]:
        """Systems whose groups must be finished before that of a system."""
        groups = parsed(self.new.table("groups"), "groups", ["group_id", "system_id"])
        order = parsed(self.new.table("precedence"), "precedence", ["before_group_id", "after_group_id"])
        order = order.merge(groups.set_axis(["before_group_id", "before"], axis=1), on="before_group_id")
        order = order.merge(groups.set_axis(["after_group_id", "after"], axis=1), on="after_group_id")
        found: dict[str, list[str]] = {}
        for before, after in sorted(order[["before", "after"]].itertuples(index=False, name=None)):
            found.setdefault(after, []).append(before)
        return found


_TOLD = ("reclassified", "resettled", "resized", "repriced", "reestimated", "moved")


def _likely(days: str | None) -> float:
    return float(days.split(" / ")[1]) if days else 0.0


def _distinct(causes: Causes) -> Causes:
    return list(dict.fromkeys(causes))
