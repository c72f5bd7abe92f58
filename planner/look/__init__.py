"""An organisation's own look: what it is called, its logo, its colour and its own words around the report."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from planner.look.contrast import DARK_GROUND, LIGHT_GROUND, TEXT, nearest, ratio, readable_on

Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]


class Look(BaseModel):
    """How the documents of a case look.

    `name` is what the organisation is called in them, `logo` a file (SVG or PNG, at most 200 kB) and `logo_says` what
    the logo says to who cannot see it. `accent` is the colour of links, headings and marks on a light ground and
    `accent_dark` on a dark one; without it the colour is mixed with white until it can be read. `templates` is a folder
    with own words: intro.html and foot.html. Paths are relative to the case.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    logo: str | None = None
    logo_says: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    accent: Colour | None = None
    accent_dark: Colour | None = None
    templates: str | None = None

    @field_validator("accent")
    @classmethod
    def _readable(cls, colour: str | None) -> str | None:
        return _checked(colour, LIGHT_GROUND)

    @field_validator("accent_dark")
    @classmethod
    def _readable_in_the_dark(cls, colour: str | None) -> str | None:
        return _checked(colour, DARK_GROUND)

    @model_validator(mode="after")
    def _logo_says_something(self) -> Look:
        if self.logo and not self.logo_says:
            raise ValueError("a logo needs logo_says: what it says to who cannot see it")
        return self

    @property
    def colours(self) -> tuple[str, str] | None:
        """The accent on a light and on a dark ground; None for the planner's own."""
        if self.accent is None:
            return None
        return self.accent, self.accent_dark or nearest(self.accent, DARK_GROUND)


def _checked(colour: str | None, ground: str) -> str | None:
    if colour is None or readable_on(colour, ground):
        return colour
    raise ValueError(
        f"{colour} has a contrast of {ratio(colour, ground):.1f}:1 to {ground} "
        f"and text needs {TEXT}:1 (WCAG 2.1, 1.4.3); the nearest that can be read is {nearest(colour, ground)}"
    )
