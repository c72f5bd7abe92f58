"""The evidence table: one row per system and rule that holds or cannot be decided, complete in itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
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
    systems = np.concatenate([at.astype(np.int32) for at in shown]) if shown else np.zeros(0, dtype=np.int32)
    order = np.argsort(systems, kind="stable")
    sizes = [len(at) for at in shown]
    columns: dict[str, Any] = {"system_id": _coded(systems, readings.facts.system_ids.tolist())}
    columns |= {name: _repeated(values, sizes) for name, values in _constants(ordered, policy).items()}
    columns["outcome"] = _coded(_outcomes(ordered, shown), ["true", "unknown"])
    columns["effect"] = _effects(ordered, shown)
    columns["points"] = _given(np.repeat([_points(reading.item) for reading in ordered], sizes))
    columns["values"] = _values(ordered, shown, readings.facts)
    columns["cells"] = _cells(ordered, shown, lineage)
    return conform(pd.DataFrame(columns, copy=False).take(order), "evidence")


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


def _repeated(values: list[str], sizes: list[int]) -> pd.Categorical:
    codes, distinct = pd.factorize(np.array(values, dtype=object))
    return _coded(np.repeat(codes, sizes), distinct)


def _coded(codes: NDArray[Any], texts: Sequence[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, pd.Index(texts, dtype="string"))


def _outcomes(readings: list[Reading], shown: list[NDArray[np.intp]]) -> NDArray[np.int8]:
    parts = [(reading.now != TRUE)[reading.codes[at]] for reading, at in zip(readings, shown, strict=True)]
    return np.concatenate(parts).astype(np.int8) if parts else np.zeros(0, dtype=np.int8)


def _effects(readings: list[Reading], shown: list[NDArray[np.intp]]) -> pd.Categorical:
    names = ["points", "deny", "needs_decision", "allow_with"]
    parts = []
    for reading, at in zip(readings, shown, strict=True):
        holds = (reading.now == TRUE)[reading.codes[at]]
        sure = names.index(reading.item.verdict if isinstance(reading.item, Gate) else "points")
        asks = isinstance(reading.item, Gate) and reading.item.on_unknown == "needs_decision"
        parts.append(np.where(holds, sure, names.index("needs_decision") if asks else sure).astype(np.int8))
    return _coded(np.concatenate(parts) if parts else np.zeros(0, dtype=np.int8), names)


def _values(readings: list[Reading], shown: list[NDArray[np.intp]], facts: Facts) -> pd.Categorical:
    @lru_cache
    def texts_of(name: str) -> Texts:
        return np.array([f"{name}={plain(value)}" for value in facts.codes(name)[1].tolist()], dtype=object)

    texts: list[str] = []
    codes = []
    for reading, at in zip(readings, shown, strict=True):
        codes.append(reading.codes[at] + len(texts))
        texts += _texts(reading, texts_of)
    which, distinct = pd.factorize(np.array(texts, dtype=object))
    return _coded(which[np.concatenate(codes)] if codes else [], distinct)


def _texts(reading: Reading, texts_of: Callable[[str], Texts]) -> list[str]:
    columns = [np.take(texts_of(name), reading.combos[name]).tolist() for name in _fields(reading.item)]
    return ["; ".join(row) for row in zip(*columns, strict=True)]


def _cells(readings: list[Reading], shown: list[NDArray[np.intp]], lineage: Lineage) -> NDArray[np.object_]:
    parts = [lineage.cells(_fields(reading.item), at) for reading, at in zip(readings, shown, strict=True)]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=object)
