"""roadmap.html: one file, no outside request, a strict content-security policy, readable without JavaScript."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from markupsafe import Markup

from planner.collector import paused
from planner.look.contrast import DARK_GROUND, LIGHT_GROUND, mixed
from planner.render import MOST_WITH_PAPERS
from planner.render.characters import writable
from planner.render.island import packed_island, rows_island
from planner.render.own import own_parts
from planner.render.sheet import Block, SheetWriter
from planner.render.templates import TEMPLATES, environment
from planner.view.model import View
from planner.view.model.appendix import Note
from planner.view.model.systems import System
from planner.view.model.terms import Ref

# As many rows, and sheets, are in the page itself; of a larger plan they are drawn by the page's script.
SHOWN_WITHOUT_SCRIPT = 100
# Names of a list on the page of a larger plan; the rest are shown in the table.
SHOWN_NAMES = 20
MAX_ROWS = 100
MAX_TABLES = 20
MAX_NOTES = 50
MAX_KINDS = 20
SCRIPTS = ("roadmap.js", "sheets.js", "review.js")


@dataclass(frozen=True)
class NoteGroup:
    """Findings of one severity: how often each repeated text occurs, the first of them, and how many are left out."""

    label: str
    count: int
    repeated: tuple[tuple[str, int], ...]
    notes: tuple[Note, ...]
    more: int


@dataclass
class Page:
    """What of a view stands in the page itself, and what a script draws from the packed island.

    Lists that are cut get a key while the page is written, so the island comes last.
    """

    view: View
    most: int = MAX_ROWS
    most_tables: int = MAX_TABLES
    lists: dict[str, Sequence[Ref | System]] = field(default_factory=dict)

    @property
    def most_edges(self) -> int:
        """Flows on the page of a wave; a large plan has many waves."""
        return SHOWN_NAMES if self.is_large else MAX_ROWS

    @cached_property
    def is_large(self) -> bool:
        """More systems than a page can hold the sheets of."""
        return len(self.view.systems) > SHOWN_WITHOUT_SCRIPT

    @property
    def has_cards(self) -> bool:
        """Every sheet stands in the page."""
        return self.view.has_details and not self.is_large

    @property
    def has_sheets(self) -> bool:
        """Every sheet is in the packed island."""
        return self.view.has_details and self.is_large

    @property
    def has_workbook(self) -> bool:
        """The workbook is written with the plan."""
        return len(self.view.systems) <= MOST_WITH_PAPERS

    @cached_property
    def _writer(self) -> SheetWriter:
        return SheetWriter(self.view.meta.language)

    def blocks(self, item: System) -> tuple[Block, ...]:
        """The sheet of one system."""
        return self._writer.blocks(item)

    @cached_property
    def by_action(self) -> dict[str, list[System]]:
        """Systems by what is proposed."""
        found: dict[str, list[System]] = defaultdict(list)
        for item in self.view.systems:
            found[item.key].append(item)
        return found

    @cached_property
    def dearest(self) -> list[System]:
        """Systems by what they cost today and what it takes to move them, the most first; unknown comes last."""
        return sorted(self.view.systems, key=lambda item: (-(item.today_sek or 0), -(item.cost_sek[1] or 0), item.name))

    def is_cut(self, items: Sequence[Any]) -> bool:
        """Whether a list is too long to be written out; the page of a small plan has room for all."""
        return self.is_large and len(items) > SHOWN_NAMES

    def shown(self, items: Sequence[Any]) -> Sequence[Any]:
        """As much of a list as is written out."""
        return items[:SHOWN_NAMES] if self.is_cut(items) else items

    def key(self, items: Sequence[Ref | System]) -> str:
        """The key by which the page finds a list that is cut."""
        key = str(len(self.lists))
        self.lists[key] = items
        return key

    def packed(self) -> str:
        """Sheets and lists as the script reads them."""
        return packed_island(self.view, self.lists)


def render_html(view: View) -> bytes:
    """Render the document; the same view gives the same bytes."""
    style, script = _asset("roadmap.css") + _colours(view), "".join(map(_asset, SCRIPTS))
    with paused():
        page = (
            environment(view.meta.language, is_html=True)
            .get_template("roadmap.html")
            .render(
                view=view,
                page=Page(view),
                own=own_parts(view),
                policy=content_policy(style, script),
                style=Markup(style),
                script=Markup(script),
                island=Markup(rows_island(view)),
                first_rows=view.systems[:SHOWN_WITHOUT_SCRIPT],
                members=_members(view),
                largest=max((count.share for count in view.counts), default=0.0) or 1.0,
                notes=_note_groups(view),
            )
        )
    return (writable(page).rstrip("\n") + "\n").encode("utf-8")


def _colours(view: View) -> str:
    """The organisation's accent in place of the planner's, on each ground; paper keeps its black."""
    if view.look is None or view.look.accents is None:
        return ""
    light, dark = view.look.accents
    return (
        f"@media screen{{:root{{--accent:{light};--end:{light};--bar:{mixed(light, LIGHT_GROUND)}}}}}\n"
        f"@media screen and (prefers-color-scheme:dark)"
        f"{{:root{{--accent:{dark};--end:{dark};--bar:{mixed(dark, DARK_GROUND)}}}}}\n"
    )


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
