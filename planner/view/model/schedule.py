"""Waves and dates: when, what binds, who works, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

from planner.view.model.terms import Ref, Span


@dataclass(frozen=True)
class Wave:
    """One wave: the systems that change hands in one quarter."""

    number: int
    quarter: str
    start_date: str
    end_date: str
    systems: tuple[Ref, ...]
    servers: int | None
    days: Span
    cost_sek: Span
    left: float
    width: float
    bound_by: str


@dataclass(frozen=True)
class Tick:
    """A year on the timeline, as a share of its width."""

    label: str
    at: float


@dataclass(frozen=True)
class Uncertain:
    """A wave, or the whole plan where `wave` is none: last change as planned and in 50, 80 and 95 % of the futures.

    `places` are the four dates on the picture; `sek` is P50, P80 and P95 of the one-off work.
    """

    wave: int | None
    planned_date: str
    p50_date: str
    p80_date: str
    p95_date: str
    on_plan: float
    by_goal: float
    sek: Span
    places: tuple[float, ...]

    @property
    def is_unlikely(self) -> bool:
        """Whether the planned day is missed in more futures than it is kept in: then the likely day is told first."""
        return self.on_plan < 0.5


@dataclass(frozen=True)
class DeadlineChance:
    """A deadline of a group and the chance that it is met."""

    systems: tuple[Ref, ...]
    day: str
    planned_date: str
    p80_date: str
    chance: float


@dataclass(frozen=True)
class Critical:
    """An activity and the share of futures in which it decides when the last change is done."""

    phase: str
    systems: tuple[Ref, ...]
    share: float
    p80_date: str


@dataclass(frozen=True)
class GroupMember:
    """A system and why it is in its group."""

    system: Ref
    why: str


@dataclass(frozen=True)
class Crossing:
    """Flows between two systems across a group's border; an ordinary kind is not named."""

    source: str
    target: str
    kind: str
    is_decoupled: bool


@dataclass(frozen=True)
class MoveGroup:
    """Systems that move together, how many flows they keep within, and those that cross the border."""

    wave: int | None
    members: tuple[GroupMember, ...]
    inside: int
    crossing: tuple[Crossing, ...]


@dataclass(frozen=True)
class Bound:
    """What keeps a wave from being earlier, the longest phase on the way, and how far its change may slip."""

    wave: int
    because: str
    longest: str
    slack: str


@dataclass(frozen=True)
class Used:
    """Days of a team in half a year."""

    label: str
    used_days: float
    capacity_days: float
    share: float | None


@dataclass(frozen=True)
class Load:
    """How a team is used: a bar a week (place, used, there; shares of the most), and sums."""

    team: str
    bars: tuple[tuple[float, float, float], ...]
    used: tuple[Used, ...]
    busiest: float
    width: float


@dataclass(frozen=True)
class Way:
    """What would have to give way for a deadline, what it costs, and when the change is then."""

    what: str
    price_sek: float | None
    end_date: str
    is_enough: bool


@dataclass(frozen=True)
class Missed:
    """A deadline that the plan misses."""

    systems: tuple[Ref, ...]
    sentence: str
    because: tuple[str, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Rule:
    """A wave rule and whether the plan keeps it."""

    text: str
    level: str
    state: str
