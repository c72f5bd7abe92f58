"""The page of a wave: what is done and by whom, what holds it together, how one goes back, and on what it depends."""

from __future__ import annotations

from dataclasses import dataclass

from planner.view.model.terms import Ref


@dataclass(frozen=True)
class Node:
    """A box of the picture: its column (0 what is needed, 1 the wave's own, 2 who needs it) and its place in it."""

    column: int
    row: int
    label: str
    is_many: bool


@dataclass(frozen=True)
class Line:
    """A line of the picture from the needing box to the needed one, and how many flows it stands for."""

    source: int
    target: int
    flows: int


@dataclass(frozen=True)
class Picture:
    """What the wave depends on and who depends on it; systems beyond the most connected ones are one box."""

    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    rows: int


@dataclass(frozen=True)
class Edge:
    """A flow with an end in the wave: who needs whom, when the other ones change hands, and what the flow is."""

    source: str
    source_when: str
    target: str
    target_when: str
    what: str


@dataclass(frozen=True)
class WaveAction:
    """How many systems of a wave get one proposal, and how one goes back if it fails."""

    key: str
    label: str
    systems: int
    way_back: str


@dataclass(frozen=True)
class SystemWork:
    """Likely days of a system's work by team, in the order of the wave's teams; none where a team has nothing."""

    system: Ref
    days: tuple[float | None, ...]


@dataclass(frozen=True)
class Procurement:
    """The day on which the procurement of a system begins."""

    start_date: str
    name: str


@dataclass(frozen=True)
class WavePage:
    """One wave on its page; what the table of waves says of it is not said again."""

    number: int
    actions: tuple[WaveAction, ...]
    who: tuple[tuple[str, float], ...]
    work: tuple[SystemWork, ...]
    worked: int
    together: tuple[str, ...]
    because: str
    slack: str
    chance: float | None
    p80_date: str | None
    procurements: tuple[Procurement, ...]
    picture: Picture | None
    edges: tuple[Edge, ...]
    flows: int
