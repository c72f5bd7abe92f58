"""Which system of an earlier plan is which of a later one, where its id is another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd


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
