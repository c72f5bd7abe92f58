"""Ends of data flows that are known by their address alone."""

from __future__ import annotations

import pandas as pd

_ENDS = ("source_system", "target_system")


def name_addresses(flows: pd.DataFrame, servers: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Name the servers that data flows know by address.

    Parameters
    ----------
    flows
        Identified data flows.
    servers
        Identified servers.
    known
        Table identifiers, with the addresses that any source has for them.

    Returns
    -------
    Data flows; an address that no server or several have stays as it is, an end outside the inventory.
    """
    addresses = known[known["kind"] == "ip_address"].drop_duplicates(["row_id", "value"])
    alone = addresses[~addresses["value"].duplicated(keep=False)]
    if flows.empty or alone.empty:
        return flows
    names = alone["row_id"].map(dict(zip(servers["server_id"], servers["name"], strict=True)))
    name_of = dict(zip(alone["value"].str.casefold(), names, strict=True))
    ends = {end: flows[end].map(lambda text: name_of.get(str(text).casefold(), text)) for end in _ENDS}
    return flows.assign(**ends)
