"""The facts that rules may read, with each column's distinct values at hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.codes import Codes
from planner.policy import LENSES, Policy
from planner.portfolio import Portfolio


@dataclass
class Facts:
    """One row per system; `classes` are the classes of each lens, from worst to best."""

    frame: pd.DataFrame
    classes: dict[str, list[str]]
    _codes: dict[str, tuple[Codes, pd.Series]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, portfolio: Portfolio, policy: Policy) -> Facts:
        """Put systems, facts and the classes of the lenses side by side; a class that the bounds leave open is
        unknown."""
        frame = portfolio["systems"].merge(portfolio["facts"], on="system_id")
        classes = {}
        for name in LENSES:
            field_ = f"{name}_class"
            mine = portfolio["lenses"]
            mine = mine[mine["lens"] == name].set_index("system_id").reindex(frame["system_id"])
            low, high = mine["class_low"], mine["class_high"]
            frame[field_] = low.where((low == high).fillna(False)).array
            frame[f"{field_}_low"], frame[f"{field_}_high"] = low.array, high.array
            classes[field_] = [item.name for item in policy.lenses.lenses[name].classes]
        return cls(frame, classes)

    @property
    def system_ids(self) -> pd.Series:
        """Ids of the systems, in the order of all arrays."""
        return self.frame["system_id"]

    def __len__(self) -> int:
        return len(self.frame)

    def columns_behind(self, name: str) -> list[str]:
        """Columns that decide what a rule on this field can mean: for a lens also the bounds of its class."""
        return [name, f"{name}_low", f"{name}_high"] if name in self.classes else [name]

    def codes(self, name: str) -> tuple[Codes, pd.Series]:
        """Code of every system's value, and the distinct values; the last one is the unknown."""
        if name not in self._codes:
            column = self.frame[name]
            codes, values = pd.factorize(column)
            is_word = isinstance(column.dtype, pd.CategoricalDtype)
            distinct = pd.Series(values).reset_index(drop=True).astype("string" if is_word else column.dtype)
            unknown = pd.Series([pd.NA if distinct.dtype.kind != "M" else pd.NaT], dtype=distinct.dtype)
            self._codes[name] = (
                np.where(codes < 0, len(distinct), codes).astype(np.int32),
                pd.concat([distinct, unknown], ignore_index=True),
            )
        return self._codes[name]

    def is_unknown(self, name: str) -> NDArray[np.bool_]:
        """Systems for which a field is unknown."""
        codes, values = self.codes(name)
        unknown: NDArray[np.bool_] = codes == len(values) - 1
        return unknown


def plain(value: Any) -> str:
    """A value as evidence writes it."""
    if isinstance(value, (str, int)):
        return str(value)
    if value is None or pd.isna(value):
        return "?"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
