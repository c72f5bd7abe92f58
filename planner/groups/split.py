"""A circle, or systems joined by hard links, that is too large for a group: parts, and what has to be decoupled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from planner.groups.partition import partition
from planner.groups.precedence import Arrow, circles, nearly_in_order


@dataclass(frozen=True)
class Split:
    """Parts that keep the cap, and the arrows of the order that have to go for that."""

    parts: list[list[str]]
    dropped: set[Arrow]
    is_circle: bool


def split(
    members: list[str], arrows: Iterable[Arrow], weights: Mapping[Arrow, float], against_order: float, cap: int
) -> Split:
    """Cut what is too large so that as little weight as possible is cut.

    Smaller circles inside stay whole. In a circle that is itself too large some arrow has to run against the order of
    the parts: such arrows weigh `against_order` more, and those that no order of the parts can keep are dropped.
    """
    inside = set(members)
    inner = sorted(arrow for arrow in arrows if arrow[0] in inside and arrow[1] in inside)
    units, line = _units(members, inner, cap)
    at = {member: number for number, unit in enumerate(units) for member in unit}
    forward: set[tuple[int, int]] = set()
    cost: dict[tuple[int, int], float] = {}
    for (one, other), weight in weights.items():
        if one in inside and other in inside:
            _add(cost, at[one], at[other], weight)
    for first, then in inner:
        if first in line and then in line and line[first][0] == line[then][0] and line[first] > line[then]:
            _add(cost, at[first], at[then], against_order)
        elif at[first] != at[then]:
            forward.add((at[first], at[then]))
    labels = partition([len(unit) for unit in units], cost, sorted(forward), cap)
    part_of = {member: labels[number] for member, number in at.items()}
    parts: dict[int, list[str]] = {}
    for member in sorted(members):
        parts.setdefault(part_of[member], []).append(member)
    return Split(list(parts.values()), _dropped(inner, part_of, weights), bool(line))


def _units(members: list[str], inner: list[Arrow], cap: int) -> tuple[list[list[str]], dict[str, tuple[int, int]]]:
    """Circles that fit, each a unit; members of larger ones alone, with the circle and their place in its line."""
    units: list[list[str]] = []
    line: dict[str, tuple[int, int]] = {}
    circle_of = {}
    found = circles(members, inner)
    for number, circle in enumerate(found):
        circle_of.update(dict.fromkeys(circle, number))
    within: dict[int, list[Arrow]] = {}
    for first, then in inner:
        if circle_of[first] == circle_of[then]:
            within.setdefault(circle_of[first], []).append((first, then))
    for number, circle in enumerate(found):
        if len(circle) <= cap:
            units.append(circle)
        else:
            ordered = nearly_in_order(circle, within[number])
            line |= {member: (number, place) for place, member in enumerate(ordered)}
            units += [[member] for member in ordered]
    return units, line


def _add(cost: dict[tuple[int, int], float], one: int, other: int, weight: float) -> None:
    if one != other:
        pair = (min(one, other), max(one, other))
        cost[pair] = cost.get(pair, 0.0) + weight


def _dropped(inner: list[Arrow], part_of: dict[str, int], weights: Mapping[Arrow, float]) -> set[Arrow]:
    """Arrows between parts that no order can keep: the heaviest pairs of parts are kept first."""
    between: dict[tuple[int, int], list[Arrow]] = {}
    for arrow in inner:
        pair = (part_of[arrow[0]], part_of[arrow[1]])
        if pair[0] != pair[1]:
            between.setdefault(pair, []).append(arrow)

    def weight(pair: tuple[int, int]) -> float:
        return sum(weights.get(arrow, weights.get(arrow[::-1], 0.0)) for arrow in between[pair])

    after: dict[int, set[int]] = {}
    dropped: set[Arrow] = set()
    for pair in sorted(between, key=lambda pair: (-len(between[pair]), -weight(pair), pair)):
        if _leads(after, pair[1], pair[0]):
            dropped.update(between[pair])
        else:
            after.setdefault(pair[0], set()).add(pair[1])
    return dropped


def _leads(after: dict[int, set[int]], start: int, goal: int) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        here = waiting.pop()
        if here == goal:
            return True
        fresh = after.get(here, set()) - seen
        seen |= fresh
        waiting += fresh
    return False
