"""Policies on top of each other: an organisation's own rules laid over a shipped policy, each with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from planner.errors import PolicyError
from planner.yamlfile import Places, load_yaml, places_of

HEAD = "policy.yaml"
NAMED = ("tasks", "gates", "rules", "targets")
Layered = tuple[Any, Places]


def lineage_of(folder: Path, find: Callable[[str, Path | None], Path]) -> list[Path]:
    """Folders of a policy and of those that it extends, the oldest first.

    Raises
    ------
    PolicyError
        The policies extend each other in a circle.
    """
    chain = [folder]
    while (above := _extends(chain[-1])) is not None:
        name, place = above
        chain.append(find(name, chain[-1]))
        if chain[-1] in chain[:-1]:
            names = " -> ".join(path.name for path in chain)
            raise PolicyError("the policies extend each other in a circle", place=place, value=names)
    return chain[::-1]


def _extends(folder: Path) -> tuple[str, str] | None:
    head = folder / HEAD
    if not head.is_file():
        return None
    data, lines = load_yaml(head, PolicyError)
    if not isinstance(data, dict) or not isinstance(data.get("extends"), str) or len(data) > 1:
        raise PolicyError("the file says only which policy is extended", place=head.name, remedy="extends: standard")
    return data["extends"], places_of(head, lines)[("extends",)]


def read_layers(layers: list[Path], part: str) -> tuple[Any, Places, dict[str, str]]:
    """One part of a policy, all layers laid on top of each other.

    Returns
    -------
    data, places, origins
        Plain values, where each of them stands, and the policy in which each gate, rule and task was written.
    """
    data: Any = {}
    places: Places = {}
    origins: dict[str, str] = {}
    for layer in layers:
        path = layer / f"{part}.yaml"
        if layer is not layers[0] and not path.is_file():
            continue
        more, lines = load_yaml(path, PolicyError)
        data, places = _over((data, places), (more, places_of(path, lines)), ())
        origins |= {name: layer.name for name in _names(more)}
    return data, places, origins


def _names(data: Any) -> list[str]:
    lists = [data[key] for key in NAMED if isinstance(data.get(key), list)] if isinstance(data, dict) else []
    return [str(item.get("name")) for items in lists for item in items if isinstance(item, dict)]


def _over(low: Layered, high: Layered, at: tuple[str | int, ...]) -> Layered:
    (below, places), (above, more) = low, high
    if isinstance(below, dict) and isinstance(above, dict):
        merged = dict(below)
        for key, value in above.items():
            here = (*at, str(key))
            merged[key], places = (
                _over((below[key], places), (value, more), here)
                if key in below
                else (value, places | _under(more, here, here))
            )
        return merged, places | {at: more.get(at, "")}
    if at and at[-1] in NAMED and isinstance(below, list) and isinstance(above, list):
        return _by_name(below, above, places, more, at)
    kept = {place: text for place, text in places.items() if place[: len(at)] != at}
    return above, kept | _under(more, at, at)


def _by_name(below: list[Any], above: list[Any], places: Places, more: Places, at: tuple[str | int, ...]) -> Layered:
    items = [(item, _under(places, (*at, number), ())) for number, item in enumerate(below)]
    for number, item in enumerate(above):
        where = _under(more, (*at, number), ())
        name = item.get("name") if isinstance(item, dict) else None
        same = next((n for n, (old, _) in enumerate(items) if isinstance(old, dict) and old.get("name") == name), None)
        if isinstance(item, dict) and item.get("remove") is True:
            if same is None:
                raise PolicyError("there is nothing of this name to remove", place=where.get((), ""), value=name)
            items.pop(same)
        elif same is None:
            items.append((item, where))
        else:
            items[same] = (item, where)
    kept = {place: text for place, text in places.items() if place[: len(at)] != at} | {at: more.get(at, "")}
    for number, (_, where) in enumerate(items):
        kept |= {(*at, number, *rest): text for rest, text in where.items()}
    return [item for item, _ in items], kept


def _under(places: Places, at: tuple[str | int, ...], to: tuple[str | int, ...]) -> Places:
    """Places below one key, moved below another."""
    return {(*to, *place[len(at) :]): text for place, text in places.items() if place[: len(at)] == at}
