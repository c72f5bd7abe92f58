"""An organisation's own words in the report: its templates, rendered in a process of their own that may take little
time and little memory, and their result held to a short list of elements."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

from markupsafe import Markup

from planner.errors import CaseError
from planner.look.read import PLACES
from planner.view.model import View

# The process limits its own processor time; this is for one that does not even start.
SECONDS = 120
MOST_LETTERS = 50_000
ALONE = {"br", "hr"}
# What may stand in a part of the report: text, lists, tables and links; its headings are below the report's own.
TEXT = {"p", "strong", "em", "b", "i", "abbr", "a", "h3", "h4", "div", "span", "blockquote", "small", "sup", "sub"}
LISTS = {"ul", "ol", "li", "dl", "dt", "dd"}
TABLES = {"table", "caption", "thead", "tbody", "tr", "th", "td"}
ELEMENTS = ALONE | TEXT | LISTS | TABLES
META = ("plan_id", "plan_date", "start_date", "horizon_date", "audience", "diary_number", "contact_role")
ATTRIBUTES = {"lang", "dir", "title", "colspan", "rowspan", "scope"}
ADDRESSES = ("https://", "mailto:", "#")


def own_parts(view: View) -> dict[str, Markup]:
    """The parts by place, without their ending; empty where the case has no template.

    Raises
    ------
    CaseError
        A template fails, takes too long or too much memory, or makes what may not stand in the report.
    """
    parts = {name.partition(".")[0]: Markup() for name in PLACES}
    if view.look is None or not view.look.templates:
        return parts
    given = {"language": view.meta.language, "templates": view.look.templates, "context": _context(view)}
    made = json.loads(_rendered(json.dumps(given)))
    return parts | {name.partition(".")[0]: _checked(name, one) for name, one in made.items()}


@lru_cache(maxsize=100)
def _rendered(given: str) -> bytes:
    """What the process answers; the same templates about the same plan are rendered once."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "planner.render.own_process"],
            input=given.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refused("templates", f"they took more than {SECONDS} seconds") from None
    if done.returncode != 0:
        raise _refused("templates", "they took more time or memory than they may")
    return done.stdout


def _context(view: View) -> dict[str, Any]:
    """What a template may speak of: what page one says, and nothing about a single system."""
    meta = view.meta
    return {
        "organisation": view.look.name if view.look and view.look.name else meta.organisation,
        "plan": {name: getattr(meta, name) for name in META},
        "conclusion": view.conclusion,
        "counts": [{"label": one.label, "systems": one.systems, "settled": one.settled} for one in view.counts],
        "waves": [
            {"number": wave.number, "quarter": wave.quarter, "start": wave.start_date, "end": wave.end_date,
             "systems": len(wave.systems)}
            for wave in view.waves
        ],
        "goals": [asdict(goal) for goal in view.goals],
        "end_date": view.end_date,
        "total_days": view.total_days,
        "total_cost_sek": view.total_cost_sek,
    }  # fmt: skip


def _checked(name: str, made: dict[str, Any]) -> Markup:
    if "error" in made:
        raise _refused(f"{name}:{made['line']}" if made.get("line") else name, made["error"])
    if len(made["text"]) > MOST_LETTERS:
        raise _refused(name, f"it makes more than {MOST_LETTERS} letters")
    reader = _Reader(name)
    reader.feed(made["text"])
    reader.close()
    if reader.open:
        raise _refused(name, f"<{reader.open[-1]}> is not closed")
    return Markup(made["text"])


def _refused(place: str, why: str) -> CaseError:
    return CaseError(
        f"the organisation's own template cannot be used: {why}",
        place=place,
        remedy="See docs/look.md for what it may hold.",
    )


class _Reader(HTMLParser):
    """Refuses what is not on the lists; every element is closed where it was opened."""

    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.name, self.open = name, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ELEMENTS:
            raise self._at(f"<{tag}> may not stand here")
        for key, value in attrs:
            is_address = tag == "a" and key == "href" and (value or "").startswith(ADDRESSES)
            if key not in ATTRIBUTES and not is_address:
                raise self._at(f"the attribute {key} may not stand in <{tag}>")
        if tag not in ALONE:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ALONE:
            return
        if not self.open or self.open.pop() != tag:
            raise self._at(f"</{tag}> closes nothing")

    def handle_decl(self, decl: str) -> None:
        raise self._at("a declaration may not stand here")

    def handle_pi(self, data: str) -> None:
        raise self._at("a processing instruction may not stand here")

    def unknown_decl(self, data: str) -> None:
        raise self._at("a declaration may not stand here")

    def handle_comment(self, data: str) -> None:
        raise self._at("a comment may not stand here; write {# ... #}")

    def _at(self, why: str) -> CaseError:
        return _refused(f"{self.name}:{self.getpos()[0]}", why)
