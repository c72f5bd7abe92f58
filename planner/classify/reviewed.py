"""Proposals that a person replaced, and gates that do not deny for a system because somebody gave a dispensation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.facts.laws import load_laws
from planner.portfolio import Portfolio
from planner.review import told_of
from planner.rules.reading import Readings
from planner.rules.scores import NOBODY, Bools, Scores
from planner.schema import concat, conform


@dataclass(frozen=True)
class Replaced:
    """Overrides that hold: their rows, the number of the system and of the option, and whether a gate denies it."""

    rows: pd.DataFrame
    at: NDArray[np.intp]
    option: NDArray[np.intp]
    is_denied: Bools

    @classmethod
    def of(cls, portfolio: Portfolio, readings: Readings, scores: Scores) -> Replaced:
        """Look up the systems and options of the overrides."""
        reviews = portfolio["reviews"]
        rows = reviews[(reviews["kind"] == "disposition") & (reviews["state"] == "active")]
        rows = rows.drop_duplicates("system_id").reset_index(drop=True)
        at = pd.Index(readings.facts.system_ids).get_indexer(pd.Index(rows["system_id"]))
        option = np.array([scores.options.index(name) for name in rows["value"]], dtype=np.intp)
        return cls(rows, at, option, scores.denied[at, option])

    def over(self, scores: Scores) -> Scores:
        """Scores in which these options lead; what led before is the runner-up. Points stay as they are."""
        at, option = self.at[~self.is_denied], self.option[~self.is_denied]
        leader, second, chosen = scores.leader.copy(), scores.second.copy(), scores.chosen.copy()
        was = leader[at]
        second[at] = np.where((was != option) & (was != NOBODY), was, second[at])
        leader[at], chosen[at] = option, True
        return replace(scores, leader=leader, second=second, chosen=chosen)

    def evidence(self, evidence: pd.DataFrame, system_ids: pd.Series) -> pd.DataFrame:
        """The evidence with a row for each override, before the rows of its system's rules."""
        if not len(self.rows):
            return evidence
        own = pd.DataFrame(
            {
                "system_id": self.rows["system_id"],
                "rule": "review",
                "kind": "review",
                "outcome": "true",
                "effect": np.where(self.is_denied, "refused", "override"),
                "options": self.rows["value"],
                "values": "disposition=" + self.rows["value"],
                "cells": self.rows["place"],
                "because_sv": self.rows["why"],
                "because_en": self.rows["why"],
                "source": self.rows["who"] + ", " + self.rows["when"].dt.strftime("%Y-%m-%d"),
                "origin": "review",
            }
        )
        every = _above(conform(own, "evidence"), evidence)
        place = pd.Index(system_ids).get_indexer(pd.Index(every["system_id"].astype("string")))
        return every.take(np.argsort(place, kind="stable")).reset_index(drop=True)

    def findings(self, readings: Readings, scores: Scores) -> pd.DataFrame:
        """Overrides that a gate denies: the gate goes before them."""
        told = self.rows[self.is_denied].reset_index(drop=True)
        gates = [reading.item.name for reading in readings.gates]
        by = scores.denied_by[self.at[self.is_denied], self.option[self.is_denied]]
        return told_of(told, "warning", "override_denied", pd.Series([gates[number] for number in by], dtype="object"))


def _above(own: pd.DataFrame, evidence: pd.DataFrame) -> pd.DataFrame:
    """Put a few rows above many; texts that are kept once stay so, with the words of both."""
    columns = {}
    for name, column in evidence.items():
        parts = [own[name], column]
        if isinstance(column.dtype, pd.CategoricalDtype):
            mine, words = own[name].astype("string"), pd.Index(column.cat.categories, dtype="string")
            words = words.append(pd.Index(mine.dropna().unique(), dtype="string").difference(words))
            parts = [pd.Series(pd.Categorical(mine, words)), pd.Series(column.array.set_categories(words))]
        columns[str(name)] = pd.concat(parts, ignore_index=True)
    return pd.DataFrame(columns)


def lifted_gates(portfolio: Portfolio, readings: Readings) -> tuple[dict[str, Bools], pd.DataFrame]:
    """Systems for which each gate does not deny, and findings about dispensations that cannot be given.

    Nobody dispenses from a law, and a gate that the policy does not have cannot be lifted.
    """
    reviews = portfolio["reviews"]
    rows = reviews[(reviews["kind"] == "gate") & (reviews["state"] == "active")].reset_index(drop=True)
    gates = {reading.item.name: reading.item for reading in readings.gates}
    is_known = rows["value"].isin(gates)
    is_law = rows["value"].isin([name for name, gate in gates.items() if _is_law(gate.facts)])
    lifted: dict[str, Bools] = {}
    given = rows[is_known & ~is_law]
    for name, part in given.groupby("value"):
        lifted[str(name)] = readings.facts.system_ids.isin(part["system_id"]).to_numpy(dtype=bool)
    findings = [
        told_of(rows[is_law].reset_index(drop=True), "warning", "dispensation_from_law"),
        told_of(rows[~is_known].reset_index(drop=True), "warning", "dispensation_unknown_gate"),
    ]
    return lifted, concat(findings, "findings")


def _is_law(facts: Iterable[str]) -> bool:
    known = load_laws().by_id
    return any(known[fact].status == "law" for fact in facts)
