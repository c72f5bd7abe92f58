"""Evidence in words; pieces that say one and the same thing of several options are told once."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import Any

import pandas as pd

from planner.lineage import written
from planner.view.desk import Desk, number
from planner.view.model.systems import Reason

SAME = ("kind", "outcome", "effect", "because_sv", "because_en", "source")
SAID = ("rule", "kind", "outcome", "effect", "source", "values", "options")
CELLS = ["record", "letters", "cells"]
READ = ["system_id", *dict.fromkeys((*SAME, *SAID)), "points", *CELLS]
same_of, said_of = itemgetter(*SAME), itemgetter(*SAID)
Row = dict[str, Any]


def weighing(desk: Desk) -> pd.DataFrame:
    """What holds, and every gate that waits for an answer, as cards read it; no cell is an empty text."""
    table = desk.table("evidence")
    waits = (table["kind"] == "gate") & (table["outcome"] == "unknown") & (table["effect"] == "needs_decision")
    mine = table.loc[(table["outcome"] == "true") | waits, READ]
    return mine.assign(**{name: mine[name].astype(object).fillna("") for name in CELLS})


def joined(rows: list[Row]) -> list[Row]:
    """Join the gates of one system that hold for one reason, each for options of its own.

    A gate on targets becomes a gate for each set of options that it means the same for, and each has read what its own
    options ask for. Rules stay apart, since their points add up.
    """
    found: dict[object, list[Row]] = {}
    for at, row in enumerate(rows):
        is_gate = row["kind"] == "gate"
        found.setdefault(same_of(row) if is_gate else at, []).append(row)
    return [_one(alike) for alike in found.values()]


def _one(rows: list[Row]) -> Row:
    if len(rows) == 1:
        return rows[0]
    first = rows[0]
    return first | {
        "rule": ", ".join(row["rule"] for row in rows),
        "options": " ".join(_distinct(option for row in rows for option in row["options"].split())),
        "values": "; ".join(_distinct(value for row in rows for value in row["values"].split("; "))),
        "letters": ",".join(_distinct(letter for row in rows for letter in _here(row, first))),
        "cells": " ".join(_distinct(cell for row in rows for cell in _elsewhere(row, first))),
    }


def _here(row: Row, first: Row) -> list[str]:
    """Columns of the row of the source that the first piece names too."""
    return row["letters"].split(",") if row["record"] == first["record"] else []


def _elsewhere(row: Row, first: Row) -> list[str]:
    is_here = row["record"] == first["record"]
    return written("" if is_here else row["record"], row["letters"], row["cells"]).split()


def _distinct(parts: Iterable[str]) -> list[str]:
    return [part for part in dict.fromkeys(parts) if part]


def weighty(rows: list[Row], chosen: str) -> list[Row]:
    """What holds: first what speaks for the proposal, then gates, then what speaks for something else."""
    holding = [row for row in rows if row["outcome"] == "true"]
    rank = {"review": 0, "gate": 1, "rule": 2}
    return sorted(
        holding,
        key=lambda row: (
            0 if row["options"] == chosen else rank[row["kind"]],
            -(number(row["points"]) or 0),
            row["rule"],
        ),
    )


def asks(item: Row) -> bool:
    """Whether the evidence waits for an answer that somebody has to decide on."""
    return bool(item["outcome"] == "unknown" and item["effect"] == "needs_decision")


class Told:
    """Evidence in words. What is said of many systems is worded once, and they share it: only the cells differ."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._made: dict[object, Reason] = {}

    def reason(self, item: Row) -> Reason:
        """One piece of evidence in words."""
        said = (*said_of(item), number(item["points"]))
        one = self._made.get(said) or self._made.setdefault(said, self._worded(item))
        cells = written(item["record"], item["letters"], item["cells"])
        return Reason(**{**vars(one), "cells": cells})

    def _worded(self, item: Row) -> Reason:
        texts = self._desk.texts
        return Reason(
            rule=item["rule"],
            kind=texts.say(f"kind_{item['kind']}"),
            outcome=texts.say(f"outcome_{item['outcome']}"),
            effect=texts.say(f"effect_{item['effect']}"),
            because=item[f"because_{texts.language}"],
            source=texts.of_policy(item["source"]),
            values=_values(self._desk, item["values"]),
            cells="",
            points=number(item["points"]),
            options=", ".join(texts.say(f"option_{option}") for option in item["options"].split()),
        )


def _values(desk: Desk, said: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.partition("=")[::2] for part in said.split("; "))
    return tuple((desk.texts.field(name), _value(desk, name, value)) for name, value in pairs)


def _value(desk: Desk, name: str, value: str) -> str:
    is_amount = name.endswith("_sek") and value.isdecimal()
    return desk.texts.figure(int(value)) if is_amount else desk.texts.value(name, value)
