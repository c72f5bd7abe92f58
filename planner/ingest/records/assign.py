"""Which server runs which system; a server without one gets a provisional system, so that it is planned and not
lost."""

from __future__ import annotations

import pandas as pd

from planner.ingest.records.conform import short_hash
from planner.schema import conform, empty


def assign(
    systems: pd.DataFrame, servers: pd.DataFrame, flows: pd.DataFrame, known: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Assign servers to systems by the id or the exact name that the source states, or by what runs on them.

    A VM list has no applications: one provisional system per server, to be confirmed by a person.

    Parameters
    ----------
    systems, servers, flows
        Identified records, with their staging columns.
    known
        Table identifiers: under which other ids and names the systems are known.

    Returns
    -------
    systems, servers, assignments, provenance
        Systems with the provisional ones added; provenance of the provisional systems' names.
    """
    if servers.empty:
        return systems, servers, empty("assignments"), empty("provenance")
    found = _known_as(systems, _stated_system(servers, flows), known)
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


def _stated_system(servers: pd.DataFrame, flows: pd.DataFrame) -> pd.Series:
    """The system that each server's own row names, else the one system that is said to run on it."""
    nothing = pd.Series(pd.NA, index=servers.index, dtype="string")
    own = servers["system_name"].astype("string") if "system_name" in servers else nothing
    if "is_hosting" not in flows:
        return own
    pairs = flows.loc[flows["is_hosting"].eq(True), ["source_system", "target_system"]].astype("string")
    pairs["server"] = pairs["target_system"].str.casefold()
    alone = pairs.drop_duplicates().groupby("server")["source_system"].agg(["nunique", "first"]).query("nunique == 1")
    names = servers["name"].astype("string").str.casefold()
    hosted = names.map(alone["first"]).mask(names.duplicated(keep=False))
    return own.fillna(hosted.astype("string"))


def _known_as(systems: pd.DataFrame, stated: pd.Series, known: pd.DataFrame) -> pd.Series:
    """Id of the system that is meant: by its id, else by its name, else by another that a source has for it, where only
    one bears it."""
    if systems.empty:
        return pd.Series(pd.NA, index=stated.index, dtype="string")
    stated = stated.str.casefold()
    by_id = pd.Series(
        systems["system_id"].astype("string").to_numpy(),
        index=systems["system_id"].astype("string").str.casefold(),
    )
    names = systems["name"].astype("string").str.casefold()
    is_unique = ~names.duplicated(keep=False)
    by_name = pd.Series(systems.loc[is_unique, "system_id"].astype("string").to_numpy(), index=names[is_unique])
    others = known[(known["table"] == "systems") & known["kind"].isin(["id", "name"])]
    others = others.assign(value=others["value"].str.casefold()).drop_duplicates(["value", "row_id"])
    by_other = others[~others["value"].duplicated(keep=False)].set_index("value")["row_id"]
    found = [stated.map(one).astype("string") for one in (by_id, by_name, by_other)]
    return found[0].fillna(found[1]).fillna(found[2])
