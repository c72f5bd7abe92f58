"""One rule read on every system: its truth for each combination of values that it can tell apart.

Of 250,000 systems with thousands of different numbers of users, a rule on "fewer than ten" sees three kinds: fewer, not
fewer and unknown. It is evaluated on one example of each kind, and its truth is spread over the systems.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.codes import Codes
from planner.policy import Gate, Rule
from planner.rules.answers import answers_of
from planner.rules.facts import Facts
from planner.rules.kleene import FALSE, TRUE, UNKNOWN, Truth, Truths

IMPOSSIBLE = -2


@dataclass(frozen=True)
class Reading:
    """One gate or rule on all systems.

    `codes` gives the combination of every system. `now` is the truth of the rule on what is known today and `ahead`
    what can be said of the day when every question is answered, both per combination. `branches` gives, for a field and
    each of its possible answers, the truth of `now` and `ahead` had the field that answer; a combination in which the
    field is known, or to which the answer is impossible, is marked so.
    """

    item: Gate | Rule
    codes: Codes
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
    truths = Truths(facts, plan_date, answers)
    return Readings(facts, [_read(item, facts, answers, truths) for item in items], answers)


def _read(item: Gate | Rule, facts: Facts, answers: dict[str, list[Any]], truths: Truths) -> Reading:
    fields = item.when.fields()
    columns = [column for name in fields for column in facts.columns_behind(name)]
    codes, combos = truths.combinations(item.when, columns)
    now, ahead = (truths.of(item.when, combos, ahead=later) for later in (False, True))
    branches = {name: _branches(item, facts, combos, name, len(answers[name]), truths) for name in fields}
    reading = Reading(item, codes, now.copy(), ahead.copy(), branches)
    for name in fields:
        _take_what_all_answers_agree_on(reading, name)
    return reading


def _branches(
    item: Gate | Rule, facts: Facts, combos: dict[str, Codes], name: str, count: int, truths: Truths
) -> list[tuple[Truth, Truth]]:
    first = truths.first_answer(name)
    # The unknown is the last of a field's own values.
    unknown = np.flatnonzero(combos[name] == first - 1)
    rows = {column: np.tile(codes[unknown], count) for column, codes in combos.items()}
    rows[name] = np.repeat(np.arange(first, first + count), len(unknown))
    possible = _is_possible(facts, rows, name, truths)
    length = len(combos[name])
    spread = [
        [
            _spread(truth[part], possible[part], unknown, length)
            for part in np.split(np.arange(len(unknown) * count), count)
        ]
        for truth in (truths.of(item.when, rows, ahead=later) for later in (False, True))
    ]
    return list(zip(*spread, strict=True))


def _is_possible(facts: Facts, rows: dict[str, Codes], name: str, truths: Truths) -> NDArray[np.bool_]:
    if name not in facts.classes:
        return np.ones(len(rows[name]), dtype=np.bool_)
    rank = {value: at for at, value in enumerate(facts.classes[name])}
    value, low, high = (
        truths.values(column).map(rank).to_numpy(dtype=float)[rows[column]] for column in facts.columns_behind(name)
    )
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
