"""What the plan rests on: sources, rules, laws, providers, assumptions and findings."""

from __future__ import annotations

from dataclasses import dataclass


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
