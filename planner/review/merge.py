"""Two reviews to one: what is new is added, what a role said before is replaced, what two roles say is shown."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from planner.errors import ReviewError
from planner.review.model import Decided, Review
from planner.review.reading import SECTIONS, Read, kind_of, subject_of, value_of


@dataclass(frozen=True)
class Conflict:
    """Two roles that decided differently on the same thing."""

    subject: str
    ours: str
    theirs: str


@dataclass(frozen=True)
class Merged:
    """The review with another one in it; what was added, replaced or said already, and what contradicts."""

    review: Review
    added: int
    replaced: int
    known: int
    conflicts: tuple[Conflict, ...]


def merge(ours: Read, theirs: Read, take: str | None = None) -> Merged:
    """Merge another review into ours.

    Parameters
    ----------
    ours, theirs
        The case's own review, and the one to merge into it.
    take
        `ours` or `theirs` settles conflicts; without it they stay out and are told.
    """
    parts: dict[str, list[Decided]] = {}
    counts = dict.fromkeys(("added", "replaced", "known"), 0)
    conflicts: list[Conflict] = []
    for section in (*SECTIONS, "approvals"):
        kept: list[Decided] = list(getattr(ours.review, section))
        for at, item in enumerate(getattr(theirs.review, section)):
            same = next((index for index, own in enumerate(kept) if subject_of(own) == subject_of(item)), None)
            if same is None:
                kept.append(item)
                counts["added"] += 1
            elif kept[same] == item:
                counts["known"] += 1
            elif kept[same].by == item.by or take == "theirs":
                kept[same] = item
                counts["replaced"] += 1
            elif take != "ours":
                places = (_place((ours, theirs), section, kept[same]), theirs.places.get((section, at), section))
                conflicts.append(_conflict(kept[same], item, places))
        parts[section] = kept
    review = Review(format=ours.review.format, **{name: tuple(items) for name, items in parts.items()})
    return Merged(review, **counts, conflicts=tuple(conflicts))


def write_review(review: Review, path: Path) -> None:
    """Write a review whole or not at all; the lines of comment at its head stay.

    Raises
    ------
    ReviewError
        The file cannot be written.
    """
    data = review.model_dump(exclude_none=True)
    plain = {name: _plain(items) for name, items in data.items() if items}
    for name in (*SECTIONS, "approvals"):
        # What is decided comes before who, when and why, as people write it.
        plain |= {name: [_in_order(item) for item in plain[name]]} if name in plain else {}
    text = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=110)
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_text(_head(path) + text, encoding="utf-8")
        os.replace(draft, path)
    except OSError as reason:
        raise ReviewError(f"the review cannot be written ({reason.strerror})", place=str(path)) from None
    finally:
        draft.unlink(missing_ok=True)


def _head(path: Path) -> str:
    lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True) if path.is_file() else []
    end = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    return "".join(lines[:end])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _in_order(item: dict[str, Any]) -> dict[str, Any]:
    last = [name for name in Decided.model_fields if name in item]
    return {name: item[name] for name in item if name not in last} | {name: item[name] for name in last}


def _place(reads: tuple[Read, Read], section: str, item: Decided) -> str:
    """Where a decision stands: in our review, or earlier in the other one, which then contradicts itself."""
    for read in reads:
        items = getattr(read.review, section)
        if item in items:
            return read.places.get((section, items.index(item)), section)
    return section


def _conflict(own: Decided, other: Decided, places: tuple[str, str]) -> Conflict:
    told = [
        f"{place}: {value_of(item, kind_of(item))} ({item.by}, {item.date})"
        for place, item in zip(places, (own, other), strict=True)
    ]
    return Conflict(" ".join(subject_of(own)), *told)
