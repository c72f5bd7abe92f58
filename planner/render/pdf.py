"""PDF by typst: PDF/UA-1 and PDF/A-2a in one file, the same bytes every time."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from dataclasses import is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from planner.errors import PlannerError
from planner.render.characters import printable
from planner.render.document import Document
from planner.render.templates import TEMPLATES

TEMPLATE = "document.typ"


def render_pdf(document: Document) -> bytes:
    """Render a document.

    Typst reads any file beside its template, so it works in a fresh folder that holds the template and the data and
    nothing else. Its fonts are those it bundles (Libertinus Serif, SIL OFL 1.1; DejaVu Sans Mono) and none other.

    Raises
    ------
    PlannerError
        Typst refuses the document.
    """
    return _shrunk(_compiled(document))


def _compiled(document: Document) -> bytes:
    import typst

    day = datetime.fromisoformat(document.date).replace(tzinfo=UTC)
    with tempfile.TemporaryDirectory(prefix="fardplan-") as name:
        folder = Path(name)
        shutil.copyfile(TEMPLATES / TEMPLATE, folder / TEMPLATE)
        data = json.dumps(_printed(document), ensure_ascii=False, allow_nan=False)
        (folder / "data.json").write_text(data, encoding="utf-8")
        try:
            made: bytes = typst.compile(
                str(folder / TEMPLATE),
                root=str(folder),
                format="pdf",
                ignore_system_fonts=True,
                timestamp=int(day.timestamp()),
                pdf_standards=["ua-1", "a-2a"],
            )
        except typst.TypstError as reason:
            raise PlannerError(
                "typst refuses the document", value=str(reason)[:300], remedy="This is a fault in the planner."
            ) from None
    return made


def _printed(item: Any) -> Any:
    """A block as a dictionary with its kind, and every text in characters that the fonts have."""
    if isinstance(item, str):
        return printable(item)
    if isinstance(item, list | tuple):
        return [_printed(part) for part in item]
    if is_dataclass(item):
        return {"kind": type(item).__name__.lower(), **{name: _printed(part) for name, part in vars(item).items()}}
    return item


def _shrunk(content: bytes) -> bytes:
    """The same document with its objects packed: a fifth of the size, and still of both standards."""
    import pikepdf

    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pdf.save(file, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return file.getvalue()
