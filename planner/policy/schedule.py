"""What a policy says of time: durations, lead times, steps, calendar, wave rules and the search for a schedule."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from planner.policy.conditions import Condition
from planner.policy.parts import Key, Number, Option, Part, Phase, Text

Level = Literal["hard", "soft", "off"]
WAVE_RULES = (
    "mutual_dependencies_together",
    "application_together",
    "needed_first",
    "test_before_production",
    "test_apart_from_production",
    "critical_not_first",
    "complex_not_first",
    "wave_size",
    "pilot_first",
)
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Day = Annotated[int, Field(ge=1, le=31)]


class LeadTime(Part):
    """Months from the decision to procure to a signed contract: half of the times, and four times out of five."""

    route: str
    months_p50: Annotated[int, Field(gt=0)]
    months_p80: Annotated[int, Field(gt=0)]
    because: str
    source: str
    facts: tuple[Key, ...] = ()


class Step(Part):
    """A step that takes time and no planned effort: a decision, a negotiation. It comes before phase `before`.

    It is taken for systems with one of the `options`; with `when`, for those of which that is known to be true. One
    that `needs_meeting` ends in a week in which the calendar lets decisions be taken.
    """

    name: Key
    text: Text
    options: list[Option]
    when: Condition | None = None
    needs_meeting: bool = False
    weeks: Annotated[int, Field(gt=0)]
    before: Literal["procure", "prepare", "close"]
    because: str
    source: str


class CalendarRule(Part):
    """Weeks in which systems of some areas may not change hands, or (effect `open`) may after all; with effect
    `no_meeting`, weeks in which no decision is taken.

    Every year from `first` to `last` (month-day), or every month between two `days`. An area is any word of the
    systems' business areas; none means every system. An `open` rule wins over freezes and closed rules.
    With `every` only each so many years, counted from the year `since`. The plan keeps a `hard` rule; a `soft` one, of
    meetings only, is told where it is not kept.
    """

    name: Key
    text: Text
    effect: Literal["closed", "open", "no_meeting"]
    level: Literal["hard", "soft"] = "hard"
    areas: list[str] = Field(default_factory=list)
    first: MonthDay | None = None
    last: MonthDay | None = None
    days: tuple[Day, Day] | None = None
    every: Annotated[int, Field(gt=0)] = 1
    since: int | None = None
    because: str
    source: str
    facts: tuple[Key, ...] = ()

    @model_validator(mode="after")
    def _one_span(self) -> CalendarRule:
        yearly = self.first is not None and self.last is not None
        if yearly == (self.days is not None) or (self.first is None) != (self.last is None):
            raise ValueError("a calendar rule has either first and last (month-day) or days of the month")
        if self.every > 1 and self.since is None:
            raise ValueError("a rule that does not hold every year says since which year it does")
        if self.level == "soft" and self.effect != "no_meeting":
            raise ValueError("only a rule of meetings may be soft")
        if self.effect == "no_meeting" and self.areas:
            raise ValueError("a rule of meetings holds for all areas")
        return self


class BudgetCycle(Part):
    """When money for new contracts is there: systems with one of the `options`, bought on one of the `routes`, are not
    begun with after their procurement before the first year whose budget could still be asked for by `ask_by`
    (month-day of the year before). A case that has the money says since when (`new_money_from`).
    """

    level: Literal["hard", "off"]
    options: list[Option]
    routes: list[str]
    ask_by: MonthDay
    because: str
    source: str
    facts: tuple[Key, ...] = ()

    @field_validator("ask_by")
    @classmethod
    def _in_every_year(cls, value: str) -> str:
        # Refuses 29 February and what no month has.
        date.fromisoformat(f"2027-{value}")
        return value


class WaveRule(Part):
    """A condition on waves: hard ones are kept by the plan, soft ones are told where they are not.

    `value` is the number of first waves for `critical_not_first` and `complex_not_first`, and the least number of
    systems for `wave_size`.
    """

    name: Literal[
        "mutual_dependencies_together", "application_together", "needed_first", "test_before_production",
        "test_apart_from_production", "critical_not_first", "complex_not_first", "wave_size", "pilot_first",
    ]  # fmt: skip
    level: Level
    value: Annotated[int, Field(ge=0)] = 0
    because: str
    source: str


class Weights(Part):
    """What a week costs in the objective; whole points, compared with each other only."""

    late: Annotated[int, Field(ge=0)]
    over_horizon: Annotated[int, Field(ge=0)]
    after_support: Annotated[int, Field(ge=0)]
    change: Annotated[int, Field(ge=0)]
    makespan: Annotated[int, Field(ge=0)]
    because: str
    source: str


class Search(Part):
    """How long a better schedule is looked for: in steps that are the same on every machine, never in seconds."""

    exact_up_to: Annotated[int, Field(ge=0)]
    exact_work: Annotated[float, Field(ge=0, le=10_000)]
    placements: Annotated[int, Field(ge=0)]
    because: str
    source: str


class Schedule(Part):
    """Durations, calendar, waves and search; capacities, freezes and budgets belong to the case.

    `shares` says how the effort of a phase is spread over the activities that carry it out.
    """

    min_weeks: dict[Phase, int]
    hypercare_weeks: Annotated[int, Field(ge=0)]
    move_shares: dict[Literal["move", "cutover", "hypercare"], float]
    move_shares_because: str
    max_share_of_team: Number
    lead_times: list[LeadTime]
    direct_award_limit: Number
    max_servers_per_wave: Number
    max_systems_per_wave: Number
    parallel_waves: Number
    complex_servers: Number
    steps: list[Step]
    calendar: list[CalendarRule]
    budget_cycle: BudgetCycle
    waves: list[WaveRule]
    weights: Weights
    search: Search

    @model_validator(mode="after")
    def _whole(self) -> Schedule:
        if abs(sum(self.move_shares.values()) - 1) > 1e-9 or len(self.move_shares) != 3:
            raise ValueError("move_shares are those of move, cutover and hypercare, and add up to 1")
        if sorted(rule.name for rule in self.waves) != sorted(WAVE_RULES):
            raise ValueError(f"the wave rules are {', '.join(WAVE_RULES)}, each once")
        return self

    def wave_rule(self, name: str) -> WaveRule:
        """One of the wave rules."""
        return next(rule for rule in self.waves if rule.name == name)
