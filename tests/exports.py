"""Exports of a plan, and what is in them: for the tests of formats, hostile input and papers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import icalendar
import pandas as pd

from planner.case import read_case
from planner.export import EXPORTERS, Asked, Export, Planned, audience_of, export
from planner.ingest import ingest
from planner.plan import Plan
from planner.portfolio import Portfolio
from planner.view import View, build_view
from tests.conftest import SHARED, example_view, planned_example

MakeCase = Callable[..., Path]


SCHEMAS = SHARED / "data" / "archimate"


ASKED = Asked(account_id="111122223333", domain="exempel.test", url="https://data.exempel.test/plan")


SERVERS = (
    "Server;FQDN;IP;System;OS;vCPU;Minne (GB);Disk (GB);Miljö\n"
    "dvarg01;dvarg01.exempel.test;10.0.0.1;Eken;Windows Server 2019;4;16;100;Produktion\n"
    "dvarg02;;;Eken;Ubuntu 22.04;2;3,5;50;Test\n"
    "dvarg_03;;;Tallen;Windows Server 2016;;8;;\n"
    "dvarg04;;;;RHEL 8;2;8;40;Produktion\n"
)


REGISTER = "Id;Namn;Driftform;Aktiva användare\nS1;Eken;Internt;100\nS2;Tallen;Internt;10\n"


SOURCES = "  - {file: system.csv, reader: systems}\n  - {file: servrar.csv, reader: servers}\n"


# Formats that are made in a fraction of a second.
QUICK = ("cmf", "mgn", "waves", "dcat")


def tables_of(plan: Plan) -> Planned:
    """What table formats are made from."""
    return Planned(plan.portfolio.tables, plan.case.organisation, plan.plan_id, plan.case.plan_date.isoformat())


def material(plan: Plan, name: str, audience: str | None = None, language: str = "sv") -> Planned | View:
    """What a format is made from."""
    if EXPORTERS[name].is_from_view:
        wanted = audience_of(name, audience)
        return example_view(language, wanted) if plan is planned_example() else build_view(plan, language, wanted)
    return tables_of(plan)


def made(plan: Plan, name: str, asked: Asked = ASKED, audience: str | None = None) -> Export:
    """One export of a plan."""
    return export(name, material(plan, name, audience), asked)


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def with_disposition(plan: Plan, disposition: str) -> Plan:
    """The plan as if everything had one proposal."""
    tables = dict(plan.portfolio.tables)
    tables["decisions"] = tables["decisions"].assign(
        disposition=pd.array([disposition] * len(tables["decisions"]), dtype="string")
    )
    return replace(plan, portfolio=Portfolio(tables))


def events(content: bytes) -> dict[str, Any]:
    return {str(event["UID"]): event for event in icalendar.Calendar.from_ical(content).walk("VEVENT")}


def pdf_text(content: bytes) -> str:
    """Text of the pages: glyphs by the fonts' own tables."""
    import pikepdf

    found = []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for page in pdf.pages:
            tables = {key: glyphs(font) for key, font in page.Resources.get("/Font", {}).items()}
            table: dict[int, str] = {}
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) == "Tf":
                    table = tables[str(operands[0])]
                for part in operands[0] if str(operator) == "TJ" else operands if str(operator) == "Tj" else ():
                    if isinstance(part, pikepdf.String):
                        raw = bytes(part)
                        found += [
                            table.get(int.from_bytes(raw[at : at + 2], "big"), "?") for at in range(0, len(raw), 2)
                        ]
                if str(operator) in ("Td", "Tm", "ET"):
                    found.append(" ")
    return re.sub(r"\s+", " ", "".join(found))


def glyphs(font: Any) -> dict[int, str]:
    """Characters of a font's glyphs, as its ToUnicode table says."""
    said = font["/ToUnicode"].read_bytes().decode("ascii")
    table = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", said, re.DOTALL):
        for code, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            table[int(code, 16)] = bytes.fromhex(text).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", said, re.DOTALL):
        for first, last, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            for at in range(int(first, 16), int(last, 16) + 1):
                table[at] = chr(int(text, 16) + at - int(first, 16))
    return table


def tags(item: Any) -> list[Any]:
    """Elements of the structure tree."""
    import pikepdf

    found = []
    kids = item.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            found += [kid, *tags(kid)]
    return found


def read_again(make_case: MakeCase, content: bytes, file: str) -> dict[str, pd.DataFrame]:
    """What our own reader makes of an export, recognised by its header; the systems are known by name."""
    files = {file: content, "system.csv": REGISTER}
    return ingest(
        read_case(make_case(files, f"  - {{file: system.csv, reader: systems}}\n  - {{file: {file}}}\n", name="again"))
    )


def facts(tables: Any, columns: list[str]) -> dict[str, list[Any]]:
    """Facts of servers by name, with the name of the system that a source states."""
    names = tables["systems"].set_index("system_id")["name"]
    stated = tables["assignments"].query("basis == 'stated'").set_index("server_id")["system_id"].map(names)
    servers = tables["servers"].assign(system=tables["servers"]["server_id"].map(stated))
    known = servers[["name", "system", *columns]].astype(object).where(lambda frame: frame.notna(), None)
    return {row[0]: list(row[1:]) for row in known.to_numpy().tolist()}
