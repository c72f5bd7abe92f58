"""Pieces of evidence that say one and the same thing of several options: a reader is told once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from planner.lineage import written
from planner.view.desk import text

SAME = ("kind", "outcome", "effect", "because_sv", "because_en", "source")
Row = dict[str, Any]


def joined(rows: list[Row]) -> list[Row]:
    """Join the gates of one system that hold for one reason, each for options of its own.

    A gate on targets becomes a gate for each set of options that it means the same for, and each has read what its own
    options ask for. Rules stay apart, since their points add up.
    """
    found: dict[object, list[Row]] = {}
    for at, row in enumerate(rows):
        is_gate = row["kind"] == "gate"
        found.setdefault(tuple(row[name] for name in SAME) if is_gate else at, []).append(row)
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
    return text(row["letters"]).split(",") if text(row["record"]) == text(first["record"]) else []


def _elsewhere(row: Row, first: Row) -> list[str]:
    is_here = text(row["record"]) == text(first["record"])
    return written("" if is_here else text(row["record"]), text(row["letters"]), text(row["cells"])).split()


def _distinct(parts: Iterable[str]) -> list[str]:
    return [part for part in dict.fromkeys(parts) if part]
