"""PDF by typst: PDF/UA-1 and PDF/A-2a in one file, the same bytes every time."""

from __future__ import annotations

import base64
import io
import json
import shutil
import tempfile
from dataclasses import is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from planner.errors import PlannerError
from planner.render.characters import printable
from planner.render.document import Document
from planner.render.templates import TEMPLATES

TEMPLATE = "document.typ"
LAST_OF_LATIN = 0x24F


def render_pdf(document: Document) -> bytes:
    """Render a document.

    Typst reads any file beside its template, so it works in a fresh folder that holds the template and the data and
    nothing else. Its fonts are those it bundles (Libertinus Serif, SIL OFL 1.1; DejaVu Sans Mono) and none other.

    Raises
    ------
    PlannerError
        Typst refuses the document.
    """
    import typst

    try:
        made = _compiled(document, None)
    except typst.TypstError:
        # Letters and marks of different scripts together: no one font has them all. European letters always go.
        try:
            made = _compiled(document, LAST_OF_LATIN)
        except typst.TypstError as reason:
            raise PlannerError(
                "typst refuses the document", value=str(reason)[:300], remedy="This is a fault in the planner."
            ) from None
    return _shrunk(made)


def _compiled(document: Document, beyond: int | None) -> bytes:
    import typst

    logo = document.logo
    data = _printed(replace(document, logo=None), beyond)
    if logo:
        data["logo"] = {"file": f"logo.{logo.kind}", "says": printable(logo.says, beyond)}
    moment = datetime.fromisoformat(document.date).replace(tzinfo=UTC)
    with tempfile.TemporaryDirectory(prefix="fardplan-") as name:
        folder = Path(name)
        shutil.copyfile(TEMPLATES / TEMPLATE, folder / TEMPLATE)
        if logo:
            (folder / f"logo.{logo.kind}").write_bytes(base64.b64decode(logo.data))
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False, allow_nan=False), encoding="utf-8")
        return typst.compile(
            str(folder / TEMPLATE),
            root=str(folder),
            format="pdf",
            ignore_system_fonts=True,
            timestamp=int(moment.timestamp()),
            pdf_standards=["ua-1", "a-2a"],
        )


def _printed(item: Any, beyond: int | None) -> Any:
    """A block as a dictionary with its kind, and every text in characters that the fonts have."""
    if isinstance(item, str):
        return printable(item, beyond)
    if isinstance(item, list | tuple):
        return [_printed(part, beyond) for part in item]
    if is_dataclass(item):
        parts = {name: _printed(part, beyond) for name, part in vars(item).items()}
        return {"kind": type(item).__name__.lower(), **parts}
    return item


def _shrunk(content: bytes) -> bytes:
    """The same document with its objects packed: a fifth of the size, and still of both standards."""
    import pikepdf

    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pdf.save(file, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return file.getvalue()
