"""What one answer would change: the proposal of every system, had one unknown field one of its possible values."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.policy import Gate, Rule
from planner.rules.facts import plain
from planner.rules.kleene import FALSE, TRUE, Truth
from planner.rules.reading import Reading, Readings
from planner.rules.scores import Matrix, Scores, best_of, standing

Rows = NDArray[np.intp]
# A rule, and its truth per combination had they the answer that is tried.
Turned = tuple[Reading, Truth]


def what_if(readings: Readings, scores: Scores) -> pd.DataFrame:
    """Try every possible answer to every unknown field, one at a time.

    Returns
    -------
    DataFrame
        field, answer (as evidence writes it), at (number of the system), option (number of the option that the answer
        would lead to, -1 for none): only where it differs from today's proposal. By field, answer and system.
    """
    now = np.ascontiguousarray(standing(scores.now, scores.denied))
    tried: list[tuple[str, str]] = []
    found: list[tuple[Rows, NDArray[np.int64]]] = []
    for name in sorted(readings.answers):
        concerned = [reading for reading in readings.items if name in reading.branches and _weighs(reading)]
        answers = [plain(answer) for answer in readings.answers[name]]
        for number in sorted(range(len(answers)), key=answers.__getitem__):
            tried.append((name, answers[number]))
            found.append(_changed(scores, now, [(reading, reading.branches[name][number][0]) for reading in concerned]))
    sizes = [len(at) for at, _ in found]
    return pd.DataFrame(
        {
            "field": pd.Categorical([name for name, _ in tried]).repeat(sizes),
            "answer": pd.Categorical([answer for _, answer in tried]).repeat(sizes),
            "at": np.concatenate([at for at, _ in found]),
            "option": np.concatenate([option for _, option in found]),
        }
    )


def _weighs(reading: Reading) -> bool:
    return isinstance(reading.item, Rule) or reading.item.verdict == "deny"


def _changed(scores: Scores, now: Matrix, turned: list[Turned]) -> tuple[Rows, NDArray[np.int64]]:
    """Systems to which an answer gives another proposal, and its option."""
    rows = _moved(turned, len(now))
    after = now[rows]
    for at, option in enumerate(scores.options):
        bearing = [(reading, truth) for reading, truth in turned if option in _options(reading.item)]
        if bearing:
            after[:, at] = _standing(scores, at, bearing, rows)
    best = best_of(after)
    differs = best != scores.leader[rows]
    return rows[differs], best[differs]


def _moved(turned: list[Turned], count: int) -> Rows:
    """Systems to which the answer can be given, and for which it turns at least one rule."""
    moved = np.zeros(count, dtype=np.bool_)
    for reading, truth in turned:
        moved |= ((truth == TRUE) & (reading.now != TRUE) | (truth == FALSE) & (reading.now == TRUE))[reading.codes]
    return np.flatnonzero(moved)


def _standing(scores: Scores, at: int, bearing: list[Turned], rows: Rows) -> Matrix:
    points, denied = scores.now[rows, at], scores.denied[rows, at]
    for reading, truth in bearing:
        holds = truth == TRUE
        if isinstance(reading.item, Rule):
            points += (reading.item.points * (holds.astype(float) - (reading.now == TRUE)))[reading.codes[rows]]
        else:
            denied |= holds[reading.codes[rows]]
    return standing(points, denied)


def _options(item: Gate | Rule) -> list[str]:
    return list(item.options) if isinstance(item, Gate) else [item.then]
