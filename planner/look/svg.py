"""A picture in SVG of which nothing is kept but shapes and their colours.

A logo comes from anywhere, and SVG can hold scripts, styles and addresses. Shapes are listed and copied; what would
run, fetch or bring a picture of its own is refused, so that nobody believes to see a logo that is not whole; what
editors leave behind and nobody sees (metadata, comments, names of their own) is left out.
"""

from __future__ import annotations

import re
from typing import Any

SVG = "http://www.w3.org/2000/svg"
SHAPES = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"}
HELD = {"svg", "g", "defs", "title", "desc", "linearGradient", "radialGradient", "stop", "clipPath"} | SHAPES
UNSEEN = {"metadata"}
# Where things are, how they are drawn, and gradients.
ATTRIBUTES = {
    "id", "version", "viewBox", "preserveAspectRatio", "transform", "width", "height", "d", "points", "x", "y",
    "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "clip-path", "clip-rule", "clipPathUnits",
    "opacity", "fill", "fill-rule", "fill-opacity", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin",
    "stroke-miterlimit", "stroke-dasharray", "stroke-opacity", "gradientUnits", "gradientTransform",
    "spreadMethod", "offset", "stop-color", "stop-opacity",
}  # fmt: skip
# What a value may be: numbers, words, colours, and a gradient or clip of the picture's own.
_VALUE = re.compile(r"(?:[\w\s.,#%()+:-]|url\(\s*#[\w.-]+\s*\))*", re.ASCII)
_FUNCTIONS = re.compile(r"([\w-]+)\s*\(", re.ASCII)
FUNCTIONS = {"url", "rgb", "rgba", "hsl", "matrix", "translate", "scale", "rotate", "skewX", "skewY"}


def clean_svg(content: bytes) -> bytes:
    """The picture with nothing but shapes.

    Raises
    ------
    ValueError
        Not SVG, or it holds what cannot be kept; the message says what.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise ValueError("it is not SVG") from None
    if root.getroottree().docinfo.internalDTD is not None and root.getroottree().docinfo.internalDTD.entities():
        raise ValueError("it declares entities")
    if root.tag != f"{{{SVG}}}svg":
        raise ValueError("it is not SVG")
    made = _copied(root, etree)
    if not any(etree.QName(one).localname in SHAPES for one in made.iter()):
        raise ValueError("it holds no shapes")
    written: bytes = etree.tostring(made, encoding="utf-8")
    return written


def _copied(element: Any, etree: Any) -> Any:
    name = etree.QName(element).localname
    made = etree.Element(f"{{{SVG}}}{name}", nsmap={None: SVG})
    for key, value in _attributes(element, etree):
        made.set(key, value)
    if name in ("title", "desc"):
        made.text = element.text
    for child in element:
        if not isinstance(child.tag, str):
            raise ValueError("it holds an entity")
        kind = etree.QName(child)
        if kind.namespace != SVG or kind.localname in UNSEEN:
            continue
        if kind.localname not in HELD:
            raise ValueError(f"it holds <{kind.localname}>, and only shapes are shown")
        made.append(_copied(child, etree))
    return made


def _attributes(element: Any, etree: Any) -> list[tuple[str, str]]:
    """The attributes that are kept; those of a `style` as attributes of their own, since the page allows no style."""
    found = []
    for key, value in element.attrib.items():
        name = etree.QName(key)
        if key == "style":
            found += [(part.partition(":")[0].strip(), part.partition(":")[2].strip()) for part in value.split(";")]
        elif name.localname == "href":
            raise ValueError("it holds an address (href)")
        elif name.namespace is None:
            found.append((key, value))
    for key, _ in found:
        if key.lower().startswith("on"):
            raise ValueError(f"it holds a script ({key})")
        if key == "class":
            raise ValueError("it holds classes; save it as plain SVG with presentation attributes")
    kept = [(key, value) for key, value in found if key in ATTRIBUTES]
    for key, value in kept:
        if not _VALUE.fullmatch(value) or not set(_FUNCTIONS.findall(value)) <= FUNCTIONS:
            raise ValueError(f"the value of {key} is not one of a shape: {value[:40]}")
        if "url" in value and not re.fullmatch(r"\s*url\(\s*#[\w.-]+\s*\)\s*", value, re.ASCII):
            raise ValueError(f"{key} points outside the picture: {value[:40]}")
    return kept
