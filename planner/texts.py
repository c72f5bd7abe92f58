"""Words of documents and messages: one YAML per subject and language in `templates/texts/`, so that no text lives
in code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from planner.errors import PolicyError
from planner.yamlfile import load_yaml

TEXTS = Path(__file__).parent.parent / "templates" / "texts"
LANGUAGES = ("sv", "en")
PARTS = (
    "labels",
    "fields",
    "values",
    "findings",
    "interface",
    "mapping",
    "check",
    "scenarios",
    "export",
    "diff",
    "fleet",
    "page",
)


@dataclass(frozen=True)
class Texts:
    """All texts of one language."""

    language: str
    labels: dict[str, str]
    fields: dict[str, str]
    values: dict[str, Any]
    findings: dict[str, dict[str, str]]
    interface: dict[str, str]
    mapping: dict[str, Any]
    check: dict[str, Any]
    scenarios: dict[str, str]
    export: dict[str, Any]
    diff: dict[str, Any]
    fleet: dict[str, str]
    page: dict[str, str]

    def say(self, key: str, **given: object) -> str:
        """Return the label `key` with its places filled; KeyError when it does not exist (a test holds both
        languages complete)."""
        return self.labels[key].format(**given)

    def field(self, name: str) -> str:
        """Label of a column."""
        return self.fields.get(name, name)

    def value(self, field: str, raw: object) -> str:
        """Label of a column's value; `?` is unknown."""
        text = str(raw)
        if text == "?":
            return str(self.values["unknown"])
        if text in ("True", "False"):
            return str(self.values["boolean"][text])
        words = self.values.get(field, {})
        return str(words.get(text, text)) if isinstance(words, dict) else text

    def finding(self, code: str, part: str = "text", **given: object) -> str:
        """Text or remedy of a finding."""
        return self.findings[code][part].format(**{name: "" if item is None else item for name, item in given.items()})


@lru_cache
def load_texts(language: str) -> Texts:
    """Load the texts of one language, `sv` or `en`."""
    parts = {part: load_yaml(TEXTS / f"{part}.{language}.yaml", PolicyError)[0] for part in PARTS}
    return Texts(language, **parts)
