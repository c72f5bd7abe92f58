"""Which server runs which system; a server without one gets a provisional system, so that it is planned and not
lost."""

from __future__ import annotations

import pandas as pd

from planner.ingest.conform import short_hash
from planner.schema import conform, empty


def assign(
    systems: pd.DataFrame, servers: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Assign servers to systems by the id or the exact name that the source states.

    A VM list has no applications: one provisional system per server, to be confirmed by a person.

    Returns
    -------
    systems, servers, assignments, provenance
        Systems with the provisional ones added; provenance of the provisional systems' names.
    """
    if servers.empty:
        return systems, servers, empty("assignments"), empty("provenance")
    found = _named_system(systems, servers)
    provisional = servers.loc[found.isna(), ["server_id", "name"]]
    made = pd.DataFrame(
        {
            "system_id": "prov-"
            + provisional["server_id"].astype("string").map(lambda key: short_hash(key)).astype("string"),
            "name": provisional["name"],
        }
    )
    assignments = pd.DataFrame(
        {
            "server_id": servers["server_id"],
            "system_id": found.fillna(made["system_id"]),
            "basis": pd.Series("stated", index=servers.index).where(found.notna(), "provisional"),
        }
    )
    # Environment is the server's own fact, and the only one that a provisional system can inherit.
    if "environment" in servers:
        made["environment"] = servers["environment"].reindex(made.index)
    everything = pd.concat([systems, made], ignore_index=True) if len(systems) else made.reset_index(drop=True)
    return everything, servers, conform(assignments, "assignments"), empty("provenance")


def _named_system(systems: pd.DataFrame, servers: pd.DataFrame) -> pd.Series:
    nothing = pd.Series(pd.NA, index=servers.index, dtype="string")
    if systems.empty or "system_name" not in servers:
        return nothing
    stated = servers["system_name"].astype("string").str.casefold()
    by_id = pd.Series(
        systems["system_id"].astype("string").to_numpy(),
        index=systems["system_id"].astype("string").str.casefold(),
    )
    names = systems["name"].astype("string").str.casefold()
    is_unique = ~names.duplicated(keep=False)
    by_name = pd.Series(systems.loc[is_unique, "system_id"].astype("string").to_numpy(), index=names[is_unique])
    return stated.map(by_id).astype("string").fillna(stated.map(by_name).astype("string"))
