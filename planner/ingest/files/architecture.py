"""An ArchiMate model as tables: components are systems, nodes are servers, relations say who needs whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from planner.errors import InventoryError
from planner.ingest.files.exchange import NAMESPACE, Model, Part, read_model, root_of

SYSTEMS = frozenset({"ApplicationComponent"})
SERVERS = frozenset({"Node", "Device"})
# A server only where no node is said to run it.
SOFTWARE = "SystemSoftware"
STRUCTURE = frozenset({"Composition", "Aggregation", "Assignment", "Realization"})
PLACEMENT = frozenset({"Assignment", "Realization"})
READS, WRITES = frozenset({"Read", "ReadWrite"}), frozenset({"Write", "ReadWrite"})
ELEMENT = ["ArchiMate {}", "ArchiMate identifier", "ArchiMate type"]
RELATION = ["ArchiMate relationship", "Relationship type", "Source", "Target"]
NEED = ["Dependent", "Needed", "Purpose", "Runs on"]

Table = tuple[str | None, list[list[object]], list[int], tuple[tuple[str, str], ...]]
Need = tuple[str, str, str, bool]


def tables_of(data: bytes, file: str) -> list[Table]:
    """Read a model as tables of applications, nodes and relationships, each with a header row.

    Of elements between two things, such as services, functions and artifacts, the things behind them are taken: what a
    component realises is the component's, what lies on a node the node's.

    Returns
    -------
    list of (name, rows, row numbers, notes)
        The first note says what of the model has no place in a plan. XML of another kind is one unnamed table with the
        name of its outermost element.

    Raises
    ------
    InventoryError
        Not XML or not safe to read, or a model without a component and a node.
    """
    root = root_of(data, file)
    if root != f"{NAMESPACE}}}model":
        return [(None, [[root.rpartition("}")[2]]], [1], ())]
    model = read_model(data, file)
    things = _Things(model)
    if not things.systems and not things.servers:
        raise InventoryError(
            "the model has no application component, node or device", place=file, remedy="Export the layers of both."
        )
    needs = [(relation, needed) for relation in model.relations for needed in _needs(relation, model, things)]
    related: list[list[object]] = [[*RELATION, *NEED], *(_row(*need) for need in needs)]
    tables = [
        ("applications", *_elements("application", things.systems, model)),
        ("nodes", *_elements("node", things.servers, model)),
        ("relationships", related, [model.row, *(relation.row for relation, _ in needs)]),
    ]
    kept = [(name, rows, numbers) for name, rows, numbers in tables if len(rows) > 1]
    note = _unread(model, things, [relation for relation, _ in needs])
    return [(*table, note if at == 0 else ()) for at, table in enumerate(kept)]


class _Things:
    """What a plan is about, and what else in the model belongs to it."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.above: dict[str, list[str]] = defaultdict(list)
        for relation in model.relations:
            if relation.type in STRUCTURE:
                self.above[relation.target].append(relation.source)
        parts = model.elements.values()
        self.systems = [part for part in parts if part.type in SYSTEMS]
        self.servers = [part for part in parts if part.type in SERVERS]
        self.ids = {part.identifier for part in (*self.systems, *self.servers)}
        alone = [part for part in parts if part.type == SOFTWARE and not self.behind(part.identifier)]
        self.servers += alone
        self.ids |= {part.identifier for part in alone}
        self.server_ids = {part.identifier for part in self.servers}
        self.readers: dict[str, list[Part]] = defaultdict(list)
        self.writers: dict[str, list[Part]] = defaultdict(list)
        for relation in model.relations:
            if relation.type == "Access":
                for mode, kept in ((READS, self.readers), (WRITES, self.writers)):
                    if relation.access in mode:
                        kept[relation.target].append(relation)

    def behind(self, identifier: str) -> list[str]:
        """The things that an element is or belongs to, the nearest on each way up."""
        found: dict[str, None] = {}
        ways, seen = [identifier], {identifier}
        while ways:
            at = ways.pop()
            if at in self.ids:
                found[at] = None
                continue
            ways += [above for above in self.above.get(at, []) if above not in seen]
            seen.update(self.above.get(at, []))
        return list(found)

    def called(self, identifier: str) -> str:
        """Servers are known by their names, systems by their identifiers, which are exact."""
        return self.model.elements[identifier].name if identifier in self.server_ids else identifier


def _needs(relation: Part, model: Model, things: _Things) -> list[Need]:
    """Who depends on whom by a relation, about what, and whether it is a system that runs on a server.

    Who is served depends on who serves, who receives on who sends, who reads on who writes.
    """
    if relation.type == "Access":
        if relation.access not in READS or relation.target not in model.elements:
            return []
        about = model.elements[relation.target].name
        writers = [end for other in things.writers[relation.target] for end in things.behind(other.source)]
        pairs = _pairs(things.behind(relation.source), writers)
    elif (relation.type in PLACEMENT and relation.target in things.ids) or relation.type in {"Serving", "Flow"}:
        about = relation.name or relation.type
        pairs = _pairs(things.behind(relation.target), things.behind(relation.source))
    else:
        return []
    found = []
    for dependent, needed in pairs:
        is_hosting = relation.type != "Flow" and needed in things.server_ids and dependent not in things.server_ids
        if is_hosting or relation.type not in PLACEMENT:
            found.append((things.called(dependent), things.called(needed), about, is_hosting))
    return found


def _pairs(dependents: Iterable[str], needed: Iterable[str]) -> list[tuple[str, str]]:
    others = list(needed)
    return list(dict.fromkeys((one, other) for one in dependents for other in others if one != other))


def _elements(kind: str, parts: list[Part], model: Model) -> tuple[list[list[object]], list[int]]:
    headers = list(dict.fromkeys(name for part in parts for name in part.properties))
    rows: list[list[object]] = [[ELEMENT[0].format(kind), *ELEMENT[1:], *headers]]
    for part in parts:
        rows.append([part.name, part.identifier, part.type, *(part.properties.get(name, "") for name in headers)])
    return rows, [model.row, *(part.row for part in parts)]


def _row(relation: Part, need: Need) -> list[object]:
    dependent, needed, about, is_hosting = need
    ends = [relation.source, relation.target, dependent, needed, about]
    return [relation.identifier, relation.type, *ends, "yes" if is_hosting else "no"]


def _unread(model: Model, things: _Things, used: list[Part]) -> tuple[tuple[str, str], ...]:
    shared = {relation.target for relation in used if relation.type == "Access"}
    read = {relation.identifier for relation in used}
    read |= {relation.identifier for target in shared for relation in things.writers[target]}
    idle = [part for part in model.elements.values() if not things.behind(part.identifier)]
    elements = Counter(part.type for part in idle if part.identifier not in shared)
    others = [relation for relation in model.relations if relation.type not in STRUCTURE]
    relations = Counter(relation.type for relation in others if relation.identifier not in read)
    counts = [f"{kind} {count}" for part in (elements, relations) for kind, count in sorted(part.items())]
    return (("model_parts_not_read", ", ".join(counts)),) if counts else ()
