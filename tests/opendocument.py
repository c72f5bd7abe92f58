"""OpenDocument spreadsheets written by hand, so that tests can repeat cells and rows as real ones do."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)
_MIME = "application/vnd.oasis.opendocument.spreadsheet"


def cell(value: object, times: int = 1) -> str:
    """A cell; None is a blank one."""
    again = f'table:number-columns-repeated="{times}"'
    if value is None:
        return f"<table:table-cell {again}/>"
    if isinstance(value, int | float):
        return f'<table:table-cell {again} office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'
    return (
        f'<table:table-cell {again} office:value-type="string"><text:p>{escape(str(value))}</text:p></table:table-cell>'
    )


def row(*cells: object, times: int = 1) -> str:
    """A row of values or of cells made by `cell`."""
    made = "".join(one if isinstance(one, str) and one.startswith("<") else cell(one) for one in cells)
    return f'<table:table-row table:number-rows-repeated="{times}">{made}</table:table-row>'


def spreadsheet(**sheets: str) -> bytes:
    """A file with these sheets."""
    body = "".join(f'<table:table table:name="{name}">{rows}</table:table>' for name, rows in sheets.items())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _MIME)
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMES} office:version="1.3"><office:body>'
            f"<office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_MIME}"/></manifest:manifest>',
        )
    return packed.getvalue()
