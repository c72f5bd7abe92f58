"""How numbers, money, dates, places and links are written, for one language. Cached: documents repeat themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from babel.dates import format_date
from babel.numbers import format_percent, get_decimal_symbol, get_group_symbol

if TYPE_CHECKING:
    from planner.view.model.terms import Span

LOCALES = {"sv": "sv_SE", "en": "en_GB"}
UNITS = {"sv": ("kr", "tkr", "mnkr"), "en": ("", "thousand", "million")}
NO_BREAK = "\u00a0"


@lru_cache(maxsize=100_000)
def count(value: float, language: str, decimals: int = 0) -> str:
    """A number with the language's marks: `1 234 567,5`.

    The marks and the rounding are Babel's, whose own way from a pattern to a text takes thirty times as long.
    """
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    # What is rounded to nothing has no sign: 0.0 and -0.0 are one entry of the cache.
    return f"{exact or abs(exact):,f}".translate(_marks(language))


def number(value: float, language: str) -> str:
    """A number with a decimal where it has one, and two where it is less than one: `2,5`, `0,47`."""
    return count(value, language, 0 if value == int(value) else 1 if abs(value) >= 1 else 2)


@lru_cache
def _marks(language: str) -> dict[int, str]:
    locale = LOCALES[language]
    return {ord(","): get_group_symbol(locale), ord("."): get_decimal_symbol(locale), ord("-"): "−"}


@lru_cache(maxsize=20_000)
def day(value: str, language: str) -> str:
    """A date as people read it: `4 jan. 2027`."""
    return format_date(date.fromisoformat(value), format="d MMM y", locale=LOCALES[language]).replace(" ", NO_BREAK)


@lru_cache(maxsize=1_000)
def share(value: float, language: str) -> str:
    """A share as a percentage."""
    return format_percent(value, locale=LOCALES[language])


def chance(value: float, language: str) -> str:
    """A chance as a percentage; what happens now and then is not rounded to never."""
    return share(value, language) if value >= 0.01 or not value else f"<{NO_BREAK}{share(0.01, language)}"


def shares(values: tuple[float, float], language: str) -> str:
    """A share that is known, or from at least to at most: `7–35 %`."""
    low, high = (share(value, language) for value in values)
    return low if low == high else f"{low.rstrip('%').rstrip()}–{high}"


def points(value: float, language: str, sign: bool = False) -> str:
    """Points of a rule, with a decimal only where there is one: `+2,5`."""
    text = count(value, language, 0 if value == int(value) else 1)
    return f"+{text}" if sign and value > 0 else text


def money(value: float, language: str) -> str:
    """Kronor in the unit that the public sector uses: kr, tkr or mnkr."""
    scale, decimals = _scale(abs(value))
    return _with_unit(count(value / 1000**scale, language, decimals), UNITS[language][scale], language)


def money_span(span: Span, language: str, unknown: str, likely: str) -> str:
    """A range of kronor in one unit: `5,4–33,8 mnkr (troligen 12,9)`."""
    low, middle, high = span
    if low is None or high is None:
        return unknown
    scale, decimals = _scale(high, low)
    text = "–".join(count(value / 1000**scale, language, decimals) for value in (low, high))
    return _likely(
        _with_unit(text, UNITS[language][scale], language),
        None if middle is None else count(middle / 1000**scale, language, decimals),
        likely,
    )


def outcome(points: Span, language: str, to: str) -> str:
    """The middle and the ends of what may come of it, in one unit: `−28,1 mnkr (−39,5 till −21,0)`."""
    low, middle, high = points
    if low is None or middle is None or high is None:
        return ""
    scale, decimals = _scale(max(abs(low), abs(high)))
    low_, middle_, high_ = (count(round(value / 1000**scale, 1), language, decimals) for value in (low, middle, high))
    return f"{_with_unit(middle_, UNITS[language][scale], language)} ({low_} {to} {high_})"


def bounds(values: tuple[int, int], language: str) -> str:
    """A count that is known, or from at least to at most: `7–34`."""
    low, high = (count(value, language) for value in values)
    return low if low == high else f"{low}–{high}"


def span(values: Span, language: str, unknown: str, likely: str) -> str:
    """A range of numbers: `714–4 446 (troligen 1 700)`."""
    low, middle, high = values
    if low is None or high is None:
        return unknown
    decimals = 0 if high >= 20 and (low == 0 or low >= 1) else 1
    text = "–".join(count(value, language, decimals) for value in (low, high))
    return _likely(text, None if middle is None else count(middle, language, decimals), likely)


@lru_cache(maxsize=20_000)
def anchor(key: str) -> str:
    """A system's id as part of an address inside the page; `encodeURIComponent` in the script gives the same."""
    return quote(key, safe="!'()*")


def short(text: str, most: int) -> str:
    """A text that fits its box; what is cut stands whole in the table beside the picture."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def inside(organisation: str, whole: str) -> str:
    """Where in the organisation, without the organisation's own name before it."""
    return organisation.removeprefix(f"{whole} / ")


def _likely(text: str, middle: str | None, likely: str) -> str:
    return text if middle is None else f"{text} ({likely}{NO_BREAK}{middle})"


def _scale(high: float, low: float = 0.0) -> tuple[int, int]:
    """Thousands to divide by, and decimals; a low that is known is never rounded to nothing."""
    if high >= 1e6 and not 0 < low < 1e5:
        return 2, 1
    return (1, 0) if high >= 1e4 and not 0 < low < 1e3 else (0, 0)


def _with_unit(number: str, unit: str, language: str) -> str:
    return NO_BREAK.join(part for part in ("SEK" if language == "en" else "", number, unit) if part)


def filters(language: str, words: dict[str, str]) -> dict[str, Callable[..., Any]]:
    """Filters of the templates, bound to one language."""
    unknown, likely = words["unknown"], words["likely"]
    return {
        "antal": lambda value: unknown if value is None else count(value, language),
        "poang": lambda value, sign=False: points(value, language, sign),
        "datum": lambda value: unknown if not value else day(value, language),
        "utfall": lambda points: outcome(points, language, words["to"]),
        "tal": lambda value: number(value, language),
        "dagar": lambda value: "–" if value is None else count(value, language, 1),
        "andel": lambda value: share(value, language),
        "chans": lambda value: chance(value, language),
        "andel_spann": lambda values: shares(values, language),
        "kr": lambda value: unknown if value is None else money(value, language),
        "kr_spann": lambda value: money_span(value, language, unknown, likely),
        "antal_spann": lambda value: bounds(value, language),
        "spann": lambda value: span(value, language, unknown, likely),
        "ankare": anchor,
        "kortat": short,
        "inom": inside,
    }
