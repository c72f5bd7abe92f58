"""Numbers as people write them: marks, groups, units and brackets; what says no one number is refused with a code."""

from __future__ import annotations

import math
import re

from planner.ingest.cells.refusals import BadValue
from planner.ingest.cells.units import factor_of

# Longer texts are prose, and patterns are slow on them.
MAX_LETTERS = 60
_NUMERAL = r"[.,]?[0-9](?:[0-9.,' ]*[0-9])?(?:e[-+]?[0-9]+)?"
_AMOUNT = re.compile(rf"^(\()?\s*([-+]?)\s*(kr|sek)?\s*({_NUMERAL})\s*([^0-9()+?]*)(\))?$")
_UNIT = r"\s*[^0-9,;/+–—-]{0,12}\s*"
_BETWEEN = r"(?:-+|–|—|\.{2,3}|till|to|à|och|and)"
_RANGE = re.compile(rf"^(?:mellan|between)?\s*{_NUMERAL}{_UNIT}{_BETWEEN}{_UNIT}{_NUMERAL}\D*$")
_INEXACT = re.compile(
    rf"^(?:ca|cirka|c:a|c a|circa|runt|omkring|ungefär|uppskattat|uppskattningsvis|drygt|knappt|nästan|minst|högst|"
    rf"max|min|över|under|upp till|mer än|fler än|mindre än|färre än|approx|approximately|about|around|roughly|"
    rf"over|up to|at least|at most|more than|less than|[~≈<>≤≥]=?)[.:]?\s*{_NUMERAL}\D*$|^{_NUMERAL}\D*[+?]$"
)
_SEVERAL = re.compile(rf"^{_NUMERAL}{_UNIT}[/+;&,]{_UNIT}{_NUMERAL}")
_GROUPED = re.compile(r"^[0-9]{1,3}([ '.,])[0-9]{3}(?:\1[0-9]{3})*$")


def read_amount(text: str, decimal: str | None, unit: str | None, measure: str) -> float:
    """Read a cleaned text as a number in the unit of its column.

    Parameters
    ----------
    text
        Such as `1 234,5 tkr`, `1'234`, `(1 234)` (below zero, as accountants write it) or `16GB`.
    decimal
        Decimal mark of the file, where it is decided.
    unit
        Unit that the header or the map names; one in the cell wins over it.
    measure
        Unit of the column.

    Raises
    ------
    BadValue
        `a_range`, `inexact_number` (about, at least), `several_numbers`, `wrong_unit`, `fraction_or_percent` (`0,8`
        where nothing says which), `ambiguous_number` (`1,500` could be 1500 or 1.5) or `not_a_number`.
    """
    if len(text) > MAX_LETTERS:
        raise BadValue("not_a_number")
    text = text.casefold().replace("−", "-").replace("’", "'")
    match = _AMOUNT.match(text)
    if not match or bool(match[1]) != bool(match[6]):
        raise BadValue(_why_not(text))
    value = _digits(match[4], decimal)
    if match[2] == "-" or match[1]:
        value = -value
    word = match[5] or match[3] or ""
    if measure == "percent" and not word and not unit and 0 < abs(value) < 1:
        raise BadValue("fraction_or_percent")
    return value * factor_of(word, measure, unit)


def _why_not(text: str) -> str:
    for code, pattern in (("a_range", _RANGE), ("inexact_number", _INEXACT), ("several_numbers", _SEVERAL)):
        if pattern.match(text):
            return code
    return "not_a_number"


def _digits(text: str, decimal: str | None) -> float:
    body, _, exponent = text.partition("e")
    mark = None
    if "." in body or "," in body:
        mark = decimal_mark_of(text.replace(" ", "").replace("'", "")) or decimal
        if mark is None:
            raise BadValue("ambiguous_number")
    whole, _, fraction = body.partition(mark) if mark else (body, "", "")
    # "1 2" and "1,23,456" are no number: groups are of three.
    if not ((whole or "0").isdecimal() or _GROUPED.match(whole)) or not (fraction or "0").isdecimal():
        raise BadValue("not_a_number")
    value = float(re.sub(r"\D", "", whole or "0") + "." + (fraction or "0") + (f"e{exponent}" if exponent else ""))
    if not math.isfinite(value):
        raise BadValue("not_a_number")
    return value


def decimal_mark_of(text: str) -> str | None:
    """The decimal mark that a number itself proves: `1.234,5`, `0,75` or `12,5`; None for `1,500`."""
    marks = [mark for mark in text if mark in ".,"]
    if not marks:
        return None
    if len(set(marks)) == 2:
        return marks[-1]
    if len(marks) > 1:
        return "." if marks[0] == "," else ","
    whole, _, fraction = text.partition(marks[0])
    if "e" in fraction.lower():
        return marks[0]  # nobody writes thousands apart before an exponent
    if len(fraction) == 3 and 1 <= len(whole.lstrip("+-")) <= 3 and whole.lstrip("+-") != "0":
        return None
    return marks[0]
