"""A finished plan: its tables and what they were made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from planner import __version__
from planner.case import Case
from planner.catalogue import Catalogue
from planner.policy import Policy
from planner.portfolio import Portfolio

FORMAT = "fardplan-plan/1"
SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True)
class Plan:
    """Case, policy and all tables of one run; `plan_id` is a fingerprint of everything that went in."""

    case: Case
    policy: Policy
    portfolio: Portfolio
    catalogue: dict[str, Any]
    plan_id: str

    @property
    def has_errors(self) -> bool:
        """Whether a finding says that the plan cannot be relied on."""
        return bool((self.portfolio["findings"]["severity"] == "error").any())


def make_plan(case: Case, policy: Policy, portfolio: Portfolio, catalogue: Catalogue) -> Plan:
    """Put a plan together and give it its id."""
    facts = {
        "captured_date": str(catalogue.manifest.get("captured_date")),
        "made_with": str(catalogue.manifest.get("made_with")),
        "fingerprint": str(catalogue.manifest.get("fingerprint")),
        # What a refresh could not read: the plan rests on older facts there, or on none.
        "degraded": sorted(
            f"{part['region']} {part['part']}: {part['state']}"
            for part in catalogue.manifest.get("parts", [])
            if part["state"] in {"kept", "missing"}
        ),
    }
    inputs = {
        "format": FORMAT,
        "version": __version__,
        # What could have been instead does not make it another plan.
        "case": case.model_dump(mode="json", exclude={"scenarios"}),
        "policy": _digest(policy.model_dump_json()),
        "catalogue": facts,
        "sources": sorted(portfolio["sources"]["sha256"].unique()),
    }
    return Plan(case, policy, portfolio, facts, _digest(json.dumps(inputs, sort_keys=True))[:12])


def manifest(plan: Plan, tables: Mapping[str, bytes]) -> dict[str, Any]:
    """What a plan folder says of itself: format, inputs and a fingerprint per table. No clock: the same input
    gives the same manifest."""
    return {
        "format": FORMAT,
        "made_by": f"fardplan {__version__}",
        "plan_id": plan.plan_id,
        "organisation": plan.case.organisation,
        "plan_date": plan.case.plan_date.isoformat(),
        "policy": {"name": plan.policy.name, "sha256": _digest(plan.policy.model_dump_json())},
        "catalogue": plan.catalogue,
        "sources": [
            {"file": row["file"], "sha256": row["sha256"]}
            for row in plan.portfolio["sources"][["file", "sha256"]]
            .drop_duplicates()
            .sort_values(["file", "sha256"])
            .to_dict("records")
        ],
        "findings": {
            severity: int((plan.portfolio["findings"]["severity"] == severity).sum()) for severity in SEVERITIES
        },
        "tables": {
            name: {"rows": len(plan.portfolio[name]), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in tables.items()
        },
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
