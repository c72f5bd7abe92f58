"""What people write about a contract's time: periods, options, notice, until further notice."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass

from planner.ingest.cells.dates import OPEN_ENDED

# Longer texts are prose, and patterns are slow on them.
MAX_LETTERS = 300
_COUNTS = "noll ett två tre fyra fem sex sju åtta nio tio elva tolv"
_WORDS = {word: number for number, word in enumerate(_COUNTS.split())}
_WORDS |= {"en": 1, "one": 1, "two": 2, "three": 3, "four": 4, "six": 6, "nine": 9, "twelve": 12}
_COUNT = rf"\d{{1,2}}|{'|'.join(sorted(_WORDS, key=len, reverse=True))}"
_TERM = (
    rf"(?P<low>\b(?:{_COUNT}))\s*(?:(?:-|–|till|to)\s*(?P<high>{_COUNT})\s*)?"
    r"(?P<unit>mån|month|år|year|kvartal|quarter)[a-zåäö]*\.?|(?P<half>\bett halvår)s?"
)
_MONTHS = {"mån": 1, "month": 1, "år": 12, "year": 12, "kvartal": 3, "quarter": 3}
_SAYS_NOTICE = r"(?:(?:ömsesidig|skriftlig|mutual)\w*\s+)?(?:upps[äa]g|notice)\w*"
_NOTICE = re.compile(rf"(?:{_TERM})\s*(?:s\s+)?{_SAYS_NOTICE}")
_NOTICE_BEFORE = re.compile(rf"{_SAYS_NOTICE}(?:\s*(?:på|om|är|of|:|,|-|–|\())?\s*(?:period\s+)?(?:{_TERM})")
_ONLY_TERM = re.compile(rf"^(?:{_TERM})(?:\s*{_SAYS_NOTICE})?$|^(?P<bare>\d{{1,2}})\s*[-–]\s*(?P<most>\d{{1,2}})$")
_RENEWS = re.compile(r"automatisk\w*|auto-?renew\w*|renews automatically")
_OPTION = re.compile(
    r"[\s,;(]*(?:\b(?:med|samt|inkl\.?|plus|with|därefter)\s+)?"
    r"(?:\boption|\bmöjlig|\bförläng|\bextension|\+\s*\d|(?<![\d-])\d\s*\+\s*\d).*$"
)
_UNTIL = re.compile(
    r"^(?:(?:avtal\w*|gäller|giltig\w*|löper|valid|contract|ends?|expires?)\s+)*"
    r"(?:t\.?\s?o\.?\s?m\.?|till och med|till|until|through|ut|upphör|on)\s+"
)
_YEARS = re.compile(r"^(\d{4})\s*(?:-+|–|—|till|to|t\.?o\.?m\.?)\s*(\d{4}|\d{2})$")
_TURN = re.compile(r"^årsskiftet\s+(?:20)?(\d{2})\s*[-–/]\s*(?:20)?(\d{2})$")
_DAY = r"(?:\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?|\d{8}|\d{1,2}[-/.]\d{1,2}[-/. ]+\d{4}|\d{1,2}\.?\s+[a-zåäö]+\.?\s+\d{4})"
_DAYS = re.compile(rf"^{_DAY}\s*(?:-+|–|—|till|to|t\.?o\.?m\.?)\s*({_DAY})$")
_MONTH = re.compile(r"^(\d{4})[-/.](\d{1,2})$")


@dataclass(frozen=True)
class Contract:
    """What one cell says; None for what it does not. `end` is a text for the reader of dates."""

    end: str | None = None
    is_rolling: bool | None = None
    notice_months: str | None = None
    options: str | None = None


def read_contract(text: str) -> Contract:
    """Read a cell about a contract's time.

    A period and "t.o.m." end with the last day of the last year or month that they name; a year or month alone does not
    say which day, and is left for the reader of dates to refuse. Options are kept as their own words and never counted.
    A contract that renews itself is rolling, and its day is that of the running period; one that both runs until
    further notice and names a day contradicts itself, and its end is refused.
    """
    said = text.casefold().strip()
    if len(said) > MAX_LETTERS:
        return Contract(said, True if OPEN_ENDED.search(said) else None)
    notice, rest = _notice(said)
    main, options = _without_options(rest)
    if OPEN_ENDED.search(said):
        return Contract(said if re.search(r"\d{4}", main) else None, True, notice, options)
    end = _end(main)
    is_ending = False if re.search(r"\d{4}", end) else None
    return Contract(end or None, True if _RENEWS.search(said) else is_ending, notice, options)


def read_notice(text: str) -> str:
    """Months of a term of notice, the longest of a range: `3 mån`, `3-12 månader`, `ett år`; else the text as it is."""
    match = _ONLY_TERM.match(text.casefold().strip()[:MAX_LETTERS])
    if not match:
        return text
    return str(int(match["most"])) if match["most"] else _months(match)


def _months(match: re.Match[str]) -> str:
    if match["half"]:
        return "6"
    count = match["high"] or match["low"]
    return str((_WORDS[count] if count in _WORDS else int(count)) * _MONTHS[match["unit"]])


def _notice(said: str) -> tuple[str | None, str]:
    for pattern in (_NOTICE, _NOTICE_BEFORE):
        if match := pattern.search(said):
            return _months(match), (said[: match.start()] + said[match.end() :]).strip(" ,;-–()")
    return None, said


def _without_options(said: str) -> tuple[str, str | None]:
    match = _OPTION.search(said)
    if not match:
        return said.strip(" ,;"), None
    return said[: match.start()].strip(" ,;("), match[0].strip(" ,;()")


def _end(said: str) -> str:
    until = _UNTIL.match(said)
    said = said[until.end() :].strip() if until else said
    if match := _YEARS.match(said):
        # 2026-28 is a period, 2026-06 a month.
        year = match[2] if len(match[2]) == 4 else match[1][:2] + match[2]
        if len(match[2]) == 4 or (int(match[2]) > 12 and year > match[1]):
            return f"{year}-12-31"
    if match := _TURN.match(said):
        return f"20{match[1]}-12-31" if int(match[2]) == int(match[1]) + 1 else said
    if match := _DAYS.match(said):
        return _last_of(match[1])
    return _last_of(said) if until else said


def _last_of(said: str) -> str:
    if re.match(r"^\d{4}$", said):
        return f"{said}-12-31"
    match = _MONTH.match(said)
    if match and 1 <= int(match[2]) <= 12:
        return f"{match[1]}-{int(match[2]):02d}-{calendar.monthrange(int(match[1]), int(match[2]))[1]}"
    return said
