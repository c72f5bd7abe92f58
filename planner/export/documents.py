"""Documents as exports: the workbook, the memo and the report."""

from __future__ import annotations

from planner.export.material import Asked, Export
from planner.render.memo import memo
from planner.render.pdf import render_pdf
from planner.render.report import report
from planner.render.word import render_docx
from planner.render.workbook import render_workbook
from planner.view.model import View


def write_xlsx(view: View, asked: Asked) -> Export:
    """Write the workbook."""
    return Export((render_workbook(view),), len(view.systems))


def write_pdf(view: View, asked: Asked) -> Export:
    """Write the memo as PDF."""
    return Export((render_pdf(memo(view)),), len(view.systems))


def write_report(view: View, asked: Asked) -> Export:
    """Write the whole report as PDF."""
    return Export((render_pdf(report(view)),), len(view.systems))


def write_docx(view: View, asked: Asked) -> Export:
    """Write the memo as a document to edit."""
    return Export((render_docx(memo(view)),), len(view.systems))
