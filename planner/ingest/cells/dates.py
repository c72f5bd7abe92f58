"""Dates as people write them; what says no one day is refused with a code."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from planner.ingest.cells.refusals import BadValue

MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan januari january",
            "feb februari february",
            "mar mars march",
            "apr april",
            "maj may",
            "jun juni june",
            "jul juli july",
            "aug augusti august",
            "sep sept september",
            "okt oct oktober october",
            "nov november",
            "dec december",
        ],
        start=1,
    )
    for name in names.split()
}
# Longer texts are prose, and patterns are slow on them.
MAX_LETTERS = 60
EXCEL_EPOCH = datetime(1899, 12, 30)
OPEN_ENDED = re.compile(r"löpande|tills\s?vidare|until further notice|open[- ]ended|rolling|evergreen")
_DAY_NAMES = (
    r"(?:m[åa]n|tis|ons|tors|fre|lör|sön)(?:dag)?(?:en)?|"
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
)
_LEAD = re.compile(rf"^(?:(?:{_DAY_NAMES})\.?,?\s+)?(?:den\s+)?")
_CLOCK = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?\s*(?:am|pm|fm|em)?"
_ZONE = r"[a-z]{1,4}|[a-z]+/[a-z_]+|(?:utc|gmt)?\s*[+-]\d{1,2}:?(?:\d{2})?"
# The day as it is written: a clock time and its zone do not move it.
_TIME = re.compile(rf"[t, ]\s*(?:kl\.?\s*)?{_CLOCK}(?:\s*-\s*{_CLOCK})?\s*(?:{_ZONE})?$")
_DAY_MONTH = re.compile(r"^(\d{1,2})(?:[. -]|:?[ae]|st|nd|rd|th)*([a-zåäö]+)\.?,?[ -]*(\d{4})$")
_MONTH_DAY = re.compile(r"^([a-zåäö]+)\.?[ -]+(\d{1,2})(?:st|nd|rd|th)?,?[ -]+(\d{4})$")
_IMPRECISE = re.compile(
    r"^(\d{4}[-/.]\d{1,2}|[a-zåäö]+\.? \d{4}|\d{4} [a-zåäö]+|(kv|q|k|kvartal|h|ht|vt)\.? ?\d?,? \d{4}|"
    r"\d{4}[ -]?(kv|q|k|kvartal|h)\.? ?\d|(v|w|vecka|week)\.? ?\d{1,2},? \d{4}|\d{4}[ -]?(v|w|vecka|week)\.? ?\d{1,2}|"
    r"årsskiftet \d{2,4} ?[-/] ?\d{2,4})$"
)


def read_serial(value: float) -> datetime:
    """Read a number as a spreadsheet's day, or as `20271231`.

    Raises
    ------
    BadValue
        `imprecise_date` for a year, `implausible_date` for anything else.
    """
    if 20_000 <= value < 80_000:
        day = EXCEL_EPOCH + timedelta(days=int(value))
        return plausible_day(day.year, day.month, day.day)
    if 19_500_101 <= value <= 21_001_231 and value == int(value):
        return plausible_day(int(value) // 10_000, int(value) // 100 % 100, int(value) % 100)
    raise BadValue("imprecise_date" if 1950 <= value <= 2100 else "implausible_date")


def read_day(text: str, is_month_first: bool | None) -> datetime:
    """Read a cleaned text as a day.

    Parameters
    ----------
    text
        Such as `2027-12-31T10:00+01:00`, `31/12 2027`, `30.6.2026`, `30 juni 2026`, `16-Jul-2026` or `46752`.
    is_month_first
        How the file writes `03/04/2027`, where that is decided.

    Raises
    ------
    BadValue
        `not_a_date`, `ambiguous_date`, `imprecise_date` (a year, month, quarter or week), `open_ended` (until further
        notice) or `implausible_date` (before 1950 or after 2100, such as 9999).
    """
    if len(text) > MAX_LETTERS:
        raise BadValue("open_ended" if OPEN_ENDED.search(text.casefold()) else "not_a_date")
    text = _TIME.sub("", _LEAD.sub("", text.casefold().rstrip("."))).strip()
    if match := re.match(r"^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$", text):
        return plausible_day(int(match[1]), int(match[3]), int(match[4]))
    if match := re.match(r"^(\d{4})(\d{2})(\d{2})$", text):
        return plausible_day(int(match[1]), int(match[2]), int(match[3]))
    if match := re.match(r"^(\d{1,2})[-/.](\d{1,2})[-/. ]+(\d{4})$", text):
        return _day_and_month(int(match[1]), int(match[2]), int(match[3]), is_month_first)
    if (match := _DAY_MONTH.match(text)) and match[2] in MONTHS:
        return plausible_day(int(match[3]), MONTHS[match[2]], int(match[1]))
    if (match := _MONTH_DAY.match(text)) and match[1] in MONTHS:
        return plausible_day(int(match[3]), MONTHS[match[1]], int(match[2]))
    if re.match(r"^\d{5}(?:[.,]\d+)?$", text):
        return read_serial(float(text.replace(",", ".")))
    raise BadValue(_why_not(text))


def _why_not(text: str) -> str:
    if re.match(r"^\d{4}$", text):
        return "imprecise_date" if 1950 <= int(text) <= 2100 else "implausible_date"
    if _IMPRECISE.match(text):
        return "imprecise_date"
    if OPEN_ENDED.search(text):
        return "open_ended"
    return "implausible_date" if re.match(r"^\d{5,}$", text) else "not_a_date"


def _day_and_month(first: int, second: int, year: int, is_month_first: bool | None) -> datetime:
    if first > 12 or first == second:
        return plausible_day(year, second, first)
    if second > 12:
        return plausible_day(year, first, second)
    if is_month_first is None:
        raise BadValue("ambiguous_date")
    return plausible_day(year, first, second) if is_month_first else plausible_day(year, second, first)


def plausible_day(year: int, month: int, day: int) -> datetime:
    """A day of an inventory.

    Raises
    ------
    BadValue
        `implausible_date` before 1950 or after 2100, `not_a_date` for a 30 February.
    """
    if not 1950 <= year <= 2100:
        raise BadValue("implausible_date")
    try:
        return datetime(year, month, day)
    except ValueError:
        raise BadValue("not_a_date") from None
