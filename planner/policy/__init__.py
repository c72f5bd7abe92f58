"""Policies: every number and rule that an organisation may dispute, as YAML with a reason and a source."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from planner.errors import PolicyError
from planner.facts.laws import check_citation
from planner.facts.providers import Places
from planner.policy.business_case import BusinessCase
from planner.policy.catalogue import CatalogueAges
from planner.policy.cloud_fit import CloudFit
from planner.policy.decisions import Decisions, Gate, Rule, Task
from planner.policy.fields import LENSES, fact_columns
from planner.policy.groups import Groups
from planner.policy.layers import lineage_of, read_layers
from planner.policy.matching import Matching
from planner.policy.option_gates import option_gates
from planner.policy.outlook import Outlook
from planner.policy.overlaps import Overlaps
from planner.policy.parts import Key, Number, Option, Part, Phase, Span, Text
from planner.policy.places import restricted
from planner.policy.priority import Priority
from planner.policy.schedule import Schedule
from planner.policy.simulation import Simulation
from planner.yamlfile import validate

__all__ = [
    "LENSES",
    "PARTS",
    "POLICIES",
    "Decisions",
    "Gate",
    "Lens",
    "Number",
    "Policy",
    "Rule",
    "Span",
    "Task",
    "Text",
    "Work",
    "fact_columns",
    "load_policy",
]
# Of a utilisation series, as in table utilisation.
PERCENTILES = (50, 95, 99)
POLICIES = Path(__file__).parent.parent / "policies"


class LensInput(Part):
    """One input of a lens: the field, and the points of each of its values; without points it counts for coverage."""

    field: str
    points: dict[str, float] = Field(default_factory=dict)


class LensClass(Part):
    """A class of a lens from a score upwards."""

    name: Key
    at_least: float


class Lens(Part):
    """Inputs and classes of one lens; what its module does with them is the lens's own arithmetic."""

    inputs: dict[Key, list[LensInput]]
    classes: list[LensClass]
    because: str
    source: str
    facts: tuple[Key, ...] = ()


class Lenses(Part):
    """All lenses and the coverage below which nothing is said."""

    coverage_floor: Number
    lenses: dict[str, Lens]

    @model_validator(mode="after")
    def _five(self) -> Lenses:
        if sorted(self.lenses) != sorted(LENSES):
            raise ValueError(f"the lenses are {', '.join(LENSES)}")
        for lens in self.lenses.values():
            for item in (item for group in lens.inputs.values() for item in group):
                if item.field not in fact_columns():
                    raise ValueError(f"a lens reads the unknown field '{item.field}'")
        return self


class Exclusion(Part):
    """Types or whole families that are not to be bought."""

    types: list[str]
    because: str
    source: str


class Sizing(Part):
    """How servers become targets and monthly cost.

    The numbers `used_...` size a server from its utilisation series, the others from what it is allocated; with the
    `basis` as_is all are sized from what they are allocated.
    """

    basis: Literal["utilisation", "as_is"]
    families: list[str]
    families_because: str
    exclusions: list[Exclusion]
    burst_baseline_pct: dict[str, Annotated[float, Field(gt=0, le=100)]]
    burst_because: str
    burst_source: str
    comfort: Number
    used_percentile: Number
    used_comfort: Number
    used_min_coverage_pct: Number
    used_min_window_days: Number
    used_min_vcpu: Number
    used_min_memory_gib: Number
    contention_cpu_ready_pct: Number
    database_percentile: Number
    database_min_memory_pct: Number
    idle_cpu_pct: Number
    idle_memory_pct: Number
    confidence_step_pct: Number
    managed_engines: dict[str, str]
    managed_deployment: Literal["single_az", "multi_az"]
    managed_because: str
    managed_storage_factor: Number
    hours_per_month: Number
    price_high: Number

    @model_validator(mode="after")
    def _known_percentile(self) -> Sizing:
        for name in ("used_percentile", "database_percentile"):
            if getattr(self, name).value not in PERCENTILES:
                raise ValueError(f"{name} is one of {', '.join(map(str, PERCENTILES))}")
        return self


class Work(Part):
    """Effort of one phase for one role: base + per server + per data flow + per 100 users."""

    phase: Phase
    role: Key
    options: list[Option]
    base: Span
    per_server: Span | None = None
    per_flow: Span | None = None
    per_100_users: Span | None = None
    because: str
    source: str


class Effort(Part):
    """Effort model in person-days, and what a person-day costs."""

    day_rate: Number
    work: list[Work]
    foundation: list[Work]
    unknown_servers: Span
    unknown_flows: Span
    unknown_users: Span
    criticality_factor: dict[str, float]
    contract_years: Number


class Questions(Part):
    """What a person is asked for, and who is likely to know it."""

    derived: dict[str, list[str]]
    asked_of_it: list[str]
    because: str
    source: str

    @model_validator(mode="after")
    def _known(self) -> Questions:
        known = {*fact_columns(), "servers", "system_name"}
        named = [*self.derived, *(name for names in self.derived.values() for name in names), *self.asked_of_it]
        wrong = next((name for name in named if name not in known), None)
        if wrong:
            raise ValueError(f"there is no field '{wrong}' to ask for")
        return self


