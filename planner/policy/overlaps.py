"""Overlaps: which words in a name say nothing about what the system is, and how alike two names have to be."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from planner.policy.parts import Part


class Overlaps(Part):
    """Words and limits; all words are compared in lower case."""

    environments: dict[str, list[str]]
    legal_forms: list[str]
    likeness: Annotated[float, Field(gt=0.5, le=1)]
    least_letters: Annotated[int, Field(gt=0)]
    max_block: Annotated[int, Field(gt=1)]
    because: str
    source: str
