"""Cells of detail tabs to values, with the reasons why some are none. Each distinct cell is read once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from planner.ingest.cells.values import UNKNOWN_TEXTS, BadValue, clean, read_boolean, read_number
from planner.ingest.readers.rvtools.tab import Tab
from planner.portfolio import finding_rows
from planner.schema import Column

# Sizes in MiB are whole, so that a mark before three digits parts thousands, whatever the language of the machine.
THOUSANDS = re.compile(r"^\d{1,3}(?:([.,' \u00a0\u202f])\d{3})(?:\1\d{3})*$")


@dataclass(frozen=True)
class Read:
    """Values of one column of a tab, and the code of what is wrong where something is."""

    tab: Tab
    at: int
    values: pd.Series
    codes: pd.Series

    def raw(self, positions: Iterable[int]) -> list[str]:
        """Some of the cells as they stand."""
        body, at = self.tab.body, self.at
        given = [body[position][at] for position in positions]
        known = {cell: clean(cell) for cell in dict.fromkeys(given)}
        return [known[cell] for cell in given]

    def findings(self, table: str, column: str) -> pd.DataFrame:
        """Cells that could not be read."""
        wrong = self.codes.dropna()
        rows = pd.Series([self.tab.numbers[position] for position in wrong.index], index=wrong.index, dtype="object")
        said = pd.Series(self.raw(wrong.index), index=wrong.index, dtype="object")
        parts = [
            finding_rows(
                "warning",
                str(code),
                table=table,
                file=self.tab.sheet.file,
                sheet=self.tab.sheet.name,
                row=rows[group.index],
                column=self.tab.letter(self.at),
                detail=column,
                value=said[group.index],
            )
            for code, group in wrong.groupby(wrong)
        ]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def read_column(tab: Tab, at: int, column: Column, meanings: Mapping[str, str]) -> Read:
    """Read one column of a tab as a column of a table wants it; sizes are MiB in every version."""
    given = tab.cells(at)
    known = {cell: _read(cell, column, meanings) for cell in dict.fromkeys(given)}
    read = [known[cell] for cell in given]
    values = pd.Series([value for value, _ in read], dtype="object")
    return Read(tab, at, values, pd.Series([code for _, code in read], dtype="object"))


def _read(cell: object, column: Column, meanings: Mapping[str, str]) -> tuple[object, str | None]:
    text = clean(cell)
    if text.casefold() in UNKNOWN_TEXTS:
        return pd.NA, None
    try:
        value = _value(cell, text, column, meanings)
    except BadValue as reason:
        return pd.NA, str(reason.args[0])
    if column.low is not None and column.high is not None and not column.low <= float(str(value)) <= column.high:
        return pd.NA, "negative_value" if float(str(value)) < 0 else "implausible_value"
    if column.values and value not in column.values:
        return pd.NA, "unknown_word"
    return value, None


def _value(cell: object, text: str, column: Column, meanings: Mapping[str, str]) -> object:
    if column.type == "boolean":
        return read_boolean(cell)
    if column.type in ("number", "integer"):
        number = read_number(whole(cell), None, "MiB" if column.unit == "GiB" else None)
        if column.type == "integer" and number != int(number):
            raise BadValue("not_a_whole_number")
        return int(number) if column.type == "integer" else number
    return meanings.get(text.casefold(), text)


def whole(cell: object) -> object:
    """A whole number without the marks that part its thousands; anything else as it stands."""
    if isinstance(cell, str) and THOUSANDS.match(clean(cell)):
        return re.sub(r"\D", "", cell)
    return cell
