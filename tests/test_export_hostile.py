"""Names that try everything, and what may be in a public file, in every format."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import replace

import pytest
from lxml import etree

from planner.case import read_case
from planner.export import EXPORTERS, export
from planner.export.rows import FORMULA
from planner.pipeline import compute
from planner.plan import Plan
from planner.portfolio import Portfolio
from planner.view import build_view
from tests.conftest import planned_example, slow_but, write_case
from tests.exports import (
    ASKED,
    QUICK,
    SOURCES,
    events,
    made,
    pdf_text,
    with_disposition,
)


@pytest.fixture(scope="module")
def example() -> Plan:
    return planned_example()


HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7*7 }} {% raw %}",
    '#read("data.json") *fet* $x$ @ref <lapp> `kod` #eval("1")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    '=HYPERLINK("http://exempel.test";"klicka")',
    "http://exempel.test/lank",
    "ab\u202ecod\u200f.exe",
    "漢字 och 😀",
    "A" * 10_000,
    "END:VEVENT\\nBEGIN:VEVENT; x, y",
    ']]></value><element identifier="x"/>',
    'komma, "citat"; semikolon',
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A register and a server list whose names try everything."""
    register, servers = io.StringIO(), io.StringIO()
    systems = csv.writer(register, delimiter=";")
    systems.writerow(["Id", "Namn", "Organisation", "IT Bedömning", "Verksamhet Bedömning"])
    listed = csv.writer(servers, delimiter=";")
    listed.writerow(["Server", "System", "OS", "vCPU", "Minne (GB)"])
    for number, name in enumerate(HOSTILE):
        systems.writerow([f"S{number}", name, name, "Avveckling", "Avveckling"])
        listed.writerow([name, f"S{number}", "Windows Server 2019", 2, 8])
    files = {"system.csv": register.getvalue().encode("utf-8"), "servrar.csv": servers.getvalue().encode("utf-8")}
    return compute(read_case(write_case(tmp_path_factory.mktemp("hostile"), files, SOURCES)))


def texts_of(name: str, content: bytes) -> tuple[str, list[str]]:
    """All text of a file, and its cells where it has cells."""
    if name in ("hub", "cmf", "mgn", "jira"):
        rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
        return content.decode("utf-8"), [cell for row in rows for cell in row]
    if name == "waves":
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            parts = [bundle.read(member).decode("utf-8") for member in bundle.namelist()]
        return parts[2], [
            cell for part in parts[:2] for row in csv.reader(io.StringIO(part, newline="")) for cell in row
        ]
    if name in ("xlsx", "docx"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            parts = [etree.fromstring(book.read(member)) for member in book.namelist() if member.endswith(".xml")]
        return "\n".join("".join(part.itertext()) for part in parts), []
    if name in ("archimate", "dcat"):
        return "\n".join(etree.fromstring(content).itertext()), []
    if name == "ics":
        return "\n".join(str(event["DESCRIPTION"]) for event in events(content).values()), []
    return "", []


# Formats that name every system; the memo names none, and DCAT describes the plan as a whole.
NAMING = ("jira", "ics", "archimate", "xlsx", "waves", "hub")


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPORTERS)
def test_names_from_the_inventory_stay_text_in_every_format(hostile: Plan, name: str) -> None:
    plan = with_disposition(hostile, "rehost") if name == "mgn" else hostile
    done = made(plan, name)
    text, cells = texts_of(name, done.files[0])
    refused = {item.key for item in done.refused}
    assert not [cell for cell in cells if re.match(FORMULA, cell)], "a formula"
    if not EXPORTERS[name].is_from_view:
        assert done.written + len(refused) == len(plan.portfolio["servers"])
    if name in NAMING:
        folded = " ".join([text, *cells]).replace("'", "")
        for system_id, wanted in zip(
            plan.portfolio["systems"]["system_id"], plan.portfolio["systems"]["name"], strict=True
        ):
            servers = plan.portfolio["assignments"].query("system_id == @system_id")["server_id"]
            if system_id not in refused and not refused & set(servers):
                assert wanted.replace("'", "") in folded, wanted[:40]


@pytest.mark.slow
def test_no_cell_of_the_workbook_is_a_formula_or_a_link(hostile: Plan) -> None:
    with zipfile.ZipFile(io.BytesIO(made(hostile, "xlsx").files[0])) as book:
        for member in book.namelist():
            content = book.read(member)
            assert b"<f>" not in content and b"<hyperlink" not in content, member
            assert b"exempel.test" not in content or member.endswith("sharedStrings.xml"), member


@pytest.mark.parametrize(
    "name", slow_but(QUICK.__contains__, [name for name, item in EXPORTERS.items() if "offentlig" in item.audiences])
)
def test_a_public_file_comes_from_the_redacted_view_alone(example: Plan, name: str) -> None:
    tables = dict(example.portfolio.tables)
    canaries = dict.fromkeys(("vendor", "product", "os", "db", "lock_in", "organisation"), "KANARIE")
    tables["systems"] = tables["systems"].assign(**canaries)
    tables["groups"] = tables["groups"].assign(detail="KANARIE")
    tables["evidence"] = tables["evidence"].assign(values="os=KANARIE", cells="KANARIE")
    view = build_view(replace(example, portfolio=Portfolio(tables)), "sv", "offentlig")
    content = export(name, view, ASKED).files[0]
    text = written_in(name, content)
    assert len(text) > 200 and "KANARIE" not in text
    assert not [server for server in example.portfolio["servers"]["name"] if str(server) in text]


def written_in(name: str, content: bytes) -> str:
    """The text of a public file, also of a PDF's pages."""
    if name not in ("pdf", "report"):
        return " ".join([*texts_of(name, content)[1], texts_of(name, content)[0]])
    return pdf_text(content)
