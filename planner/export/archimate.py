"""ArchiMate Model Exchange: systems, waves as work packages, plateaus, gaps and deliverables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from planner.export.material import Asked, Export
from planner.render.characters import in_one_line, writable
from planner.texts import Texts, load_texts
from planner.view.model import View
from planner.view.model.schedule import Wave
from planner.view.model.systems import System

NAMESPACE = "http://www.opengroup.org/xsd/archimate/3.0/"
SCHEMA = "http://www.opengroup.org/xsd/archimate/3.1/archimate3_Model.xsd"
_A = f"{{{NAMESPACE}}}"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# Types of properties; names of our own, which no reader takes for a register's column.
PROPERTIES = {
    "system_id": "string",
    "disposition": "string",
    "state": "string",
    "margin": "number",
    "start_date": "date",
    "end_date": "date",
}
Properties = dict[str, object]


def write_archimate(view: View, asked: Asked) -> Export:
    """Write the model; ids are made from the systems' and the waves' own, and stay the same from plan to plan."""
    from lxml import etree

    model = _Model(view, load_texts(view.meta.language))
    content: bytes = etree.tostring(model.root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return Export((content,), len(view.systems))


def identifier(kind: str, key: str) -> str:
    """An xs:ID: a prefix, and numbers in place of what it cannot hold, so that different keys stay different."""
    return f"{kind}-" + re.sub(r"[^A-Za-z0-9.-]", lambda found: f"_{ord(found[0]):x}_", key)


class _Model:
    """The model while it is written: elements first, then what ties them, then the properties' definitions."""

    def __init__(self, view: View, texts: Texts) -> None:
        from lxml import etree

        self.make, self.language, self.say = etree.SubElement, view.meta.language, texts.export
        self.root = etree.Element(f"{_A}model", nsmap={None: NAMESPACE, "xsi": _XSI[1:-1]})
        self.root.set("identifier", identifier("plan", view.meta.plan_id))
        self.root.set(f"{_XSI}schemaLocation", f"{NAMESPACE} {SCHEMA}")
        title = self.say["model"].format(organisation=view.meta.organisation, date=view.meta.plan_date)
        self._text(self.root, "name", in_one_line(title))
        self.elements = self.make(self.root, f"{_A}elements")
        self.relations: list[tuple[str, str, str]] = []
        self._systems(view.systems)
        self._waves(view)
        self._relationships()
        self._definitions()

    def _systems(self, systems: Iterable[System]) -> None:
        for item in systems:
            about: Properties = {
                "system_id": item.system_id,
                "disposition": item.key,
                "state": item.state_key,
                "margin": item.margin,
                "end_date": item.end_date,
            }
            because = "\n".join(dict.fromkeys(reason.because for reason in item.reasons))
            self._element("ApplicationComponent", "app", item.system_id, item.name, about, because)
            self.relations += [
                ("Serving", identifier("app", ref.system_id), identifier("app", item.system_id))
                for ref in item.depends_on
            ]

    def _waves(self, view: View) -> None:
        self._element("Plateau", "pl", "0", self.say["plateau_today"], {"end_date": view.meta.start_date})
        before = "0"
        for wave in view.waves:
            self._wave(wave)
            key = str(wave.number)
            if before != "0":
                self.relations.append(("Triggering", identifier("wp", before), identifier("wp", key)))
            self.relations.append(("Triggering", identifier("pl", before), identifier("pl", key)))
            before = key

    def _wave(self, wave: Wave) -> None:
        key, about = str(wave.number), {"number": wave.number, "quarter": wave.quarter}
        dates: Properties = {"start_date": wave.start_date, "end_date": wave.end_date}
        package = self._element("WorkPackage", "wp", key, self.say["wave_title"].format(**about), dates)
        result = self._element("Deliverable", "dl", key, self.say["deliverable"].format(**about), {})
        plateau = self._element(
            "Plateau", "pl", key, self.say["plateau"].format(**about), {"start_date": wave.end_date}
        )
        self.relations += [("Realization", package, result), ("Realization", result, plateau)]
        for ref in wave.systems:
            system = identifier("app", ref.system_id)
            gap = self._element("Gap", "gap", ref.system_id, self.say["gap"].format(system=in_one_line(ref.name)), {})
            self.relations += [
                ("Aggregation", plateau, system),
                ("Association", gap, system),
                ("Association", package, gap),
            ]

    def _element(self, kind: str, prefix: str, key: str, name: str, about: Properties, because: str = "") -> str:
        made = identifier(prefix, key)
        element = self.make(self.elements, f"{_A}element", {"identifier": made, f"{_XSI}type": kind})
        self._text(element, "name", in_one_line(name))
        if because:
            self._text(element, "documentation", writable(because))
        known = {name: value for name, value in about.items() if value is not None}
        if known:
            held = self.make(element, f"{_A}properties")
            for name_, value in known.items():
                one = self.make(held, f"{_A}property", {"propertyDefinitionRef": f"prop-{name_}"})
                self.make(one, f"{_A}value").text = in_one_line(str(value))
        return made

    def _relationships(self) -> None:
        if not self.relations:
            return
        held = self.make(self.root, f"{_A}relationships")
        for at, (kind, source, target) in enumerate(dict.fromkeys(self.relations), start=1):
            ends = {"identifier": f"rel-{at}", "source": source, "target": target, f"{_XSI}type": kind}
            self.make(held, f"{_A}relationship", ends)

    def _definitions(self) -> None:
        held = self.make(self.root, f"{_A}propertyDefinitions")
        for name, kind in PROPERTIES.items():
            one = self.make(held, f"{_A}propertyDefinition", {"identifier": f"prop-{name}", "type": kind})
            self._text(one, "name", f"fardplan:{name}")

    def _text(self, parent: Any, tag: str, text: str) -> None:
        self.make(parent, f"{_A}{tag}", {_LANG: self.language}).text = text
