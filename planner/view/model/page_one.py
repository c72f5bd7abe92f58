"""Page one: what is asked, what is proposed, what it costs and leads to, what threatens it and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

from planner.view.model.terms import Ref, Span


@dataclass(frozen=True)
class Ask:
    """A decision that somebody is asked to take; `systems` wait for it. Counts so small that they point at one are
    left out. `key` is the same from plan to plan."""

    key: str
    what: str
    by_whom: str
    by_date: str | None
    systems: tuple[Ref, ...]
    count: int | None
    days: Span
    consequence: str


@dataclass(frozen=True)
class Count:
    """How many systems share a disposition; key is the option or `undecided`."""

    key: str
    label: str
    explanation: str
    systems: int
    settled: int
    share: float
    days: Span
    cost_sek: Span


@dataclass(frozen=True)
class Year:
    """Work and cost of one calendar year."""

    year: int
    days: float
    cost_sek: float
    capacity_days: float


@dataclass(frozen=True)
class Lens:
    """How the systems fall into the classes of one lens."""

    key: str
    label: str
    idea: str
    classes: tuple[tuple[str, int], ...]
    assessed: int
    total: int


@dataclass(frozen=True)
class Goal:
    """A goal: at least and at most how many today and on its day, of how many, and of how many it is known."""

    key: str
    label: str
    explanation: str
    today: tuple[int, int]
    due: tuple[int, int]
    total: int
    known: int


@dataclass(frozen=True)
class Point:
    """Free data flows on one day: at least, at most, of how many; `moment` is start, wave or target."""

    date: str
    wave: int | None
    moment: str
    low: int
    high: int
    total: int


@dataclass(frozen=True)
class Blocked:
    """A data flow that is not free when the goals fall due, the ends that block it and what would free it."""

    source: str
    target: str
    state: str
    blocking: tuple[Ref, ...]
    remedy: str
    by_whom: str
    dependants: int


@dataclass(frozen=True)
class Risk:
    """Something that threatens the plan, with the systems concerned."""

    key: str
    text: str
    systems: tuple[Ref, ...]
    count: int


@dataclass(frozen=True)
class Coverage:
    """How much of something is known, and the systems of which it is not."""

    label: str
    known: int
    total: int
    missing: tuple[Ref, ...] = ()
