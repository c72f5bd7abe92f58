"""The evidence table: one row per system and rule that holds or cannot be decided, complete in itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.lineage import Lineage
from planner.policy import Gate, Policy, Rule
from planner.portfolio import Portfolio
from planner.rules.facts import Facts, plain
from planner.rules.kleene import FALSE, TRUE
from planner.rules.reading import Reading, Readings
from planner.schema import conform

Texts = NDArray[np.object_]
EFFECTS = ["points", "deny", "needs_decision", "allow_with"]


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
    shown = [np.flatnonzero((reading.now != FALSE)[reading.codes]) for reading in ordered]
    rows = _Rows.of(shown, len(readings.facts))
    number = rows.filled([np.int16(at) for at in range(len(ordered))], np.int16)
    columns: dict[str, Any] = {"system_id": _coded(rows.systems, readings.facts.system_ids.tolist())}
    columns |= {name: _repeated(values, number) for name, values in _constants(ordered, policy).items()}
    columns["outcome"] = _coded(rows.filled(_outcomes(ordered, shown), np.int8), ["true", "unknown"])
    columns["effect"] = _coded(rows.filled(_effects(ordered, shown), np.int8), EFFECTS)
    columns["points"] = _given(np.array([_points(reading.item) for reading in ordered], dtype=np.float64)[number])
    columns["values"] = _values(ordered, shown, readings.facts, rows)
    columns |= _cells(ordered, shown, lineage, rows)
    return conform(pd.DataFrame(columns, copy=False), "evidence")


@dataclass(frozen=True)
class _Rows:
    """Where each rule's rows stand once all are ordered by system and then by rule."""

    systems: NDArray[np.int32]
    places: list[NDArray[np.int64]]

    @classmethod
    def of(cls, shown: list[NDArray[np.intp]], count: int) -> _Rows:
        """Count the rows of every system; those of each rule follow those of the rules before it."""
        sizes = np.zeros(count, dtype=np.int64)
        for at in shown:
            sizes[at] += 1
        free = np.cumsum(sizes) - sizes
        places = []
        for at in shown:
            places.append(free[at])
            free[at] += 1
        return cls(np.repeat(np.arange(count, dtype=np.int32), sizes), places)

    def filled(self, parts: Iterable[Any], dtype: type[Any]) -> NDArray[Any]:
        """One column from each rule's part: an array, or what is the same in all its rows."""
        column = np.empty(len(self.systems), dtype=dtype)
        for place, part in zip(self.places, parts, strict=True):
            column[place] = part
        return column


def _fields(item: Gate | Rule) -> list[str]:
    """What a rule is about: that a system has an owner is said only where nothing else is read."""
    return [name for name in item.when.fields() if name != "is_provisional"] or ["is_provisional"]


def _kind(item: Gate | Rule) -> str:
    return "gate" if isinstance(item, Gate) else "rule"


def _points(item: Gate | Rule) -> float:
    return item.points if isinstance(item, Rule) else np.nan


def _given(points: NDArray[np.float64]) -> pd.arrays.FloatingArray:
    return pd.arrays.FloatingArray(np.nan_to_num(points), np.isnan(points))


def _constants(readings: list[Reading], policy: Policy) -> dict[str, list[str]]:
    items = [reading.item for reading in readings]
    return {
        "rule": [item.name for item in items],
        "kind": [_kind(item) for item in items],
        "options": [" ".join(item.options) if isinstance(item, Gate) else item.then for item in items],
        "because_sv": [item.because.sv for item in items],
        "because_en": [item.because.en for item in items],
        "source": [item.source for item in items],
        "origin": [policy.origin_of(item.name) for item in items],
    }


def _repeated(values: list[str], number: NDArray[np.int16]) -> pd.Categorical:
    codes, distinct = pd.factorize(np.array(values, dtype=object))
    return _coded(codes.astype(np.int16)[number], distinct)


def _coded(codes: NDArray[Any], texts: Sequence[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, pd.Index(texts, dtype="string"))


def _outcomes(readings: list[Reading], shown: list[NDArray[np.intp]]) -> Iterator[NDArray[np.bool_]]:
    return ((reading.now != TRUE)[reading.codes[at]] for reading, at in zip(readings, shown, strict=True))


def _effects(readings: list[Reading], shown: list[NDArray[np.intp]]) -> Iterator[NDArray[np.int8]]:
    for reading, at in zip(readings, shown, strict=True):
        sure = EFFECTS.index(reading.item.verdict if isinstance(reading.item, Gate) else "points")
        asks = isinstance(reading.item, Gate) and reading.item.on_unknown == "needs_decision"
        open_ = EFFECTS.index("needs_decision") if asks else sure
        yield np.where(reading.now == TRUE, sure, open_).astype(np.int8)[reading.codes[at]]


def _values(readings: list[Reading], shown: list[NDArray[np.intp]], facts: Facts, rows: _Rows) -> pd.Categorical:
    @lru_cache
    def texts_of(name: str) -> Texts:
        return np.array([f"{name}={plain(value)}" for value in facts.codes(name)[1].tolist()], dtype=object)

    numbers, distinct = _numbered([_texts(reading, texts_of) for reading in readings])
    parts = (own[reading.codes[at]] for own, reading, at in zip(numbers, readings, shown, strict=True))
    return _coded(rows.filled(parts, np.int32), distinct)


def _texts(reading: Reading, texts_of: Callable[[str], Texts]) -> list[str]:
    columns = [np.take(texts_of(name), reading.combos[name]).tolist() for name in _fields(reading.item)]
    return ["; ".join(row) for row in zip(*columns, strict=True)]


def _cells(
    readings: list[Reading], shown: list[NDArray[np.intp]], lineage: Lineage, rows: _Rows
) -> dict[str, pd.Categorical]:
    """Columns record and letters: where the system's own record says it; and cells: what other records say."""
    asked = [(_fields(reading.item), at) for reading, at in zip(readings, shown, strict=True)]
    at_home = [lineage.letters(fields, at) for fields, at in asked]
    letters, words = _numbered([texts for _, texts in at_home])
    blank = words.index("") if "" in words else -1
    written = rows.filled((own[codes] for own, (codes, _) in zip(letters, at_home, strict=True)), np.int32)
    is_blank = written == blank
    homes, records = lineage.records()
    elsewhere = [lineage.elsewhere(fields, at) for fields, at in asked]
    cells, others = _numbered([texts.tolist() for _, texts in elsewhere])
    parts = (_spread(own, has, len(at)) for own, (has, _), at in zip(cells, elsewhere, shown, strict=True))
    return {
        "record": _coded(np.where(is_blank, -1, homes[rows.systems]), records.tolist()),
        "letters": _coded(np.where(is_blank, -1, written), words),
        "cells": _coded(rows.filled(parts, np.int32), others),
    }


def _numbered(texts: list[list[str]]) -> tuple[list[NDArray[np.int32]], list[str]]:
    """Numbers of the texts of each part among all distinct ones, and these."""
    codes, distinct = pd.factorize(np.array(list(chain.from_iterable(texts)), dtype=object))
    return np.split(codes.astype(np.int32), np.cumsum([len(part) for part in texts])[:-1]), list(distinct)


def _spread(codes: NDArray[np.int32], at: NDArray[np.intp], size: int) -> NDArray[np.int32]:
    spread = np.full(size, -1, dtype=np.int32)
    spread[at] = codes
    return spread
