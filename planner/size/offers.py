"""What may be bought: instance types and database classes that the policy allows, in order of preference."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.catalogue import Catalogue, database_types, price_types
from planner.policy import Policy
from planner.size.staircase import Staircase, staircase

Array = NDArray[Any]
DIMENSIONS = ("vcpu", "memory", "sustained")
NUMBERS = ("vcpu", "memory_gib", "usd_per_hour", "licence_per_hour", "reserved_1y_per_hour", "reserved_3y_per_hour")
RESERVED: tuple[Literal["reserved_1y"], Literal["reserved_3y"]] = ("reserved_1y", "reserved_3y")


@dataclass(frozen=True)
class Offers:
    """Offers in order of preference (current generation, then price, then name), and those that have no price."""

    priced: pd.DataFrame
    unpriced: pd.DataFrame

    @cached_property
    def best(self) -> Staircase:
        """The dominance table of what has a price."""
        return staircase(_capacities(self.priced))

    @cached_property
    def fitting(self) -> Staircase:
        """The dominance table of what would fit and has no price."""
        return staircase(_capacities(self.unpriced))

    @cached_property
    def numbers_by_cell(self) -> dict[str, Array]:
        """Columns of numbers of the first offer of every cell; not a number where there is none."""
        made = {name: _by_place(self.priced[name], self.best.first) for name in NUMBERS}
        return {**made, "runner_up_per_hour": _by_place(self.priced["usd_per_hour"], self.best.second)}

    @cached_property
    def words_by_cell(self) -> dict[str, tuple[Array, pd.Index]]:
        """Columns of words of every cell, as codes and what they stand for."""
        table, best = self.priced, self.best
        names = pd.Index(table["instance_type"].to_numpy(dtype=object))
        places = np.append(np.arange(best.count, dtype=np.int32), np.int32(-1))
        bound = np.where(best.first < best.count, best.bound, -1)
        return {
            "instance_type": (places[best.first], names),
            "runner_up": (places[best.second], names),
            "price_as_of": _codes(table["as_of"], best.first),
            "price_source": _codes(table["source"], best.first),
            "bound_by": (bound, pd.Index(_bounds(len(best.steps)))),
        }


def _by_place(column: pd.Series, places: Array) -> Array:
    return np.append(column.to_numpy(dtype=float, na_value=np.nan), np.nan)[places]


def _codes(column: pd.Series, places: Array) -> tuple[Array, pd.Index]:
    codes, words = pd.factorize(column)
    return np.append(codes, -1).astype(np.int32)[places], pd.Index(words.astype(object))


def _bounds(dimensions: int) -> list[str]:
    """Words of every code of `bound`."""
    named = [
        " ".join(name for bit, name in enumerate(DIMENSIONS) if code >> bit & 1) or "nothing"
        for code in range(2**dimensions)
    ]
    return [*named, "together"]


def instance_offers(operating_system: str, arch: str, region: str, policy: Policy, catalogue: Catalogue) -> Offers:
    """Instance types of one architecture that the region offers and the policy allows.

    A burstable type holds for long only its baseline; one whose baseline the policy does not name is not used.
    """
    types, sizing = catalogue.instance_types, policy.sizing
    offered = catalogue.offerings.loc[catalogue.offerings["region"] == region, "instance_type"]
    excluded = {name for item in sizing.exclusions for name in item.types}
    usable = types[
        types["instance_type"].isin(offered)
        & (types["family"].isin(sizing.families) | types["instance_type"].isin(catalogue.own_types))
        & (types["arch"] == arch)
        & ~types["is_bare_metal"].astype(bool)
        & ~types["instance_type"].isin(excluded)
        & ~types["family"].isin(excluded)
    ]
    baseline = usable["instance_type"].map(sizing.burst_baseline_pct).astype(float)
    is_burstable = usable["is_burstable"].fillna(False).astype(bool)
    usable = usable.assign(sustained=np.where(is_burstable, usable["vcpu"] * baseline / 100, np.inf))
    usable = usable[usable["sustained"].notna()]
    prices = _prices(operating_system, region, catalogue)
    return _ordered(usable.merge(prices, on="instance_type", how="left"))


def _prices(operating_system: str, region: str, catalogue: Catalogue) -> pd.DataFrame:
    prices = price_types(catalogue, region, operating_system)
    bare = prices if operating_system == "linux" else price_types(catalogue, region, "linux")
    licence = prices["usd_per_hour"] - bare["usd_per_hour"]
    made = prices.assign(licence_per_hour=licence)
    for purchase in RESERVED:
        made[f"{purchase}_per_hour"] = price_types(catalogue, region, operating_system, purchase)["usd_per_hour"]
    return made


def database_offers(engine: str, region: str, policy: Policy, catalogue: Catalogue) -> Offers:
    """Classes of managed databases for one engine; burstable ones are for trying, not for a register."""
    classes = database_types(catalogue, region, engine)
    classes = classes[~classes["instance_class"].str.contains(r"^db\.t\d", regex=True)]
    price = classes[f"usd_per_hour_{policy.sizing.managed_deployment}"]
    named = classes.rename(columns={"instance_class": "instance_type"})
    missing = pd.Series(pd.NA, index=named.index, dtype="Float64")
    made = named.assign(usd_per_hour=price, licence_per_hour=missing.fillna(0.0), sustained=np.inf)
    return _ordered(
        made.assign(is_current_generation=True, **{f"{purchase}_per_hour": missing for purchase in RESERVED})
    )


def _ordered(offers: pd.DataFrame) -> Offers:
    is_old = ~offers["is_current_generation"].fillna(False).astype(bool)
    offers = offers.assign(is_old=is_old).sort_values(["is_old", "usd_per_hour", "instance_type"], ignore_index=True)
    has_price = offers["usd_per_hour"].notna()
    return Offers(offers[has_price].reset_index(drop=True), offers[~has_price].reset_index(drop=True))


def _capacities(offers: pd.DataFrame) -> Array:
    return np.column_stack([offers[name].to_numpy(dtype=float) for name in ("vcpu", "memory_gib", "sustained")])
