"""What the parts of a policy are made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Option = Literal["retire", "retain", "rehost", "relocate", "repurchase", "replatform", "refactor"]
Phase = Literal["foundation", "investigate", "decide", "procure", "prepare", "move", "close"]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Part(BaseModel):
    """A frozen piece of a policy; a key that it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Part):
    """A text in both languages."""

    sv: str
    en: str


class Span(Part):
    """Three points of an estimate."""

    low: float
    likely: float
    high: float

    @model_validator(mode="after")
    def _in_order(self) -> Span:
        if not 0 <= self.low <= self.likely <= self.high < float("inf"):
            raise ValueError("low, likely and high must not be negative and must come in this order")
        return self


class Number(Part):
    """A number that can be disputed."""

    value: float
    unit: str
    because: str
    source: str
