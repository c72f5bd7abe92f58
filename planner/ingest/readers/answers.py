"""The form of `fardplan questions`, filled in: answers become cells of the systems that they are about."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.case import Source
from planner.ingest.cells.body import body_of
from planner.ingest.cells.values import clean, conventions_of, is_unknown, parse
from planner.ingest.dialects.columns import MatchedSheet, load_map
from planner.ingest.files.sheets import Row, Sheet, column_letter
from planner.ingest.readers.plain import find_sheet
from planner.ingest.records.conform import Records
from planner.portfolio import finding_rows
from planner.schema import concat, load_table
from planner.texts import LANGUAGES, load_texts

TABLE = "systems"
_NOT_ASKED = {"system_id", "name", "organisation"}


def read_answers(sheets: list[Sheet], source: Source) -> list[Records]:
    """Read a filled form: one row per system and field.

    An answer fills a blank; where another source says something else, the order of sources in the case decides, and a
    finding names both. A question without an answer is no row. Answers are read as the form offers them, in either
    language, or as the table writes them. An answer that cannot be read, or to a field that does not exist, is
    rejected.

    Raises
    ------
    InventoryError
        No sheet has the headers of the form.
    """
    matched, _ = find_sheet(sheets, source)
    given, letter, too_wide = _rows(matched)
    given["name"] = given["field"].str.casefold().map(_names())
    given = given[_says_something(given)].reset_index(drop=True)
    values, codes = _read(given, matched.sheet.delimiter)
    reasons = codes.mask(given["name"].isna(), "unknown_field")
    is_kept = reasons.isna()
    file, sheet = matched.sheet.file, matched.sheet.name
    rejected = _rejected(given[~is_kept], reasons[~is_kept], too_wide, source).assign(file=file, sheet=sheet)
    kept = given[is_kept]
    is_said = values[is_kept].notna()
    cells = pd.DataFrame(
        {
            "position": kept.index[is_said],
            "column": kept.loc[is_said, "name"].to_numpy(),
            "cell_column": letter,
            "raw": kept.loc[is_said, "answer"].to_numpy(),
        }
    )
    return [
        Records(
            table=TABLE,
            file=file,
            sheet=sheet,
            frame=_wide(kept, values[is_kept]),
            rows=kept["row"],
            cells=cells,
            attributes=pd.DataFrame(index=kept.index),
            findings=_findings(given, codes, letter, matched),
            rejects=rejected,
            rows_in=len(given) + len(too_wide),
            is_pseudonymised=source.is_pseudonymised,
            only_complete=True,
        )
    ]


def _rows(matched: MatchedSheet) -> tuple[pd.DataFrame, str, list[tuple[int, Row]]]:
    at = {match.column.name: match.index for match in matched.matches}
    body = body_of(matched)
    rows = {name: [_typed(cell) for cell in body.columns[at[name]]] for name in ("system_id", "field", "answer")}
    frame = pd.DataFrame(rows, dtype="object")
    # A workbook's dates and numbers are read as what they are, everything else as text.
    cells = body.columns[at["answer"]]
    frame["cell"] = [text if isinstance(cell, str) else cell for text, cell in zip(rows["answer"], cells, strict=True)]
    frame["row"] = pd.Series(body.numbers, dtype="Int64")
    return frame, column_letter(at["answer"]), body.too_wide


def _says_something(given: pd.DataFrame) -> NDArray[np.bool_]:
    # "Don't know" is nothing said, unless the field has it as a value of its own.
    pairs = zip(given["name"], given["answer"], strict=True)
    return np.array(
        [
            not is_unknown(answer) or (isinstance(name, str) and answer.casefold() in _meanings(name))
            for name, answer in pairs
        ],
        dtype=np.bool_,
    )


def _typed(cell: object) -> str:
    # The form puts an apostrophe before what a spreadsheet would take for a formula.
    return clean(cell).removeprefix("'")


@lru_cache
def _names() -> dict[str, str]:
    """Columns that can be answered, by their name and by their label in each language, casefolded."""
    names = [name for name in load_table(TABLE).names if name not in _NOT_ASKED]
    labels = {clean(load_texts(language).field(name)).casefold(): name for language in LANGUAGES for name in names}
    return labels | {name: name for name in names}


@lru_cache
def _meanings(name: str) -> dict[str, str]:
    """What the words of the form and of the usual headers mean for one column."""
    column = load_table(TABLE).column(name)
    offered = ("True", "False") if column.type == "boolean" else column.values
    words = {
        clean(load_texts(language).value(name, value)).casefold(): value for language in LANGUAGES for value in offered
    }
    usual = next((item.meanings for item in load_map(TABLE).columns if item.name == name), {})
    return {**usual, **words, **{value.casefold(): value for value in offered}}


def _read(given: pd.DataFrame, delimiter: str | None) -> tuple[pd.Series, pd.Series]:
    conventions = conventions_of(given["answer"], delimiter)
    values = pd.Series(pd.NA, index=given.index, dtype="object")
    codes = pd.Series(pd.NA, index=given.index, dtype="object")
    for name, group in given.groupby("name"):
        column = load_table(TABLE).column(str(name))
        found, wrong = parse(group["cell"].tolist(), column, conventions, _meanings(str(name)), None)
        values[group.index], codes[group.index] = found, [pd.NA if code is None else code for code in wrong]
    return values, codes


def _wide(kept: pd.DataFrame, values: pd.Series) -> pd.DataFrame:
    wide = pd.DataFrame({"system_id": kept["system_id"]}, index=kept.index, dtype="object")
    for name in sorted(kept["name"].dropna().unique()):
        wide[name] = values.where(kept["name"] == name, pd.NA)
    return wide


def _rejected(rows: pd.DataFrame, reasons: pd.Series, too_wide: list[tuple[int, Row]], source: Source) -> pd.DataFrame:
    original = rows["system_id"] + " | " + rows["field"] + " | " + rows["answer"]
    refused = pd.DataFrame({"row": rows["row"], "code": reasons, "original": original})
    wide = pd.DataFrame({"row": [number for number, _ in too_wide]}).assign(code="too_many_cells", original=pd.NA)
    everything = pd.concat([refused, wide], ignore_index=True)
    return everything.assign(original=pd.NA) if source.is_pseudonymised else everything


def _findings(given: pd.DataFrame, codes: pd.Series, letter: str, matched: MatchedSheet) -> pd.DataFrame:
    wrong = codes.dropna()
    places = {"table": TABLE, "file": matched.sheet.file, "sheet": matched.sheet.name, "column": letter}
    notes = [finding_rows("info", code, file=matched.sheet.file, value=value) for code, value in matched.sheet.notes]
    found = [
        finding_rows(
            "warning",
            str(code),
            row=given.loc[at.index, "row"],
            detail=given.loc[at.index, "name"],
            value=given.loc[at.index, "answer"],
            **places,
        )
        for code, at in wrong.groupby(wrong)
    ]
    return concat([*notes, *found], "findings")
