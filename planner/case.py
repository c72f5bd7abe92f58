"""A case: one organisation's inventory, calendar and capacities, read from case.yaml."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from planner.errors import CaseError
from planner.facts.providers import Places
from planner.look import Look
from planner.look.read import read_look
from planner.yamlfile import read_model

Name = Annotated[str, Field(min_length=1, max_length=120)]

# What has been done, as whoever leads the work writes it beside the case.
PROGRESS = "progress.csv"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """One file of the inventory (or a folder or ZIP of files) and how to read it.

    Without a `reader` every sheet is recognised by its header row. The rest is the file's column map, on top of the
    reader's own: `columns` says which headers mean which column, `units` and `means` what their numbers and words
    mean, headers under `keep` are kept as attributes even where the reader knows them, and those under `ignore` are
    not imported; `constants` say what holds for every row whose own cell is blank. Another file with the same `header`,
    a fingerprint that `fardplan map` writes, is read the same way. `timezone` is the IANA name of the zone in which
    times without an offset are written.
    """

    file: Name
    reader: Name | None = None
    sheet: str | None = None
    columns: dict[str, list[str] | str] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    means: dict[str, dict[str, list[str]]] = Field(default_factory=dict)
    keep: list[str] = Field(default_factory=list)
    ignore: list[str] = Field(default_factory=list)
    constants: dict[str, bool | int | float | date | str] = Field(default_factory=dict)
    header: str | None = None
    is_pseudonymised: bool = False
    timezone: str | None = None

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        try:
            if name is not None:
                ZoneInfo(name)
        except (ValueError, LookupError, OSError):
            raise ValueError(f"'{name}' is no time zone; write its IANA name, such as Europe/Stockholm") from None
        return name


class Change(_Frozen):
    """Another capacity from a day on, for a team that grows or shrinks."""

    first: date
    days_per_week: Annotated[float, Field(ge=0, le=500)]


class Team(_Frozen):
    """People who do one role's work; `changes` says how many days a week they have later on."""

    role: Name
    name: Name
    days_per_week: Annotated[float, Field(gt=0, le=500)]
    changes: list[Change] = Field(default_factory=list)


class Freeze(_Frozen):
    """A period without cut-overs, with the share of capacity that is at work in it.

    With `areas` (words in business areas) only systems of these are frozen; the capacity is that of all.
    """

    name: Name
    first: date
    last: date
    capacity_pct: Annotated[float, Field(ge=0, le=100)] = 100
    areas: list[Name] = Field(default_factory=list)

    @model_validator(mode="after")
    def _in_order(self) -> Freeze:
        if self.last < self.first:
            raise ValueError(f"the freeze ends ({self.last}) before it begins ({self.first})")
        return self


class Exchange(_Frozen):
    """The organisation's own planning rates from USD, in which list prices stand, and from EUR, to SEK.

    Without `sek_per_eur` no amount is shown in EUR; both rates are of the same day.
    """

    sek_per_usd: Annotated[float, Field(gt=0, lt=1000)]
    sek_per_eur: Annotated[float, Field(gt=0, lt=1000)] | None = None
    as_of: date
    source: Name


class Scenario(_Frozen):
    """A variant of the case: what is not named here is as in the case.

    `capacity_pct` is a share of every team's days, `days_per_week` another number for some of them, for good, and
    `budget_sek_per_year` is what the planned work of every year may cost. `providers` and `regions` are where systems
    may run instead of where the case says, `horizon_date` the day by which everything is to be done.
    """

    title: Name
    because: Annotated[str, Field(min_length=1, max_length=500)]
    capacity_pct: Annotated[float, Field(gt=0, le=1000)] | None = None
    days_per_week: dict[str, Annotated[float, Field(gt=0, le=500)]] = Field(default_factory=dict)
    budget_sek_per_year: Annotated[float, Field(gt=0)] | None = None
    max_cutovers_per_week: Annotated[int, Field(gt=0)] | None = None
    providers: Annotated[list[Name], Field(min_length=1)] | None = None
    regions: Annotated[list[Name], Field(min_length=1)] | None = None
    policy: Name | None = None
    start_date: date | None = None
    horizon_date: date | None = None

    @model_validator(mode="after")
    def _is_another(self) -> Scenario:
        if not self.model_dump(exclude={"title", "because"}, exclude_defaults=True):
            raise ValueError("the scenario changes nothing; name at least one of its keys")
        return self


