"""From review.yaml to rows: one per decision, with its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planner.errors import ReviewError
from planner.policy.parts import Span
from planner.review.model import FORMAT, Decided, Review
from planner.yamlfile import Places, load_yaml, places_of, validate

FILE = "review.yaml"
# Part of the file, and the keys that a decision in it can have.
SECTIONS = {
    "overrides": ("override", ("disposition", "effort_days")),
    "pins": ("pin", ("quarter", "not_before", "not_after")),
    "accepted_risks": ("accepted_risk", ("risk",)),
    "dispensations": ("dispensation", ("gate",)),
}


@dataclass(frozen=True)
class Read:
    """A review and the place of each of its parts."""

    review: Review
    places: Places = field(default_factory=dict)

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row of table reviews per decision about a system, without its state."""
        for section, (name, kinds) in SECTIONS.items():
            for at, item in enumerate(getattr(self.review, section)):
                kind = next(kind for kind in kinds if getattr(item, kind) is not None)
                yield {
                    "section": name,
                    "system_id": item.system,
                    "kind": kind,
                    "value": value_of(item, kind),
                    "who": item.by,
                    "when": item.date,
                    "why": item.why,
                    "expires": item.expires,
                    "place": self.places.get((section, at), FILE),
                }


def value_of(item: Decided, kind: str) -> str:
    """What was decided, as a text."""
    value = getattr(item, kind)
    return f"{value.low:g} / {value.likely:g} / {value.high:g}" if isinstance(value, Span) else str(value)


def read_review(path: Path) -> Read:
    """Read a review; a file that is not there says nothing.

    Raises
    ------
    ReviewError
        Wrong; names the line and the nearest known key.
    """
    if not path.exists():
        return Read(Review(format=FORMAT))
    data, lines = load_yaml(path, ReviewError)
    places = places_of(path, lines)
    return Read(validate(Review, data, places, ReviewError), places)
