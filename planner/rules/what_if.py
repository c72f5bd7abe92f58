"""What one answer would change: the proposal of every system, had one unknown field one of its possible values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.policy import Gate, Rule
from planner.rules.facts import plain
from planner.rules.kleene import FALSE, TRUE
from planner.rules.reading import IMPOSSIBLE, Reading, Readings
from planner.rules.scores import Scores, winners


def what_if(readings: Readings, scores: Scores) -> pd.DataFrame:
    """Try every possible answer to every unknown field, one at a time.

    Returns
    -------
    DataFrame
        at (number of the system), field, answer (as evidence writes it), option (number of the option that the answer
        would lead to, -1 for none): only where it differs from today's proposal.
    """
    parts = [
        _changed(readings, scores, name, number, answer)
        for name, answers in readings.answers.items()
        for number, answer in enumerate(answers)
    ]
    kept = [part for part in parts if len(part)]
    if not kept:
        return pd.DataFrame({"at": [], "field": [], "answer": [], "option": []})
    return pd.concat(kept, ignore_index=True)


def _changed(readings: Readings, scores: Scores, name: str, number: int, answer: Any) -> pd.DataFrame:
    concerned = [reading for reading in readings.items if name in reading.branches and _weighs(reading)]
    rows = np.flatnonzero(_is_moved(readings, concerned, name, number))
    points, denied = scores.now[rows].copy(), scores.denied[rows].copy()
    for reading in concerned:
        branch = reading.branches[name][number][0][reading.codes[rows]]
        for at in (scores.options.index(name_of) for name_of in _options(reading.item)):
            if isinstance(reading.item, Rule):
                gained = (branch == TRUE).astype(float) - (reading.now == TRUE)[reading.codes[rows]]
                points[:, at] += reading.item.points * gained
            else:
                denied[:, at] |= branch == TRUE
    won, _ = winners(points, denied)
    differs = won != scores.leader[rows]
    return pd.DataFrame({"at": rows[differs], "field": name, "answer": plain(answer), "option": won[differs]})


def _weighs(reading: Reading) -> bool:
    return isinstance(reading.item, Rule) or reading.item.verdict == "deny"


def _options(item: Gate | Rule) -> list[str]:
    return list(item.options) if isinstance(item, Gate) else [item.then]


def _is_moved(readings: Readings, concerned: list[Reading], name: str, number: int) -> NDArray[np.bool_]:
    """Systems for which the answer turns at least one rule, and can be given at all."""
    moved = np.zeros(len(readings.facts), dtype=np.bool_)
    possible = np.ones(len(readings.facts), dtype=np.bool_)
    for reading in concerned:
        branch = reading.branches[name][number][0]
        turned = (branch == TRUE) & (reading.now != TRUE) | (branch == FALSE) & (reading.now == TRUE)
        moved |= turned[reading.codes]
        possible &= (branch != IMPOSSIBLE)[reading.codes]
    return moved & possible
