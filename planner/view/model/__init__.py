"""The view-model: everything a document shows, for one audience and one language, already redacted and already in
words.

Documents hold no logic: what is not in the view cannot be shown, and what an audience may not see is never put into it.
The frame is here; its parts are in the modules of this package, and imported from there.
"""

from __future__ import annotations

from dataclasses import dataclass

from planner.look.read import Worn
from planner.view.model.appendix import Assumption, CataloguePart, LawRow, Note, ProviderRow, RuleRow, SourceRow
from planner.view.model.business import BusinessCase
from planner.view.model.changes import Changes
from planner.view.model.page_one import Ask, Blocked, Count, Coverage, Goal, Lens, Point, Risk, Year
from planner.view.model.schedule import (
    Bound,
    Critical,
    DeadlineChance,
    Load,
    Missed,
    MoveGroup,
    Rule,
    Tick,
    Uncertain,
    Wave,
)
from planner.view.model.systems import Cluster, Pair, System
from planner.view.model.terms import Ref, Span
from planner.view.model.waves import WavePage


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
    pairs: tuple[Pair, ...]
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
