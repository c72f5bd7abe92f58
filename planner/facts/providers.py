"""Providers of places where systems can run: whose they are, under which law, where, and who says what of them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from planner.errors import PolicyError
from planner.facts.laws import UNVERIFIED_UNTIL
from planner.yamlfile import read_model

PROVIDERS = Path(__file__).parent / "providers.yaml"
ProviderClass = Literal[
    "own", "public_shared", "eu_owned", "non_eu_owned_sovereign_partition", "non_eu_owned_eu_region", "non_eu"
]
ServiceModel = Literal["onprem", "hosted_shared", "iaas", "paas", "saas"]
SealSource = Literal["self", "third_party", "tender", "audit"]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Level = Annotated[int, Field(ge=0, le=4)]
Percent = Annotated[float, Field(ge=0, le=100)]
OBJECTIVES = tuple(f"sov_{number}" for number in range(1, 9))


@dataclass(frozen=True)
class Places:
    """Where a case allows its systems to run: providers by id, regions by id or country; empty allows every one."""

    providers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.providers or self.regions)


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(_Fact):
    """A region, and the country in which it lies."""

    id: str
    country: Country


class Certification(_Fact):
    """A certificate, and who says that the provider has it."""

    name: str
    stated_by: SealSource
    as_of: date
    source: str


class Score(_Fact):
    """A published score of sovereignty, and who made it; the overall level is the lowest of the objectives."""

    scored_by: SealSource
    score_pct_low: Percent
    score_pct_high: Percent
    overall: Level | None = None
    seal: dict[str, Level] | None = None
    as_of: date
    source: str

    @model_validator(mode="after")
    def _holds(self) -> Score:
        if self.score_pct_low > self.score_pct_high:
            raise ValueError("score_pct_low is above score_pct_high")
        if self.seal is not None and sorted(self.seal) != sorted(OBJECTIVES):
            raise ValueError(f"seal has one level for each of {', '.join(OBJECTIVES)}")
        if self.seal is not None and self.overall != min(self.seal.values()):
            raise ValueError("overall is the lowest level of the objectives, never their average")
        return self


class Provider(_Fact):
    """One provider; a blank says that nothing is known, never that there is nothing."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name_sv: str
    name_en: str
    owner_country: Country | None
    jurisdiction: Country | None
    provider_class: ProviderClass
    service_models: Annotated[list[ServiceModel], Field(min_length=1)]
    regions: list[Place]
    certifications: list[Certification]
    sovereignty: list[Score]
    lookup: Literal["boto3", "static"]
    source: str
    as_of: date
    review_by: date
    mark: Literal["verified", "secondary", "own_model", "unverified"]

    @model_validator(mode="after")
    def _dated(self) -> Provider:
        if self.review_by <= self.as_of:
            raise ValueError(f"'{self.id}': review_by must lie after as_of")
        if self.mark == "unverified" and self.review_by > UNVERIFIED_UNTIL:
            raise ValueError(f"'{self.id}': what is unverified is reviewed by {UNVERIFIED_UNTIL}")
        return self

    def lies_in(self, allowed: tuple[str, ...]) -> bool:
        """Whether one of its regions is among these ids and countries."""
        return any(place.id in allowed or place.country in allowed for place in self.regions)


class Providers(_Fact):
    """All providers, in the order of the file."""

    schema_: Annotated[Literal["providers/1"], Field(alias="schema")]
    compiled: date
    providers: list[Provider]

    @model_validator(mode="after")
    def _once_each(self) -> Providers:
        for names in (
            [item.id for item in self.providers],
            [place.id for item in self.providers for place in item.regions],
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice:
                raise ValueError(f"the id '{twice}' stands twice")
        return self

    @cached_property
    def by_id(self) -> dict[str, Provider]:
        """Providers by id."""
        return {provider.id: provider for provider in self.providers}

    @cached_property
    def places(self) -> set[str]:
        """Ids of all regions, and the countries in which they lie."""
        found = [place for provider in self.providers for place in provider.regions]
        return {place.id for place in found} | {place.country for place in found}

    def of_region(self, region: str) -> Provider | None:
        """The provider of a region."""
        return next((item for item in self.providers if any(place.id == region for place in item.regions)), None)


@lru_cache
def load_providers(path: Path = PROVIDERS) -> Providers:
    """Read the shipped providers.

    Raises
    ------
    PolicyError
        A key, value or date that is wrong; names file, line and the nearest known key.
    """
    return read_model(Providers, path, PolicyError)


def nearest(name: str, known: set[str]) -> str:
    """What to write instead of a name that nobody knows."""
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(sorted(known))}."
