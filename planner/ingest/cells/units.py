"""Units that people write beside numbers: by the unit of a column, what each word multiplies a number by."""

from __future__ import annotations

import re
from collections.abc import Mapping

from planner.ingest.cells.refusals import BadValue

# A header's or a cell's MB, GB or TB is read as binary, as VMware, RVTools and every hypervisor mean it.
SIZES = {
    **dict.fromkeys(("kib", "kb"), 2**-20),
    **dict.fromkeys(("mib", "mb"), 2**-10),
    **dict.fromkeys(("gib", "gb"), 1.0),
    **dict.fromkeys(("tib", "tb"), 1024.0),
    **dict.fromkeys(("pib", "pb"), 1024.0**2),
}
MONEY = {
    **dict.fromkeys(("kr", "sek", "kronor", ":-", ",-"), 1.0),
    **dict.fromkeys(("tkr", "kkr", "ksek", "tsek", "tusen", "tusen kr", "tusen kronor"), 1e3),
    **dict.fromkeys(("mkr", "mnkr", "msek", "milj", "miljoner", "milj kr", "miljoner kr", "miljoner kronor"), 1e6),
}
_MANY = {**dict.fromkeys(("k", "tusen"), 1e3), **dict.fromkeys(("m", "mn", "milj", "miljoner"), 1e6)}
_COUNTED = dict.fromkeys(("st", "stycken", "styck", "pcs"), 1.0)
_CORES = ("vcpu", "vcpus", "cpu", "cpus", "core", "cores", "kärna", "kärnor")
_PERSONS = ("pers", "person", "personer", "användare", "anställda", "medarbetare", "user", "users")
# Measure of whole numbers without a unit of their own.
PIECES = "pieces"
UNITS: Mapping[str, Mapping[str, float]] = {
    # One letter is a size only where nothing but sizes stand; elsewhere M is a million.
    "GiB": {**SIZES, "k": 2**-20, "m": 2**-10, "g": 1.0, "t": 1024.0},
    "SEK/year": {**_MANY, **MONEY},
    "persons": {**_MANY, **_COUNTED, **dict.fromkeys(_PERSONS, 1.0)},
    "cases": {**_MANY, **_COUNTED, **dict.fromkeys(("ärende", "ärenden", "case", "cases"), 1.0)},
    "vCPU": {**_COUNTED, **dict.fromkeys(_CORES, 1.0)},
    "steps": {**_COUNTED, **dict.fromkeys(("steg", "step", "steps"), 1.0)},
    "months": {
        **dict.fromkeys(("mån", "månad", "månader", "month", "months", "mth", "mths"), 1.0),
        **dict.fromkeys(("år", "year", "years"), 12.0),
        **dict.fromkeys(("kvartal", "quarter", "quarters"), 3.0),
    },
    "hours": {
        **dict.fromkeys(("h", "tim", "timme", "timmar", "hour", "hours", "hrs"), 1.0),
        **dict.fromkeys(("min", "minut", "minuter", "minutes"), 1 / 60),
        **dict.fromkeys(("dygn", "d", "dag", "dagar", "day", "days"), 24.0),
    },
    "ms": {"ms": 1.0, "millisekunder": 1.0, "s": 1000.0, "sekund": 1000.0, "sekunder": 1000.0},
    "MHz": {"mhz": 1.0, "ghz": 1000.0},
    "GB/month": {
        "mb": 0.001,
        "gb": 1.0,
        "tb": 1000.0,
        "gb/month": 1.0,
        "gb/mån": 1.0,
        "tb/month": 1000.0,
        "tb/mån": 1000.0,
    },
    "percent": {**dict.fromkeys(("%", "procent", "percent", "pct"), 1.0), "fraction": 100.0},
    PIECES: _COUNTED,
    "": {**_MANY, **MONEY, **SIZES},
}
# A cost per month is twelve of them a year: that is counted, not guessed.
_PERIOD = re.compile(
    r"\s*(?:/|per|om|i)\s*(år|året|year|yr|mån|månad|månaden|month|kvartal|quarter)$|\s*(årligen|p\.?a)$"
)
_PER_YEAR = {"mån": 12.0, "månad": 12.0, "månaden": 12.0, "month": 12.0, "kvartal": 4.0, "quarter": 4.0}


def factor_of(word: str, measure: str, header_unit: str | None) -> float:
    """What a number is multiplied by to be in the unit of its column.

    Parameters
    ----------
    word
        What stands beside the number in the cell; it wins over the header.
    measure
        Unit of the column.
    header_unit
        Unit that the header or the map names.

    Raises
    ------
    BadValue
        `wrong_unit`: the word is no unit of such a column.
    """
    known = UNITS.get(measure, {})
    word = word.strip().rstrip(".").casefold()
    if not word:
        return known.get((header_unit or "").casefold(), 1.0)
    times = 1.0
    if measure == "SEK/year" and (period := _PERIOD.search(word)):
        times, word = _PER_YEAR.get(period[1] or "", 1.0), word[: period.start()].strip()
        if not word:
            return known.get((header_unit or "").casefold(), 1.0) * times
    # A number without a unit of its own counts whatever the word says: `30 dagar` of a benefit.
    if measure and word not in known and word != measure.casefold():
        raise BadValue("wrong_unit")
    return known.get(word, 1.0) * times
