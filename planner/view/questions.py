"""Questions in words: one row per system and question, and the summary that says which to ask first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from planner.policy import fact_columns
from planner.portfolio import Portfolio
from planner.texts import Texts
from planner.view.desk import text
from planner.view.directions import closed_texts

SUMMARY_LINES = 20


@dataclass(frozen=True)
class Question:
    """One question about one system; `choices` are the answers in words, when they can be listed."""

    rank: int
    asked_of: str
    organisation: str
    system_id: str
    system: str
    field: str
    question: str
    choices: tuple[str, ...]
    alone: str


def question_rows(portfolio: Portfolio, texts: Texts) -> tuple[Question, ...]:
    """All questions, those that settle the most first."""
    systems, questions = (closed_texts(portfolio[name]) for name in ("systems", "questions"))
    names = dict(zip(systems["system_id"], systems["name"], strict=True))
    return tuple(
        Question(
            int(row["rank"]),
            texts.interface[f"q_{row['asked_of']}"],
            text(row["organisation"]),
            row["system_id"],
            names[row["system_id"]],
            row["field"],
            _question(row["field"], texts),
            _choices(row["field"], texts),
            texts.interface["q_yes" if row["alone"] else "q_no"],
        )
        for row in questions.to_dict("records")
    )


def _question(field: str, texts: Texts) -> str:
    # What is answered in another list than the form has a question of its own.
    return texts.interface.get(f"q_{field}", texts.field(field))


def _choices(field: str, texts: Texts) -> tuple[str, ...]:
    column = fact_columns().get(field)
    if column is None:
        return ()
    if column.type == "boolean":
        return (texts.interface["q_yes"], texts.interface["q_no"])
    if column.type == "integer":
        return column.values
    return tuple(texts.value(field, value) for value in column.values)


def summary(portfolio: Portfolio, texts: Texts) -> list[str]:
    """One line per question and department, the most telling first."""
    lines: list[str] = []
    for _, rows in portfolio["questions"].groupby("rank"):
        first: dict[str, Any] = rows.iloc[0].to_dict()
        asked = ", ".join(
            part for part in (text(first["organisation"]), texts.interface[f"q_{first['asked_of']}"]) if part
        )
        counts = texts.interface["q_line"].format(systems=len(rows), alone=int(rows["alone"].sum()))
        lines.append(f"{first['rank']}. {_question(first['field'], texts)} ({asked}): {counts}")
    return lines[:SUMMARY_LINES]
