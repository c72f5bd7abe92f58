"""roadmap.html: one file, no outside request, a strict content-security policy, readable without JavaScript."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from planner.render.templates import TEMPLATES, environment
from planner.view.model import System, View

ROWS_WITHOUT_SCRIPT = 100
MAX_CARDS = 1_000
MAX_NOTES = 50
LINE_BREAKS = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def render_html(view: View) -> bytes:
    """Render the document; the same view gives the same bytes."""
    style, script = _asset("roadmap.css"), _asset("roadmap.js")
    island = json.dumps([_row(item) for item in view.systems], ensure_ascii=False, separators=(",", ":"))
    page = (
        environment(view.meta.language, is_html=True)
        .get_template("roadmap.html")
        .render(
            view=view,
            policy=content_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            island=Markup("".join(LINE_BREAKS.get(letter, letter) for letter in island)),
            first_rows=view.systems[:ROWS_WITHOUT_SCRIPT],
            has_cards=view.has_details and len(view.systems) <= MAX_CARDS,
            notes=_shortened(view),
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


def _row(item: System) -> list[Any]:
    return [
        item.system_id,
        item.name,
        item.organisation,
        item.disposition,
        item.state,
        item.wave,
        item.quarter,
        item.days[1],
        item.cost_sek[1],
    ]


def _shortened(view: View) -> list[dict[str, Any]]:
    """Findings of one text and severity are shown together, and long lists are cut with a count of the rest."""
    groups: dict[tuple[str, str], list[Any]] = {}
    for note in view.findings:
        groups.setdefault((note.severity, note.severity_label), []).append(note)
    return [
        {"label": label, "notes": notes[:MAX_NOTES], "more": max(len(notes) - MAX_NOTES, 0), "count": len(notes)}
        for (_, label), notes in groups.items()
    ]
