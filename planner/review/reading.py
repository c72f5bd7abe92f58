"""From review.yaml to rows: one per decision, with its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planner.errors import ReviewError
from planner.policy.parts import Span
from planner.review.model import FORMAT, Approval, Decided, Match, Review
from planner.yamlfile import Places, load_yaml, places_of, validate

FILE = "review.yaml"
# Part of the file, and the keys that a decision in it can have.
SECTIONS = {
    "matches": ("match", ("decision",)),
    "overrides": ("override", ("disposition", "effort_days")),
    "pins": ("pin", ("quarter", "not_before", "not_after")),
    "accepted_risks": ("accepted_risk", ("risk",)),
    "dispensations": ("dispensation", ("gate",)),
}
# Several of them about one system do not contradict each other.
MANY = ("risk", "gate")
Subject = tuple[str, ...]
BETWEEN = "\x1f"


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
                records = item.records if isinstance(item, Match) else ()
                yield {
                    "section": name,
                    "system_id": records[0].key if records else item.system,
                    "other_id": records[1].key if records else None,
                    "kind": kind,
                    "value": value_of(item, kind),
                    "subject": BETWEEN.join(subject_of(item)),
                    "who": item.by,
                    "when": item.date,
                    "why": item.why,
                    "expires": item.expires,
                    "place": self.places.get((section, at), FILE),
                }


def kind_of(item: Decided) -> str:
    """Key of what a decision says; `plan` for an approval."""
    kinds = [kind for _, names in SECTIONS.values() for kind in names]
    return next((kind for kind in kinds if getattr(item, kind, None) is not None), "plan")


def subject_of(item: Decided) -> Subject:
    """What a decision is about: two about the same that say different things contradict each other."""
    if isinstance(item, Approval):
        return ("approval", item.plan, item.by)
    if isinstance(item, Match):
        return ("match", item.table, *sorted(map(str, item.records)))
    kind = kind_of(item)
    more = (value_of(item, kind),) if kind in MANY else ()
    return (str(getattr(item, "system", "")), kind, *more)


def value_of(item: Decided, kind: str) -> str:
    """What was decided, as a text."""
    value = getattr(item, kind)
    if isinstance(item, Match):
        # In one order, whichever record was named first.
        return f"{value}: {' / '.join(sorted(map(str, item.records)))}"
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
