"""What a column map is made for: one sheet of a file, and the source of a case that it belongs to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from planner.case import Source
from planner.case_file import case_file_of, raw_sources
from planner.errors import InventoryError
from planner.ingest.dialects.recognise import recognise
from planner.ingest.files.sheets import Sheet, read_sheets
from planner.mapping.knowledge import TABLES


@dataclass(frozen=True)
class Subject:
    """A sheet, the case it belongs to (if there is one), and what the case says of it.

    `at` is the place of its source in the case, None where it has none yet.
    """

    sheet: Sheet
    source: Source
    at: int | None
    case_file: Path | None
    language: str

    @property
    def name(self) -> str:
        """File and sheet, as messages name them."""
        return f"{self.source.file}[{self.source.sheet}]" if self.source.sheet else self.source.file


def subject_of(file: Path, case: Path | None, sheet: str | None) -> Subject:
    """Open a file and find its place in a case: the one that is given, or the one beside the file or its folder.

    Raises
    ------
    InventoryError
        The file is no table, or the sheet is not in it or not the only one.
    CaseError
        The case has no case.yaml, or it cannot be read.
    """
    if file.is_dir() or file.suffix.lower() == ".zip":
        raise InventoryError("a map is made for one file", place=str(file), remedy="Name a file in it; unpack a ZIP.")
    case_file = case_file_of(case) if case else _nearest(file)
    sources, language = raw_sources(case_file) if case_file else ([], "sv")
    sheets = [one for one in read_sheets(file) if one.rows]
    chosen = _chosen(file, sheets, sheet)
    name = Path(os.path.relpath(file.resolve(), case_file.resolve().parent)).as_posix() if case_file else file.name
    wanted = chosen.name if len(sheets) > 1 else None
    at = _place(file, case_file, sources, wanted, sheets, chosen)
    before = sources[at] if at is not None else Source(file=name)
    if wanted and before.sheet is None:
        before = before.model_copy(update={"sheet": wanted})
    return Subject(chosen, before, at, case_file, language)


def known_reader(subject: Subject) -> str | None:
    """The dialect of another tool that the sheet is in, which needs no map."""
    if subject.source.reader or subject.source.columns:
        return subject.source.reader if subject.source.reader not in (*TABLES, None) else None
    found = _dialect_of(subject.sheet)
    return found if found not in TABLES else None


def _dialect_of(sheet: Sheet) -> str | None:
    try:
        return recognise(sheet)
    except InventoryError:
        # Several dialects fit: then a map is what is wanted.
        return None


def _nearest(file: Path) -> Path | None:
    """The case beside a file, or beside its folder; one farther up is hardly meant."""
    folders = [*file.resolve().parents][:2]
    return next((folder / "case.yaml" for folder in folders if (folder / "case.yaml").is_file()), None)


def _chosen(file: Path, sheets: list[Sheet], name: str | None) -> Sheet:
    names = ", ".join(str(sheet.name) for sheet in sheets)
    if name is not None:
        found = next((sheet for sheet in sheets if sheet.name == name), None)
        if found is None:
            remedy = f"The sheets are: {names}." if any(sheet.name for sheet in sheets) else "It has only one table."
            raise InventoryError(f"no sheet is named '{name}'", place=file.name, remedy=remedy)
        return found
    if not sheets:
        raise InventoryError("the file holds no rows", place=file.name, remedy="Export it again.")
    if len(sheets) > 1:
        raise InventoryError("the file holds several sheets", place=file.name, remedy=f"Name one: --sheet, of {names}.")
    return sheets[0]


def _place(
    file: Path, case_file: Path | None, sources: Sequence[Source], sheet: str | None, sheets: list[Sheet], chosen: Sheet
) -> int | None:
    """The source that already reads this sheet, or that reads nothing else; another one is left as it is."""
    if case_file is None:
        return None
    same = [at for at, one in enumerate(sources) if (case_file.parent / one.file).resolve() == file.resolve()]
    exact = next((at for at in same if sources[at].sheet == sheet), None)
    if exact is not None:
        return exact
    whole = next((at for at in same if sources[at].sheet is None), None)
    if whole is None or sheet is None:
        return same[0] if same and sheet is None else None
    is_only = sources[whole].reader is not None or not any(_dialect_of(one) for one in sheets if one is not chosen)
    return whole if is_only else None
