"""DOCX by python-docx: the memo as a text that a secretary edits."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

from planner.look.read import Logo
from planner.render.characters import writable
from planner.render.document import Document, Grid, Heading, Items, Stacked, Text, Timeline

# What a ZIP says of a file without a time.
NO_TIME = (1980, 1, 1, 0, 0, 0)
STYLES = {"lead": "Intense Quote", "note": "Caption"}
LOCALES = {"sv": "sv-SE", "en": "en-GB"}


def render_docx(document: Document) -> bytes:
    """Render a document; pictures are left out, since the table after each says the same. Word shows no SVG of ours, so
    that a logo has to be a PNG to be in it."""
    import docx

    made = docx.Document()
    _about(made, document)
    if document.logo and document.logo.kind == "png":
        _logo(made, document.logo)
    made.add_paragraph(document.kicker, style="Caption")
    made.add_heading(writable(document.title), 0)
    for name, value in document.about:
        paragraph = made.add_paragraph(style="No Spacing")
        paragraph.add_run(f"{writable(name)}: ").bold = True
        paragraph.add_run(writable(value))
    writers: dict[type, Callable[[Any, Any], None]] = {
        Heading: _heading,
        Text: _text,
        Items: _items,
        Grid: _grid,
        Timeline: lambda made, block: None,
        Stacked: lambda made, block: None,
    }
    for block in document.blocks:
        writers[type(block)](made, block)
    made.sections[0].footer.paragraphs[0].text = writable(document.running)
    file = io.BytesIO()
    made.save(file)
    return _steady(file.getvalue())


def _about(made: Any, document: Document) -> None:
    """Title, language and day; the day of the plan, and not of the clock."""
    from docx.oxml.ns import qn
    from docx.shared import Mm

    core, day = made.core_properties, datetime.fromisoformat(document.date)
    core.title, core.author, core.language = (
        writable(document.title)[:255],
        writable(document.author)[:255],
        LOCALES[document.language],
    )
    core.created = core.modified = day
    core.comments, core.last_modified_by, core.revision = "", "", 1
    fonts = made.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}/{qn('w:lang')}")
    if fonts is not None:
        fonts.set(qn("w:val"), LOCALES[document.language])
    page = made.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(22)


def _logo(made: Any, logo: Logo) -> None:
    from docx.shared import Mm

    picture = made.add_picture(io.BytesIO(base64.b64decode(logo.data)), height=Mm(13))
    picture._inline.docPr.set("descr", writable(logo.says))


def _heading(made: Any, block: Heading) -> None:
    made.add_heading(writable(block.text), block.level)


def _text(made: Any, block: Text) -> None:
    made.add_paragraph(writable(block.text), style=STYLES.get(block.style))


def _items(made: Any, block: Items) -> None:
    for item in block.items:
        made.add_paragraph(writable(item), style="List Bullet")


def _grid(made: Any, block: Grid) -> None:
    """A table whose head row is repeated on every page; its cells are looked up once, since each look-up is slow."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm

    if block.caption:
        made.add_paragraph(writable(block.caption), style="Caption")
    table = made.add_table(rows=len(block.rows) + 1, cols=len(block.headers), style="Light List Accent 1")
    table.autofit = False
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader", attrs={qn("w:val"): "true"}))
    cells, total = table._cells, sum(block.widths)
    texts = [text for row in (block.headers, *block.rows) for text in row]
    for at, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        column = at % len(block.headers)
        cell.width = Mm(166 * block.widths[column] / total)
        cell.paragraphs[0].text = writable(text)
        if column in block.numbers:
            cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    made.add_paragraph(style="No Spacing")


def _steady(content: bytes) -> bytes:
    """The same archive with its members in order and without the clock's time."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            new.writestr(zipfile.ZipInfo(name, NO_TIME), old.read(name), compress_type=zipfile.ZIP_DEFLATED)
    return file.getvalue()
