"""All that identifies a record in its sources, so that another list which names it otherwise still finds it."""

from __future__ import annotations

import pandas as pd

from planner.policy.matching import IDENTITIES
from planner.schema import concat, conform, empty

KINDS = {**{name: name for name in IDENTITIES}, "ip_addresses": "ip_address", "mac_addresses": "mac_address"}
MANY = r"[;,\s]+"


def identifiers(kept: pd.DataFrame, table: str) -> pd.DataFrame:
    """Ids, addresses and other names of every record.

    Parameters
    ----------
    kept
        Rows with `_key`, `_base` and all that was read; none of sources whose names are to be kept out.
    table
        `systems` or `servers`.

    Returns
    -------
    Table identifiers; a record's own id and name stand in its own table and not here.
    """
    parts = [_of(kept, table, KINDS[name], kept[name]) for name in IDENTITIES if name in kept]
    merged = kept[kept["_key"].duplicated(keep=False)]
    if len(merged):
        parts.append(_of(merged, table, "id", merged["_base"].where(merged["_base"] != merged["_key"])))
        leading = merged["_key"].map(merged.drop_duplicates("_key").set_index("_key")["name"])
        parts.append(_of(merged, table, "name", merged["name"].where(merged["name"] != leading)))
    everything = concat(parts, "identifiers").drop_duplicates()
    return everything.sort_values(["row_id", "kind", "value"], kind="stable", ignore_index=True)


def _of(rows: pd.DataFrame, table: str, kind: str, values: pd.Series) -> pd.DataFrame:
    said = values.dropna().astype("string")
    if said.empty:
        return empty("identifiers")
    if kind in ("ip_address", "mac_address"):
        said = said.str.split(MANY, regex=True).explode()
        said = said[said != ""]
    frame = pd.DataFrame({"row_id": rows["_key"].reindex(said.index), "value": said})
    return conform(frame.assign(table=table, kind=kind).reset_index(drop=True), "identifiers")
