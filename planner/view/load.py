"""A view as it was saved in plan.json."""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

from planner.collector import paused
from planner.errors import PlannerError
from planner.view.build import SCHEMA
from planner.view.model import View


def load_view(content: bytes, place: str) -> View:
    """Read a view.

    Raises
    ------
    PlannerError
        Not a view, or one that another version of the planner wrote.
    """
    try:
        with paused():
            data = json.loads(content, object_pairs_hook=_shared({}))
            if data["schema"] != SCHEMA:
                raise ValueError(data["schema"])
            view: View = _read(data, View)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PlannerError(
            "the view cannot be read: another version of the planner wrote it", place=place, remedy="Plan anew."
        ) from None
    return view


def _shared(seen: dict[str, str]) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """Makes objects whose equal texts are one: the same evidence stands on sheet after sheet."""

    def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key: seen.setdefault(value, value) if type(value) is str else value for key, value in pairs}

    return made


def _read(data: Any, wanted: Any) -> Any:
    """One value by its type; lists are tuples, and what a class does not know is an error and not left out."""
    return _reader(wanted)(data)


@lru_cache
def _reader(wanted: Any) -> Callable[[Any], Any]:
    if is_dataclass(wanted) and isinstance(wanted, type):
        return _of_class(wanted)
    parts = get_args(wanted)
    if get_origin(wanted) is tuple:
        readers = [_reader(part) for part in parts if part is not Ellipsis]
        if parts[1:] == (Ellipsis,):
            return lambda data: tuple(map(readers[0], data))
        return lambda data: tuple(read(item) for read, item in zip(readers, data, strict=True))
    if isinstance(wanted, types.UnionType):
        inner = _reader(next(part for part in parts if part is not type(None)))
        return lambda data: None if data is None else inner(data)
    return lambda data: data


def _of_class(wanted: type) -> Callable[[Any], Any]:
    hints = get_type_hints(wanted)
    readers = {field.name: _reader(hints[field.name]) for field in fields(wanted)}

    def read(data: Any) -> Any:
        if data.keys() != readers.keys():
            raise KeyError(", ".join(sorted(data.keys() ^ readers.keys())))
        return wanted(**{name: reader(data[name]) for name, reader in readers.items()})

    return read
