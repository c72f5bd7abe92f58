"""YAML with line numbers: every complaint about a file names the line it is about."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from planner.errors import PlannerError

Model = TypeVar("Model", bound=BaseModel)
Lines = dict[tuple[str | int, ...], int]
Places = dict[tuple[str | int, ...], str]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(path: Path, error: type[PlannerError]) -> tuple[Any, Lines]:
    """Read one YAML document and the line of each of its keys and items.

    Parameters
    ----------
    path
        The file.
    error
        The class to raise: the caller knows whose file it is.

    Returns
    -------
    data, lines
        Plain Python values, and a line number (from 1) for every path of keys and indexes.

    Raises
    ------
    PlannerError
        Of class `error`: missing file, not UTF-8, not YAML, a duplicate key, or an alias (refused: a handful of
        nested aliases can unfold to gigabytes).
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise error("the file does not exist", place=str(path)) from None
    except (OSError, UnicodeDecodeError) as reason:
        raise error(f"the file cannot be read as UTF-8 text: {reason}", place=str(path)) from None
    _refuse_aliases(text, path, error)
    lines: Lines = {}
    try:
        node = yaml.compose(text, Loader=_Loader)
        if node is None:
            return None, {}
        _walk(node, (), lines, path, error)
        return construct(node), lines
    except (yaml.YAMLError, RecursionError, ValueError) as reason:
        mark = getattr(reason, "problem_mark", None)
        problem = getattr(reason, "problem", None) or "cannot be read"
        raise error(f"not valid YAML: {problem}", place=_place(path, mark.line + 1 if mark else None)) from None


def read_model(model: type[Model], path: Path, error: type[PlannerError]) -> Model:
    """Read a YAML file as a pydantic model; a wrong key is answered with its line and the nearest known key."""
    data, lines = load_yaml(path, error)
    return validate(model, data, places_of(path, lines), error)


def places_of(path: Path, lines: Lines) -> Places:
    """The place (`file:line`) of every key and item."""
    return {at: _place(path, line) for at, line in lines.items()} | ({} if lines else {(): path.name})


def validate(model: type[Model], data: Any, places: Places, error: type[PlannerError]) -> Model:
    """Check plain values against a pydantic model; `places` says where each of them stands."""
    try:
        return model.model_validate(data if data is not None else {})
    except ValidationError as reason:
        raise _explain(reason, places, error, model) from None


def _refuse_aliases(text: str, path: Path, error: type[PlannerError]) -> None:
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):
                raise error(
                    "aliases (*name) are not allowed",
                    place=_place(path, event.start_mark.line + 1 if event.start_mark else None),
                    value=event.anchor,
                    remedy="Write the value out where it is used.",
                )
    except yaml.YAMLError:
        return  # compose meets the same fault and reports it with its line


def construct(node: yaml.Node) -> Any:
    """Plain values of a node."""
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _walk(node: yaml.Node, at: tuple[str | int, ...], lines: Lines, path: Path, error: type[PlannerError]) -> None:
    lines[at] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*at, index), lines, path, error)
    elif isinstance(node, yaml.MappingNode):
        for key, item in node.value:
            child = (*at, str(key.value))
            line = key.start_mark.line + 1
            if child in lines:
                raise error("the key stands twice", place=_place(path, line), value=key.value)
            _walk(item, child, lines, path, error)
            lines[child] = line
    elif node.tag == "tag:yaml.org,2002:timestamp":
        try:
            construct(node)
        except ValueError:
            place = _place(path, lines[at])
            raise error("there is no such day", place=place, value=node.value, remedy="Write YYYY-MM-DD.") from None


def _explain(
    reason: ValidationError, places: Places, error: type[PlannerError], model: type[BaseModel]
) -> PlannerError:
    # A key that nobody knows is most often a misspelling of the one that is then missing: say the cause, not the
    # effect.
    first = min(reason.errors(), key=lambda item: item["type"] != "extra_forbidden")
    at = tuple(part for part in first["loc"])
    place = next((places[at[:n]] for n in range(len(at), -1, -1) if at[:n] in places), "")
    key = ".".join(str(part) for part in at)
    remedy = ""
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(at[-1]), sorted(_known_keys(model)), n=1)
        remedy = f"Did you mean '{near[0]}'?" if near else "Remove it or see docs/."
        return error(f"unknown key '{key}'", place=place, remedy=remedy)
    if first["type"] == "missing":
        return error(f"'{key}' is missing", place=place, remedy="Add it.")
    message = first["msg"].removeprefix("Value error, ")
    value = first.get("input")
    short = value if not isinstance(value, Mapping | list) else None
    return error(f"'{key}': {message}", place=place, value=short)


def _known_keys(model: type[BaseModel], seen: frozenset[type] = frozenset()) -> set[str]:
    keys: set[str] = set()
    for name, field in model.model_fields.items():
        keys.add(field.alias or name)
        for part in _models_in(field.annotation):
            if part not in seen:
                keys |= _known_keys(part, seen | {model, part})
    return keys


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _models_in(part)]


def _place(path: Path, line: int | None) -> str:
    return f"{path.name}:{line}" if line else path.name
