"""The files of a look, checked: the logo as an address that holds it, and the templates as texts."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from planner.errors import CaseError
from planner.look import Look
from planner.look.png import SIGNATURE, clean_png
from planner.look.svg import clean_svg

MOST_LOGO_BYTES = 200_000
MOST_TEMPLATE_BYTES = 64_000
# Places of the report that have words of the organisation's own.
PLACES = ("intro.html", "foot.html")


@dataclass(frozen=True)
class Logo:
    """A logo in a document: its kind, its bytes as base64, and what it says."""

    kind: str
    data: str
    says: str


@dataclass(frozen=True)
class Worn:
    """A look as documents wear it: name, accents on light and dark ground, logo, and templates by place."""

    name: str | None
    accents: tuple[str, str] | None
    logo: Logo | None
    templates: tuple[tuple[str, str], ...]


def read_look(look: Look | None, folder: Path) -> Worn | None:
    """Read the files that a look names.

    Raises
    ------
    CaseError
        A file is missing, too large, outside the case, or not what it should be.
    """
    if look is None:
        return None
    return Worn(look.name, look.colours, _logo(look, folder), _templates(look, folder))


def _logo(look: Look, folder: Path) -> Logo | None:
    if look.logo is None or look.logo_says is None:
        return None
    content = _content(folder, look.logo, MOST_LOGO_BYTES)
    kind = "png" if content.startswith(SIGNATURE) else "svg"
    try:
        content = clean_png(content) if kind == "png" else clean_svg(content)
    except ValueError as reason:
        raise CaseError(
            f"the logo cannot be used: {reason}",
            place=look.logo,
            remedy="Save it as plain SVG with nothing but shapes (texts as paths), or as a PNG that is not interlaced.",
        ) from None
    return Logo(kind, base64.b64encode(content).decode("ascii"), look.logo_says)


def _templates(look: Look, folder: Path) -> tuple[tuple[str, str], ...]:
    if look.templates is None:
        return ()
    place = _inside(folder, look.templates)
    found = sorted(path.name for path in place.glob("*") if not path.name.startswith("."))
    unknown = sorted(set(found) - set(PLACES))
    if unknown or not found:
        raise CaseError(
            "the report has no such place" if unknown else "no templates are here",
            place=look.templates,
            value=unknown[0] if unknown else None,
            remedy=f"Templates are {' and '.join(PLACES)}.",
        )
    return tuple((name, _text(folder, f"{look.templates}/{name}")) for name in found)


def _text(folder: Path, name: str) -> str:
    try:
        return _content(folder, name, MOST_TEMPLATE_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CaseError("the template is not UTF-8 text", place=name, remedy="Save it as UTF-8.") from None


def _content(folder: Path, name: str, most: int) -> bytes:
    path = _inside(folder, name)
    try:
        size, content = path.stat().st_size, path.read_bytes()[: most + 1]
    except OSError as reason:
        raise CaseError(f"the file cannot be read ({reason.strerror})", place=name) from None
    if size > most:
        raise CaseError("the file is too large", place=name, value=f"{size} bytes", remedy=f"At most {most} bytes.")
    return content


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise CaseError(
            "the file lies outside the case", place="case.yaml: look", value=name, remedy="Move it into it."
        )
    return path
