"""A view as it was saved in plan.json."""

from __future__ import annotations

import json
import types
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

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
        data = json.loads(content)
        if data["schema"] != SCHEMA:
            raise ValueError(data["schema"])
        view: View = _read(data, View)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PlannerError(
            "the view cannot be read: another version of the planner wrote it", place=place, remedy="Plan anew."
        ) from None
    return view


def _read(data: Any, wanted: Any) -> Any:
    """One value by its type; lists are tuples, and what a class does not know is an error and not left out."""
    if is_dataclass(wanted) and isinstance(wanted, type):
        hints = _hints(wanted)
        if set(data) != set(hints):
            raise KeyError(", ".join(sorted(set(data) ^ set(hints))))
        return wanted(**{name: _read(data[name], hint) for name, hint in hints.items()})
    parts = get_args(wanted)
    if get_origin(wanted) is tuple:
        if parts[1:] == (Ellipsis,):
            return tuple(_read(item, parts[0]) for item in data)
        return tuple(_read(item, part) for item, part in zip(data, parts, strict=True))
    if isinstance(wanted, types.UnionType) and data is not None:
        return _read(data, next(part for part in parts if part is not type(None)))
    return data


@lru_cache
def _hints(wanted: type) -> dict[str, Any]:
    hints = get_type_hints(wanted)
    return {field.name: hints[field.name] for field in fields(wanted)}
