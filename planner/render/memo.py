"""The memo for a board: what is asked of it, what it leads to and costs, what threatens it and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator

from planner.render.comparison import compared_figure, compared_row
from planner.render.document import Block, Document, Grid, Heading, Items, Text, Timeline
from planner.render.formats import day
from planner.render.writer import Writer
from planner.texts import load_texts
from planner.view.model import View
from planner.view.model.page_one import Risk

# What fits on two to four pages; the report has the rest, and the memo says how much that is.
MAX_ASKS = 10
# A board that is told of a missed deadline asks which: so many systems are named.
MAX_NAMED = 5


def memo(view: View) -> Document:
    """Write the memo of a view."""
    texts = load_texts(view.meta.language)
    return document(view, texts.export["memo_kicker"], tuple(memo_blocks(view, Writer(view, texts), MAX_ASKS)))


def document(view: View, kicker: str, blocks: tuple[Block, ...]) -> Document:
    """Put a head and a foot around blocks."""
    texts, meta, look = load_texts(view.meta.language), view.meta, view.look
    name = look.name if look and look.name else meta.organisation
    word, say = texts.interface, texts.export
    about = [
        (word["diary_number"], meta.diary_number or word["unknown"]),
        (word["plan_date"], day(meta.plan_date, meta.language)),
        (say["status"], word["draft"]),
        (say["audience"], word[f"audience_{meta.audience}"]),
        (say["secrecy"], say[f"secrecy_{meta.audience}"]),
        (word["contact"], meta.contact_role or word["unknown"]),
        (word["plan_id"], meta.plan_id),
    ]
    return Document(
        title=f"{word['heading']} {name}",
        author=meta.organisation,
        language=meta.language,
        date=meta.plan_date,
        kicker=kicker,
        about=about,
        running=f"{meta.organisation} · {word['roadmap']} · {meta.plan_id} · {word['draft']}",
        blocks=blocks,
        logo=look.logo if look else None,
        **({"accent": look.accents[0]} if look and look.accents else {}),
    )


def memo_blocks(view: View, write: Writer, max_asks: int | None) -> Iterator[Block]:
    """Page one and what follows from it; the report begins with the same."""
    word = write.word
    if view.meta.is_invented:
        yield Text(word["invented"], "note")
    yield Text(view.conclusion, "lead")
    yield _figures(view, write)
    yield from _asks(view, write, max_asks)
    yield from _actions(view, write)
    yield from _years(view, write)
    yield from compared_figure(view, write)
    yield from _waves(view, write)
    yield from _goals(view, write)
    if view.risks:
        yield Heading(word["risks"])
        yield Items([_risk(risk) for risk in view.risks])
    yield Heading(word["trust"])
    rows = [(item.label, write.coverage("of", item)) for item in view.coverage]
    yield Grid(word["trust_caption"], (write.say["about_what"], word["known"]), rows, (4, 1), (1,))
    yield Text(f"{word['disclaimer']} {word['cost_note']} {_prices(view, write)}", "note")


def _risk(risk: Risk) -> str:
    names = [ref.name for ref in risk.systems]
    is_named = risk.key == "late" and len(names) == risk.count <= MAX_NAMED
    return f"{risk.text.rstrip('.')}: {', '.join(names)}." if is_named else risk.text


def _asks(view: View, write: Writer, most: int | None) -> Iterator[Block]:
    word = write.word
    shown = view.asks[:most]
    yield Heading(word["asks"])
    yield Text(word["asks_intro"])
    rows = [
        (str(at), ask.what, ask.by_whom, write.day(ask.by_date), ask.consequence)
        for at, ask in enumerate(shown, start=1)
    ]
    headers = (write.say["number"], word["what"], word["by_whom"], word["by_when"], word["otherwise"])
    yield Grid(word["asks_caption"], headers, rows, (0.6, 4, 2.4, 1.8, 4), (0,))
    if len(shown) < len(view.asks):
        yield Text(write.say["more_asks"].format(count=len(view.asks) - len(shown)), "note")


def _actions(view: View, write: Writer) -> Iterator[Block]:
    word = write.word
    rows = []
    for item in view.counts:
        is_systems = item.key != "foundation"
        row = [
            item.label,
            write.count(item.systems) if is_systems else "–",
            write.share(item.share) if is_systems else "–",
        ]
        if view.has_details:
            row += [
                "–" if item.days[1] is None else write.span(item.days),
                "–" if item.cost_sek[1] is None else write.money_span(item.cost_sek),
            ]
        rows.append(row)
    headers = [word["action"], word["systems"], word["share"]]
    widths: tuple[float, ...] = (3, 1.2, 1)
    if view.has_details:
        headers += [word["person_days"].capitalize(), word["work_once"]]
        widths = (2.4, 1.1, 1, 3, 3.6)
    yield Heading(word["actions"])
    yield Grid(word["actions_caption"], headers, rows, widths, tuple(range(1, len(headers))))


def _figures(view: View, write: Writer) -> Grid:
    """What the plan costs and when it is done, on page one."""
    word = write.word
    facts = [
        (
            word["work_once"],
            f"{write.money_span(view.total_cost_sek)}, {write.span(view.total_days)} {word['person_days']}",
        ),
        (
            word["today"],
            f"{write.money(view.today_sek)} ({write.coverage('known_for', view.today_known)})",
        ),
        (
            word["cloud_cost_year"],
            f"{write.money_span(view.target_sek)} ({write.coverage('priced_for', view.target_known)})",
        ),
        *compared_row(view, write),
        (word["last_change"], _last(view, write)),
    ]
    return Grid("", (write.say["about_what"], write.say["about_value"]), facts, (1.6, 4))


def _last(view: View, write: Writer) -> str:
    """The last change: the planned day, or first the day to count on where the planned one hardly holds."""
    if not (view.end_date and view.uncertain):
        return write.day(view.end_date)
    whole = view.uncertain[-1]
    sure, planned = write.day(whole.p80_date), write.day(whole.planned_date)
    if whole.is_unlikely:
        said = write.fill("last_change_planned", planned=planned, chance=write.chance(whole.on_plan))
        return f"{sure} ({said})"
    return f"{write.day(view.end_date)} ({write.fill('last_change_sure', p80=sure)})"


def _years(view: View, write: Writer) -> Iterator[Block]:
    word = write.word
    yield Heading(word["cost"])
    rows = [
        (str(year.year), write.count(year.days), write.count(year.capacity_days), write.money(year.cost_sek))
        for year in view.years
    ]
    headers = (word["year"], word["person_days_likely"], word["capacity"], word["cost_likely"])
    yield Grid(word["years_caption"], headers, rows, (1, 1.4, 1.6, 1.4), (1, 2, 3))


def _waves(view: View, write: Writer) -> Iterator[Block]:
    word = write.word
    yield Heading(word["waves"])
    if not view.waves:
        yield Text(word["no_waves"])
        return
    yield Text(word["waves_intro"])
    bars = [(f"{word['wave']} {wave.number}", wave.left, wave.width) for wave in view.waves]
    yield Timeline(f"{word['timeline']}. {word['timeline_desc']}", bars, [(tick.label, tick.at) for tick in view.ticks])
    rows = [
        (
            str(wave.number),
            wave.quarter,
            f"{write.day(wave.start_date)} – {write.day(wave.end_date)}",
            write.count(len(wave.systems)),
            wave.bound_by,
        )
        for wave in view.waves
    ]
    headers = (word["wave"], word["change_in"], word["work_from_to"], word["systems"], word["bound_by"])
    yield Grid(word["waves_caption"], headers, rows, (0.8, 1.6, 4, 1.2, 3), (0, 3))


def _goals(view: View, write: Writer) -> Iterator[Block]:
    word, when = write.word, write.day(view.goal_date)
    yield Heading(word["goals"])
    rows = [
        (goal.label, write.bounds(goal.today), write.bounds(goal.due), write.count(goal.total), write.count(goal.known))
        for goal in view.goals
    ]
    headers = (word["goal"], word["now"], when, word["of_total"], word["known_count"])
    yield Grid(write.fill("goals_caption", date=when), headers, rows, (4, 1.2, 1.7, 0.9, 1.2), (1, 2, 3, 4))


def _prices(view: View, write: Writer) -> str:
    meta = view.meta
    parts = []
    if meta.price_as_of:
        parts.append(
            f"{write.fill('price_note', date=write.day(meta.price_as_of), region=meta.region)} {meta.price_source}."
        )
    if meta.exchange:
        parts.append(f"{write.word['exchange']}: {meta.exchange}.")
    return " ".join(parts)
