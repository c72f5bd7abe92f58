"""case.yaml as its author wrote it: a source is added or completed, and every other byte stays as it is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from planner.case import Case, Source
from planner.errors import CaseError
from planner.yamlfile import construct, load_yaml, places_of, validate

# Longer lists stand one item a line.
WIDEST_LIST = 90
Edit = tuple[int, int, str]


def case_file_of(folder: Path) -> Path:
    """The case.yaml of a folder, or the file itself.

    Raises
    ------
    CaseError
        There is none.
    """
    path = folder if folder.suffix in {".yaml", ".yml"} else folder / "case.yaml"
    if not path.is_file():
        raise CaseError("no case.yaml here", place=str(path), remedy="Make one first: fardplan init FOLDER.")
    return path


def case_schema() -> bytes:
    """JSON Schema of case.yaml, for completion and checks in an editor."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Case.model_json_schema()}
    return f"{json.dumps(schema, indent=1, ensure_ascii=False)}\n".encode()


def raw_sources(path: Path) -> tuple[list[Source], str]:
    """The sources that a case names, and its language; the rest of it is not looked at.

    Raises
    ------
    CaseError
        The file is no mapping, or a source in it is wrong.
    """
    data, lines = load_yaml(path, CaseError)
    if data is not None and not isinstance(data, dict):
        raise CaseError("a case is a mapping of keys", place=path.name, remedy="Make one first: fardplan init FOLDER.")
    given = (data or {}).get("sources") or []
    if not isinstance(given, list):
        raise CaseError("'sources' is a list", place=path.name, value=given, remedy="Begin each source with '- file:'.")
    places = places_of(path, lines)
    sources = []
    for at, item in enumerate(given):
        mine = {key[2:]: place for key, place in places.items() if key[:2] == ("sources", at)}
        sources.append(validate(Source, item, mine, CaseError))
    return sources, "en" if (data or {}).get("language") == "en" else "sv"


def with_source(text: str, source: Source, at: int | None) -> str:
    """The text of a case with one source more, or with the source at a place completed.

    Parameters
    ----------
    text
        The whole file.
    source
        What the source should say.
    at
        The source to complete, from 0; None adds one.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    body = text.removeprefix("\ufeff")
    root = yaml.compose(body, Loader=yaml.SafeLoader)
    edits = list(_edits(body, root, source_data(source), at))
    for start, end, new in sorted(edits, reverse=True):
        if start == len(body) and body and not body.endswith("\n"):
            new = "\n" + new.removesuffix("\n")
        body = body[:start] + new.replace("\n", newline) + body[end:]
    return text[: len(text) - len(text.removeprefix("\ufeff"))] + body


def write_source(path: Path, source: Source, at: int | None) -> None:
    """Write a source into a case, whole or not at all.

    Raises
    ------
    CaseError
        The case would be wrong with it; nothing is written.
    """
    before = path.read_bytes().decode("utf-8")
    after = with_source(before, source, at)
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_bytes(after.encode("utf-8"))
        data, lines = load_yaml(draft, CaseError)
        validate(Case, data, places_of(path, lines), CaseError)
        draft.chmod(path.stat().st_mode)
        os.replace(draft, path.resolve())
    except OSError as reason:
        raise CaseError(f"the case cannot be written ({reason.strerror})", place=path.name) from None
    finally:
        draft.unlink(missing_ok=True)


def source_data(source: Source) -> dict[str, Any]:
    """What a source says beyond the defaults, in the order of its keys."""
    return {name: value for name, value in source.model_dump().items() if value not in (None, [], {}, False)}


def block(data: Mapping[str, Any], indent: int) -> list[str]:
    """Lines of YAML: a key a line, short lists and mappings of words in one line."""
    pad, lines = " " * indent, []
    for key, value in data.items():
        name = in_one_line(key)
        if isinstance(value, dict):
            lines += [f"{pad}{name}:", *block(value, indent + 2)]
        elif isinstance(value, list) and len(in_one_line(value)) > WIDEST_LIST:
            lines += [f"{pad}{name}:", *(f"{pad}  - {in_one_line(item)}" for item in value)]
        else:
            lines.append(f"{pad}{name}: {in_one_line(value)}")
    return lines


def in_one_line(value: object) -> str:
    """A value as YAML in one line, quoted where it must be."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**9, sort_keys=False)
    return text.removesuffix("...\n").strip()


def _edits(text: str, root: yaml.Node | None, data: dict[str, Any], at: int | None) -> Iterator[Edit]:
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    key, node = next(((key, node) for key, node in pairs if key.value == "sources"), (None, None))
    if node is None or key is None:
        yield (*_after(text, len(text)), "sources:\n" + _item(data, 2))
    elif not isinstance(node, yaml.SequenceNode) or not node.value:
        if isinstance(node, yaml.SequenceNode):
            yield node.start_mark.index, node.end_mark.index, ""
        yield (
            *_after(text, node.end_mark.index if isinstance(node, yaml.SequenceNode) else key.end_mark.index),
            _item(data, 2),
        )
    elif at is None:
        if node.flow_style:
            end = _end(node.value[-1])
            yield end, end, f", {in_one_line(data)}"
        else:
            yield (*_after(text, _end(node)), _item(data, node.start_mark.column))
    else:
        yield from _completed(text, node.value[at], data, in_flow=bool(node.flow_style))


def _completed(text: str, node: yaml.Node, data: dict[str, Any], *, in_flow: bool) -> Iterator[Edit]:
    if in_flow:
        yield node.start_mark.index, node.end_mark.index, in_one_line(data)
    elif not isinstance(node, yaml.MappingNode) or node.flow_style:
        column = node.start_mark.column
        yield node.start_mark.index, node.end_mark.index, "\n".join(block(data, column)).lstrip()
    else:
        yield from _merged(text, node, data)


def _merged(text: str, node: yaml.MappingNode, data: dict[str, Any]) -> Iterator[Edit]:
    """Replace the values of a block mapping that differ, and add the keys that it lacks after its last line."""
    indent = node.start_mark.column
    said = set()
    for key, value in node.value:
        name = str(key.value)
        said.add(name)
        if name not in data or construct(value) == data[name]:
            continue
        new = data[name]
        if isinstance(new, dict) and isinstance(value, yaml.MappingNode) and not value.flow_style:
            yield from _merged(text, value, new)
        elif isinstance(new, dict):
            yield key.end_mark.index, _end(value), ":\n" + "\n".join(block(new, indent + 2))
        else:
            yield (
                key.end_mark.index,
                _end(value),
                block({name: new}, indent)[0][indent + len(in_one_line(name)) :]
                + "".join(f"\n{line}" for line in block({name: new}, indent)[1:]),
            )
    more = {name: value for name, value in data.items() if name not in said}
    if more:
        yield (*_after(text, _end(node)), "\n".join(block(more, indent)) + "\n")


def _item(data: dict[str, Any], indent: int) -> str:
    lines = block(data, indent + 2)
    return "\n".join([" " * indent + "- " + lines[0].lstrip(), *lines[1:]]) + "\n"


def _end(node: yaml.Node) -> int:
    """Where a value's last character stands; a block's own mark lies after the comments and blank lines that follow."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _after(text: str, at: int) -> tuple[int, int]:
    """The beginning of the next line, as a place to insert at."""
    if at and text[at - 1] == "\n":
        return at, at
    found = text.find("\n", at)
    place = len(text) if found < 0 else found + 1
    return place, place
