"""What the targets accept: data with a date, not code."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, RootModel

from planner.errors import PolicyError
from planner.yamlfile import read_model

FILE = Path(__file__).parent / "limits.yaml"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limit(_Frozen):
    """One number, with its unit and what it is a limit of."""

    value: int
    unit: str
    because: str


class Limits(_Frozen):
    """What one target accepts; `refused` are values of its columns."""

    as_of: date
    source: str
    limits: dict[str, Limit]
    refused: dict[str, frozenset[str]] = {}

    def __getitem__(self, name: str) -> int:
        return self.limits[name].value


class _Targets(RootModel[dict[str, Limits]]):
    pass


@lru_cache
def targets() -> dict[str, Limits]:
    """Limits of all targets, by the name of their format."""
    return read_model(_Targets, FILE, PolicyError).root


def limits_of(target: str) -> Limits:
    """Limits of one target."""
    return targets()[target]
