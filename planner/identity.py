"""Which system is meant: by a name in a list, or by the id that it had in an earlier plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from planner.portfolio import Portfolio


@dataclass(frozen=True)
class Known:
    """The ids of a plan's systems, and table identifiers: read only when an id has come or gone."""

    ids: set[str]
    identifiers: Callable[[], pd.DataFrame]

    def _as_others(self, ids: set[str], others: set[str]) -> list[tuple[str, str]]:
        """Some of the systems, and the ids of the other plan under which they are known too."""
        if not ids or not others:
            return []
        known = self.identifiers()
        known = known[
            (known["table"] == "systems") & known["row_id"].isin(ids) & known["kind"].isin(["id", "source_key"])
        ]
        return list(known.loc[known["value"].isin(others), ["row_id", "value"]].itertuples(index=False, name=None))

    def same_as(self, new: Known) -> dict[str, str]:
        """New id of systems whose id is another one, by the old one.

        Only what the plans themselves say is the same: an id of the one is an identifier of the other, of nothing else.
        Alike names are no proof.
        """
        gone, come = self.ids - new.ids, new.ids - self.ids
        pairs = [(before, after) for after, before in new._as_others(come, gone)]
        pairs += self._as_others(gone, come)
        found = pd.DataFrame(sorted(set(pairs)), columns=["before", "after"])
        lone = found[~found["before"].duplicated(keep=False) & ~found["after"].duplicated(keep=False)]
        return dict(zip(lone["before"], lone["after"], strict=True))


def systems_by_name(portfolio: Portfolio) -> pd.Series:
    """System by every id, name and address that leads to one of them alone, casefolded; the surest first."""
    systems, identifiers = portfolio["systems"], portfolio["identifiers"]
    servers = portfolio["servers"].merge(portfolio["assignments"], on="server_id")
    names = systems["name"].str.casefold()
    unique = ~names.duplicated(keep=False)
    by_name = pd.Series(systems.loc[unique, "system_id"].to_numpy(), index=names[unique])
    by_id = pd.Series(systems["system_id"].to_numpy(), index=systems["system_id"].str.casefold())
    # A flow between servers is one between the systems that run on them.
    hosts = servers["name"].str.casefold()
    alone = ~hosts.duplicated(keep=False)
    by_server = pd.Series(servers.loc[alone, "system_id"].to_numpy(), index=hosts[alone])
    # Another source may know them by other names, and the network by their addresses.
    owner = pd.Series(servers["system_id"].to_numpy(), index=servers["server_id"])
    others = pd.DataFrame(
        {
            "value": identifiers["value"].str.casefold(),
            "system_id": identifiers["row_id"]
            .map(owner)
            .where(identifiers["table"] == "servers", identifiers["row_id"]),
        }
    ).drop_duplicates()
    others = others[~others["value"].duplicated(keep=False)].dropna()
    by_other = pd.Series(others["system_id"].to_numpy(), index=others["value"])
    known = pd.concat([by_id, by_name, by_server, by_other])
    return known[~known.index.duplicated()]
