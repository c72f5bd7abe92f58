"""A document on paper as blocks: what it says and in which order, not how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.look.read import Logo


@dataclass(frozen=True)
class Heading:
    """A heading; levels follow each other without a gap."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Text:
    """A paragraph; `style` is plain, lead or note."""

    text: str
    style: str = "plain"


@dataclass(frozen=True)
class Items:
    """A list."""

    items: Sequence[str]


@dataclass(frozen=True)
class Grid:
    """A table with one head row, and a caption where its heading does not say what it is.

    `numbers` are the columns that are set to the right, `widths` shares of the line.
    """

    caption: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    numbers: Sequence[int] = ()


@dataclass(frozen=True)
class Timeline:
    """Bars along time, as shares of its length; `alt` says in words where the same facts stand."""

    alt: str
    bars: Sequence[tuple[str, float, float]]
    ticks: Sequence[tuple[str, float]]


@dataclass(frozen=True)
class Stacked:
    """Bars of up to three parts, as shares of the longest, and what each comes to: white, filled and hatched."""

    alt: str
    legend: Sequence[str]
    bars: Sequence[tuple[str, Sequence[float], str]]


Block = Heading | Text | Items | Grid | Timeline | Stacked


@dataclass(frozen=True)
class Document:
    """Title, who it is by and for, what stands in its head and foot, and its blocks."""

    title: str
    author: str
    language: str
    date: str
    kicker: str
    about: Sequence[tuple[str, str]]
    running: str
    blocks: Sequence[Block]
    accent: str = "#0b5c8a"
    logo: Logo | None = None
