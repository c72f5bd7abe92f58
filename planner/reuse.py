"""What takes long and was asked just the same for the plan before is taken from that plan.

Everything that is asked has a fingerprint, which the manifest keeps: of the problem that the schedule solves, and of
the columns that the futures are drawn from. Where it is that of the plan before, so is the answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence

import pandas as pd

from planner.csvfile import from_csv_bytes, to_csv_bytes
from planner.errors import PlannerError, SchemaError
from planner.portfolio import Declared, Portfolio
from planner.store import SavedPlan

Tables = dict[str, pd.DataFrame]


class Reuse:
    """What was asked for one plan; `asked` has the fingerprints.

    Parameters
    ----------
    settings
        Fingerprints of what every step reads beside tables.
    plan
        The plan to take from; None where nothing is to be taken.
    """

    def __init__(self, settings: dict[str, str], plan: SavedPlan | None) -> None:
        self.settings, self.plan = settings, plan
        self.asked: dict[str, str] = {}

    def taken(self, name: str, asked: str, tables: Sequence[str]) -> Tables | None:
        """Tables of the plan before, where just the same was asked for it."""
        self.asked[name] = _digest({"version": self.settings["version"], "asked": asked})
        if self.plan is None or self.plan.manifest.get("asked", {}).get(name) != self.asked[name]:
            return None
        try:
            return {table: from_csv_bytes(self.plan.table(table), table) for table in tables}
        except PlannerError:
            # Somebody has changed a table of that plan since: the step says again what was in it.
            return None

    def run(self, name: str, step: Declared, before: Portfolio, make: Callable[[Portfolio], Tables]) -> Tables:
        """What a step makes of the columns that it declares; it gets no others.

        Raises
        ------
        SchemaError
            It reads or makes what it does not declare.
        """
        seen = before.only(step.reads)
        read = {table: hashlib.sha256(to_csv_bytes(frame)).hexdigest() for table, frame in seen.tables.items()}
        taken = self.taken(name, _digest({**self.settings, **read}), step.makes)
        if taken is not None:
            return taken
        made = make(seen)
        if made.keys() != set(step.makes):
            raise SchemaError("a step does not make what it declares", value=sorted(made.keys() ^ set(step.makes)))
        return made


def _digest(told: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode("utf-8")).hexdigest()
