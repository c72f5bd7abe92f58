"""Groups: what is kept together, what only pulls, what is shared by all, and how large a group may be."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from planner.policy.parts import Number, Option, Part

Service = Literal["directory", "names", "time", "backup", "monitoring", "proxy"]
Words = Annotated[list[str], Field(default_factory=list)]


class Shared(Part):
    """A service that everything uses, told by whole words in its name or in the purpose of a flow to it."""

    service: Service
    names: Words
    purposes: Words
    because: str
    source: str


class SharedServices(Part):
    """Rules by which a flow goes to a shared service: so many dependants, or one of the words."""

    least_dependants: Number
    services: list[Shared]


class HardLink(Part):
    """A kind of flow whose ends stay together.

    Told by whole words in its purpose, by how the depending system exchanges data, or by how long that system may wait.
    """

    kind: Literal["shared_database", "latency"]
    purposes: Words
    integration_styles: Words
    max_latency_ms: Annotated[float, Field(gt=0)] | None = None
    because: str
    source: str


class Weights(Part):
    """How much a flow that crosses a border counts."""

    stated: Number
    proposed: Number
    hard: Number
    against_order: Number


class Groups(Part):
    """All of it."""

    max_systems: Number
    moved: list[Option]
    families: list[list[Option]]
    weights: Weights
    shared: SharedServices
    hard: list[HardLink]

    @model_validator(mode="after")
    def _sound(self) -> Groups:
        if self.max_systems.value < 1 or self.max_systems.value != int(self.max_systems.value):
            raise ValueError("max_systems is a whole number of systems, at least 1")
        options = [option for family in self.families for option in family]
        if len(set(options)) != len(options):
            raise ValueError("an action stands in two families")
        return self
