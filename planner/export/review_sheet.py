"""The workbook, read back: what a person decided in the columns that are open for it."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime
from typing import Any

import pandas as pd

from planner.errors import InventoryError
from planner.export.edits import QUARTER, Edit
from planner.render.workbook import OPTIONS, REVIEW
from planner.texts import LANGUAGES, Texts, load_texts
from planner.view.model import View
from planner.view.model.systems import System

MAX_SHEET = 60_000_000


def read_workbook(content: bytes, view: View, file: str) -> tuple[Edit, ...]:
    """Read the review of a workbook that was exported from this plan.

    The columns of the plan are not read, so that sorting, filtering and hiding do no harm; systems are known by
    their ids. A row without an own decision and an own quarter is no review, even where it has a reason.

    Raises
    ------
    InventoryError
        Not the workbook, one of another plan, or a cell that is not what its column is for. Nothing of the file is
        used then.
    """
    pages = _pages(content, file)
    texts, page = _systems(pages, file)
    _same_plan(pages, view, texts, file)
    systems = {item.system_id: item for item in view.systems}
    edits: list[Edit] = []
    seen: set[str] = set()
    columns = [texts.interface["column_system_id"], *(texts.export[key] for key in REVIEW)]
    for number, cells in enumerate(page[columns].itertuples(index=False), start=2):
        key, *given = ("" if pd.isna(cell) else cell for cell in cells)
        if not any(str(cell).strip() for cell in given):
            continue
        row = _Row(f"{file}[{texts.interface['systems']}]:{number}", texts)
        system = systems.get(str(key).strip())
        if system is None or system.system_id in seen:
            problem = "no such system in the plan" if system is None else "the system stands twice"
            raise InventoryError(problem, place=row.place, value=key, remedy="Leave the column with ids as it was.")
        seen.add(system.system_id)
        edits += row.edits(system, *given)
    return tuple(edits)


def is_workbook(content: bytes) -> bool:
    """Whether a file is a workbook, and not a bundle of wave mappings or a CSV."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return "xl/workbook.xml" in book.namelist()
    except zipfile.BadZipFile:
        return False


class _Row:
    """One row that a person wrote in."""

    def __init__(self, place: str, texts: Texts) -> None:
        self.place, self.texts = place, texts
        self.options = {texts.say(f"option_{key}").casefold(): key for key in OPTIONS}

    def edits(self, system: System, decision: Any, quarter: Any, reason: Any, by: Any, until: Any) -> list[Edit]:
        """Edits of the row, one for the decision and one for the quarter."""
        about = str(reason).strip(), str(by).strip(), self._day(until)
        made = []
        if str(decision).strip():
            made.append(Edit(system.system_id, "disposition", system.key, self._option(str(decision), system), *about))
        if str(quarter).strip():
            made.append(Edit(system.system_id, "quarter", _quarter_of(system), self._quarter(str(quarter)), *about))
        return made

    def _option(self, said: str, system: System) -> str:
        if said.strip().casefold() == self.texts.export["own_approved"].casefold():
            return system.key
        found = self.options.get(said.strip().casefold())
        if found is None:
            raise self._wrong("own_decision", said, "Choose from the list.")
        return found

    def _quarter(self, said: str) -> str:
        if not re.fullmatch(QUARTER, said.strip()):
            raise self._wrong("own_quarter", said, "Write a quarter as 2027-Q3.")
        return said.strip()

    def _day(self, said: Any) -> str:
        if isinstance(said, datetime | date):
            return f"{said:%Y-%m-%d}"
        try:
            return date.fromisoformat(str(said).strip()).isoformat() if str(said).strip() else ""
        except ValueError:
            raise self._wrong("own_until", said, "Write a date as yyyy-mm-dd.") from None

    def _wrong(self, column: str, value: Any, remedy: str) -> InventoryError:
        return InventoryError(
            f"not a value of column {self.texts.export[column]}", place=self.place, value=value, remedy=remedy
        )


def _quarter_of(system: System) -> str:
    """The plan's own quarter, from the words of the view's language."""
    year, number = re.search(r"20\d\d", system.quarter), re.search(r"\b[Qk. v]*([1-4])\b", system.quarter)
    return f"{year[0]}-Q{number[1]}" if year and number else ""


def _pages(content: bytes, file: str) -> dict[str, pd.DataFrame]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            if sum(item.file_size for item in book.infolist()) > MAX_SHEET:
                raise InventoryError("the workbook is too large", place=file)
        found: dict[str, pd.DataFrame] = pd.read_excel(
            io.BytesIO(content), sheet_name=None, engine="calamine", dtype=object
        )
    except InventoryError:
        raise
    except Exception as reason:  # the reader of workbooks raises what its author pleased
        raise InventoryError(f"not a workbook ({reason})", place=file, remedy="Save it as .xlsx.") from None
    return found


def _systems(pages: dict[str, pd.DataFrame], file: str) -> tuple[Texts, pd.DataFrame]:
    """The sheet of systems, in whichever language it was written."""
    for language in LANGUAGES:
        texts = load_texts(language)
        page = pages.get(texts.interface["systems"][:31])
        wanted = {texts.interface["column_system_id"], *(texts.export[key] for key in REVIEW)}
        if page is not None and wanted <= set(page.columns):
            return texts, page
    raise InventoryError(
        "no sheet of systems with columns for a review",
        place=file,
        remedy="Export the workbook again, for internal readers.",
    )


def _same_plan(pages: dict[str, pd.DataFrame], view: View, texts: Texts, file: str) -> None:
    """A review is of the plan that was read: another plan may propose something else."""
    about = pages.get(texts.export["about"][:31], pd.DataFrame())
    said = {str(row[0]): str(row[1]) for row in about.itertuples(index=False) if len(row) > 1}
    found = said.get(texts.interface["plan_id"])
    if found != view.meta.plan_id:
        raise InventoryError(
            "the workbook is of another plan",
            place=file,
            value=found,
            remedy=f"Give that of plan {view.meta.plan_id}, or that plan's folder.",
        )
