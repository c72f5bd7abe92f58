"""Files for the tools that carry a plan out; one module for each format, and no logic of the plan's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from planner.errors import PlannerError
from planner.export.archimate import write_archimate
from planner.export.cmf import write_cmf
from planner.export.dcat import write_dcat
from planner.export.documents import write_docx, write_pdf, write_report, write_xlsx
from planner.export.hub import write_hub
from planner.export.ics import write_ics
from planner.export.jira import write_jira
from planner.export.material import TABLES, Asked, Export, Planned, Refusal
from planner.export.mgn import write_mgn
from planner.export.waves import write_waves
from planner.view import AUDIENCES, View

__all__ = ["EXPORTERS", "TABLES", "Asked", "Export", "Exporter", "Planned", "Refusal", "export"]


@dataclass(frozen=True)
class Exporter:
    """How one format is written.

    Parameters
    ----------
    write
        From tables, or from a view, which is redacted already.
    is_from_view
        Which of the two it is. What names servers comes from tables, and is for internal readers only.
    suffix
        Ending of the file.
    audiences
        Whom it may be for; the first is who it is for unless somebody else is named.
    """

    write: Callable[[Any, Asked], Export]
    is_from_view: bool
    suffix: str
    audiences: tuple[str, ...] = ("intern",)


EXPORTERS = {
    "hub": Exporter(write_hub, False, ".csv"),
    "cmf": Exporter(write_cmf, False, ".csv"),
    "mgn": Exporter(write_mgn, False, ".csv"),
    "waves": Exporter(write_waves, False, ".zip"),
    "jira": Exporter(write_jira, True, ".csv", AUDIENCES),
    "ics": Exporter(write_ics, True, ".ics", AUDIENCES),
    "archimate": Exporter(write_archimate, True, ".xml", AUDIENCES),
    "dcat": Exporter(write_dcat, True, ".rdf", ("offentlig",)),
    "xlsx": Exporter(write_xlsx, True, ".xlsx", AUDIENCES),
    "pdf": Exporter(write_pdf, True, ".pdf", AUDIENCES),
    "report": Exporter(write_report, True, ".pdf", AUDIENCES),
    "docx": Exporter(write_docx, True, ".docx", AUDIENCES),
}


def audience_of(name: str, asked: str | None) -> str:
    """Whom a format is written for.

    Raises
    ------
    PlannerError
        It may not be for those who were named.
    """
    audiences = EXPORTERS[name].audiences
    if asked is None or asked in audiences:
        return asked or audiences[0]
    why = "names servers" if not EXPORTERS[name].is_from_view else "describes what is published"
    raise PlannerError(
        f"the format {name} {why} and is written for {audiences[0]} only",
        value=asked,
        remedy=f"Use --audience {audiences[0]}, or another format.",
    )


def export(name: str, material: Planned | View, asked: Asked) -> Export:
    """Write one format from the tables or the view that it is made from."""
    return EXPORTERS[name].write(material, asked)
