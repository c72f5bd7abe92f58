"""Documents from the view-model; no logic, and the only user of Jinja."""

from __future__ import annotations

import json

from planner.render.html import MOST_WITH_PAPERS, render_html
from planner.render.markdown import render_markdown
from planner.render.memo import memo
from planner.render.pdf import render_pdf
from planner.render.table import render_systems
from planner.render.workbook import render_workbook
from planner.view import View

__all__ = ["MOST_WITH_PAPERS", "papers", "render"]


def render(view: View) -> dict[str, bytes]:
    """Render every document of one view, by file name."""
    plan = json.dumps(view, default=vars, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return {
        "plan.json": (plan + "\n").encode("utf-8"),
        "roadmap.html": render_html(view),
        "roadmap.md": render_markdown(view),
        "systems.csv": render_systems(view),
    }


def papers(view: View) -> dict[str, bytes]:
    """Render what is sent and filed beside the documents of a plan that is not too large."""
    if len(view.systems) > MOST_WITH_PAPERS:
        return {}
    return {"memo.pdf": render_pdf(memo(view)), "roadmap.xlsx": render_workbook(view)}
