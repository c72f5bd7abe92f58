"""roadmap.html: one file, no outside request, a strict content-security policy, readable without JavaScript."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from planner.render.formats import inside
from planner.render.templates import TEMPLATES, environment
from planner.view.model import Note, System, View

ROWS_WITHOUT_SCRIPT = 100
MAX_CARDS = 1_000
MAX_NOTES = 50
MAX_KINDS = 20
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@dataclass(frozen=True)
class NoteGroup:
    """Findings of one severity: how often each repeated text occurs, the first of them, and how many are left out."""

    label: str
    count: int
    repeated: tuple[tuple[str, int], ...]
    notes: tuple[Note, ...]
    more: int


def render_html(view: View) -> bytes:
    """Render the document; the same view gives the same bytes."""
    style, script = _asset("roadmap.css"), _asset("roadmap.js")
    page = (
        environment(view.meta.language, is_html=True)
        .get_template("roadmap.html")
        .render(
            view=view,
            policy=content_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            island=Markup(_island(view)),
            first_rows=view.systems[:ROWS_WITHOUT_SCRIPT],
            has_cards=view.has_details and len(view.systems) <= MAX_CARDS,
            members=_members(view),
            largest=max((count.share for count in view.counts), default=0.0) or 1.0,
            notes=_note_groups(view),
        )
    )
    return (page.rstrip("\n") + "\n").encode("utf-8")


def content_policy(style: str, script: str) -> str:
    """The policy: nothing is allowed but this very style block, this very script and pictures inside the page."""
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"


@lru_cache
def _asset(name: str) -> str:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    if "</" in text:
        raise ValueError(f"{name} may not hold '</': it would end its own block")
    return text


def _island(view: View) -> str:
    """Rows of the table as JSON that cannot end its own block."""
    rows = [_row(item, view.meta.organisation) for item in view.systems]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return "".join(ESCAPES.get(letter, letter) for letter in text)


def _row(item: System, organisation: str) -> list[Any]:
    return [
        item.system_id,
        item.name,
        inside(item.organisation, organisation),
        item.disposition,
        item.state,
        item.wave,
        item.quarter,
        _whole(item.days[1]),
        _whole(item.cost_sek[1]),
    ]


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _members(view: View) -> dict[tuple[str, str], list[System]]:
    """Systems by lens and class, so that every count can be followed to its systems."""
    members = defaultdict(list)
    for lens in view.lenses:
        words = [label for label, _ in lens.classes]
        for item in view.systems:
            for verdict in (result.verdict for result in item.lenses if result.label == lens.label):
                # Where the class is uncertain, the last but one, the card says between which classes it lies.
                members[lens.key, verdict if verdict in words else words[-2]].append(item)
    return dict(members)


def _note_groups(view: View) -> list[NoteGroup]:
    """Findings by severity; long lists are cut, with counts of the texts that repeat themselves."""
    groups: dict[str, list[Note]] = defaultdict(list)
    for note in view.findings:
        groups[note.severity_label].append(note)
    return [_note_group(label, notes) for label, notes in groups.items()]


def _note_group(label: str, notes: list[Note]) -> NoteGroup:
    more = max(len(notes) - MAX_NOTES, 0)
    kinds = Counter(note.text for note in notes).most_common(MAX_KINDS) if more else []
    repeated = tuple((text, times) for text, times in kinds if times > 1)
    return NoteGroup(label, len(notes), repeated, tuple(notes[:MAX_NOTES]), more)
