"""What every part of the view needs at hand: the plan, the texts, and lookups that are made once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import pandas as pd

from planner.plan import Plan
from planner.policy import Gate, Rule
from planner.texts import Texts
from planner.view.directions import closed_texts
from planner.view.model.terms import Ref, Span

POINTS = ("low", "likely", "high")


@dataclass(frozen=True)
class Desk:
    """A plan on an author's desk; `is_internal` says whether details may be shown."""

    plan: Plan
    texts: Texts
    is_internal: bool

    def table(self, name: str) -> pd.DataFrame:
        """One table of the plan, with texts that turn no other text round."""
        if name not in self._tables:
            self._tables[name] = closed_texts(self.plan.portfolio[name])
        return self._tables[name]

    @cached_property
    def _tables(self) -> dict[str, pd.DataFrame]:
        return {}

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of the systems by id; a provisional one bears a server's name, which is for internal readers."""
        systems = self.table("systems").merge(self.table("facts")[["system_id", "is_provisional"]], on="system_id")
        if not self.is_internal:
            is_server = systems["is_provisional"].astype(bool)
            systems["name"] = systems["name"].mask(is_server, self.texts.say("unnamed_server"))
        return dict(zip(systems["system_id"], systems["name"], strict=True))

    @cached_property
    def rules(self) -> dict[str, Gate | Rule]:
        """Gates and rules of the policy by name."""
        return {item.name: item for item in self.plan.policy.decisions.everything}

    @cached_property
    def decisions(self) -> pd.DataFrame:
        """Decisions by system, with `key`: the option, or `undecided`."""
        decisions = self.table("decisions").set_index("system_id")
        return decisions.assign(key=decisions["disposition"].fillna("undecided"))

    @cached_property
    def group_of(self) -> pd.Series:
        """Move group of each system."""
        return self.table("groups").set_index("system_id")["group_id"]

    @cached_property
    def members_of(self) -> dict[str, list[str]]:
        """Systems of each move group."""
        found: dict[str, list[str]] = defaultdict(list)
        for system, group in self.group_of.items():
            found[group].append(str(system))
        return found

    @cached_property
    def tie_of(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The weightiest flow of each pair of systems."""
        ties = self.table("ties").sort_values(["weight", "flow_id"], ascending=[True, False])
        ends = zip(ties["source_system_id"], ties["target_system_id"], strict=True)
        return dict(zip(ends, ties[["kind", "fate", "is_decoupled"]].to_dict("records"), strict=True))

    @cached_property
    def days(self) -> pd.DataFrame:
        """Person-days of each system: low, likely, high."""
        columns = [f"{point}_days" for point in POINTS]
        return self.table("effort").groupby("system_id")[columns].sum().set_axis(list(POINTS), axis=1)

    @cached_property
    def money(self) -> dict[str, pd.DataFrame]:
        """Costs in SEK by kind and system: low, likely, high."""
        costs = self.table("costs").set_index("system_id")
        return {
            str(kind): part[[f"{point}_sek" for point in POINTS]].set_axis(list(POINTS), axis=1)
            for kind, part in costs.groupby("kind")
        }

    @cached_property
    def foundation_days(self) -> tuple[float, float, float]:
        """Person-days of the common foundation, when the plan has one."""
        if not (self.table("activities")["phase"] == "foundation").any():
            return (0.0, 0.0, 0.0)
        bases = [work.base for work in self.plan.policy.effort.foundation]
        return (sum(base.low for base in bases), sum(base.likely for base in bases), sum(base.high for base in bases))

    def written(self, value: float, form: str = "g") -> str:
        """A number with the decimal mark of the language: `10,50`."""
        return f"{value:{form}}".replace(".", self.texts.say("decimal"))

    def refs(self, ids: Iterable[str]) -> tuple[Ref, ...]:
        """Links to systems, by name."""
        return tuple(
            sorted(
                (Ref(str(key), self.names[str(key)]) for key in ids),
                key=lambda ref: (ref.name.casefold(), ref.system_id),
            )
        )

    def span(self, frame: pd.DataFrame, ids: Iterable[str] | None = None) -> Span:
        """Sum of low, likely and high over systems; unknown when none is known."""
        rows = frame if ids is None else frame.reindex(list(ids))
        sums = [rows[point].sum(min_count=1) for point in POINTS]
        low, likely, high = (None if pd.isna(value) else round(float(value), 2) for value in sums)
        return low, likely, high

    def one(self, spans: dict[str, Span], system_id: str) -> Span:
        """Low, likely and high of one system."""
        return spans.get(system_id, (None, None, None)) if self.is_internal else (None, None, None)

    @cached_property
    def days_of(self) -> dict[str, Span]:
        """Person-days by system, for looking up one."""
        return _spans(self.days)

    @cached_property
    def money_of(self) -> dict[str, dict[str, Span]]:
        """Costs by kind and system, for looking up one."""
        return {kind: _spans(frame) for kind, frame in self.money.items()}


def _spans(frame: pd.DataFrame) -> dict[str, Span]:
    rows = zip(frame.index, *(frame[point].tolist() for point in POINTS), strict=True)
    return {str(key): (_rounded(low), _rounded(likely), _rounded(high)) for key, low, likely, high in rows}


def _rounded(value: Any) -> float | None:
    return None if pd.isna(value) else round(float(value), 2)


def number(value: Any) -> float | None:
    """A float, or None where it is unknown."""
    return None if value is None or pd.isna(value) else float(value)


def whole(value: Any) -> int | None:
    """An int, or None where it is unknown."""
    return None if value is None or pd.isna(value) else int(value)


def text(value: Any) -> str:
    """A text, or nothing where it is unknown."""
    if type(value) is str:
        return value
    return "" if value is None or pd.isna(value) else str(value)


@lru_cache(maxsize=10_000)
def iso(value: Any) -> str | None:
    """An ISO date, or None where it is unknown."""
    return None if value is None or pd.isna(value) else f"{value:%Y-%m-%d}"
