"""A finished plan: its tables and what they were made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from planner import __version__
from planner.case import Case
from planner.catalogue import Catalogue
from planner.csvfile import to_csv_bytes
from planner.policy import Policy
from planner.portfolio import Portfolio

FORMAT = "fardplan-plan/2"
# Older formats that are still read: /1 has no parent and no inputs.
READABLE = (FORMAT, "fardplan-plan/1")
SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True)
class Lineage:
    """The plans that a plan follows: the one before it, and the one that was decided last; `is_anew` where it was made
    without regard to when they have their systems change."""

    parent: str | None = None
    decided: str | None = None
    is_anew: bool = False

    @property
    def told(self) -> dict[str, Any]:
        """What there is to say of it."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Plan:
    """Case, policy and all tables of one run.

    `plan_id` is a fingerprint of everything that went in, the plans that it follows included: `fingerprints` are the
    inputs without them. `asked` are those of what took long to answer.
    """

    case: Case
    policy: Policy
    portfolio: Portfolio
    catalogue: dict[str, Any]
    plan_id: str
    fingerprints: dict[str, Any] = field(default_factory=dict)
    lineage: Lineage = Lineage()
    review: dict[str, Any] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)

    @property
    def parent(self) -> str | None:
        """Id of the plan before it."""
        return self.lineage.parent

    def after(self, lineage: Lineage) -> Plan:
        """The same plan, made after others."""
        return replace(self, lineage=lineage, plan_id=_plan_id(self.fingerprints, lineage))

    @property
    def has_errors(self) -> bool:
        """Whether a finding says that the plan cannot be relied on."""
        return bool((self.portfolio["findings"]["severity"] == "error").any())


def make_plan(
    case: Case,
    policy: Policy,
    portfolio: Portfolio,
    catalogue: Catalogue,
    review: dict[str, Any] | None = None,
    asked: Mapping[str, str] | None = None,
) -> Plan:
    """Put a plan together and give it its id; `review` are people's decisions, approvals of plans left out.

    The id depends on what went in alone: a portfolio whose files are read is enough for it.
    """
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
        "prices_sha256": hashlib.sha256(to_csv_bytes(catalogue.prices)).hexdigest(),
    }
    fingerprints = {
        "format": FORMAT,
        **settings(case, policy),
        "review": _digest(json.dumps(review or {}, sort_keys=True)),
        "catalogue": facts,
        "sources": sorted(portfolio["sources"]["sha256"].unique()),
    }
    plan_id = _plan_id(fingerprints, Lineage())
    return Plan(case, policy, portfolio, facts, plan_id, fingerprints, review=review or {}, asked=asked or {})


def settings(case: Case, policy: Policy) -> dict[str, str]:
    """Fingerprints of what every step reads beside tables."""
    return {
        "version": __version__,
        # What could have been instead does not make it another plan.
        "case": _digest(json.dumps(case.model_dump(mode="json", exclude={"scenarios", "look"}), sort_keys=True)),
        "policy": _digest(policy.model_dump_json()),
    }


def _plan_id(fingerprints: dict[str, Any], lineage: Lineage) -> str:
    return _digest(json.dumps({**fingerprints, **lineage.told}, sort_keys=True))[:12]


def inputs_of(plan: Plan) -> dict[str, Any]:
    """What a plan was made from beside its sources, in full: so that two plans can be compared line by line."""
    return {
        "case": plan.case.model_dump(mode="json"),
        "policy": plan.policy.model_dump(mode="json"),
        "review": plan.review,
    }


def as_json(data: Mapping[str, Any]) -> bytes:
    """JSON for people and for line-wise comparison; the same data gives the same bytes."""
    return (json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode("utf-8")


def manifest(plan: Plan, tables: Mapping[str, bytes]) -> dict[str, Any]:
    """What a plan folder says of itself: format, inputs and a fingerprint per table. No clock: the same input
    gives the same manifest."""
    return {
        "format": FORMAT,
        "made_by": f"fardplan {__version__}",
        "plan_id": plan.plan_id,
        **asdict(plan.lineage),
        "inputs": plan.fingerprints,
        "organisation": plan.case.organisation,
        "plan_date": plan.case.plan_date.isoformat(),
        "policy": {"name": plan.policy.name, "sha256": _digest(plan.policy.model_dump_json())},
        "catalogue": plan.catalogue,
        "asked": dict(plan.asked),
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
