"""One cell that says several things: "3-2-2", "Löpande - uppsägningstid på 3-12 månader", free-text dependencies."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd

from planner.ingest.cells.contracts import read_contract, read_notice
from planner.ingest.cells.multiples import part_all

_KLASSA = re.compile(r"^[kKrRtT]?\s*([0-4])\s*[-/., ]\s*[rR]?\s*([0-4])\s*[-/., ]\s*[tT]?\s*([0-4])$")
_OPTION = re.compile(r",\s*(?=(?:ja|nej),)", re.IGNORECASE)
_USED_OF_TOTAL = re.compile(r"^(.+?)\s*/\s*(.+)$")
_PHASE = re.compile(
    r"\b(plan|phaseIn|active|phaseOut|endOfLife)\b\"?\W+(?:\"?startDate\"?\W+)?(\d{4})-\d{2}-\d{2}", re.IGNORECASE
)
_NOW = re.compile(r"\"asString\"\s*:\s*\"(\w+)\"|^(\w+)$")


def split_klassa(cells: pd.Series, name: str) -> dict[str, pd.Series]:
    """Split an information class `K-R-T`; a form that is not three levels is kept whole so that it is reported."""
    found = cells.str.extract(_KLASSA)
    whole = cells.where(found[0].isna())
    parts = {
        column: found[at].where(found[at].notna(), None)
        for at, column in enumerate(("klassa_k", "klassa_r", "klassa_t"))
    }
    parts["klassa_k"] = parts["klassa_k"].where(found[0].notna(), whole)
    return parts


def split_contract(cells: pd.Series, name: str) -> dict[str, pd.Series]:
    """Split a contract cell into end date, rolling or not, and notice months (the longest of a range).

    Options are not counted; their words are staged as `contract_options`.
    """
    known = {text: read_contract(text) for text in cells.unique()}
    said = [known[text] for text in cells]
    yes_or_no = {True: "ja", False: "nej", None: None}
    pieces = {
        "contract_end_date": [contract.end for contract in said],
        "is_contract_rolling": [yes_or_no[contract.is_rolling] for contract in said],
        "notice_months": [contract.notice_months for contract in said],
        "contract_options": [contract.options for contract in said],
    }
    return {column: pd.Series(texts, index=cells.index, dtype="object") for column, texts in pieces.items()}


def split_notice(cells: pd.Series, name: str) -> dict[str, pd.Series]:
    """Read a term of notice in months, the longest of a range; what is no such term is kept so that it is reported."""
    return {name: cells.map({text: read_notice(text) for text in cells.unique()})}


def split_several(cells: pd.Series, name: str) -> dict[str, pd.Series]:
    """Part values that a register joins with commas and that hold commas themselves; `; ` between them.

    The register is its own vocabulary: `Skola, Vård, omsorg och stöd` is two values where one of them stands alone in
    some row, and stays one where nothing shows where it parts.
    """
    return {name: cells.map(part_all(cells.unique().tolist()))}


def split_options(cells: pd.Series, name: str) -> dict[str, pd.Series]:
    """Part options that are joined with commas and hold commas themselves: each begins with "Ja," or "Nej,"."""
    return {name: cells.str.replace(_OPTION, "; ", regex=True)}


def split_lifecycle(cells: pd.Series, name: str) -> dict[str, pd.Series]:
    """Split phases with their dates: the one that is said to hold now, and the year of `endOfLife`.

    Dates alone do not say which phase holds now, since no clock is read.
    """
    now = cells.str.extract(_NOW)
    ends = [
        next((year for phase, year in _PHASE.findall(cell) if phase.casefold() == "endoflife"), None) for cell in cells
    ]
    return {
        "lifecycle": now[0].where(now[0].notna(), now[1]),
        "retire_year": pd.Series(ends, index=cells.index, dtype="object"),
    }


def split_used_of_total(cells: pd.Series, name: str) -> dict[str, pd.Series]:
    """Split `61.2 GiB / 127 GiB`: what is used, of how much; one amount alone is the whole."""
    found = cells.str.extract(_USED_OF_TOTAL)
    used, total = found[0], found[1].where(found[1].notna(), cells)
    return {"storage_used_gib": used.where(used.notna(), None), "storage_gib": total}


def keep_staged(cells: pd.Series, name: str) -> dict[str, pd.Series]:
    """Keep the text in a staging column of the header's own name; the reader uses it and drops it."""
    return {name: cells.where(cells != "", None)}


SPLITTERS: dict[str, Callable[[pd.Series, str], dict[str, pd.Series]]] = {
    "klassa": split_klassa,
    "contract": split_contract,
    "notice": split_notice,
    "several": split_several,
    "lifecycle": split_lifecycle,
    "options": split_options,
    "used_of_total": split_used_of_total,
    "staged": keep_staged,
}
