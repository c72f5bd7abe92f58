"""ArchiMate Model Exchange files: the elements and relations of a model, read without entities, DTD and network."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from planner.errors import InventoryError

NAMESPACE = "http://www.opengroup.org/xsd/archimate/3.0/"
LANGUAGES = ("sv", "en")
_A = f"{{{NAMESPACE}}}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_ENDS = {"source": "source", "target": "target", "access": "accessType"}


@dataclass(frozen=True)
class Part:
    """An element or a relation, which has a `source`, a `target` and perhaps an `access`; `row` is its line."""

    identifier: str
    type: str
    name: str
    row: int
    properties: dict[str, str]
    source: str = ""
    target: str = ""
    access: str = ""


@dataclass(frozen=True)
class Model:
    """A model; `row` is the line that it begins on."""

    elements: dict[str, Part]
    relations: list[Part]
    row: int


def root_of(data: bytes, file: str) -> str:
    """Tag of the outermost element, found without reading on.

    Raises
    ------
    InventoryError
        Not XML, or with a document type, in which entities that unfold without end or lead out of the file are
        declared.
    """
    parser = expat.ParserCreate(namespace_separator="}")
    found: list[str] = []

    def begins(name: str, _: object) -> None:
        found.append(name)
        raise StopIteration

    def refuse(*_: object) -> None:
        raise InventoryError(
            "the XML has a document type (DTD), which may declare entities and is not read",
            place=f"{file}:{parser.CurrentLineNumber}",
            remedy="Remove the DOCTYPE, or export the model in the ArchiMate exchange format again.",
        )

    parser.StartElementHandler, parser.StartDoctypeDeclHandler = begins, refuse
    try:
        parser.Parse(data, True)
    except StopIteration:
        pass
    except (expat.ExpatError, ValueError, LookupError) as reason:
        raise _not_xml(str(reason), file, parser.CurrentLineNumber) from None
    return found[0]


def read_model(data: bytes, file: str) -> Model:
    """Read a model whose outermost element is `root_of` checked.

    A name in several languages is taken in Swedish, else in English, else as it stands first. Where the file has no
    line breaks, rows are counted from the beginning instead of being lines.

    Raises
    ------
    InventoryError
        Not well-formed, or two parts have one identifier.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as reason:
        raise _not_xml(str(reason), file, reason.lineno or 1) from None
    nodes = [*root.iterfind(f"{_A}elements/{_A}element"), *root.iterfind(f"{_A}relationships/{_A}relationship")]
    lines = [root.sourceline, *(node.sourceline for node in nodes)]
    is_by_line = len(set(lines)) == len(lines)
    headings = {
        item.get("identifier"): _text(item, "name") or item.get("identifier")
        for item in root.iterfind(f"{_A}propertyDefinitions/{_A}propertyDefinition")
    }
    parts = [_part(node, lines[at] if is_by_line else at + 1, headings) for at, node in enumerate(nodes, start=1)]
    _refuse_twice(parts, file)
    elements = {part.identifier: part for part, node in zip(parts, nodes, strict=True) if node.tag == f"{_A}element"}
    relations = [part for part in parts if part.identifier not in elements]
    return Model(elements, relations, lines[0] if is_by_line else 1)


def _part(node: Any, row: int, headings: dict[str, str]) -> Part:
    ends = {name: node.get(attribute, "") for name, attribute in _ENDS.items()}
    kind = node.get(_TYPE, "").rpartition(":")[2]
    return Part(node.get("identifier", ""), kind, _text(node, "name"), row, _properties(node, headings), **ends)


def _properties(node: Any, headings: dict[str, str]) -> dict[str, str]:
    """Values by the name of their property; those of one name are joined."""
    said: dict[str, list[str]] = {}
    for item in node.iterfind(f"{_A}properties/{_A}property"):
        reference = item.get("propertyDefinitionRef", "")
        value = _text(item, "value")
        if value:
            said.setdefault(headings.get(reference, reference), []).append(value)
    return {name: "; ".join(values) for name, values in said.items()}


def _text(node: Any, tag: str) -> str:
    """Text of the child in the language that is wanted most."""
    given = node.findall(f"{_A}{tag}")
    spoken = [item.get(_LANGUAGE, "").partition("-")[0].lower() for item in given]
    wanted = next((language for language in LANGUAGES if language in spoken), None)
    return " ".join("".join(given[spoken.index(wanted) if wanted else 0].itertext()).split()) if given else ""


def _refuse_twice(parts: list[Part], file: str) -> None:
    counts = Counter(part.identifier for part in parts)
    twice = next((part for part in parts if counts[part.identifier] > 1), None)
    if twice is not None:
        raise InventoryError(
            "two parts of the model have one identifier",
            place=f"{file}:{twice.row}",
            value=twice.identifier,
            remedy="Export the model again; identifiers must differ.",
        )


def _not_xml(reason: str, file: str, line: int) -> InventoryError:
    return InventoryError(f"not valid XML ({reason})", place=f"{file}:{line}", remedy="Export the model again.")
