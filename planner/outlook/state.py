"""Each system as it is today and as its action leaves it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.policy.outlook import Outlook
from planner.portfolio import Portfolio

COLUMNS = ("is_gone", "dataflow_level", "digital_level", "ends_closed", "ends_red", "delivery")
UNCHANGED = "retain"
Flags = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.float64]


@dataclass(frozen=True)
class State:
    """Systems by id.

    `today` holds the columns of table systems and those of the lenses as `<lens>_<column>`; `option` what is proposed;
    `after` what the policy says of that option; `done` the last day of the work, unknown where nothing is planned.
    """

    today: pd.DataFrame
    option: pd.Series
    after: pd.DataFrame
    done: pd.Series

    def on(self, days: list[pd.Timestamp]) -> Days:
        """The systems on some days."""
        done, ends = self.done.to_numpy("datetime64[us]"), pd.DatetimeIndex(days).to_numpy("datetime64[us]")
        is_changed = done[None, :] <= ends[:, None]
        return Days(self, is_changed, is_changed & self.after["is_gone"].to_numpy(np.bool_))


@dataclass(frozen=True)
class Days:
    """Systems on some days, a row for each: those whose action is done, and those that have ended."""

    state: State
    is_changed: Flags
    is_gone: Flags

    def level(self, field: str, reached: str) -> Levels:
        """A level: that of today, or what the action reaches at least; nan where it is unknown."""
        now, least = (levels(column) for column in (self.state.today[field], self.state.after[reached]))
        return np.where(self.is_changed & ((least > now) | np.isnan(now)), least, now)


def flags(column: pd.Series) -> Flags:
    """A column of yes and no, the unknown as no."""
    found: Flags = column.astype("boolean").to_numpy(np.bool_, na_value=False)
    return found


def levels(column: pd.Series) -> Levels:
    """A column of levels, the unknown as nan."""
    found: Levels = column.astype("Float64").to_numpy(np.float64, na_value=np.nan)
    return found


def read_state(portfolio: Portfolio, goals: Outlook) -> State:
    """Put together what is known of every system that somebody owns; a lone server is no system yet."""
    facts = portfolio["facts"]
    systems = portfolio["systems"].merge(facts.loc[~facts["is_provisional"], ["system_id"]], on="system_id")
    today = systems.set_index("system_id").join(_lenses(portfolio["lenses"]))
    option = portfolio["decisions"].set_index("system_id")["disposition"].reindex(today.index)
    by_option = {
        column: {str(key): getattr(change, column) for key, change in goals.after.items()} for column in COLUMNS
    }
    chosen = option.fillna(UNCHANGED)
    after = pd.DataFrame({column: chosen.map(values) for column, values in by_option.items()})
    kinds = dict.fromkeys(("is_gone", "ends_closed", "ends_red"), "bool")
    after = after.astype(kinds | dict.fromkeys(("dataflow_level", "digital_level"), "Float64"))
    done = portfolio["waves"].groupby("system_id")["end_date"].max().reindex(today.index)
    return State(today, option, after, done)


def _lenses(lenses: pd.DataFrame) -> pd.DataFrame:
    wide = lenses.pivot(index="system_id", columns="lens", values=["low", "high", "class", "class_low", "class_high"])
    wide.columns = [f"{lens}_{part}" for part, lens in wide.columns]
    return wide
