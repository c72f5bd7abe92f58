"""What is told of an export: rows written, rows that the target would refuse and why, and whose limits these are."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from planner.export.limits import limits_of, targets
from planner.export.material import Export, Refusal
from planner.render.table import safe
from planner.texts import Texts

SHOWN = 3


def told(made: Export, name: str, files: list[tuple[Path, int]], texts: Texts) -> list[str]:
    """Lines for a person: notes, refused rows by reason, whose limits these are, and what was written where."""
    say = texts.export
    lines = [say[code].format(count=count) for code, count in made.notes]
    if made.refused:
        lines.append(say["refused_count"].format(count=len({item.key for item in made.refused})))
        lines += _reasons(made.refused, say)
    if name in targets() and (made.refused or made.notes):
        limits = limits_of(name)
        lines.append(say["checked"].format(target=name, date=limits.as_of.isoformat(), source=limits.source))
    paths = ", ".join(str(path) for path, _ in files)
    size = f"{sum(size for _, size in files) / 1000:.0f} kB"
    return [*lines, say["written"].format(count=made.written, file=paths, size=size)]


def _reasons(refused: tuple[Refusal, ...], say: dict[str, str]) -> list[str]:
    """One line for each reason, with the first of its rows."""
    groups: dict[tuple[str, str], list[Refusal]] = {}
    for item in refused:
        groups.setdefault((item.column, item.code), []).append(item)
    lines = []
    for (column, code), items in groups.items():
        rows = [f"{item.name[:40]} ({item.value[:40]})" if item.value else item.name[:40] for item in items[:SHOWN]]
        more = say["refused_more"].format(count=len(items) - SHOWN) if len(items) > SHOWN else ""
        given = {"column": column, "why": say[code], "count": len(items), "rows": ", ".join(rows) + more}
        lines.append(say["refused_line"].format(**given))
    return lines


def refused_csv(refused: tuple[Refusal, ...], texts: Texts) -> bytes:
    """Every refused row with every reason, safe to open in a spreadsheet."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(texts.export["refused_header"])
    writer.writerows(
        [safe(cell) for cell in (item.key, item.name, item.column, item.value, texts.export[item.code])]
        for item in refused
    )
    return ("\ufeff" + file.getvalue()).encode("utf-8")
