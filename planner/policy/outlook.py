"""Outlook: what a finished action makes of a system, and by when the goals are to be reached."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from planner.policy.parts import Key, Option, Part

Delivery = Literal["internal", "external", "hosted", "iaas", "paas", "saas"]


class Change(Part):
    """What is true of a system when its action is done; what is left out stays as it is today.

    `dataflow_level` and `digital_level` are what the action reaches at least; `ends_closed` and `ends_red` say that it
    leaves the class.
    """

    is_gone: bool = False
    dataflow_level: Annotated[int, Field(ge=1, le=5)] | None = None
    digital_level: Annotated[int, Field(ge=0, le=4)] | None = None
    ends_closed: bool = False
    ends_red: bool = False
    delivery: Delivery | None = None
    because: str
    source: str


class Outlook(Part):
    """Goals with their day, and the changes by option."""

    target_date: date
    flow_level: Annotated[int, Field(ge=1, le=5)]
    digital_level: Annotated[int, Field(ge=0, le=4)]
    red_action_months: Annotated[int, Field(gt=0)]
    after: dict[Option, Change]
    because: str
    source: str
    facts: tuple[Key, ...] = ()

    @model_validator(mode="after")
    def _all_seven(self) -> Outlook:
        missing = sorted(set(get_args(Option)) - set(self.after))
        if missing:
            raise ValueError(f"'after' says nothing of {', '.join(missing)}")
        return self
