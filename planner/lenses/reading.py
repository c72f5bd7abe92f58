"""What the lenses share: inputs to points with bounds for the unknown ones, and bounds to a class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner.flags import named
from planner.policy import Lens
from planner.schema import conform


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
    agreed = class_low.where(class_low == class_high, "uncertain")
    enough = known >= floor * reading.known.shape[1]
    missing = named(~reading.known.to_numpy(dtype=bool), list(reading.known.columns), reading.known.index)
    return conform(
        pd.DataFrame(
            {
                "system_id": reading.systems["system_id"],
                "lens": name,
                "low": low.astype("Float64"),
                "high": high.astype("Float64"),
                "known": known,
                "inputs": reading.known.shape[1],
                "class": agreed.where(enough | (class_low == class_high), "not_assessable"),
                "class_low": class_low,
                "class_high": class_high,
                "missing": missing,
            }
        ),
        "lenses",
    )


def _class(score: pd.Series, lens: Lens) -> pd.Series:
    found = pd.Series(lens.classes[0].name, index=score.index, dtype="string")
    for item in lens.classes[1:]:
        found = found.mask(score >= item.at_least, item.name)
    return found
