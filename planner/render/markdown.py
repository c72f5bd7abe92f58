"""roadmap.md: page one and the systems by wave, as Markdown that any forge or editor shows."""

from __future__ import annotations

import re

from planner.render.characters import writable
from planner.render.templates import environment
from planner.view.model import View

_MARKS = re.compile(r"([\\`*_{}\[\]<>|#~&])")
_LINE_STARTS = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+=]))")


def render_markdown(view: View) -> bytes:
    """Render the document; every text of the inventory goes through `escape`."""
    return _rendered(view, "roadmap.md").encode("utf-8")


def render_changes(view: View) -> str:
    """Render what differs from the plan before; the view has to have one."""
    return _rendered(view, "changes.md")


def _rendered(view: View, template: str) -> str:
    page = environment(view.meta.language, is_html=False, escape=escape).get_template(template).render(view=view)
    return re.sub(r"\n{3,}", "\n\n", writable(page)).strip("\n") + "\n"


def escape(text: object) -> str:
    """Make a text harmless in Markdown: marks are escaped, also those that start a list; lines and blanks collapsed."""
    return _LINE_STARTS.sub(r"\1\\", _MARKS.sub(r"\\\1", " ".join(str(text).split())))
