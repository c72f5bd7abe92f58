"""Words of documents and messages: one YAML per subject and language in `templates/texts/`, so that no text lives
in code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
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
CHOICE = re.compile(r"\{\w+:[^{}]*\|[^{}]*\}")
OWN = re.compile(r"\bown model\b|\begen modell\b")
REFERENCE = re.compile(r"\b(?:public-sector|peers) reference (?:section )?(\w+(?:\.\w+)*)")
ISO_DATE = re.compile(r"(?<![\w-])(?:den )?(\d{4}-\d\d-\d\d)(?![\w-])")


class Phrase(str):
    """A text that bends after its numbers: `{count} {count:week|weeks}` takes the first word for 1, else the second."""

    __slots__ = ()

    def format(self, *given: object, **named: object) -> str:
        """As of any text, with the words that its numbers choose."""
        return super().format(*map(_Given, given), **{name: _Given(value) for name, value in named.items()})


class _Given:
    def __init__(self, value: object) -> None:
        self._value = value

    def __format__(self, form: str) -> str:
        one, bar, many = form.partition("|")
        if bar:
            return one if str(self._value) == "1" else many
        return format(self._value, form)


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
    policy: dict[str, str]

    def say(self, key: str, **given: object) -> str:
        """Return the label `key` with its places filled; KeyError when it does not exist (a test holds both
        languages complete)."""
        return self.labels[key].format(**given)

    def dated(self, sentence: str) -> str:
        """A sentence of ours with its ISO dates as it says them: `den 19 januari 2029`. What is no date stays as it is.

        Sentences with texts of others are filled with `day` instead: a name may hold a date.
        """
        return ISO_DATE.sub(lambda found: self.day(found[1]), sentence)

    def day(self, value: str | None) -> str:
        """An ISO date as a sentence says it; any other text as it is."""
        return (self._day(value) if value and ISO_DATE.fullmatch(value) else "") or value or ""

    def of_policy(self, said: str) -> str:
        """What a policy says of a number, which is in English: in the language, as far as the words are known."""
        worded = OWN.sub(self.say("own_model"), self.policy.get(said, said))
        return REFERENCE.sub(lambda found: self.say("own_reference", section=found[1]), worded)

    def _day(self, iso: str) -> str:
        try:
            day = date.fromisoformat(iso)
        except ValueError:
            return ""
        return self.say("day_in_words", day=day.day, month=self.labels["months"].split()[day.month - 1], year=day.year)

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

    def figure(self, value: float) -> str:
        """A number with the language's marks and all of its decimals: `390 000`, `10,5`."""
        return f"{value:,.15g}".replace(",", self.say("group")).replace(".", self.say("decimal"))

    def finding(self, code: str, part: str = "text", **given: object) -> str:
        """Text or remedy of a finding."""
        return self.findings[code][part].format(**{name: "" if item is None else item for name, item in given.items()})


@lru_cache
def load_texts(language: str) -> Texts:
    """Load the texts of one language, `sv` or `en`."""
    parts = {part: _bending(load_yaml(TEXTS / f"{part}.{language}.yaml", PolicyError)[0]) for part in PARTS}
    policy = {} if language == "en" else load_yaml(TEXTS / f"policy.{language}.yaml", PolicyError)[0]
    return Texts(language, policy=policy, **parts)


def _bending(texts: Any) -> Any:
    """Texts in which a number chooses a word are phrases."""
    if isinstance(texts, dict):
        return {key: _bending(text) for key, text in texts.items()}
    return Phrase(texts) if isinstance(texts, str) and CHOICE.search(texts) else texts
