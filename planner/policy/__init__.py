"""Policies: every number and rule that an organisation may dispute, as YAML with a reason and a source."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from planner.errors import PolicyError
from planner.policy.conditions import Condition
from planner.policy.layers import lineage_of, read_layers
from planner.policy.outlook import Outlook
from planner.policy.priority import Priority
from planner.schema import Column, load_table
from planner.yamlfile import validate

POLICIES = Path(__file__).parent.parent / "policies"
LENSES = ("dataflow_2030", "openness", "cloud_fit", "relevance", "business_value")
Option = Literal["retire", "retain", "rehost", "relocate", "repurchase", "replatform", "refactor"]
Phase = Literal["foundation", "investigate", "decide", "procure", "prepare", "move", "close"]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(_Part):
    """A text in both languages."""

    sv: str
    en: str


class Number(_Part):
    """A number that can be disputed."""

    value: float
    unit: str
    because: str
    source: str


class Span(_Part):
    """Three points of an estimate."""

    low: float
    likely: float
    high: float

    @model_validator(mode="after")
    def _in_order(self) -> Span:
        if not 0 <= self.low <= self.likely <= self.high:
            raise ValueError("low, likely and high must not be negative and must come in this order")
        return self


class Gate(_Part):
    """What is allowed: a gate that holds denies options, asks for a decision first or allows with a condition.

    When its condition is unknown it asks for the decision `task` (an unknown never allows and never denies), unless
    `on_unknown` is `ignore`. `task_on_unknown` is the smaller task of finding out, when it is another one.
    """

    name: Key
    when: Condition
    verdict: Literal["deny", "needs_decision", "allow_with"]
    options: list[Option]
    task: Key | None = None
    on_unknown: Literal["needs_decision", "ignore"] = "ignore"
    task_on_unknown: Key | None = None
    because: Text
    source: str

    @model_validator(mode="after")
    def _has_task(self) -> Gate:
        if self.task is None and (self.verdict == "needs_decision" or self.on_unknown == "needs_decision"):
            raise ValueError("a gate that asks for a decision needs a 'task'")
        return self


class Rule(_Part):
    """Points for one option when a condition holds."""

    name: Key
    when: Condition
    then: Option
    points: float
    because: Text
    source: str


class Task(_Part):
    """A decision that somebody takes before the move."""

    name: Key
    text: Text
    decided_by: Text
    role: Key
    days: Span
    because: str
    source: str


class Decisions(_Part):
    """Gates, rules and tasks; `options` is the order in which ties are broken."""

    options: list[Option]
    tasks: list[Task]
    gates: list[Gate]
    rules: list[Rule]

    @property
    def everything(self) -> list[Gate | Rule]:
        """Gates, then rules, in the order of the file."""
        return [*self.gates, *self.rules]

    @model_validator(mode="after")
    def _consistent(self) -> Decisions:
        if sorted(self.options) != sorted(Option.__args__):  # type: ignore[attr-defined]
            raise ValueError("'options' must list each of the seven once")
        names = [item.name for item in self.everything]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"the name '{twice}' stands twice")
        tasks = {task.name for task in self.tasks}
        for gate in self.gates:
            for asked in (gate.task, gate.task_on_unknown):
                if asked and asked not in tasks:
                    raise ValueError(f"gate '{gate.name}' asks for the task '{asked}', which is not declared")
        for item in self.everything:
            _check_fields(item.name, item.when)
        _refuse_contradictions(self.gates)
        return self


def _refuse_contradictions(gates: list[Gate]) -> None:
    for gate in gates:
        if gate.verdict == "deny" and len(set(gate.options)) == len(Option.__args__):  # type: ignore[attr-defined]
            raise ValueError(f"gate '{gate.name}' denies all seven options: nothing would be left to propose")
    for number, one in enumerate(gates):
        for other in gates[:number]:
            shared = sorted(set(one.options) & set(other.options))
            if one.when == other.when and {one.verdict, other.verdict} == {"deny", "allow_with"} and shared:
                raise ValueError(
                    f"gates '{other.name}' and '{one.name}' contradict each other on {', '.join(shared)}: "
                    "the same condition denies and allows"
                )


@lru_cache
def fact_columns() -> dict[str, Column]:
    """Fields that conditions may read: those of systems and of the derived facts, and the class of each lens."""
    fields = {column.name: column for table in ("systems", "facts") for column in load_table(table).columns}
    return fields | {name: Column(name, "text", "", False, (), None, None, "", "") for name in _LENS_CLASSES}


_LENS_CLASSES = [f"{lens}_class" for lens in LENSES]


def _check_fields(name: str, condition: Condition) -> None:
    import difflib

    for field in condition.fields():
        if field not in fact_columns():
            near = difflib.get_close_matches(field, sorted(fact_columns()), n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise ValueError(f"'{name}' reads the unknown field '{field}'{hint}")
    for part in condition.leaves():
        if part.matches is not None:
            try:
                re.compile(part.matches)
            except re.error as reason:
                raise ValueError(f"'{name}': '{part.matches}' is not a regular expression ({reason})") from None


class LensInput(_Part):
    """One input of a lens: the field, and the points of each of its values."""

    field: str
    points: dict[str, float]


class LensClass(_Part):
    """A class of a lens from a score upwards."""

    name: Key
    at_least: float


class Lens(_Part):
    """Inputs and classes of one lens; what its module does with them is the lens's own arithmetic."""

    inputs: dict[Key, list[LensInput]]
    classes: list[LensClass]
    because: str
    source: str


