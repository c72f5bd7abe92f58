"""The sheet of a system, and systems that may be one."""

from __future__ import annotations

from dataclasses import dataclass

from planner.view.model.terms import Ref, Span


@dataclass(frozen=True)
class Reason:
    """One piece of evidence: the rule, what it read, where, and what it does."""

    rule: str
    kind: str
    outcome: str
    effect: str
    because: str
    source: str
    values: tuple[tuple[str, str], ...]
    cells: str
    points: float | None
    options: str


@dataclass(frozen=True)
class Alternative:
    """One of the seven options for one system and why it was not proposed."""

    label: str
    score: float
    low: float
    high: float
    why: str


@dataclass(frozen=True)
class Flip:
    """Answers to one unknown that would change the proposal, and to what."""

    field: str
    answers: str
    leads_to: str


@dataclass(frozen=True)
class Step:
    """One activity of a system's group."""

    phase: str
    start_date: str
    end_date: str
    bound_by: str


@dataclass(frozen=True)
class Work:
    """Person-days of one phase of a system's way."""

    phase: str
    days: Span


@dataclass(frozen=True)
class LensResult:
    """One lens on one system."""

    label: str
    verdict: str
    low: float | None
    high: float | None
    known: int
    inputs: int


@dataclass(frozen=True)
class Fit:
    """Target environments with the same verdict for the same reasons, and the unknown that leaves it open."""

    verdict: str
    targets: tuple[str, ...]
    because: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class System:
    """One system with its proposal; details are empty for audiences that may not see them."""

    system_id: str
    name: str
    organisation: str
    business_area: str
    key: str
    disposition: str
    state: str
    state_key: str
    wave: int | None
    quarter: str
    end_date: str | None
    days: Span
    cost_sek: Span
    today_sek: float | None
    target_sek: Span
    target_state: str
    servers: int | None
    runner_up: str
    margin: float | None
    tasks: tuple[str, ...]
    questions: tuple[str, ...]
    flips: tuple[Flip, ...]
    reasons: tuple[Reason, ...]
    undecided: tuple[Reason, ...]
    alternatives: tuple[Alternative, ...]
    work: tuple[Work, ...]
    steps: tuple[Step, ...]
    lenses: tuple[LensResult, ...]
    fits: tuple[Fit, ...]
    dates: tuple[tuple[str, str], ...]
    depends_on: tuple[Ref, ...]
    needed_by: tuple[Ref, ...]
    circle: str
    assumed: tuple[str, ...]
    sizing: tuple[str, ...]
    reviewed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Member:
    """A member of a cluster, what is proposed for it, and the unknown that could decide."""

    system: Ref
    role: str
    missing: str


@dataclass(frozen=True)
class Record:
    """A row of the inventory: its key before matching and its file as they stand, and how people are told of it."""

    key: str
    file: str
    name: str
    place: str


@dataclass(frozen=True)
class Pair:
    """Two rows that may be one thing: which rule says so, how sure it is, and what has been done about it."""

    table: str
    kind: str
    left: Record
    right: Record
    because: str
    score: float
    state: str


@dataclass(frozen=True)
class Cluster:
    """Systems that may be one, or that do the same; the cost today is that of the members for which it is known."""

    key: str
    kind: str
    shared: str
    reason: str
    confidence: str
    members: tuple[Member, ...]
    today_sek: float | None
    known: int
