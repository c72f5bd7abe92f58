"""Jira CSV: a wave is an epic, and a system in it a task under it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from planner.export.limits import limits_of
from planner.export.material import Asked, Export, Refusal
from planner.render.characters import in_one_line
from planner.render.table import safe
from planner.texts import Texts, load_texts
from planner.view.model import View
from planner.view.model.schedule import Wave
from planner.view.model.systems import System

# Epic Link and Epic Name are deprecated; a child names its parent's id, and the parent stands before it.
HEADER = ("Issue Type", "Issue ID", "Summary", "Parent", "Start date", "Due date", "Labels", "Description")


def write_jira(view: View, asked: Asked) -> Export:
    """Write the issues; ids only tie the rows of this file together."""
    texts, limits = load_texts(view.meta.language), limits_of("jira")
    systems = {item.system_id: item for item in view.systems}
    refused: list[Refusal] = []
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(HEADER)
    number = 0
    for wave in view.waves:
        number += 1
        epic = number
        writer.writerow(_epic(wave, epic, view, texts))
        for ref in wave.systems:
            item = systems[ref.system_id]
            summary = _summary(item)
            if len(summary) > limits["summary"]:
                refused.append(Refusal(item.system_id, item.name, "Summary", summary, "too_long"))
                continue
            number += 1
            writer.writerow(_task(item, summary, number, epic, view, texts))
    return Export(
        (file.getvalue().encode("utf-8"),),
        number,
        tuple(refused),
        tuple(_notes(view, number, limits["issues_per_file"])),
    )


def _notes(view: View, issues: int, most: int) -> Iterator[tuple[str, int]]:
    without = sum(item.wave is None for item in view.systems)
    if without:
        yield "without_wave", without
    if issues > most:
        yield "too_many_issues", issues


def _epic(wave: Wave, number: int, view: View, texts: Texts) -> list[object]:
    summary = texts.export["wave_title"].format(number=wave.number, quarter=wave.quarter)
    about = texts.export["wave_about"].format(count=len(wave.systems), plan=view.meta.plan_id)
    return ["Epic", number, safe(summary), "", wave.start_date, wave.end_date, "fardplan", safe(about)]


def _summary(item: System) -> str:
    return str(safe(in_one_line(f"{item.name}: {item.disposition}")))


def _task(item: System, summary: str, number: int, epic: int, view: View, texts: Texts) -> list[object]:
    start = item.steps[0].start_date if item.steps else ""
    lines = [
        texts.export["system_about"].format(system=item.system_id, state=item.state, plan=view.meta.plan_id),
        *(f"* {task}" for task in item.tasks),
    ]
    return [
        "Task",
        number,
        summary,
        epic,
        start,
        item.end_date or "",
        "fardplan",
        safe("\n".join(map(in_one_line, lines))),
    ]
