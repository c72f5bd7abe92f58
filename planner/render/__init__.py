"""Documents from the view-model; no logic, and the only user of Jinja."""

from __future__ import annotations

import json

from planner.render.html import render_html
from planner.render.markdown import render_markdown
from planner.render.memo import memo
from planner.render.pdf import render_pdf
from planner.render.table import render_systems
from planner.render.workbook import render_workbook
from planner.view import View

# The memo takes half a second and the workbook a third of a millisecond for each system: up to so many systems both
# are written with every plan, within two seconds, and beyond that by `fardplan export`. The rule counts systems and
# reads no clock, so that the same input gives the same files.
MOST_WITH_PAPERS = 2_000


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
