"""From what stands in a cell to a value, or to a code that says why not. Works on unique values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from planner.schema import Column

UNKNOWN_TEXTS = frozenset(
    {
        "",
        "?",
        "-",
        "--",
        "–",
        "n/a",
        "na",
        "#n/a",
        "null",
        "none",
        "nan",
        "vet ej",
        "vet inte",
        "okänt",
        "okänd",
        "ej känt",
        "oklart",
        "saknas",
        "unknown",
        # What LeanIX says to those without rights to the field.
        "no_read_permission",
        "__missing__",
    }
)
TRUE_TEXTS = frozenset({"ja", "j", "yes", "y", "true", "sant", "sann", "1", "x"})
FALSE_TEXTS = frozenset({"nej", "n", "no", "false", "falskt", "falsk", "0"})
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
MULTIPLES = {
    "k": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "kr": 1.0,
    "sek": 1.0,
    "tkr": 1e3,
    "ksek": 1e3,
    "tsek": 1e3,
    "mkr": 1e6,
    "mnkr": 1e6,
    "msek": 1e6,
}
GIB_PER_UNIT = {
    "kib": 2**-20,
    "kb": 2**-20,
    "mib": 2**-10,
    "mb": 2**-10,
    "gib": 1.0,
    "gb": 1.0,
    "tib": 1024.0,
    "tb": 1024.0,
}
# Letters that people write for them; only in columns of memory and storage, elsewhere M is a million.
_SHORT = {"k": "kib", "m": "mib", "g": "gib", "t": "tib"}
# What a unit in a header or a cell multiplies a number by: money to SEK, sizes to GiB.
FACTORS = {**MULTIPLES, **GIB_PER_UNIT}
# Units of columns whose numbers may stand in another one, which the header or the case names.
UNITS = {"GiB": GIB_PER_UNIT, "SEK/year": MULTIPLES}
EXCEL_EPOCH = datetime(1899, 12, 30)
_BLANKS = re.compile(r"[\s\u00a0\u202f\u2007\ufeff\u200b]+")
_MARK = re.compile(r"[-.,/]")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"^(?P<number>[-+]?[\d.,' ]*\d(?:[eE][-+]?\d+)?)\s*(?P<unit>%|[A-Za-z/]*\.?)$")


@dataclass(frozen=True)
class Conventions:
    """How one file writes numbers and dates; None where nothing in the file decides it."""

    decimal: str | None = None
    is_month_first: bool | None = None


class BadValue(ValueError):
    """A cell that cannot be a value of its column; `args[0]` is the finding's code."""


def clean(cell: object) -> str:
    """Text of a cell with every kind of blank collapsed and trimmed."""
    if type(cell) is str:
        # Splitting knows every blank but the two of no width, and is many times faster than a pattern.
        return _BLANKS.sub(" ", cell).strip() if "\u200b" in cell or "\ufeff" in cell else " ".join(cell.split())
    if cell is None or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return _BLANKS.sub(" ", str(cell)).strip()


def is_unknown(cell: object) -> bool:
    """Whether a cell says nothing: blank, a dash, or a phrase such as "vet ej"."""
    return clean(cell).casefold() in UNKNOWN_TEXTS


def known_texts(texts: Iterable[str]) -> list[Any]:
    """Clean texts, unknown where they say nothing."""
    return [pd.NA if text.casefold() in UNKNOWN_TEXTS else text for text in texts]


def parse(
    words: Sequence[object], column: Column, conventions: Conventions, meanings: Mapping[str, str], unit: str | None
) -> tuple[list[Any], list[str | None]]:
    """Parse the distinct cells of a column.

    Parameters
    ----------
    words
        Raw cells.
    column
        What the schema wants.
    conventions
        Decimal mark and date order of the file.
    meanings
        What the file's words mean, casefolded; they win over "unknown" phrases.
    unit
        Unit that the header names, for columns in GiB.

    Returns
    -------
    values, codes
        Parsed values (unknown where blank or wrong) and the finding's code where wrong.
    """
    reader = _readers(column, conventions, unit)
    read = [_read_one(word, column, reader, meanings) for word in words]
    return [value for value, _ in read], [code for _, code in read]


