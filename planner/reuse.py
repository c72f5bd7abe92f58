"""Steps that read what they read for the plan before: what they made then is taken from that plan.

A step that declares its columns gets nothing else, so that what it makes depends on them, the case, the policy and the
version alone. Their fingerprint is kept in the manifest; where it is that of the plan before, so are the tables.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pandas as pd

from planner.csvfile import from_csv_bytes, to_csv_bytes
from planner.errors import PlannerError, SchemaError
from planner.portfolio import Declared, Portfolio
from planner.store import SavedPlan

Tables = dict[str, pd.DataFrame]


class Reuse:
    """Steps of one plan; `read` has the fingerprint of what each of them has read.

    Parameters
    ----------
    settings
        Fingerprints of what every step reads beside tables.
    plan
        The plan to take from; None where every step is to run.
    """

    def __init__(self, settings: dict[str, str], plan: SavedPlan | None) -> None:
        self.settings, self.plan = settings, plan
        self.read: dict[str, str] = {}

    def run(self, name: str, step: Declared, before: Portfolio, make: Callable[[Portfolio], Tables]) -> Tables:
        """What a step makes of the portfolio before it.

        Raises
        ------
        SchemaError
            It reads or makes what it does not declare.
        """
        seen = before.only(step.reads)
        self.read[name] = self._fingerprint(seen)
        return self._taken(name, step) or _checked(make(seen), step)

    def _fingerprint(self, seen: Portfolio) -> str:
        tables = {name: hashlib.sha256(to_csv_bytes(frame)).hexdigest() for name, frame in seen.tables.items()}
        return hashlib.sha256(json.dumps([self.settings, tables], sort_keys=True).encode("utf-8")).hexdigest()

    def _taken(self, name: str, step: Declared) -> Tables | None:
        if self.plan is None or self.plan.manifest.get("steps", {}).get(name) != self.read[name]:
            return None
        try:
            tables = {table: from_csv_bytes(self.plan.table(table), table) for table in step.makes}
            if step.codes:
                findings = from_csv_bytes(self.plan.table("findings"), "findings")
                tables["findings"] = findings[findings["code"].isin(step.codes)].reset_index(drop=True)
        except PlannerError:
            # Somebody has changed a table of that plan since: the step says again what was in it.
            return None
        return tables


def _checked(made: Tables, step: Declared) -> Tables:
    codes = set(made["findings"]["code"]) if "findings" in made else set()
    undeclared = sorted({*(made.keys() - {"findings", *step.makes}), *(codes - set(step.codes))})
    if undeclared or not made.keys() >= set(step.makes):
        raise SchemaError("a step does not make what it declares", value=undeclared)
    return made
