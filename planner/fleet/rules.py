"""When organisations count as able to act together: numbers that anyone may dispute."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from planner.errors import PolicyError
from planner.policy.parts import Number, Option, Part
from planner.yamlfile import read_model

CHANCES = Path(__file__).parent / "chances.yaml"


class Window(Part):
    """Options of those who could do it together, and how near each other in time they must be (months)."""

    options: list[Option]
    within: Number


class ChanceRules(Part):
    """The rules of table fleet_chances."""

    buy_together: Window
    operate_together: Window
    negotiate_together: Window
    least_organisations: Number


@lru_cache
def load_chance_rules(path: Path = CHANCES) -> ChanceRules:
    """Read the rules; the shipped ones by default.

    Raises
    ------
    PolicyError
        A key or value that is wrong; names file and line.
    """
    return read_model(ChanceRules, path, PolicyError)
