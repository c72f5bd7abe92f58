"""One rule read on every system: its truth for each distinct combination of the values that it asks for.

A register of 250,000 systems holds few distinct combinations of the two or three fields that one rule reads, so the
rule is evaluated on these and its truth is spread over the systems.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.policy import Gate, Rule
from planner.policy.conditions import evaluate
from planner.rules.answers import answers_of
from planner.rules.facts import Codes, Facts

TRUE, FALSE, UNKNOWN, IMPOSSIBLE = 1, 0, -1, -2
Truth = NDArray[np.int8]


@dataclass(frozen=True)
class Reading:
    """One gate or rule on all systems.

    `now` is its truth on what is known today and `ahead` what can be said of the day when every question is answered,
    both per combination. `branches` gives, for a field and each of its possible answers, the truth of `now` and
    `ahead` had the field that answer; a combination in which the field is known, or to which the answer is
    impossible, is marked so.
    """

    item: Gate | Rule
    codes: Codes
    combos: pd.DataFrame
    now: Truth
    ahead: Truth
    branches: dict[str, list[tuple[Truth, Truth]]]

    def settled_by(self, name: str) -> NDArray[np.bool_]:
        """Combinations that the answer to one field would decide, whatever it is."""
        branches = [ahead for _, ahead in self.branches[name]]
        possible = np.any([ahead != IMPOSSIBLE for ahead in branches], axis=0)
        decided: NDArray[np.bool_] = possible & np.all([ahead != UNKNOWN for ahead in branches], axis=0)
        return decided


@dataclass(frozen=True)
class Readings:
    """All gates and rules on all systems, and the answers that each field can have."""

    facts: Facts
    items: list[Reading]
    answers: dict[str, list[Any]]

    @property
    def gates(self) -> list[Reading]:
        """Readings of gates."""
        return [reading for reading in self.items if isinstance(reading.item, Gate)]

    @property
    def rules(self) -> list[Reading]:
        """Readings of rules."""
        return [reading for reading in self.items if isinstance(reading.item, Rule)]


def read_rules(facts: Facts, items: Iterable[Gate | Rule], plan_date: date) -> Readings:
    """Read gates and rules on all systems."""
    items = list(items)
    answers = answers_of(items, facts.classes, plan_date)
    return Readings(facts, [_read(item, facts, answers, plan_date) for item in items], answers)


def _read(item: Gate | Rule, facts: Facts, answers: dict[str, list[Any]], plan_date: date) -> Reading:
    fields = item.when.fields()
    codes, combos = facts.combinations([column for name in fields for column in facts.columns_behind(name)])
    now, ahead = _truths(item, combos, plan_date)
    branches = {name: _branches(item, facts, combos, name, answers[name], plan_date) for name in fields}
    reading = Reading(item, codes, combos, now, ahead, branches)
    for name in fields:
        _take_what_all_answers_agree_on(reading, name)
    return reading


def _truths(item: Gate | Rule, rows: pd.DataFrame, plan_date: date) -> tuple[Truth, Truth]:
    now = _as_truth(evaluate(item.when, rows, plan_date))
    if not any(leaf.is_known is not None for leaf in item.when.leaves()):
        return now, now.copy()
    return now, _as_truth(evaluate(item.when, rows, plan_date, will_be_answered=True))


def _as_truth(values: pd.Series) -> Truth:
    truth: Truth = values.astype("Int8").fillna(UNKNOWN).to_numpy(dtype=np.int8).copy()
    return truth


def _branches(
    item: Gate | Rule, facts: Facts, combos: pd.DataFrame, name: str, answers: list[Any], plan_date: date
) -> list[tuple[Truth, Truth]]:
    unknown = np.flatnonzero(combos[name].isna())
    rows = combos.take(np.tile(unknown, len(answers)))
    given = np.repeat(np.arange(len(answers)), len(unknown))
    rows = rows.assign(**{name: pd.Series(answers, dtype=combos[name].dtype).take(given).to_numpy()})
    rows = rows.astype({name: combos[name].dtype})
    now, ahead = _truths(item, rows, plan_date)
    possible = _is_possible(facts, rows, name)
    made = []
    for at in range(len(answers)):
        part = given == at
        made.append(
            (
                _spread(now[part], possible[part], unknown, len(combos)),
                _spread(ahead[part], possible[part], unknown, len(combos)),
            )
        )
    return made


def _is_possible(facts: Facts, rows: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    if name not in facts.classes:
        return np.ones(len(rows), dtype=np.bool_)
    rank = {value: at for at, value in enumerate(facts.classes[name])}
    value, low, high = (rows[column].map(rank).to_numpy(dtype=float) for column in facts.columns_behind(name))
    possible: NDArray[np.bool_] = ~(value < low) & ~(value > high)
    return possible


def _spread(truth: Truth, possible: NDArray[np.bool_], at: NDArray[np.intp], length: int) -> Truth:
    spread = np.full(length, IMPOSSIBLE, dtype=np.int8)
    spread[at] = np.where(possible, truth, IMPOSSIBLE)
    return spread


def _take_what_all_answers_agree_on(reading: Reading, name: str) -> None:
    for which, truth in ((0, reading.now), (1, reading.ahead)):
        branches = np.array([branch[which] for branch in reading.branches[name]])
        open_ = (truth == UNKNOWN) & (branches != IMPOSSIBLE).any(axis=0)
        for answer in (TRUE, FALSE):
            agreed = ((branches == answer) | (branches == IMPOSSIBLE)).all(axis=0)
            truth[open_ & agreed] = answer
