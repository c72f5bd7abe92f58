"""What the sheet of one system says, as blocks in words: the page draws them, with its own template or in the reader's
browser."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from planner.render.formats import count, day, money, money_span, points, span
from planner.texts import load_texts
from planner.view.model.systems import Alternative, Fit, Flip, LensResult, Reason, Step, System, Work

# Kinds of blocks: names with values, sentences with a note each, evidence, links to systems, paragraphs.
KINDS = ("facts", "list", "reasons", "refs", "text")
Item = tuple[str, ...]


class Block(NamedTuple):
    """A heading and its items; items of one kind have as many parts each. A large plan has 200,000 of them."""

    kind: str
    heading: str
    items: tuple[Item, ...]


class SheetWriter:
    """Writes sheets in one language. Every sheet has the same blocks in the same order; some of them are empty."""

    def __init__(self, language: str) -> None:
        self.language, self.word = language, load_texts(language).interface
        self.unknown, self.likely = self.word["unknown"], self.word["likely"]
        # The same evidence, step or date stands on many sheets.
        self.values = lru_cache(maxsize=100_000)(_values)
        self.effect = lru_cache(maxsize=10_000)(self._effect)
        self.trace = lru_cache(maxsize=10_000)(self._trace)
        self.work = lru_cache(maxsize=100_000)(self._work)
        self.step = lru_cache(maxsize=100_000)(self._step)
        self.fit = lru_cache(maxsize=100_000)(self._fit)
        self.lens = lru_cache(maxsize=100_000)(self._lens)
        self.alternative = lru_cache(maxsize=100_000)(self._alternative)

    def blocks(self, item: System) -> tuple[Block, ...]:
        """Write the sheet of one system."""
        word = self.word
        return (
            Block("facts", "", self._facts(item)),
            Block("list", word["reviewed"], _plain(item.reviewed)),
            Block("reasons", word["why"], tuple(map(self._reason, item.reasons))),
            Block("reasons", word["cannot_be_decided"], tuple(map(self._reason, item.undecided))),
            Block("list", word["what_lost"], tuple(map(self.alternative, item.alternatives))),
            Block("list", word["decisions_first"], _plain(item.tasks)),
            Block("list", word["answers_that_could_change"], _plain(item.questions)),
            Block("list", word["would_flip"], tuple(map(_flip, item.flips))),
            Block("list", word["effort_parts"], tuple(map(self.work, item.work))),
            Block("list", word["steps"], tuple(map(self.step, item.steps))),
            Block("list", word["lenses"], tuple(map(self.lens, item.lenses))),
            Block("list", word["dates"], tuple((f"{self._day(when)}: {label}", "") for label, when in item.dates)),
            Block("list", word["target_environments"], tuple(map(self.fit, item.fits))),
            Block("text", word["moves_together"], ((item.circle,),) if item.circle else ()),
            Block("refs", word["depends_on"], tuple((ref.system_id, ref.name) for ref in item.depends_on)),
            Block("refs", word["needed_by"], tuple((ref.system_id, ref.name) for ref in item.needed_by)),
            Block("list", word["sizing"], _plain(item.sizing)),
            Block("list", word["assumed"], _plain(item.assumed)),
        )  # fmt: skip

    def _facts(self, item: System) -> tuple[Item, ...]:
        word, days, cost = self.word, "–", "–"
        if item.days[1] is not None:
            days = f"{span(item.days, self.language, self.unknown, self.likely)} {word['person_days']}"
        if item.cost_sek[1] is not None:
            cost = money_span(item.cost_sek, self.language, self.unknown, self.likely)
        today = self.unknown if item.today_sek is None else money(item.today_sek, self.language)
        servers = self.unknown if item.servers is None else count(item.servers, self.language)
        facts = ((word["organisation"], item.organisation),) if item.organisation else ()
        return (
            *facts,
            (word["effort"], days),
            (word["work_once"], cost),
            (word["today"], today),
            (word["cloud_cost_year"], self._cloud(item)),
            (word["servers"], servers),
        )

    def _cloud(self, item: System) -> str:
        if item.target_sek[1] is None:
            return item.target_state
        return f"{money_span(item.target_sek, self.language, self.unknown, self.likely)} ({item.target_state})"

    def _reason(self, reason: Reason) -> Item:
        """Because, effect, values, cells, and where the rule is from."""
        cells = f"{self.word['cells']}: {reason.cells}. " if reason.cells else ""
        effect = self.effect(reason.effect, reason.points, reason.options)
        return (
            reason.because,
            effect,
            self.values(reason.values),
            cells,
            self.trace(reason.kind, reason.rule, reason.source),
        )

    def _effect(self, effect: str, weight: float | None, options: str) -> str:
        said = "" if weight is None else f" {points(weight, self.language, sign=True)}"
        return f"{effect}{said}: {options}"

    def _trace(self, kind: str, rule: str, source: str) -> str:
        return f"{kind} {rule}. {self.word['source']}: {source}"

    def _alternative(self, other: Alternative) -> Item:
        score, low, high = (points(value, self.language) for value in (other.score, other.low, other.high))
        return f"{other.label}: {score} {self.word['points']} ({low} – {high}), {other.why}", ""

    def _work(self, work: Work) -> Item:
        days = span(work.days, self.language, self.unknown, self.likely)
        return f"{work.phase}: {days} {self.word['person_days']}", ""

    def _step(self, step: Step) -> Item:
        dates = f"{self._day(step.start_date)} – {self._day(step.end_date)}"
        return f"{dates}: {step.phase}", f"{self.word['bound_by'].lower()}: {step.bound_by}"

    def _fit(self, fit: Fit) -> Item:
        notes = [f"{'; '.join(fit.because)}."] if fit.because else []
        notes += [f"{self.word['missing'].capitalize()}: {', '.join(fit.missing)}"] if fit.missing else []
        return f"{fit.verdict}: {', '.join(fit.targets)}.", " ".join(notes)

    def _lens(self, result: LensResult) -> Item:
        known = self.word["inputs_known"].format(known=result.known, total=result.inputs)
        return f"{result.label}: {result.verdict}", known

    def _day(self, value: str) -> str:
        return day(value, self.language)


def _values(pairs: tuple[tuple[str, str], ...]) -> str:
    return "; ".join(f"{name} = {value}" for name, value in pairs)


def _flip(flip: Flip) -> Item:
    return f"{flip.field} = {flip.answers} → {flip.leads_to}", ""


def _plain(lines: tuple[str, ...]) -> tuple[Item, ...]:
    return tuple((line, "") for line in lines)