def _read_one(
    cell: object, column: Column, reader: Callable[[object], Any], meanings: Mapping[str, str]
) -> tuple[Any, str | None]:
    word = clean(cell).casefold()
    if word in meanings:
        cell = meanings[word]
    elif word in UNKNOWN_TEXTS:
        return pd.NA, None
    try:
        value = reader(cell)
    except BadValue as reason:
        return pd.NA, str(reason.args[0])
    if column.low is not None and column.high is not None and not column.low <= value <= column.high:
        return pd.NA, "negative_value" if value < 0 else "implausible_value"
    if column.values and str(value) not in column.values:
        return pd.NA, "unknown_word"
    return value, None


def _readers(column: Column, conventions: Conventions, unit: str | None) -> Callable[[object], Any]:
    if column.type == "number":
        return lambda cell: read_number(cell, conventions.decimal, unit if column.unit in UNITS else None)
    if column.type == "integer":
        return lambda cell: _whole(read_number(cell, conventions.decimal, None))
    if column.type == "date":
        return lambda cell: read_date(cell, conventions.is_month_first)
    if column.type == "boolean":
        return read_boolean
    return clean


def read_number(cell: object, decimal: str | None, unit: str | None) -> float:
    """Read a number as people write it: `1 234,5 tkr`, `16,384`, `85 %`, `16 GB`.

    A header's or cell's MB, GB or TB is read as binary (as VMware, RVTools and every hypervisor mean it).

    Raises
    ------
    BadValue
        `not_a_number`, or `ambiguous_number` when `1,500` could be 1500 or 1.5 and nothing in the file decides it.
    """
    if isinstance(cell, bool):
        raise BadValue("not_a_number")
    if isinstance(cell, int | float):
        if not math.isfinite(cell):
            raise BadValue("not_a_number")
        return float(cell) * FACTORS.get((unit or "").lower(), 1.0)
    match = _NUMBER.match(clean(cell))
    if not match:
        raise BadValue("not_a_number")
    word = match["unit"].lower().rstrip(".")
    word = _SHORT.get(word, word) if unit else word
    return _digits(match["number"], decimal) * FACTORS.get(word or (unit or "").lower(), 1.0)


def _digits(text: str, decimal: str | None) -> float:
    text = text.replace(" ", "").replace("'", "")
    marks = [mark for mark in text if mark in ".,"]
    if marks:
        mark = decimal_mark_of(text) or decimal
        if mark is None:
            raise BadValue("ambiguous_number")
        text = text.replace("," if mark == "." else ".", "").replace(mark, ".")
    try:
        value = float(text)
    except ValueError:
        raise BadValue("not_a_number") from None
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


def _whole(value: float) -> int:
    if value != int(value):
        raise BadValue("not_a_whole_number")
    return int(value)


def read_boolean(cell: object) -> bool:
    """Read ja/nej, yes/no, true/false, sant/falskt, 1/0; "Delvis" is no boolean."""
    word = clean(cell).casefold()
    if word in TRUE_TEXTS:
        return True
    if word in FALSE_TEXTS:
        return False
    raise BadValue("not_yes_or_no")


def read_date(cell: object, is_month_first: bool | None) -> datetime:
    """Read a date: ISO, `2027/12/31 10:00:00`, `31/12 2027`, `31 dec 2027`, an Excel serial number.

    Raises
    ------
    BadValue
        `not_a_date`, `ambiguous_date` (`03/04/2027` with nothing in the file to decide), `imprecise_date` (only a
        year or a month),
        `implausible_date` (before 1950 or after 2100, such as 9999).
    """
    if isinstance(cell, datetime):
        return _plausible(cell.year, cell.month, cell.day)
    if isinstance(cell, date):
        return _plausible(cell.year, cell.month, cell.day)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _from_number(float(cell))
    return _from_text(clean(cell).casefold().rstrip("."), is_month_first)


