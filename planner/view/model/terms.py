"""Words that every part of the view uses."""

from __future__ import annotations

from dataclasses import dataclass

Span = tuple[float | None, float | None, float | None]


@dataclass(frozen=True)
class Ref:
    """A system, as a link."""

    system_id: str
    name: str
