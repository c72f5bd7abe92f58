"""DCAT-AP-SE: what a data portal says of the published plan."""

from __future__ import annotations

from typing import Any

from planner.errors import PlannerError
from planner.export.material import Asked, Export
from planner.render import MOST_WITH_PAPERS
from planner.render.characters import in_one_line
from planner.texts import LANGUAGES, load_texts
from planner.view.model import View

SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
}
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_TYPES = "http://publications.europa.eu/resource/authority/file-type/"
# Files of a public plan folder and what they are.
FILES = {
    "roadmap.html": ("HTML", "text/html"),
    "roadmap.md": ("MD", "text/markdown"),
    "systems.csv": ("CSV", "text/csv"),
    "plan.json": ("JSON", "application/json"),
    "memo.pdf": ("PDF", "application/pdf"),
    "roadmap.xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
# What DIGG recommends for metadata and open data alike.
LICENCE = "http://creativecommons.org/publicdomain/zero/1.0/"
LANGUAGE_CODES = {"sv": "SWE", "en": "ENG"}
LANGUAGE = "http://publications.europa.eu/resource/authority/language/"


def write_dcat(view: View, asked: Asked) -> Export:
    """Write catalogue, publisher, data set and its files as RDF/XML.

    Raises
    ------
    PlannerError
        Nobody said where the plan is published: every one of these things is known by its address.
    """
    from lxml import etree

    if not asked.url or not asked.url.startswith(("https://", "http://")):
        raise PlannerError(
            "a published plan is described by its address",
            value=asked.url,
            remedy="Give --url, such as https://data.example.se/plan/.",
        )
    root = etree.Element(_name("rdf", "RDF"), nsmap=SPACES)
    base = asked.url.rstrip("/") + "/"
    catalogue = _thing(root, "dcat", "Catalog", f"{base}#catalog")
    dataset = _thing(root, "dcat", "Dataset", f"{base}#plan")
    for key in LANGUAGES:
        said = load_texts(key).export
        given = {"organisation": in_one_line(view.meta.organisation), "date": view.meta.plan_date}
        for thing, subject in ((catalogue, "catalogue"), (dataset, "dataset")):
            _said(thing, "title", said[f"{subject}_title"].format(**given), key)
            _said(thing, "description", said[f"{subject}_about"].format(**given), key)
    for thing in (catalogue, dataset):
        _link(thing, "dcterms", "publisher", f"{base}#publisher")
    _link(catalogue, "dcterms", "license", LICENCE)
    _link(catalogue, "dcat", "dataset", f"{base}#plan")
    _typed(dataset, "issued", view.meta.plan_date, "date")
    _said(dataset, "identifier", view.meta.plan_id, None)
    agent = _thing(root, "foaf", "Agent", f"{base}#publisher")
    etree.SubElement(agent, _name("foaf", "name")).text = in_one_line(view.meta.organisation)
    lacking = {"memo.pdf", "roadmap.xlsx"} if len(view.systems) > MOST_WITH_PAPERS else set()
    for file, (kind, media) in FILES.items():
        if file in lacking:
            continue
        _link(dataset, "dcat", "distribution", f"{base}#{file}")
        _distribution(root, base, file, kind, media, view.meta.language)
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return Export((content,), 1)


def _distribution(root: Any, base: str, file: str, kind: str, media: str, language: str) -> None:
    made = _thing(root, "dcat", "Distribution", f"{base}#{file}")
    _said(made, "title", file, None)
    _link(made, "dcat", "accessURL", f"{base}{file}")
    _link(made, "dcat", "downloadURL", f"{base}{file}")
    _link(made, "dcat", "mediaType", f"http://www.iana.org/assignments/media-types/{media}")
    _link(made, "dcterms", "format", f"{_TYPES}{kind}")
    _link(made, "dcterms", "license", LICENCE)
    _link(made, "dcterms", "language", f"{LANGUAGE}{LANGUAGE_CODES[language]}")


def _name(space: str, tag: str) -> str:
    return f"{{{SPACES[space]}}}{tag}"


def _thing(root: Any, space: str, kind: str, about: str) -> Any:
    from lxml import etree

    return etree.SubElement(root, _name(space, kind), {_name("rdf", "about"): about})


def _link(thing: Any, space: str, tag: str, target: str) -> None:
    from lxml import etree

    etree.SubElement(thing, _name(space, tag), {_name("rdf", "resource"): target})


def _said(thing: Any, tag: str, text: str, language: str | None) -> None:
    from lxml import etree

    etree.SubElement(thing, _name("dcterms", tag), {_LANG: language} if language else None).text = in_one_line(text)


def _typed(thing: Any, tag: str, text: str, kind: str) -> None:
    from lxml import etree

    what = {_name("rdf", "datatype"): f"http://www.w3.org/2001/XMLSchema#{kind}"}
    etree.SubElement(thing, _name("dcterms", tag), what).text = text
