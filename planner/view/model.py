"""The view-model: everything a document shows, for one audience and one language, already redacted and already in
words.

Documents hold no logic: what is not in the view cannot be shown, and what an audience may not see is never put into it.
"""

from __future__ import annotations

from dataclasses import dataclass

from planner.look.read import Worn
from planner.view.wave_model import WavePage

Span = tuple[float | None, float | None, float | None]


@dataclass(frozen=True)
class Meta:
    """What the document is about and how it was made."""

    organisation: str
    is_invented: bool
    language: str
    audience: str
    plan_date: str
    start_date: str
    horizon_date: str
    plan_id: str
    version: str
    policy: str
    diary_number: str | None
    contact_role: str | None
    region: str
    exchange: str | None
    price_as_of: str | None
    price_source: str | None
    catalogue_date: str
    catalogue_made_with: str
    catalogue_parts: tuple[CataloguePart, ...]
    sources: tuple[SourceRow, ...]
    decision: str | None = None


@dataclass(frozen=True)
class CataloguePart:
    """One part of the cloud facts: whether it was read, and how old it is."""

    label: str
    state: str
    rows: int
    as_of: str | None
    age_days: int | None
    is_old: bool
    reason: str


@dataclass(frozen=True)
class ProviderRow:
    """One provider that systems may run with, and who says what of it."""

    name: str
    kind: str
    law: str
    regions: tuple[str, ...]
    certificates: tuple[str, ...]
    scores: tuple[str, ...]
    lookup: str
    source: str
    mark: str
    as_of: str
    review_by: str
    is_late: bool


@dataclass(frozen=True)
class SourceRow:
    """One source and the fate of its rows."""

    file: str
    sheet: str
    fills: str
    rows_in: int
    rows_used: int
    rows_merged: int
    rows_rejected: int


@dataclass(frozen=True)
class Ref:
    """A system, as a link."""

    system_id: str
    name: str


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
class Member:
    """A member of a cluster, what is proposed for it, and the unknown that could decide."""

    system: Ref
    role: str
    missing: str


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


@dataclass(frozen=True)
class Outcome:
    """A measure of the business case for one way to buy: at likely values, and P10, P50 and P90 in SEK and EUR; None
    for what does not come within the years."""

    likely: float | None
    points: Span
    points_eur: Span


@dataclass(frozen=True)
class Measure:
    """A measure of the business case, one outcome per way to buy."""

    key: str
    label: str
    explanation: str
    unit: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class BusinessYear:
    """Likely SEK of one year: today's environment as it is; under the plan what goes on of it, the cloud, and the
    move itself."""

    year: int
    today: float
    kept: float
    cloud: float
    once: float


@dataclass(frozen=True)
class Lever:
    """An assumption that moves the result: its range, and the net present value at both ends of it."""

    label: str
    values: tuple[float, float, float]
    npv_low: float
    npv_high: float


@dataclass(frozen=True)
class Excluded:
    """Systems that are not compared, and why."""

    key: str
    label: str
    count: int
    systems: tuple[Ref, ...]


@dataclass(frozen=True)
class State:
    """How many are in each state."""

    label: str
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class BusinessCase:
    """Today against the plan; pictures show the way to buy that the policy puts first."""

    purchases: tuple[str, ...]
    main: str
    measures: tuple[Measure, ...]
    years: tuple[BusinessYear, ...]
    first_year: int
    last_year: int
    samples: int
    levers: tuple[Lever, ...]
    likely_npv: float | None
    compared: int
    total: int
    modelled: int
    excluded: tuple[Excluded, ...]
    outside_sek: float | None
    states: tuple[State, ...]


@dataclass(frozen=True)
class Risk:
    """Something that threatens the plan, with the systems concerned."""

    key: str
    text: str
    systems: tuple[Ref, ...]
    count: int


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


@dataclass(frozen=True)
class Coverage:
    """How much of something is known, and the systems of which it is not."""

    label: str
    known: int
    total: int
    missing: tuple[Ref, ...] = ()


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
class Note:
    """A finding in words."""

    severity: str
    severity_label: str
    place: str
    record: str
    value: str
    text: str
    remedy: str


@dataclass(frozen=True)
class RuleRow:
    """A gate or rule of the policy, for the appendix."""

    name: str
    kind: str
    effect: str
    because: str
    source: str
    fired: int | None


@dataclass(frozen=True)
class LawRow:
    """A law, a piece of guidance or an own model that the plan rests on, with its status and dates."""

    title: str
    fact: str
    status: str
    mark: str
    key_date: str | None
    source: str
    as_of: str
    review_by: str
    is_late: bool


@dataclass(frozen=True)
class Assumption:
    """A number of the policy, for the appendix."""

    name: str
    value: str
    because: str
    source: str


@dataclass(frozen=True)
class Sum:
    """One sum of the plan before and of this plan; unknown where nothing that goes into it is known."""

    label: str
    before: float | str | None
    after: float | str | None


@dataclass(frozen=True)
class Changed:
    """What became of one system since the plan before, and why."""

    kind: str
    label: str
    system: Ref
    before: str
    after: str
    causes: tuple[str, ...]


@dataclass(frozen=True)
class Changes:
    """What differs from another plan: sums, systems, and what changed in the inputs."""

    old_id: str
    new_id: str
    totals: tuple[Sum, ...]
    inputs: tuple[str, ...]
    systems: tuple[Changed, ...]


@dataclass(frozen=True)
class View:
    """A whole document."""

    schema: str
    meta: Meta
    conclusion: str
    asks: tuple[Ask, ...]
    counts: tuple[Count, ...]
    total_days: Span
    total_cost_sek: Span
    today_sek: float | None
    today_known: Coverage
    target_sek: Span
    target_usd: Span
    target_known: Coverage
    years: tuple[Year, ...]
    business: BusinessCase | None
    waves: tuple[Wave, ...]
    ticks: tuple[Tick, ...]
    uncertain: tuple[Uncertain, ...]
    risk_ticks: tuple[Tick, ...]
    samples: int
    deadlines: tuple[DeadlineChance, ...]
    critical: tuple[Critical, ...]
    groups: tuple[MoveGroup, ...]
    flow_fates: tuple[tuple[str, int], ...]
    foundation: str
    quality: str
    bounds: tuple[Bound, ...]
    loads: tuple[Load, ...]
    load_ticks: tuple[Tick, ...]
    missed: tuple[Missed, ...]
    wave_rules: tuple[Rule, ...]
    end_date: str | None
    goal_date: str
    goals: tuple[Goal, ...]
    curve: tuple[Point, ...]
    blocked: tuple[Blocked, ...]
    without_benefit: tuple[Ref, ...]
    pilots: tuple[Ref, ...]
    pilots_low: int
    pilots_high: int
    clusters: tuple[Cluster, ...]
    risks: tuple[Risk, ...]
    process_first: tuple[Ref, ...]
    lenses: tuple[Lens, ...]
    coverage: tuple[Coverage, ...]
    systems: tuple[System, ...]
    findings: tuple[Note, ...]
    finding_counts: tuple[tuple[str, int], ...]
    rules: tuple[RuleRow, ...]
    laws: tuple[LawRow, ...]
    providers: tuple[ProviderRow, ...]
    assumptions: tuple[Assumption, ...]
    has_details: bool
    changes: Changes | None = None
    look: Worn | None = None
    wave_pages: tuple[WavePage, ...] = ()
