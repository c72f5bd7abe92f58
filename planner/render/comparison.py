"""Today against the plan on paper: one line and a figure in the memo, and all of it in the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planner.render.document import Block, Grid, Heading, Stacked, Text
from planner.render.writer import Writer
from planner.view.model import View
from planner.view.model.business import BusinessCase, Measure, Outcome


def compared_row(view: View, write: Writer) -> list[tuple[str, str]]:
    """How much more or less the plan costs than today, with what is compared: one row of facts, or none."""
    case = view.business
    found = [item for item in case.measures if item.key == "difference"] if case else []
    if case is None or not found:
        return []
    main = found[0].outcomes[case.purchases.index(case.main)]
    scope = write.coverage_of(case.compared, case.total)
    years = f"{case.first_year}–{case.last_year}"
    return [(f"{found[0].label} {years}", f"{write.outcome(main.points)}, {case.main.lower()} ({scope})")]


def compared_figure(view: View, write: Writer) -> Iterator[Block]:
    """A bar for today and one for the plan in every year, with the same numbers in a table."""
    case, word = view.business, write.word
    if case is None:
        return
    yield Heading(word["business_years"], 2)
    most = max([1.0, *(max(year.today, max(year.kept, 0) + year.cloud + year.once) for year in case.years)])
    bars: list[tuple[str, Sequence[float], str]] = []
    for year in case.years:
        plan = (max(year.kept, 0), year.cloud, year.once)
        bars.append((f"{year.year} · {word['now']}", (year.today / most, 0.0, 0.0), write.money(year.today)))
        total = year.kept + year.cloud + year.once
        bars.append((f"{year.year} · {word['the_plan']}", tuple(part / most for part in plan), write.money(total)))
    legend = (word["part_kept"], word["part_cloud"], word["part_once"])
    yield Stacked(f"{word['business_years']}. {word['business_years_desc']}", legend, bars)
    keys = ("year", "now", "part_kept", "part_cloud", "part_once", "plan_less_today")
    rows = [
        (
            str(year.year),
            *map(write.money, (year.today, year.kept, year.cloud, year.once)),
            write.money(year.kept + year.cloud + year.once - year.today),
        )
        for year in case.years
    ]
    caption = word["business_years_caption"].replace("{purchase}", case.main)
    yield Grid(caption, [word[key] for key in keys], rows, (0.8, 1.2, 2, 1.2, 1.2, 1.8), (1, 2, 3, 4, 5))


def compared_whole(view: View, write: Writer) -> Iterator[Block]:
    """Every measure for every way to buy, what moves the result, and what is left out."""
    case, word = view.business, write.word
    if case is None:
        return
    yield Heading(word["business"])
    yield Text(
        write.fill(
            "business_intro",
            first=case.first_year,
            last=case.last_year,
            compared=write.count(case.compared),
            total=write.count(case.total),
        )
    )
    rows = [(item.label, *(_outcome(case, item, each, write) for each in item.outcomes)) for item in case.measures]
    yield Grid(word["business_caption"], (word["measure"], *case.purchases), rows, (2, 3, 3, 3), (1, 2, 3))
    yield Text(write.fill("business_reading", samples=write.count(case.samples)), "note")
    yield from _levers(case, write)
    yield Heading(word["business_outside"], 2)
    yield Text(word["business_outside_intro"])
    left = [(item.label, write.count(item.count)) for item in case.excluded]
    yield Grid("", (write.say["about_what"], word["systems"]), left, (5, 1), (1,))
    yield Text(word["business_notes"], "note")


def _levers(case: BusinessCase, write: Writer) -> Iterator[Block]:
    word = write.word
    yield Heading(word["tornado"], 2)
    if case.likely_npv is not None:
        yield Text(write.fill("tornado_intro", value=write.money(case.likely_npv), purchase=case.main))
    rows = [
        (
            item.label,
            " / ".join(map(write.number, item.values)),
            write.money(item.npv_low),
            write.money(item.npv_high),
        )
        for item in case.levers
    ]
    headers = [word[key] for key in ("assumption", "assumed_range", "npv_at_low", "npv_at_high")]
    yield Grid(word["tornado_caption"], headers, rows, (4, 2, 1.6, 1.6), (1, 2, 3))


def _outcome(case: BusinessCase, measure: Measure, found: Outcome, write: Writer) -> str:
    middle = found.points[1]
    if measure.unit == "SEK":
        return write.outcome(found.points)
    if measure.unit == "years":
        if middle is None:
            return write.fill("not_within", years=len(case.years))
        return f"{write.number(middle)} {write.word['years']}"
    return f"{write.word['unknown'] if middle is None else write.count(middle)} {measure.unit}"
