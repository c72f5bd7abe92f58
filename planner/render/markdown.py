"""roadmap.md: page one and the systems by wave, as Markdown that any forge or editor shows."""

from __future__ import annotations

import re
from functools import lru_cache

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from planner.render.formats import filters
from planner.render.html import TEMPLATES
from planner.texts import load_texts
from planner.view.model import View

_MARKS = re.compile(r"([\\`*_{}\[\]<>|#~])")


def render_markdown(view: View) -> bytes:
    """Render the document; every text of the inventory goes through `escape`."""
    page = _environment(view.meta.language).get_template("roadmap.md").render(view=view)
    return (re.sub(r"\n{3,}", "\n\n", page).strip("\n") + "\n").encode("utf-8")


def escape(text: object) -> str:
    """Make a text harmless in Markdown: marks are escaped, lines and blanks collapsed."""
    return _MARKS.sub(r"\\\1", " ".join(str(text).split()))


@lru_cache
def _environment(language: str) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = load_texts(language).interface
    environment.filters.update(filters(language, words), md=escape)
    environment.globals.update(T=words)
    return environment
