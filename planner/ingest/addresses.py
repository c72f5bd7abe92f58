"""Ends of data flows that are known by their address alone."""

from __future__ import annotations

import re

import pandas as pd

_ADDRESS = r"^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F.:]*)$"
_ENDS = ("source_system", "target_system")
_BETWEEN = re.compile(r"[;,\s]+")


def name_addresses(flows: pd.DataFrame, servers: pd.DataFrame) -> pd.DataFrame:
    """Name the servers that data flows know by address.

    Parameters
    ----------
    flows
        Identified data flows.
    servers
        Identified servers with the staging column `ip_addresses`, where a source has it.

    Returns
    -------
    Data flows; an address that no server or several have stays as it is, an end outside the inventory.
    """
    if flows.empty or "ip_addresses" not in servers:
        return flows
    given = servers[["name", "ip_addresses"]].dropna().astype("string")
    one_each = given.assign(ip=given["ip_addresses"].map(_BETWEEN.split)).explode("ip")
    one_each = one_each[one_each["ip"].str.match(_ADDRESS).fillna(False).astype(bool)].drop_duplicates(["name", "ip"])
    alone = one_each[~one_each["ip"].duplicated(keep=False)]
    names = dict(zip(alone["ip"].str.casefold(), alone["name"], strict=True))
    ends = {end: flows[end].map(lambda text: names.get(str(text).casefold(), text)) for end in _ENDS}
    return flows.assign(**ends)
