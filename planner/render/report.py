"""The whole report on paper: the memo's pages, then every system with its reasons, and what the plan rests on."""

from __future__ import annotations

from collections.abc import Iterator

from planner.render.comparison import compared_whole
from planner.render.document import Block, Document, Grid, Heading, Items, Text
from planner.render.memo import document, memo_blocks
from planner.render.writer import Writer
from planner.texts import load_texts
from planner.view.directions import closed
from planner.view.model import View
from planner.view.model.systems import Reason, System

# More cards than this make hundreds of pages; evidence.csv and `fardplan explain` have them all.
MAX_CARDS = 1_000
MAX_NOTES = 200
# Rows of one table: typst takes twice the memory for one table of ten thousand as for forty of these.
MAX_ROWS = 250


def report(view: View) -> Document:
    """Write the report of a view."""
    texts = load_texts(view.meta.language)
    return document(view, texts.export["report_kicker"], tuple(_blocks(view, Writer(view, texts))))


def _blocks(view: View, write: Writer) -> Iterator[Block]:
    yield from memo_blocks(view, write, None)
    yield from compared_whole(view, write)
    yield from _loads(view, write)
    yield from _systems(view, write)
    if view.has_details:
        yield from _cards(view, write)
        yield from _findings(view, write)
    yield from _appendix(view, write)


def _loads(view: View, write: Writer) -> Iterator[Block]:
    """How the teams are used, by half-years."""
    word = write.word
    if not view.loads:
        return
    yield Heading(word["loads"])
    yield Items([f"{load.team}: {write.share(load.busiest)} {word['busiest']}" for load in view.loads])
    rows = [
        (
            load.team,
            used.label,
            write.count(used.used_days),
            write.count(used.capacity_days),
            "–" if used.share is None else write.share(used.share),
        )
        for load in view.loads
        for used in load.used
    ]
    headers = [word[key] for key in ("team", "half", "used", "capacity", "of_capacity")]
    yield Grid(word["loads_caption"], headers, rows, (4, 1.4, 1.2, 2, 1), (2, 3, 4))


def _systems(view: View, write: Writer) -> Iterator[Block]:
    """Every system, by wave; those of a large plan in several tables."""
    word = write.word
    headers = (word["name"], word["action"], word["state"], word["wave"], word["change_in"])
    yield Heading(word["systems"])
    most = MAX_ROWS if len(view.systems) > MAX_CARDS else MAX_CARDS
    for first in range(0, len(view.systems), most):
        rows = [
            (item.name, item.disposition, item.state, "–" if item.wave is None else str(item.wave), item.quarter or "–")
            for item in view.systems[first : first + most]
        ]
        caption = word["systems_caption"]
        if len(view.systems) > most:
            caption = f"{caption}, {write.count(first + 1)}–{write.count(first + len(rows))}"
        yield Grid(caption, headers, rows, (4, 2, 1.6, 0.8, 1.6), (3,))


def _cards(view: View, write: Writer) -> Iterator[Block]:
    yield Heading(write.word["cards"])
    if len(view.systems) > MAX_CARDS:
        yield Text(write.word["no_cards"])
        return
    for item in view.systems:
        yield from _card(item, write)


def _card(item: System, write: Writer) -> Iterator[Block]:
    word = write.word
    yield Heading(item.name, 2)
    when = f"{word['wave']} {item.wave}, {item.quarter}" if item.wave is not None else word["without_wave"]
    yield Text(f"{closed(item.system_id)} · {item.disposition} · {item.state} · {when}")
    if item.reasons:
        yield Text(f"{word['why']}:")
        yield Items(list(dict.fromkeys(map(_reason, item.reasons))))
    if item.alternatives:
        yield Text(f"{word['what_lost']}:")
        yield Items([f"{other.label}: {other.why}" for other in item.alternatives])
    parts = [
        (word["decisions_first"], item.tasks),
        (word["answers_that_could_change"], item.questions),
        (word["depends_on"], tuple(ref.name for ref in item.depends_on)),
        (word["needed_by"], tuple(ref.name for ref in item.needed_by)),
        (word["assumed"], item.assumed),
    ]
    for label, names in parts:
        if names:
            yield Text(f"{label}: {', '.join(names)}.")
    if item.days[1] is not None:
        yield Text(
            f"{word['effort']}: {write.span(item.days)} {word['person_days']}, {write.money_span(item.cost_sek)}."
        )


def _reason(reason: Reason) -> str:
    values = ", ".join(f"{name}: {value}" for name, value in reason.values)
    return f"{reason.because} ({values}; {reason.cells or '–'}). {reason.source}"


def _findings(view: View, write: Writer) -> Iterator[Block]:
    word = write.word
    yield Heading(word["findings"])
    yield Text(word["findings_intro"])
    shown = view.findings[:MAX_NOTES]
    rows = [(note.severity_label, note.place or note.record or "–", f"{note.text} {note.remedy}") for note in shown]
    yield Grid("", (write.say["severity"], word["cells"], write.say["about_value"]), rows, (1.2, 2.4, 5))
    if len(shown) < len(view.findings):
        yield Text(word["more_findings"].format(count=len(view.findings) - len(shown)), "note")


def _appendix(view: View, write: Writer) -> Iterator[Block]:
    word = write.word
    yield Heading(word["method"])
    yield Text(word["method_text"])
    yield Heading(word["sources"])
    rows = [
        (
            f"{row.file} ({row.sheet})" if row.sheet else row.file,
            *map(write.count, (row.rows_in, row.rows_used, row.rows_merged, row.rows_rejected)),
        )
        for row in view.meta.sources
    ]
    headers = tuple(word[key] for key in ("file", "rows_in", "rows_used", "rows_merged", "rows_rejected"))
    yield Grid(word["sources_caption"], headers, rows, (4, 1, 1, 1.4, 1), (1, 2, 3, 4))
    yield Heading(word["laws"])
    yield Text(word["laws_intro"])
    laws = [
        (f"{law.title}: {law.fact}", f"{law.status} ({law.mark})", law.source or "–", write.day(law.review_by))
        for law in view.laws
    ]
    yield Grid("", (word["law"], word["status"], word["source"], word["review_by"]), laws, (4, 1.6, 2.4, 1.4))
    yield Heading(word["scoring_rules"])
    yield Text(word["rules_intro"])
    rules = [(rule.because, rule.effect, rule.source) for rule in view.rules]
    yield Grid("", (word["rule"], word["effect"], word["source"]), rules, (4, 1.6, 2.6))
    yield Heading(word["assumptions"])
    numbers = [(item.name, item.value, f"{item.because} ({item.source})") for item in view.assumptions]
    yield Grid("", (word["assumption"], word["value"], word["because"]), numbers, (2.6, 1.4, 4))
