"""What the lenses share: inputs to points with bounds for the unknown ones, and bounds to a class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.flags import named
from planner.policy import Lens

NOT_ASSESSABLE, UNCERTAIN = "not_assessable", "uncertain"


@dataclass(frozen=True)
class System:
    """Points of every input of one lens, for all systems at once.

    `low` and `high` map a group of inputs to a frame with one column per input: equal where the input is known,
    its least and
    greatest points where it is not.
    """

    systems: pd.DataFrame
    low: Mapping[str, pd.DataFrame]
    high: Mapping[str, pd.DataFrame]
    known: pd.DataFrame

    @classmethod
    def read(cls, systems: pd.DataFrame, lens: Lens) -> System:
        """Read the inputs of a lens; `systems` has the columns of tables systems and facts, with derived inputs."""
        low: dict[str, pd.DataFrame] = {}
        high: dict[str, pd.DataFrame] = {}
        known: dict[str, pd.Series] = {}
        for group, inputs in lens.inputs.items():
            # What counts for coverage only has no points.
            known |= {item.field: systems[item.field].notna() for item in inputs if not item.points}
            scored = [item for item in inputs if item.points]
            given = {item.field: _points(systems[item.field], item.points) for item in scored}
            known |= {field: points.notna() for field, points in given.items()}
            low[group], high[group] = (
                pd.DataFrame({item.field: given[item.field].fillna(end(item.points.values())) for item in scored})
                for end in (min, max)
            )
        return cls(systems, low, high, pd.DataFrame(known))


def _points(values: pd.Series, points: Mapping[str, float]) -> pd.Series:
    codes, distinct = pd.factorize(values)
    given = np.array([*(points.get(str(value), np.nan) for value in distinct), np.nan])
    return pd.Series(given[codes], index=values.index)


def classes_of(name: str, reading: System, low: pd.Series, high: pd.Series, lens: Lens, floor: float) -> pd.DataFrame:
    """Classes from bounds: below the floor of coverage nothing is said, unless both ends agree on a class that
    holds at any coverage."""
    known = reading.known.sum(axis=1)
    class_low, class_high = _class(low, lens), _class(high, lens)
    words = list(dict.fromkeys([*(item.name for item in lens.classes), UNCERTAIN, NOT_ASSESSABLE]))
    is_enough = known >= floor * reading.known.shape[1]
    open_ = np.where(is_enough, words.index(UNCERTAIN), words.index(NOT_ASSESSABLE))
    said = np.where(class_low == class_high, class_low, open_)
    return pd.DataFrame(
        {
            "system_id": reading.systems["system_id"],
            "lens": pd.Categorical.from_codes(np.zeros(len(known), dtype=np.int8), [name]),
            "low": low.astype("Float64"),
            "high": high.astype("Float64"),
            "known": known,
            "inputs": reading.known.shape[1],
            "class": pd.Categorical.from_codes(said, words),
            "class_low": pd.Categorical.from_codes(class_low, words),
            "class_high": pd.Categorical.from_codes(class_high, words),
            "missing": named(~reading.known.to_numpy(dtype=bool).T, list(reading.known.columns)).kept_once(),
        }
    )


def _class(score: pd.Series, lens: Lens) -> NDArray[np.int8]:
    """Number of the last class that the score reaches."""
    found = np.zeros(len(score), dtype=np.int8)
    for number, item in enumerate(lens.classes[1:], start=1):
        found[score.to_numpy() >= item.at_least] = number
    return found
