"""The best offer for every need, as columns of the table of targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.size.offers import DIMENSIONS, Offers
from planner.size.staircase import Staircase

Array = NDArray[Any]


def choose(needs: pd.DataFrame, offers: Offers) -> pd.DataFrame:
    """Give every server the first offer that covers all its needs, the second, and what kept a cheaper one away.

    Parameters
    ----------
    needs
        need_vcpu, need_memory_gib, and need_sustained_vcpu: vCPU that are used for long, infinite where nobody has
        measured it, so that no burstable type is taken on trust.

    Returns
    -------
    DataFrame
        On the index of the needs: fit, instance_type, vcpu, memory_gib, usd_per_hour, licence and reserved prices,
        runner_up and its price, bound_by.
    """
    wanted = [needs[name].to_numpy(dtype=float) for name in ("need_vcpu", "need_memory_gib", "need_sustained_vcpu")]
    table, best = offers.priced, offers.best
    cells = best.cells(wanted)
    first, second = best.first[cells], best.second[cells]
    names = pd.CategoricalDtype(table["instance_type"].astype(object).to_numpy())
    made: dict[str, Any] = {
        "fit": _fit(first, wanted, offers),
        "instance_type": _named(first, names),
        "runner_up": _named(second, names),
        "runner_up_per_hour": _taken(table["usd_per_hour"], second),
        "bound_by": pd.Categorical.from_codes(np.where(first < best.count, best.bound[cells], -1), _bounds(best)),
        "price_as_of": _words(table["as_of"], first),
        "price_source": _words(table["source"], first),
    }
    for name in (
        "vcpu",
        "memory_gib",
        "usd_per_hour",
        "licence_per_hour",
        "reserved_1y_per_hour",
        "reserved_3y_per_hour",
    ):
        made[name] = _taken(table[name], first)
    return pd.DataFrame(made, index=needs.index, copy=False)


def _fit(first: Array, wanted: list[Array], offers: Offers) -> pd.Categorical:
    missing = np.flatnonzero(first == offers.best.count)
    code = np.zeros(len(first), dtype=np.int8)
    if len(missing):
        other = offers.fitting
        found = other.first[other.cells([need[missing] for need in wanted])]
        # Where nothing is known of what is asked for, facts are missing and not a type that is large enough.
        code[missing] = np.where((found < other.count) | (offers.best.count + other.count == 0), 1, 2)
    return pd.Categorical.from_codes(code, ["sized", "price_not_found", "no_type_fits"])


def _named(at: Array, names: pd.CategoricalDtype) -> pd.Categorical:
    count = len(names.categories)
    return pd.Categorical.from_codes(np.append(np.arange(count), -1)[at], dtype=names)


def _words(column: pd.Series, at: Array) -> pd.Categorical:
    codes, words = pd.factorize(column)
    return pd.Categorical.from_codes(np.append(codes, -1)[at], words.astype(object))


def _taken(column: pd.Series, at: Array) -> Array:
    return np.append(column.to_numpy(dtype=float, na_value=np.nan), np.nan)[at]


def _bounds(table: Staircase) -> list[str]:
    """Words of every code of `bound`."""
    codes = range(2 ** len(table.steps))
    named = [" ".join(name for bit, name in enumerate(DIMENSIONS) if code >> bit & 1) or "nothing" for code in codes]
    return [*named, "together"]