class Case(_Frozen):
    """Everything about a case that is not a table.

    `plan_date` is the day on which the plan is made and `start_date` the first day of work; both are inputs, since a
    plan reads no clock. Nothing is placed before the first day of work, nor what has not begun before the day of the
    plan. `catalogue` is the folder of a refreshed snapshot of cloud facts, relative to the case; the shipped one by
    default. `price_lists` are CSV files with prices of other providers, or agreed ones (docs/catalogue.md has their
    columns). `needed_services` are cloud services that every system needs, by the names of the provider's own list.
    `store` is where all plans of the case are kept, such as s3://bucket/prefix; the folder `plans` of the case by
    default. `providers` (ids of facts/providers.yaml) and `regions` (ids, or countries such as SE) are where systems
    may run; without them everywhere that the policy has a target. `region` is where prices are from.
    `max_cutovers_per_week` limits how many systems change hands in a week. `budgets` is what the planned work of a
    calendar year may cost (SEK; a year without one has no limit). `new_money_from` is the first day on which there is
    money for new contracts; the policy's budget cycle says when, where the case does not. `look` is how documents
    look. `scenarios` are variants to compare, by name.
    """

    organisation: Name
    is_invented: bool = False
    language: Literal["sv", "en"] = "sv"
    policy: str = "standard"
    plan_date: date
    start_date: date
    horizon_date: date = date(2030, 12, 31)
    region: Name = "eu-north-1"
    providers: list[Name] = Field(default_factory=list)
    regions: list[Name] = Field(default_factory=list)
    catalogue: str | None = None
    price_lists: list[Name] = Field(default_factory=list)
    needed_services: list[Name] = Field(default_factory=list)
    store: Annotated[str, Field(pattern=r"^s3://[a-z0-9.-]{3,63}(/.*)?$")] | None = None
    exchange: Exchange | None = None
    diary_number: str | None = None
    contact_role: str | None = None
    sources: Annotated[list[Source], Field(min_length=1)]
    precedence: dict[str, dict[str, list[str]]] = Field(default_factory=dict)
    teams: Annotated[list[Team], Field(min_length=1)]
    freezes: list[Freeze] = Field(default_factory=list)
    max_cutovers_per_week: Annotated[int, Field(gt=0)] = 3
    budgets: dict[int, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    new_money_from: date | None = None
    look: Look | None = None
    scenarios: dict[Annotated[str, Field(pattern=r"^[a-zåäö][a-zåäö0-9_]*$")], Scenario] = Field(default_factory=dict)
    _folder: Path = PrivateAttr(default=Path())

    @model_validator(mode="after")
    def _dates_in_order(self) -> Case:
        if not max(self.plan_date, self.start_date) < self.horizon_date:
            raise ValueError("plan_date and start_date must come before horizon_date")
        return self

    @model_validator(mode="after")
    def _one_team_per_role(self) -> Case:
        roles = [team.role for team in self.teams]
        if len(set(roles)) != len(roles):
            raise ValueError("a role stands twice among the teams; give it one line with the sum of its days")
        return self

    @model_validator(mode="after")
    def _scenarios_fit(self) -> Case:
        for name, scenario in self.scenarios.items():
            unknown = sorted(set(scenario.days_per_week) - set(self.capacities))
            if unknown:
                raise ValueError(
                    f"scenarios.{name}.days_per_week: no team has the role '{unknown[0]}' "
                    f"(roles: {', '.join(sorted(self.capacities))})"
                )
            start, horizon = scenario.start_date or self.start_date, scenario.horizon_date or self.horizon_date
            if not max(self.plan_date, start) < horizon:
                raise ValueError(f"scenarios.{name}: plan_date and start_date must come before horizon_date")
        return self

    @property
    def folder(self) -> Path:
        """The folder that holds case.yaml; source files are named relative to it."""
        return self._folder

    @property
    def places(self) -> Places:
        """Where systems may run."""
        return Places(tuple(self.providers), tuple(self.regions))

    @property
    def first_monday(self) -> date:
        """Monday of week 0: the week that holds `start_date`."""
        return self.start_date - timedelta(days=self.start_date.weekday())

    @property
    def capacities(self) -> dict[str, float]:
        """Person-days a week by role."""
        return {team.role: team.days_per_week for team in self.teams}


def read_case(folder: Path, plan_date: date | None = None) -> Case:
    """Read a case from its folder (or from the path of its case.yaml).

    Parameters
    ----------
    folder
        The case.
    plan_date
        Replaces the file's own, so that a schedule can re-plan on a later day.

    Raises
    ------
    CaseError
        Missing, unreadable or wrong; names the line and the nearest known key.
    """
    path = folder if folder.suffix in {".yaml", ".yml"} else folder / "case.yaml"
    if not path.is_file():
        raise CaseError("no case.yaml here", place=str(path), remedy="Give the folder of a case, see inventories/.")
    case = read_model(Case, path, CaseError)
    if plan_date is not None:
        if plan_date >= case.horizon_date:
            raise CaseError("the date is not before horizon_date", place=str(path), value=plan_date.isoformat())
        case = case.model_copy(update={"plan_date": plan_date})
    if (path.parent / PROGRESS).is_file() and PROGRESS not in {source.file for source in case.sources}:
        case = case.model_copy(update={"sources": [*case.sources, Source(file=PROGRESS, reader="progress")]})
    case._folder = path.parent
    # Hours of planning are not lost to a logo that is not there.
    read_look(case.look, case.folder)
    return case
