"""review.yaml: what people decided about a plan, with who, when, why and until when."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from planner.policy.parts import Key, Option, Span

FORMAT = "fardplan-review/1"
Short = Annotated[str, Field(min_length=1, max_length=120)]
Reason = Annotated[str, Field(min_length=1, max_length=1000)]
Quarter = Annotated[str, Field(pattern=r"^20\d\d-Q[1-4]$")]


class Decided(BaseModel):
    """Who decided, when and why.

    `by` is a role, such as "Systemägare, socialförvaltningen"; a person's name only where the organisation wants it.
    `expires` is the last day on which the decision holds; a decision without it holds until somebody takes it away.
    """

    # Many registers number their systems: `system: 1024` needs no quotes.
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    by: Short
    date: dt.date
    why: Reason
    expires: dt.date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Decided:
        if self.expires is not None and self.expires < self.date:
            raise ValueError(f"it expires ({self.expires}) before it is decided ({self.date})")
        return self


class Override(Decided):
    """Another proposal or another amount of work for a system than the rules give: exactly one of them.

    A gate that denies the proposal goes before it, and the contradiction is a finding.
    """

    system: Short
    disposition: Option | None = None
    effort_days: Span | None = None

    @model_validator(mode="after")
    def _one(self) -> Override:
        _exactly_one(self, "disposition", "effort_days")
        return self


class Pin(Decided):
    """When a system changes hands: in a quarter (waves have no lasting numbers), not before or not after a day."""

    system: Short
    quarter: Quarter | None = None
    not_before: dt.date | None = None
    not_after: dt.date | None = None

    @model_validator(mode="after")
    def _one(self) -> Pin:
        _exactly_one(self, "quarter", "not_before", "not_after")
        return self


class Record(BaseModel):
    """A row of the inventory: its key as its file writes it (before matching), and that file."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    key: Short
    file: Short

    def __str__(self) -> str:
        return f"{self.key} ({self.file})"


class Match(Decided):
    """Two records that are one and the same thing, or that are two, whatever the rules of matching say.

    The same as a row of matches.csv with its column `decision` filled, and with a name on it.
    """

    records: tuple[Record, Record]
    decision: Literal["same", "different"]
    table: Literal["systems", "servers"] = "systems"

    @model_validator(mode="after")
    def _two(self) -> Match:
        if self.records[0] == self.records[1]:
            raise ValueError(f"both records are {self.records[0]}; name two")
        return self


class AcceptedRisk(Decided):
    """A risk that somebody answers for: the code of a finding about the system."""

    system: Short
    risk: Key


class Dispensation(Decided):
    """A gate of the policy that does not deny for this system, for a time; no gate that rests on a law."""

    system: Short
    gate: Key
    expires: dt.date


class Approval(Decided):
    """The plan that was decided on, by its id."""

    plan: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
    diary_number: Short | None = None


class Review(BaseModel):
    """All decisions about the plans of one case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["fardplan-review/1"]
    matches: tuple[Match, ...] = ()
    overrides: tuple[Override, ...] = ()
    pins: tuple[Pin, ...] = ()
    accepted_risks: tuple[AcceptedRisk, ...] = ()
    dispensations: tuple[Dispensation, ...] = ()
    approvals: tuple[Approval, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _blank_is_nothing(cls, data: Any) -> Any:
        """A part of which only the heading is left says nothing."""
        return {name: item for name, item in data.items() if item is not None} if isinstance(data, dict) else data

    @property
    def inputs(self) -> dict[str, Any]:
        """What a plan depends on: everything but the approvals of plans, which come after them."""
        data: dict[str, Any] = self.model_dump(mode="json", exclude={"approvals", "format"}, exclude_none=True)
        return {name: items for name, items in data.items() if items}


def json_schema() -> bytes:
    """JSON Schema of review.yaml, for completion and checks in an editor."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Review.model_json_schema()}
    return (json.dumps(schema, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def _exactly_one(item: BaseModel, *names: str) -> None:
    if sum(getattr(item, name) is not None for name in names) != 1:
        raise ValueError(f"say exactly one of {', '.join(names)}")
