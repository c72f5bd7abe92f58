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
    page = environment(view.meta.language, is_html=False, escape=escape).get_template("roadmap.md").render(view=view)
    return (re.sub(r"\n{3,}", "\n\n", writable(page)).strip("\n") + "\n").encode("utf-8")


def escape(text: object) -> str:
    """Make a text harmless in Markdown: marks are escaped, also those that start a list; lines and blanks collapsed."""
    return _LINE_STARTS.sub(r"\1\\", _MARKS.sub(r"\\\1", " ".join(str(text).split())))
