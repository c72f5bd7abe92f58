"""JSON and YAML: a list of records becomes a sheet, its keys the header row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from planner.errors import InventoryError
from planner.yamlfile import load_yaml

SUFFIXES = frozenset({".json", ".yaml", ".yml"})
Rows = list[list[object]]


def read_lists(path: Path, data: bytes) -> Iterator[tuple[str | None, Rows]]:
    """Read a list of records, or several under their names.

    Returns
    -------
    iterator of (name, rows)
        The first row holds all keys in the order in which they are first met; what a record lacks is blank. Nested
        values are kept as their JSON text.

    Raises
    ------
    InventoryError
        Not JSON or YAML, or no list of records.
    """
    content = _parsed(path, data)
    named = content if isinstance(content, dict) else {None: content}
    lists = {name: items for name, items in named.items() if _is_records(items)}
    if not lists:
        raise InventoryError(
            "the file holds no list of records",
            place=path.name,
            remedy="Write a list of objects, each with the same keys, or such lists under names.",
        )
    for name, items in lists.items():
        keys = list(dict.fromkeys(key for item in items for key in item))
        rows: Rows = [[str(key) for key in keys]]
        rows += [[_cell(item.get(key)) for key in keys] for item in items]
        yield None if name is None else str(name), rows


def _parsed(path: Path, data: bytes) -> Any:
    if path.suffix.lower() != ".json":
        return _yaml(path)
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as reason:
        raise InventoryError(
            f"not valid JSON ({reason})", place=path.name, remedy="Export it again, as UTF-8."
        ) from None


def _yaml(path: Path) -> Any:
    try:
        return load_yaml(path, InventoryError)[0]
    except InventoryError as reason:
        raise InventoryError(
            reason.message,
            place=reason.place.removeprefix(f"{path.parent}/"),
            value=reason.value,
            remedy=reason.remedy or "Mend it there, or export it again as UTF-8.",
        ) from None


def _is_records(items: Any) -> bool:
    return isinstance(items, list) and bool(items) and all(isinstance(item, dict) for item in items)


def _cell(value: Any) -> object:
    # ServiceNow says a reference twice: as people see it, and by its key.
    if isinstance(value, dict) and {"display_value", "value"} <= set(value):
        value = value["value"] if value["display_value"] in (None, "") else value["display_value"]
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else value
