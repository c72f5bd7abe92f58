"""Where a fact was read: from any field of a system to the cells of the inventory."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from planner.portfolio import Portfolio

MAX_CELLS = 4
# A derived fact and the columns that it is derived from.
DERIVED: dict[str, list[tuple[str, str]]] = {
    "server_count": [("servers", "name")],
    "has_own_servers": [("servers", "name"), ("systems", "delivery")],
    "vcpu": [("servers", "vcpu")],
    "memory_gib": [("servers", "memory_gib")],
    "storage_gib": [("servers", "storage_gib")],
    "is_off": [("servers", "power_state")],
    "is_template": [("servers", "is_template")],
    "environment_hint": [("servers", "environment_hint")],
    "os_family": [("servers", "os")],
    "support_status": [("servers", "os"), ("systems", "os"), ("systems", "db"), ("systems", "runtime")],
    "support_end_date": [("servers", "os"), ("systems", "os"), ("systems", "db"), ("systems", "runtime")],
    "same_function_count": [("systems", "function_code")],
    "notice_date": [("systems", "contract_end_date"), ("systems", "notice_months")],
    "contract_value_sek": [("systems", "annual_cost_sek")],
    "years_to_retirement": [("systems", "retire_year")],
    "is_provisional": [("servers", "name"), ("systems", "name")],
}


def cells_of(portfolio: Portfolio, lens_inputs: dict[str, list[str]]) -> pd.DataFrame:
    """Cells of every field of every system.

    Parameters
    ----------
    portfolio
        With provenance and assignments.
    lens_inputs
        Field made by a lens (such as `openness_class`) to the columns of systems that the lens reads.

    Returns
    -------
    DataFrame
        system_id, field, cells: at most four cells as `file[sheet]:row:column`, then how many more.
    """
    provenance = portfolio["provenance"]
    place = provenance["file"] + ("[" + provenance["sheet"] + "]").fillna("") + ":"
    place = place + provenance["row"].astype("string") + ":" + provenance["cell_column"]
    owner = _owners(portfolio, provenance)
    cells = pd.DataFrame(
        {"system_id": owner, "table": provenance["table"], "column": provenance["column"], "cell": place}
    )
    cells = cells.assign(row=provenance["row"]).dropna(subset="system_id").sort_values(["row", "cell"], kind="stable")
    direct = cells[cells["table"] == "systems"].rename(columns={"column": "field"})
    pairs = [(field, table, column) for field, columns in DERIVED.items() for table, column in columns]
    pairs += [(field, "systems", column) for field, columns in lens_inputs.items() for column in columns]
    derived = cells.merge(pd.DataFrame(pairs, columns=["field", "table", "column"]), on=["table", "column"])
    everything = pd.concat([direct[["system_id", "field", "cell"]], derived[["system_id", "field", "cell"]]])
    return _joined(everything.drop_duplicates())


def _owners(portfolio: Portfolio, provenance: pd.DataFrame) -> pd.Series:
    by_server = portfolio["assignments"].set_index("server_id")["system_id"]
    of_server = provenance["row_id"].map(by_server)
    return provenance["row_id"].where(
        provenance["table"] == "systems", of_server.where(provenance["table"] == "servers")
    )


def _joined(cells: pd.DataFrame) -> pd.DataFrame:
    cells = cells.sort_values(["system_id", "field"], kind="stable")
    groups = cells.groupby(["system_id", "field"], sort=False)
    shown = join_texts(cells[groups.cumcount() < MAX_CELLS], ["system_id", "field"], "cell").rename(
        columns={"cell": "cells"}
    )
    more = groups.size().to_numpy() - MAX_CELLS
    shown["cells"] = [
        f"{text} +{count}" if count > 0 else text for text, count in zip(shown["cells"], more, strict=True)
    ]
    return shown


def join_texts(frame: pd.DataFrame, keys: list[str], column: str) -> pd.DataFrame:
    """Join a column's texts with blanks, one row per key; `frame` is sorted by `keys` (ten times as fast as
    groupby's own)."""
    ordered = frame[keys].reset_index(drop=True)
    values = ordered.to_numpy(dtype=object)
    is_first = np.ones(len(values), dtype=np.bool_)
    is_first[1:] = (values[1:] != values[:-1]).any(axis=1)
    starts = [*np.flatnonzero(is_first), len(frame)]
    texts = frame[column].tolist()
    joined = [" ".join(texts[start:end]) for start, end in pairwise(starts)]
    return ordered[is_first].assign(**{column: joined}).reset_index(drop=True)