class Lenses(_Part):
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


class Sizing(_Part):
    """How servers become instance types and monthly cost."""

    families: list[str]
    families_because: str
    comfort: Number
    hours_per_month: Number
    price_low: Number
    price_high: Number


class Work(_Part):
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


class Effort(_Part):
    """Effort model in person-days, and what a person-day costs."""

    day_rate: Number
    work: list[Work]
    foundation: list[Work]
    unknown_servers: Span
    unknown_flows: Span
    unknown_users: Span
    criticality_factor: dict[str, float]
    contract_years: Number


class LeadTime(_Part):
    """Months from the decision to procure to a signed contract: half of the times, and four times out of five."""

    route: str
    months_p50: Annotated[int, Field(gt=0)]
    months_p80: Annotated[int, Field(gt=0)]
    because: str
    source: str


class Schedule(_Part):
    """Durations and priorities; capacities and freezes belong to the case."""

    min_weeks: dict[Phase, int]
    max_share_of_team: Number
    lead_times: list[LeadTime]
    direct_award_limit: Number
    max_servers_per_wave: Number


class Questions(_Part):
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


class Policy(_Part):
    """One complete policy."""

    name: str
    decisions: Decisions
    lenses: Lenses
    sizing: Sizing
    effort: Effort
    schedule: Schedule
    questions: Questions
    priority: Priority
    outlook: Outlook
    origins: dict[str, str] = {}

    def is_own(self, rule: str) -> bool:
        """Whether a rule or gate was written or changed by the organisation itself."""
        return self.name not in _shipped() and self.origin_of(rule) == self.name

    def origin_of(self, rule: str) -> str:
        """Policy in which a rule or gate stands: a shipped one, or the organisation's own."""
        return self.origins.get(rule, self.name)


PARTS: dict[str, type[BaseModel]] = {
    "decisions": Decisions,
    "lenses": Lenses,
    "sizing": Sizing,
    "effort": Effort,
    "schedule": Schedule,
    "questions": Questions,
    "priority": Priority,
    "outlook": Outlook,
}


@lru_cache
def load_policy(name: str = "standard", beside: Path | None = None) -> Policy:
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

    Raises
    ------
    PolicyError
        No such policy, policies that extend each other in a circle, or a file that is wrong; names file, line and the
        nearest known key.
    """
    layers = lineage_of(_folder(name, beside), _folder)
    parts = {}
    origins: dict[str, str] = {}
    for part, model in PARTS.items():
        data, places, origin = read_layers(layers, part)
        parts[part] = validate(model, data, places, PolicyError)
        origins |= origin
    return Policy(name=layers[-1].name, origins=origins, **parts)


def _shipped() -> list[str]:
    return sorted(path.name for path in POLICIES.iterdir() if path.is_dir())


def _folder(name: str, beside: Path | None) -> Path:
    is_own = name.startswith(".")
    folder = (beside or Path()) / name if is_own else POLICIES / name
    if folder.is_dir():
        return folder.resolve()
    remedy = f"Known policies: {', '.join(_shipped())}. An own one is named by its path, such as ./policy."
    raise PolicyError("no such policy", value=name, remedy=remedy)
