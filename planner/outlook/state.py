"""Each system as it is today and as its action leaves it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.policy.outlook import Outlook
from planner.portfolio import Portfolio

COLUMNS = ("is_gone", "dataflow_level", "digital_level", "ends_closed", "ends_red", "delivery")
UNCHANGED = "retain"


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

    def is_changed(self, day: pd.Timestamp) -> pd.Series:
        """Systems whose action is done on a day."""
        return (self.done <= day).fillna(False).astype(bool)

    def is_gone(self, day: pd.Timestamp) -> pd.Series:
        """Systems that have ended."""
        return self.is_changed(day) & self.after["is_gone"]

    def level(self, field: str, reached: str, day: pd.Timestamp) -> pd.Series:
        """A level on a day: that of today, or what the action reaches at least."""
        now = self.today[field].astype("Float64")
        least = self.after[reached].where(self.is_changed(day))
        return now.mask((least > now).fillna(False) | now.isna(), least)


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
