"""The best offer for every need, as columns of the table of targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.size.offers import Offers

Array = NDArray[Any]
NEEDS = ("need_vcpu", "need_memory_gib", "need_sustained_vcpu")
FITS = pd.Index(["sized", "price_not_found", "no_type_fits"])


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
    wanted = [needs[name].to_numpy(dtype=float) for name in NEEDS]
    cells = offers.best.cells(wanted)
    made: dict[str, Any] = {"fit": _fit(cells, wanted, offers)}
    for name, (codes, words) in offers.words_by_cell.items():
        made[name] = pd.Categorical.from_codes(codes.take(cells), words, validate=False)
    for name, numbers in offers.numbers_by_cell.items():
        made[name] = numbers.take(cells)
    return pd.DataFrame(made, index=needs.index, copy=False)


def _fit(cells: Array, wanted: list[Array], offers: Offers) -> pd.Categorical:
    best = offers.best
    code = (best.first == best.count).astype(np.int8).take(cells)
    missing = np.flatnonzero(code)
    if not best.count + len(offers.unpriced):
        # Nothing is known of what is asked for: facts are missing, and not a type that is large enough.
        return pd.Categorical.from_codes(code, FITS, validate=False)
    if len(missing):
        code[missing] = 2 - _fits_without_price([need[missing] for need in wanted], offers)
    return pd.Categorical.from_codes(code, FITS, validate=False)


def _fits_without_price(wanted: list[Array], offers: Offers) -> Array:
    if not len(offers.unpriced):
        return np.zeros(len(wanted[0]), dtype=np.int8)
    other = offers.fitting
    return (other.first < other.count).astype(np.int8).take(other.cells(wanted))
