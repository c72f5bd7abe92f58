"""Documents from the view-model; no logic, and the only user of Jinja.

What is slow to load is loaded when a document is made: an organisation's own templates run in a process of their own,
which needs the filters alone.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.view import View

# The memo takes half a second and the workbook a third of a millisecond for each system: up to so many systems both
# are written with every plan, within two seconds, and beyond that by `fardplan export`. The rule counts systems and
# reads no clock, so that the same input gives the same files.
MOST_WITH_PAPERS = 2_000


def render(view: View) -> dict[str, bytes]:
    """Render every document of one view, by file name."""
    from planner.render.html import render_html
    from planner.render.markdown import render_markdown
    from planner.render.table import render_systems

    plan = json.dumps(view, default=vars, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return {
        "plan.json": (plan + "\n").encode("utf-8"),
        "roadmap.html": render_html(view),
        "roadmap.md": render_markdown(view),
        "systems.csv": render_systems(view),
    }


def papers(view: View) -> dict[str, bytes]:
    """Render what is sent and filed beside the documents of a plan that is not too large."""
    from planner.render.memo import memo
    from planner.render.pdf import render_pdf
    from planner.render.workbook import render_workbook

    if len(view.systems) > MOST_WITH_PAPERS:
        return {}
    return {"memo.pdf": render_pdf(memo(view)), "roadmap.xlsx": render_workbook(view)}
