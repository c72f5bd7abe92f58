"""Points and denials of every option: on what is known, and over everything that the unknown may turn out to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.codes import Codes, first_of, joined
from planner.policy import Decisions, Gate, Rule
from planner.rules.kleene import TRUE, UNKNOWN
from planner.rules.reading import IMPOSSIBLE, Reading, Readings

Matrix = NDArray[np.float64]
Bools = NDArray[np.bool_]
NOBODY = -1
# From impossible to true.
TRUTHS = 4


@dataclass(frozen=True)
class Scores:
    """Systems x options, options in the order in which ties are broken.

    `now` are the points of rules that hold; `low` and `high` bound what they can become. `lead` is the least that the
    leader can be ahead of each option when every answer is in (bounds of single fields are exact, a rule that still
    depends on several is taken at its worst). `leader` and `second` are columns, -1 for nobody;
    `chosen` marks systems whose leader a person chose.
    """

    options: list[str]
    now: Matrix
    low: Matrix
    high: Matrix
    denied: Bools
    may_be_denied: Bools
    denied_by: NDArray[np.int64]
    leader: NDArray[np.int64]
    second: NDArray[np.int64]
    lead: Matrix
    chosen: Bools

    @property
    def settled(self) -> Bools:
        """Systems whose leader wins whatever the answers are."""
        has = self.leader != NOBODY
        order = np.arange(len(self.options))[None, :]
        at = np.where(has, self.leader, 0)
        ahead = (self.lead > 0) | ((self.lead == 0) & (at[:, None] < order))
        beaten = ahead | self.denied | (order == at[:, None])
        rows = np.arange(len(at))
        wins = beaten.all(axis=1) & (self.low[rows, at] > 0) | self.chosen
        safe: Bools = has & wins & ~self.may_be_denied[rows, at]
        return safe

    @property
    def rivals(self) -> Bools:
        """Options that can still win, systems x options; the leader is none of its own rivals."""
        order = np.arange(len(self.options))[None, :]
        at = np.where(self.leader == NOBODY, -1, self.leader)[:, None]
        can = (self.lead < 0) | ((self.lead == 0) & (order < at))
        can |= (at == NOBODY) & (self.high > 0)
        rivals: Bools = can & ~self.denied & (order != at) & ~self.chosen[:, None]
        return rivals


def score(readings: Readings, decisions: Decisions, lifted: Mapping[str, Bools] | None = None) -> Scores:
    """Weigh all rules and gates; `lifted` are the systems for which a gate does not deny, by its name."""
    options: list[str] = list(decisions.options)
    column = {option: at for at, option in enumerate(options)}
    denied, may, by = _denials(readings, column, lifted or {})
    now = np.zeros((len(options), len(readings.facts)))
    for reading in readings.rules:
        now[column[_rule(reading).then]] += (_rule(reading).points * (reading.now == TRUE))[reading.codes]
    left = standing(now.T, denied.T)
    leader = best_of(left)
    left[np.arange(len(left)), leader] = -np.inf
    second = best_of(left)
    low, high, lead = _bounds(readings, column, leader)
    low, high = np.minimum(low, now), np.maximum(high, now)
    nobody = np.zeros(len(leader), dtype=np.bool_)
    return Scores(options, now.T, low.T, high.T, denied.T, may.T, by.T, leader, second, lead.T, nobody)


def standing(points: Matrix, denied: Bools) -> Matrix:
    """Points of what can be proposed, systems x options; less than any number for what cannot."""
    return np.where(denied | (points <= 0), -np.inf, points)


def best_of(points: Matrix) -> NDArray[np.int64]:
    """Number of the option with most points for every system, -1 where none stands. The first of equals wins."""
    first = points.argmax(axis=1)
    is_standing = points[np.arange(len(points)), first] > -np.inf
    return np.where(is_standing, first, NOBODY).astype(np.int64)


def _rule(reading: Reading) -> Rule:
    assert isinstance(reading.item, Rule)
    return reading.item


def _denials(
    readings: Readings, column: dict[str, int], lifted: Mapping[str, Bools]
) -> tuple[Bools, Bools, NDArray[np.int64]]:
    shape = (len(column), len(readings.facts))
    denied, may = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    by = np.full(shape, NOBODY, dtype=np.int64)
    for number, reading in enumerate(readings.gates):
        if not isinstance(reading.item, Gate) or reading.item.verdict != "deny":
            continue
        denies, could = (reading.now == TRUE)[reading.codes], (reading.ahead == UNKNOWN)[reading.codes]
        if reading.item.name in lifted:
            denies, could = (flags & ~lifted[reading.item.name] for flags in (denies, could))
        for option in reading.item.options:
            at = column[option]
            by[at][denies & ~denied[at]] = number
            denied[at] |= denies
            may[at] |= could
    return denied, may, by


def _bounds(readings: Readings, column: dict[str, int], leader: NDArray[np.int64]) -> tuple[Matrix, Matrix, Matrix]:
    shape = (len(column), len(leader))
    base, slack_low, slack_high = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    by_field: dict[str, list[tuple[Reading, Bools]]] = {}
    for reading in readings.rules:
        rule, at = _rule(reading), column[_rule(reading).then]
        base[at] += (rule.points * (reading.ahead == TRUE))[reading.codes]
        left = reading.ahead == UNKNOWN
        for name in reading.branches:
            decided = left & reading.settled_by(name)
            if decided.any():
                by_field.setdefault(name, []).append((reading, decided))
                left &= ~decided
        slack_low[at] += (min(rule.points, 0) * left)[reading.codes]
        slack_high[at] += (max(rule.points, 0) * left)[reading.codes]
    low, high = base + slack_low, base + slack_high
    mine = np.where(leader == NOBODY, 0, leader)
    lead = low[mine, np.arange(len(mine))] - high
    for name, decided_rules in by_field.items():
        _add_field(readings, name, decided_rules, column, (low, high, lead), mine)
    return low, high, lead


def _add_field(
    readings: Readings,
    name: str,
    decided_rules: list[tuple[Reading, Bools]],
    column: dict[str, int],
    bounds: tuple[Matrix, Matrix, Matrix],
    leader: NDArray[np.int64],
) -> None:
    """Add what the answer to one field can give each option: all rules that it decides turn out together."""
    low, high, lead = bounds
    codes, at = _alike(name, decided_rules, leader)
    least, most, worst = (np.full((len(low), len(at)), start) for start in (np.inf, -np.inf, np.inf))
    mine = leader[at]
    for number in range(len(readings.answers[name])):
        given, possible = np.zeros_like(least), np.ones(len(at), dtype=np.bool_)
        for reading, decided in decided_rules:
            of_rows = reading.codes[at]
            truth = reading.branches[name][number][1]
            possible &= ~((truth == IMPOSSIBLE) & decided)[of_rows]
            given[column[_rule(reading).then]] += _rule(reading).points * ((truth == TRUE) & decided)[of_rows]
        ahead = given[mine, np.arange(len(at))] - given
        least = np.where(possible, np.minimum(least, given), least)
        most = np.where(possible, np.maximum(most, given), most)
        worst = np.where(possible, np.minimum(worst, ahead), worst)
    for option in sorted({column[_rule(reading).then] for reading, _ in decided_rules}):
        low[option] += least[option][codes]
        high[option] += most[option][codes]
    for option in range(len(lead)):
        lead[option] += worst[option][codes]


def _alike(
    name: str, decided_rules: list[tuple[Reading, Bools]], leader: NDArray[np.int64]
) -> tuple[Codes, NDArray[np.int64]]:
    """Code of the systems to which every answer to a field gives the same, and the first system of each code."""
    parts: list[tuple[Codes, int]] = [(leader, int(leader.max(initial=0)) + 1)]
    for reading, decided in decided_rules:
        turned = (np.where(decided, truth - IMPOSSIBLE, 0) for _, truth in reading.branches[name])
        own, count = joined(((part, TRUTHS) for part in turned), len(decided))
        parts.append((own[reading.codes], count))
    codes, size = joined(parts, len(leader))
    return codes, first_of(codes, size)
