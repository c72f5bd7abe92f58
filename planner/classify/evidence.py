"""The evidence table: one row per system and rule that holds or cannot be decided, complete in itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.codes import Words
from planner.lineage import Lineage
from planner.policy import Gate, Policy, Rule
from planner.portfolio import Portfolio
from planner.rules.facts import Facts, plain
from planner.rules.kleene import FALSE, TRUE
from planner.rules.reading import Reading, Readings
from planner.schema import conform

Fields = tuple[str, ...]
OUTCOMES = ["true", "unknown"]


def evidence_of(portfolio: Portfolio, readings: Readings, policy: Policy) -> pd.DataFrame:
    """Say of every rule that holds, or that cannot be decided, what it read and where.

    Texts that repeat are kept once (categories): 250,000 systems make some ten million rows.
    """
    made_from = {
        f"{name}_class": [item.field for group in lens.inputs.values() for item in group]
        for name, lens in policy.lenses.lenses.items()
    }
    fields = [name for reading in readings.items for name in _fields(reading.item)]
    lineage = Lineage(portfolio, readings.facts.system_ids, fields, made_from)
    ordered = sorted(readings.items, key=lambda reading: (_kind(reading.item), reading.item.name))
    rows = _Rows.of(ordered, len(readings.facts))
    cases = _cases([reading.item for reading in ordered], policy)
    case = rows.filled(_cases_of(ordered, rows), np.int16)
    columns: dict[str, Any] = {"system_id": _coded(rows.systems, readings.facts.system_ids.tolist())}
    columns |= {str(name): _repeated(words, case) for name, words in cases.items()}
    columns["points"] = _points([reading.item for reading in ordered], case)
    columns["values"] = rows.written(lambda fields: _values(fields, readings.facts))
    columns |= _cells(lineage, rows)
    return conform(pd.DataFrame(columns, copy=False), "evidence")


@dataclass(frozen=True)
class _Rows:
    """Rows of all rules, by system and then by rule.

    For each rule `fields` are what it reads, `shown` the systems of which it says something and `places` where these
    rows stand; `systems` is the system of each row.
    """

    fields: list[Fields]
    shown: list[NDArray[np.intp]]
    places: list[NDArray[np.int64]]
    systems: NDArray[np.int32]

    @classmethod
    def of(cls, readings: list[Reading], count: int) -> _Rows:
        """Count the rows of every system; those of each rule follow those of the rules before it."""
        is_shown = [(reading.now != FALSE)[reading.codes] for reading in readings]
        sizes = np.sum(is_shown, axis=0, dtype=np.int64)
        free = np.cumsum(sizes) - sizes
        shown, places = [], []
        for some in is_shown:
            at = np.flatnonzero(some)
            shown.append(at)
            places.append(free[at])
            free += some
        systems = np.repeat(np.arange(count, dtype=np.int32), sizes)
        return cls([_fields(reading.item) for reading in readings], shown, places, systems)

    def filled(self, parts: Iterable[Any], dtype: type[Any]) -> NDArray[Any]:
        """One column from each rule's part: an array, or what is the same in all its rows."""
        column = np.empty(len(self.systems), dtype=dtype)
        for place, part in zip(self.places, parts, strict=True):
            column[place] = part
        return column

    def written(self, words_of: Callable[[Fields], Words]) -> pd.Categorical:
        """One column from what every system says on the fields of a rule, asked once for all rules that read them."""
        words = {fields: words_of(fields) for fields in dict.fromkeys(self.fields)}
        numbers, distinct = pd.factorize(np.concatenate([own.texts for own in words.values()]))
        if not len(distinct):
            return _coded(np.full(len(self.systems), -1, dtype=np.int8), distinct)
        ends = np.cumsum([len(own.texts) for own in words.values()])
        number = dict(zip(words, np.split(numbers.astype(np.int32), ends[:-1]), strict=True))
        parts = (number[fields][words[fields].codes[at]] for fields, at in zip(self.fields, self.shown, strict=True))
        return _coded(self.filled(parts, np.int32), distinct)


def _fields(item: Gate | Rule) -> Fields:
    """What a rule is about: that a system has an owner is said only where nothing else is read."""
    return tuple(name for name in item.when.fields() if name != "is_provisional") or ("is_provisional",)


def _kind(item: Gate | Rule) -> str:
    return "gate" if isinstance(item, Gate) else "rule"


def _cases(items: list[Gate | Rule], policy: Policy) -> pd.DataFrame:
    """What is the same for all systems: a row for each rule that holds, and one for each that cannot be decided."""
    cases = [(item, outcome) for item in items for outcome in OUTCOMES]
    texts = {
        "rule": [item.name for item, _ in cases],
        "kind": [_kind(item) for item, _ in cases],
        "outcome": [outcome for _, outcome in cases],
        "effect": [_effect(item, outcome) for item, outcome in cases],
        "options": [" ".join(item.options) if isinstance(item, Gate) else item.then for item, _ in cases],
        "because_sv": [item.because.sv for item, _ in cases],
        "because_en": [item.because.en for item, _ in cases],
        "source": [item.source for item, _ in cases],
        "origin": [policy.origin_of(item.name) for item, _ in cases],
    }
    return pd.DataFrame(texts, dtype="string").astype("category")


def _effect(item: Gate | Rule, outcome: str) -> str:
    if isinstance(item, Rule):
        return "points"
    return "needs_decision" if outcome == "unknown" and item.on_unknown == "needs_decision" else item.verdict


def _cases_of(readings: list[Reading], rows: _Rows) -> Iterator[NDArray[np.int64]]:
    """Case of each rule's rows."""
    for number, (reading, at) in enumerate(zip(readings, rows.shown, strict=True)):
        of_combinations = len(OUTCOMES) * number + np.where(reading.now == TRUE, 0, 1)
        yield of_combinations[reading.codes[at]]


def _repeated(words: pd.Series, case: NDArray[np.int16]) -> pd.Categorical:
    return pd.Categorical.from_codes(words.cat.codes.to_numpy()[case], dtype=words.dtype)


def _points(items: list[Gate | Rule], case: NDArray[np.int16]) -> pd.arrays.FloatingArray:
    points = np.repeat([item.points if isinstance(item, Rule) else np.nan for item in items], len(OUTCOMES))
    return pd.arrays.FloatingArray(np.nan_to_num(points)[case], np.isnan(points)[case])


def _coded(codes: NDArray[Any], texts: Sequence[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, pd.Index(texts, dtype="string"))


def _values(fields: Fields, facts: Facts) -> Words:
    """What every system says on some fields, as `field=value; field=value`."""
    return reduce(lambda one, other: one.beside(other, "; "), (_value(name, facts) for name in fields))


def _value(name: str, facts: Facts) -> Words:
    codes, values = facts.codes(name)
    return Words(codes, np.array([f"{name}={plain(value)}" for value in values.tolist()], dtype=object))


def _cells(lineage: Lineage, rows: _Rows) -> dict[str, pd.Categorical]:
    """Columns record and letters: where the system's own record says it; and cells: what other records say."""
    letters, homes = rows.written(lineage.letters), lineage.records().kept_once()
    record = np.where(letters.codes < 0, -1, homes.codes[rows.systems])
    return {
        "record": pd.Categorical.from_codes(record, dtype=homes.dtype),
        "letters": letters,
        "cells": rows.written(lineage.elsewhere),
    }
