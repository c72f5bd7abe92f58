"""Numbers, dates and phrases as documents on paper write them."""

from __future__ import annotations

from functools import partial

from planner.render.formats import bounds, chance, count, day, money, money_span, number, outcome, share, span
from planner.texts import Texts
from planner.view.model import View
from planner.view.model.page_one import Coverage
from planner.view.model.terms import Span


class Writer:
    """Numbers, dates and words of one view, as people read them."""

    def __init__(self, view: View, texts: Texts) -> None:
        self.language, self.word, self.say = view.meta.language, texts.interface, texts.export
        self.count = partial(count, language=self.language)
        self.bounds = partial(bounds, language=self.language)
        self.share = partial(share, language=self.language)
        self.chance = partial(chance, language=self.language)

    def day(self, value: str | None) -> str:
        """A date, or that it is unknown."""
        return day(value, self.language) if value else self.word["unknown"]

    def money(self, value: float | None) -> str:
        """Kronor, or that they are unknown."""
        return self.word["unknown"] if value is None else money(value, self.language)

    def money_span(self, value: Span) -> str:
        """A range of kronor."""
        return money_span(value, self.language, self.word["unknown"], self.word["likely"])

    def outcome(self, value: Span) -> str:
        """The middle of what may come of it and eight of ten around it."""
        return outcome(value, self.language, self.word["to"])

    def number(self, value: float) -> str:
        """A number with the decimals that it has."""
        return number(value, self.language)

    def span(self, value: Span) -> str:
        """A range of numbers."""
        return span(value, self.language, self.word["unknown"], self.word["likely"])

    def fill(self, key: str, **given: object) -> str:
        """A phrase of the interface with its places filled."""
        return self.word[key].format(**given)

    def coverage(self, key: str, of: Coverage) -> str:
        """A phrase of the interface about how many are known of how many."""
        return self.fill(key, known=self.count(of.known), total=self.count(of.total))

    def coverage_of(self, known: int, total: int) -> str:
        """How many systems of how many are meant."""
        return f"{self.fill('of', known=self.count(known), total=self.count(total))} {self.word['systems'].lower()}"