class Policy(Part):
    """One complete policy."""

    name: str
    decisions: Decisions
    lenses: Lenses
    sizing: Sizing
    effort: Effort
    business_case: BusinessCase
    schedule: Schedule
    questions: Questions
    priority: Priority
    outlook: Outlook
    cloud_fit: CloudFit
    overlaps: Overlaps
    matching: Matching
    groups: Groups
    simulation: Simulation
    catalogue: CatalogueAges
    origins: dict[str, str] = Field(default_factory=dict)

    def is_own(self, rule: str) -> bool:
        """Whether a rule or gate was written or changed by the organisation itself."""
        return self.name not in _shipped() and self.origin_of(rule) == self.name

    def origin_of(self, rule: str) -> str:
        """Policy in which a rule or gate stands: a shipped one, or the organisation's own."""
        return self.origins.get(rule, self.name)

    def with_quick_search(self) -> Policy:
        """The same policy, which looks for better schedules by placing alone, a third as long, and never asks the exact
        solver."""
        search = self.schedule.search
        search = search.model_copy(update={"exact_work": 0.0, "placements": search.placements // 3})
        return self.model_copy(update={"schedule": self.schedule.model_copy(update={"search": search})})


PARTS: dict[str, type[BaseModel]] = {
    "decisions": Decisions,
    "lenses": Lenses,
    "sizing": Sizing,
    "effort": Effort,
    "business_case": BusinessCase,
    "schedule": Schedule,
    "questions": Questions,
    "priority": Priority,
    "outlook": Outlook,
    "cloud_fit": CloudFit,
    "overlaps": Overlaps,
    "matching": Matching,
    "groups": Groups,
    "simulation": Simulation,
    "catalogue": CatalogueAges,
}


def load_policy(name: str = "standard", beside: Path | None = None, allowed: Places | None = None) -> Policy:
    """Load a policy: a shipped one by name, or an organisation's own by the path of its folder.

    A folder holds one file per part. With `policy.yaml: {extends: ...}` it needs only what differs: mappings are laid
    over those of the extended policy, gates, rules and tasks over the one with the same name (`remove: true` takes one
    away), and everything else is replaced.

    Parameters
    ----------
    name
        Name of a shipped policy, or a path that begins with a dot.
    beside
        Folder that such a path is relative to.
    allowed
        Providers and regions that the case allows; a gate closes the targets outside them.

    Raises
    ------
    PolicyError
        No such policy, policies that extend each other in a circle, or a file that is wrong; names file, line and the
        nearest known key.
    """
    return _read(_folder(name, beside), allowed or None)


@lru_cache
def _read(folder: Path, allowed: Places | None) -> Policy:
    layers = lineage_of(folder, _folder)
    parts: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for part, model in PARTS.items():
        data, places, origin = read_layers(layers, part)
        parts[part] = validate(model, data, places, PolicyError)
        origins |= origin
    parts["cloud_fit"] = restricted(parts["cloud_fit"], allowed) if allowed else parts["cloud_fit"]
    made = option_gates(parts["cloud_fit"])
    oldest = layers[0].name
    origins |= {gate.name: origins.get(base, oldest) for base, gates in made.items() for gate in gates}
    parts["decisions"] = _with_gates(parts["decisions"], [gate for gates in made.values() for gate in gates])
    policy = Policy(name=layers[-1].name, origins=origins, **parts)
    _check_citations(policy)
    return policy


def _check_citations(policy: Policy) -> None:
    named: list[tuple[str, str, tuple[str, ...], bool]] = [
        ("cloud_fit.yaml", gate.name, gate.facts, gate.verdict == "deny") for gate in policy.cloud_fit.gates
    ]
    for item in policy.decisions.everything:
        denies = isinstance(item, Gate) and item.verdict == "deny"
        named.append(("decisions.yaml", item.name, item.facts, denies))
    named += [("lenses.yaml", name, lens.facts, False) for name, lens in policy.lenses.lenses.items()]
    named += [("schedule.yaml", lead.route, lead.facts, False) for lead in policy.schedule.lead_times]
    named += [("schedule.yaml", rule.name, rule.facts, False) for rule in policy.schedule.calendar]
    named.append(("outlook.yaml", "outlook", policy.outlook.facts, False))
    named.append(("business_case.yaml", "business_case", policy.business_case.facts, False))
    for place, name, facts, denies in named:
        try:
            check_citation(name, facts, denies=denies)
        except ValueError as reason:
            raise PolicyError(str(reason), place=place, remedy="Known facts: planner/facts/laws.yaml.") from None


def _with_gates(decisions: Decisions, gates: list[Gate]) -> Decisions:
    try:
        return Decisions(
            options=decisions.options,
            tasks=decisions.tasks,
            gates=[*gates, *decisions.gates],
            rules=decisions.rules,
        )
    except ValidationError as reason:
        raise PolicyError(str(reason.errors()[0]["msg"]), place="cloud_fit.yaml") from None


def _shipped() -> list[str]:
    return sorted(path.name for path in POLICIES.iterdir() if path.is_dir())


def _folder(name: str, beside: Path | None) -> Path:
    is_own = name.startswith(".")
    folder = (beside or Path()) / name if is_own else POLICIES / name
    if folder.is_dir():
        return folder.resolve()
    remedy = f"Known policies: {', '.join(_shipped())}. An own one is named by its path, such as ./policy."
    raise PolicyError("no such policy", value=name, remedy=remedy)
