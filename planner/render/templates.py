"""Jinja environments: strict about names, with the words and number formats of one language.

The templates here are the planner's own, and values are never templates; an organisation's templates are rendered in a
sandbox and a process of their own (`own_process.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from planner.render.formats import filters
from planner.texts import load_texts

TEMPLATES = Path(__file__).parent.parent.parent / "templates"


@lru_cache
def environment(language: str, *, is_html: bool, escape: Callable[[object], str] | None = None) -> Environment:
    """Make the environment of one kind of document.

    Parameters
    ----------
    is_html
        Escape every value; other documents have an `escape` of their own, as the filter `md`.
    """
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=is_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    texts = load_texts(language)
    words = texts.interface
    made.filters.update(filters(language, words), fill=_filled)
    if escape is not None:
        made.filters["md"] = escape
    made.globals.update(T=words | texts.page)
    return made


def _filled(phrase: str, **given: object) -> str:
    """A phrase of ours with its places filled; an organisation's own templates, which could fill any text, lack it."""
    return phrase.format(**given)