def _from_number(value: float) -> datetime:
    if 20_000 <= value < 80_000:
        day = EXCEL_EPOCH + timedelta(days=int(value))
        return _plausible(day.year, day.month, day.day)
    raise BadValue("imprecise_date" if 1950 <= value <= 2100 else "implausible_date")


def _from_text(text: str, is_month_first: bool | None) -> datetime:
    if match := re.match(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ t]\d.*)?$", text):
        return _plausible(int(match[1]), int(match[2]), int(match[3]))
    if match := re.match(r"^(\d{4})(\d{2})(\d{2})$", text):
        return _plausible(int(match[1]), int(match[2]), int(match[3]))
    if match := re.match(r"^(\d{1,2})[-/.](\d{1,2})[-/. ]+(\d{4})$", text):
        return _day_and_month(int(match[1]), int(match[2]), int(match[3]), is_month_first)
    if match := re.match(r"^(\d{1,2})[. -]*([a-zåäö]+)\.?[ -]*(\d{4})$", text):
        month = MONTHS.get(match[2])
        if month:
            return _plausible(int(match[3]), month, int(match[1]))
    if re.match(r"^\d{4}$", text):
        raise BadValue("imprecise_date" if 1950 <= int(text) <= 2100 else "implausible_date")
    if re.match(r"^(\d{4}[-/.]\d{1,2}|[a-zåäö]+\.? \d{4}|(kv|q|k)\.? ?\d,? \d{4}|\d{4} (kv|q|k)\.? ?\d)$", text):
        raise BadValue("imprecise_date")
    raise BadValue("implausible_date" if re.match(r"^\d{5,}$", text) else "not_a_date")


def _day_and_month(first: int, second: int, year: int, is_month_first: bool | None) -> datetime:
    if first > 12 or first == second:
        return _plausible(year, second, first)
    if second > 12:
        return _plausible(year, first, second)
    if is_month_first is None:
        raise BadValue("ambiguous_date")
    return _plausible(year, first, second) if is_month_first else _plausible(year, second, first)


def _plausible(year: int, month: int, day: int) -> datetime:
    if not 1950 <= year <= 2100:
        raise BadValue("implausible_date")
    try:
        return datetime(year, month, day)
    except ValueError:
        raise BadValue("not_a_date") from None


def conventions_of(words: Iterable[object], delimiter: str | None) -> Conventions:
    """Decide decimal mark and date order from a file's unambiguous cells, then from its delimiter.

    A file separated by `;` was written on a machine with decimal comma and day before month (RVTools and Excel on
    Swedish machines).
    """
    # Only digits with a mark among them can prove anything.
    texts = [clean(word) for word in words if isinstance(word, str) and _MARK.search(word) and _DIGIT.search(word)]
    marks = {mark for text in texts if (match := _NUMBER.match(text)) and (mark := _proof(match["number"]))}
    decimal = marks.pop() if len(marks) == 1 else None
    orders = {order for text in texts if (order := _date_order(text)) is not None}
    month_first = orders.pop() if len(orders) == 1 else None
    if delimiter == ";":
        return Conventions(decimal or ",", False if month_first is None else month_first)
    return Conventions(decimal, month_first)


def _proof(number: str) -> str | None:
    return decimal_mark_of(number.replace(" ", "").replace("'", ""))


def _date_order(text: str) -> bool | None:
    match = re.match(r"^(\d{1,2})[-/.](\d{1,2})[-/. ]+\d{4}", text)
    if not match or (int(match[1]) > 12) == (int(match[2]) > 12):
        return None
    return int(match[2]) > 12
