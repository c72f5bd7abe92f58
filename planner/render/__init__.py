"""Documents from the view-model; no logic, and the only user of Jinja."""

from __future__ import annotations

import json

from planner.render.html import render_html
from planner.render.markdown import render_markdown
from planner.render.table import render_systems
from planner.view import View


def render(view: View) -> dict[str, bytes]:
    """Render every document of one view, by file name."""
    plan = json.dumps(view, default=vars, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return {
        "plan.json": (plan + "\n").encode("utf-8"),
        "roadmap.html": render_html(view),
        "roadmap.md": render_markdown(view),
        "systems.csv": render_systems(view),
    }
