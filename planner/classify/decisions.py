"""One decision per system: the proposal, how sure it is, what must be decided first and which answers could flip it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from planner.flags import Flags, named
from planner.policy import Decisions, Gate, Rule
from planner.rules.kleene import TRUE, UNKNOWN
from planner.rules.reading import Reading, Readings
from planner.rules.scores import NOBODY, Scores
from planner.schema import conform


def decided(readings: Readings, scores: Scores, decisions: Decisions) -> pd.DataFrame:
    """Table decisions.

    `settled` means that the proposal wins whatever the unknown turns out to be: in points, and past every gate.
    """
    rows, has = np.arange(len(scores.now)), scores.leader != NOBODY
    at = np.where(has, scores.leader, 0)
    second = np.where(scores.second == NOBODY, 0, scores.second)
    options = pd.array([*scores.options, pd.NA], dtype="string")
    points = scores.now[rows, at]
    rival = np.where(scores.second == NOBODY, 0.0, scores.now[rows, second])
    state = np.where(scores.settled, "settled", np.where(has, "open", "needs_decision"))
    return conform(
        pd.DataFrame(
            {
                "system_id": readings.facts.system_ids,
                "disposition": options[scores.leader],
                "state": state,
                "score": pd.array(points, dtype="Float64"),
                "runner_up": options[scores.second],
                "margin": pd.array(points - rival, dtype="Float64"),
                "tasks": _tasks(readings, scores, decisions),
                "unknown_fields": _unknown_fields(readings, scores),
                "main_rule": _main_rule(readings, scores),
            }
        ).assign(
            score=lambda made: made["score"].where(has),
            margin=lambda made: made["margin"].where(has),
        ),
        "decisions",
    )


def _bears_on_leader(reading: Reading, scores: Scores) -> Flags:
    options = reading.item.options if isinstance(reading.item, Gate) else [reading.item.then]
    wanted = np.array([*(name in options for name in scores.options), False])
    flags: Flags = wanted[scores.leader]
    return flags


def _tasks(readings: Readings, scores: Scores, decisions: Decisions) -> ExtensionArray:
    names = [task.name for task in decisions.tasks]
    flags = np.zeros((len(names), len(readings.facts)), dtype=np.bool_)
    for reading in readings.gates:
        gate = reading.item
        assert isinstance(gate, Gate)
        mine = _bears_on_leader(reading, scores)
        if gate.task and gate.verdict != "deny":
            flags[names.index(gate.task)] |= mine & (reading.now == TRUE)[reading.codes]
        asked = gate.task_on_unknown or gate.task
        if asked and gate.on_unknown == "needs_decision":
            flags[names.index(asked)] |= mine & (reading.now == UNKNOWN)[reading.codes]
    return named(flags, names).spread()


def _unknown_fields(readings: Readings, scores: Scores) -> ExtensionArray:
    """Unknown fields that can still change who wins: those of rules for the leader or for a rival that can catch up,
    and of gates that could deny one of them."""
    fields = sorted({name for reading in readings.items for name in reading.branches})
    flags = np.zeros((len(fields), len(readings.facts)), dtype=np.bool_)
    contested = scores.rivals.copy()
    rows = np.flatnonzero(scores.leader != NOBODY)
    contested[rows, scores.leader[rows]] = True
    contested[scores.settled] = False
    for reading in readings.items:
        item = reading.item
        if isinstance(item, Gate) and item.verdict != "deny":
            continue
        options = item.options if isinstance(item, Gate) else [item.then]
        matters = contested[:, [scores.options.index(option) for option in options]].any(axis=1)
        matters &= (reading.ahead == UNKNOWN)[reading.codes]
        for name in reading.branches:
            flags[fields.index(name)] |= matters & readings.facts.is_unknown(name)
    return named(flags, fields).spread()


def _main_rule(readings: Readings, scores: Scores) -> pd.Series:
    rules = sorted(readings.rules, key=lambda reading: (-_points(reading), reading.item.name))
    found = np.full(len(readings.facts), -1, dtype=np.int64)
    for number, reading in enumerate(rules):
        fires = (reading.now == TRUE)[reading.codes] & _bears_on_leader(reading, scores) & (found < 0)
        found[fires] = number
    names = pd.array([*(reading.item.name for reading in rules), pd.NA], dtype="string")
    return pd.Series(names[found], index=readings.facts.frame.index)


def _points(reading: Reading) -> float:
    return reading.item.points if isinstance(reading.item, Rule) else 0.0
