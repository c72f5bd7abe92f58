"""From what stands in a cell to a value, or to a code that says why not. Works on unique values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from planner.ingest.cells.dates import plausible_day, read_day, read_serial
from planner.ingest.cells.numerals import decimal_mark_of, read_amount
from planner.ingest.cells.refusals import BadValue as BadValue
from planner.ingest.cells.units import PIECES, SIZES, factor_of
from planner.ingest.cells.units import UNITS as UNITS
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
TRUE_TEXTS = frozenset({"ja", "j", "yes", "y", "true", "sant", "sann", "1", "x", "✓", "✔", "☑", "☒"})
FALSE_TEXTS = frozenset({"nej", "n", "no", "false", "falskt", "falsk", "0", "✗", "✘", "☐"})
PARTLY_TEXTS = frozenset({"delvis", "delivs", "partly", "partially", "partial", "till viss del"})
_BLANKS = re.compile(r"[\s\u00a0\u202f\u2007\ufeff\u200b]+")
# What splitting takes for a blank, but for the one between two words; and the two of no width.
_STRAY = (
    *("  ", "\n ", " \n", "\u200b", "\ufeff"),
    *"\t\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
)
_MARK = re.compile(r"[-.,/]")
_NO_WIDTH = " \t\xa0\u200b\ufeff"
_BEGINS = frozenset("0123456789+-.,'")
_DAY = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/. ]+\d{4}")
_NUMBER = re.compile(r"^(?P<number>[-+]?[\d.,' ]*\d(?:[eE][-+]?\d+)?)\s*(?P<unit>%|[A-Za-z/]*\.?)$")


@dataclass(frozen=True)
class Conventions:
    """How one file writes numbers and dates; None where nothing in the file decides it."""

    decimal: str | None = None
    is_month_first: bool | None = None


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


def clean_all(words: list[object]) -> list[str]:
    """Texts of many cells; where none of them holds a blank too much, as is usual, they are looked at together."""
    try:
        together = "\n".join(["", *words, ""])  # type: ignore[list-item]
    except TypeError:
        return [clean(word) for word in words]
    is_clean = together.count("\n") == len(words) + 1 and not any(blank in together for blank in _STRAY)
    return list(map(str, words)) if is_clean else [clean(word) for word in words]


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
        return lambda cell: read_number(cell, conventions.decimal, unit, column.unit)
    if column.type == "integer":
        return lambda cell: _whole(read_number(cell, conventions.decimal, unit, column.unit or PIECES))
    if column.type == "date":
        return lambda cell: read_date(cell, conventions.is_month_first)
    if column.type == "boolean":
        return read_boolean
    return (lambda cell: read_choice(cell, column.values)) if column.values else clean


def read_number(cell: object, decimal: str | None, unit: str | None, measure: str = "") -> float:
    """Read a number as people write it: `1 234,5 tkr`, `16,384`, `85 %`, `16 GB`.

    Parameters
    ----------
    cell
        A cell as it stands.
    decimal
        Decimal mark of the file, where it is decided.
    unit
        Unit that the header or the map names.
    measure
        Unit of the column; sizes in GiB where the header names a size.

    Raises
    ------
    BadValue
        With the codes of `read_amount`.
    """
    measure = measure or ("GiB" if (unit or "").casefold() in SIZES else "")
    if isinstance(cell, bool):
        raise BadValue("not_a_number")
    if isinstance(cell, int | float):
        if not math.isfinite(cell):
            raise BadValue("not_a_number")
        if measure == "percent" and not unit and 0 < abs(cell) < 1:
            raise BadValue("fraction_or_percent")
        return float(cell) * factor_of("", measure, unit)
    return read_amount(clean(cell), decimal, unit, measure)


def _whole(value: float) -> int:
    if value != int(value):
        raise BadValue("not_a_whole_number")
    return int(value)


def read_boolean(cell: object) -> bool:
    """Read ja/nej, yes/no, true/false, sant/falskt, 1/0, x and ticks; "Delvis" is no boolean.

    Raises
    ------
    BadValue
        `partly_yes` for "Delvis", `not_yes_or_no` for anything else.
    """
    word = clean(cell).casefold()
    if word in TRUE_TEXTS:
        return True
    if word in FALSE_TEXTS:
        return False
    raise BadValue("partly_yes" if word in PARTLY_TEXTS else "not_yes_or_no")


def read_choice(cell: object, values: tuple[str, ...]) -> str:
    """Read one of a column's own words, in whatever capitals; where yes and no are among them, every word for these."""
    word = clean(cell).casefold()
    found = next((value for value in values if value.casefold() == word), None)
    if found is None and "yes" in values and "no" in values:
        spelt = {"yes": TRUE_TEXTS, "no": FALSE_TEXTS, "partly": PARTLY_TEXTS}
        found = next((value for value in values if word in spelt.get(value, ())), None)
    return found or clean(cell)


def read_date(cell: object, is_month_first: bool | None) -> datetime:
    """Read a date: ISO, `2027/12/31 10:00:00`, `31/12 2027`, `31 dec 2027`, an Excel serial number.

    Raises
    ------
    BadValue
        With the codes of `read_day`.
    """
    if isinstance(cell, date):
        return plausible_day(cell.year, cell.month, cell.day)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return read_serial(float(cell))
    return read_day(clean(cell), is_month_first)


def conventions_of(words: Iterable[object], delimiter: str | None) -> Conventions:
    """Decide decimal mark and date order from a file's unambiguous cells, then from its delimiter.

    A file separated by `;` was written on a machine with decimal comma and day before month (RVTools and Excel on
    Swedish machines).
    """
    # Only digits with a mark among them can prove anything; names of hosts, which have both, begin with a letter.
    texts = [
        clean(word)
        for word in words
        if isinstance(word, str) and word.lstrip(_NO_WIDTH)[:1] in _BEGINS and _MARK.search(word)
    ]
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
    match = _DAY.match(text)
    if not match or (int(match[1]) > 12) == (int(match[2]) > 12):
        return None
    return int(match[2]) > 12
