"""Codes of findings in the source and in the texts, and the page that documents them."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

from planner.ingest.dialects.columns import HEADERS, load_maps
from planner.plan import SEVERITIES
from planner.texts import TEXTS, load_texts
from tests.conftest import REPOSITORY

HEAD = """# Findings

Made from `templates/texts/findings.*.yaml` and the source by `pytest tests/test_docs.py --update-golden`; do not edit. `fardplan check` names
the code of every finding in brackets; `findings.csv` of `fardplan check --out` has it in a column of its own. Codes are stable: what they mean
does not change, and what no longer arises is removed.

An **error** says that the plan cannot be relied on, and the exit code is 1. A **warning** is something to mend: what could not be read is unknown,
never guessed. A **note** (`info`) is an assumption to know of. A row that is rejected is a warning, and stands with its reason in
`rejected_<source>.csv`, to be mended and named as a source. In the texts, `{value}` is what stood there, `{detail}` the column and `{name}` the
record.
"""
# When the findings of a section of the texts arise.
WHEN = {
    "Cells": "Arise when a cell is read as a value of its column. The cell is unknown until it is mended; the rest of its row is used.",
    "Rows": "Arise when rows are told apart: a row that lacks what it must have is rejected, rows of one thing are merged.",
    "Files": "Arise when a file is opened and its header row is read.",
    "Connections": "Arise when records are joined: servers and data flows with systems, technologies with their end of support.",
    "Utilisation": "Arise when measured use is read as a series and joined to servers.",
    "Groups": "Arise when systems are put into move groups.",
    "The plan": "Arise when the finished plan is checked.",
    "The cloud catalogue": "Arise when the cloud facts that the plan rests on are older than the policy allows, or could not be read.",
    "Decisions": "Arise when people's decisions in review.yaml are held against the calendar, the inventory, the gates and the finished plan.",
    "Outlook": "Arise when the plan is held against goals, rules and dates.",
}
# What raises a finding, and which of its arguments is the code.
RAISERS = {"finding_rows": 1, "_at": 1, "_finding": 1, "without_rows": 2, "told_of": 2, "BadValue": 0}
_CODE = re.compile(r"^[a-z][a-z0-9_]+$")


@lru_cache
def sections() -> dict[str, list[str]]:
    """Codes by the section in which the English texts have them."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in (TEXTS / "findings.en.yaml").read_text(encoding="utf-8").splitlines()[1:]:
        if line.startswith("# "):
            section = line[2:].strip()
        elif match := re.match(r"^([a-z0-9_]+):", line):
            found.setdefault(section, []).append(match[1])
    return found


@lru_cache
def _modules() -> dict[str, ast.Module]:
    paths = sorted((REPOSITORY / "planner").rglob("*.py"))
    return {_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@lru_cache
def _nodes(module: str) -> list[ast.AST]:
    """All of a module that can raise or name a code."""
    kinds = (ast.Call, ast.Constant, ast.Attribute, ast.JoinedStr, ast.FunctionDef)
    return [node for node in ast.walk(_modules()[module]) if isinstance(node, kinds)]


def _name(path: Path) -> str:
    return ".".join(path.relative_to(REPOSITORY / "planner").with_suffix("").parts).removesuffix(".__init__")


@lru_cache
def raised() -> dict[str, set[str]]:
    """Codes that calls in the source name outright, with their modules."""
    found: dict[str, set[str]] = defaultdict(set)
    for module in _modules():
        for call in (node for node in _nodes(module) if isinstance(node, ast.Call)):
            at = RAISERS.get(call.func.id if isinstance(call.func, ast.Name) else "")
            if at is not None and len(call.args) > at:
                for code in set(_texts(call.args[at])) - set(SEVERITIES):
                    found[code].add(module)
    return found


@lru_cache
def mentioned() -> dict[str, set[str]]:
    """Codes that stand in the source as texts, or begin as an f-string does, with their modules."""
    known = {code for codes in sections().values() for code in codes}
    found: dict[str, set[str]] = defaultdict(set)
    begun: dict[str, set[str]] = defaultdict(set)
    for module in _modules():
        if module.startswith("check"):
            continue
        for node in _nodes(module):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in known:
                found[str(node.value)].add(module)
            elif isinstance(node, ast.Attribute) and node.attr.isupper():
                # Codes of a series are members of an enumeration; of many in one column a finding tells at once.
                for code in {node.attr.lower(), f"{node.attr.lower()}_cells"}.intersection(known):
                    found[code].add(module)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                begun[str(node.values[0].value)].add(module)
    for path in sorted(HEADERS.glob("*.yaml")):
        for code in set(re.findall(r"code: ([a-z0-9_]+)", path.read_text(encoding="utf-8"))).intersection(known):
            found[code].add(f"ingest/dialects/headers/{path.name}")
    # Rows that RVTools lists and that are no servers are rejected by the name of the rule, and counted.
    for rule in load_maps("rvtools")["excluded"]:
        found[rule].add("ingest.readers.rvtools")
        found[f"{rule}_excluded"].add("ingest.readers.rvtools")
    for code in set(known) - set(found):
        for prefix, modules in begun.items():
            if prefix.endswith("_") and code.startswith(prefix):
                found[code] |= modules
    return found


@lru_cache
def severities() -> dict[str, set[str]]:
    """Severity of each code: as the call that raises it says, else a warning, as cells and rejected rows are."""
    found: dict[str, set[str]] = defaultdict(set)
    for module, tree in _modules().items():
        for call in (node for node in _nodes(module) if isinstance(node, ast.Call)):
            texts = [text for argument in call.args for text in _texts(argument)]
            for severity in SEVERITIES:
                if severity in texts:
                    for text in texts:
                        found[text].add(severity)
        for function in (node for node in _nodes(module) if isinstance(node, ast.FunctionDef)):
            for call in _with_given_severity(function):
                for code in _texts(call.args[1]):
                    found[code] |= _given(tree, function.name)
    # Notes about a file as a whole are raised by their readers without a code in the call.
    found["assumed_encoding"].add("warning")
    return found


def _with_given_severity(function: ast.FunctionDef) -> list[ast.Call]:
    """Calls that raise findings of a severity that the function is given."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return [
        call
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "finding_rows" and isinstance(call.args[0], ast.Name)
    ]


def _given(tree: ast.Module, function: str) -> set[str]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    mine = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == function]
    return {text for call in mine for argument in call.args for text in _texts(argument) if text in SEVERITIES}


def _texts(node: ast.expr) -> list[str]:
    parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    values = [part.value for part in parts if isinstance(part, ast.Constant)]
    return [value for value in values if isinstance(value, str) and _CODE.match(value)]


def page() -> str:
    """The page docs/findings.md."""
    languages = [load_texts("sv"), load_texts("en")]
    lines = [HEAD]
    for section, codes in sections().items():
        lines += [f"## {section}", "", WHEN.get(section, ""), ""]
        for code in sorted(codes):
            severity = ", ".join(name for name in SEVERITIES if name in severities().get(code, {"warning"}))
            where = ", ".join(f"`{module}`" for module in sorted(mentioned().get(code, ())))
            lines += [f"### {code}", "", f"{severity.capitalize()}, from {where}.", ""]
            lines += [
                f"- {texts.language}: {texts.findings[code]['text']} *{texts.findings[code]['remedy']}*"
                for texts in languages
            ]
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"
