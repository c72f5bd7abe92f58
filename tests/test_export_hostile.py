"""Names that try everything, and what may be in a public file, in every format."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from planner.case import read_case
from planner.export import EXPORTERS, export
from planner.export.rows import FORMULA
from planner.pipeline import compute
from planner.plan import Plan
from planner.portfolio import Portfolio
from planner.render import render
from planner.render.report import report
from planner.render.workbook import render_workbook
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


REGISTER_HEAD = [
    "Objektnummer", "Namn", "Organisation", "Verksamhetsområden", "Funktionskod", "Systemansvariga verksamhet",
    "Systemansvariga IT", "Leverantör", "Produkt", "Version", "Operativsystem", "Databas", "Körmiljö", "Datamodell",
    "Beroende till", "Länkar", "Kommentar", "Alternativ", "Inlåsningseffekter", "Inloggning", "IT Bedömning", "KLASSA",
]  # fmt: skip


def told_everywhere(folder: Path, words: list[str]) -> Plan:
    """A case in which every column of free text, every server and every purpose of a flow holds one of the words."""
    count = len(words)
    names = [f"System {at}" for at in range(count)]
    fixed = {"IT Bedömning": "Avveckling", "KLASSA": "3-3-3"}
    rows = [REGISTER_HEAD]
    for at, name in enumerate(names):
        cells = {"Objektnummer": f"S{at}", "Namn": name, "Verksamhetsområden": "Vård", **fixed}
        rows.append([cells.get(head, words[(at + column) % count]) for column, head in enumerate(REGISTER_HEAD)])
    servers = [["Servernamn", "System", "Operativsystem", "vCPU", "RAM GB", "Disk GB", "Miljö", "Kommentar"]]
    servers += [[f"srv{word}", names[at], word, "2", "8", "80", word, word] for at, word in enumerate(words)]
    # A server that nobody knows the system of becomes a system that bears its name.
    servers += [[f"ensam{word}", "", "Ubuntu 22.04", "2", "8", "80", "Test", ""] for word in words[:2]]
    flows = [["Från", "Till", "Syfte"]]
    flows += [[name, names[(at + 1) % count], words[at]] for at, name in enumerate(names)]
    files = {"register.csv": rows, "servrar.csv": servers, "floden.csv": flows}
    sources = (
        "  - {file: register.csv, reader: systems}\n  - {file: servrar.csv, reader: servers}\n"
        "  - {file: floden.csv, reader: dataflows}\n"
    )
    return compute(read_case(write_case(folder, {name: as_csv(table) for name, table in files.items()}, sources)))


def as_csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(rows)
    return text.getvalue()


def everything(plan: Plan, audience: str) -> dict[str, bytes]:
    """Every document and export that an audience may have, archives unpacked and PDFs as their text."""
    view = build_view(plan, "sv", audience)
    found = {**render(view), "roadmap.xlsx": render_workbook(view)}
    for name, item in EXPORTERS.items():
        if audience in item.audiences and item.is_from_view:
            found[f"export{item.suffix}-{name}"] = export(name, view, ASKED).files[0]
    opened = {}
    for name, content in found.items():
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                opened |= {f"{name}/{member}": book.read(member) for member in book.namelist()}
        else:
            opened[name] = pdf_text(content).encode("utf-8") if content.startswith(b"%PDF") else content
    return opened


@pytest.mark.slow
def test_no_word_of_a_dropped_column_is_in_any_public_byte(tmp_path: Path) -> None:
    plan = told_everywhere(tmp_path / "case", [f"Kanarie{letter}" for letter in "ABCDEFGH"])
    public = everything(plan, "offentlig")
    assert {"plan.json", "roadmap.html", "export.xml-archimate", "export.pdf-report"} <= public.keys()
    packed = re.findall(rb'id="packed">([^<]+)<', public["roadmap.html"])
    public["packed"] = zlib.decompress(base64.b64decode(packed[0])) if packed else b""
    assert not [name for name, content in public.items() if b"kanarie" in content.lower()]
    assert b"System 3" in public["plan.json"], "names are public"
    # The canaries do reach the internal documents.
    internal = b"".join(everything(plan, "intern").values()).lower()
    assert b"srvkanariea" in internal or b"kanariea" in internal


def turned_marks(files: dict[str, bytes]) -> dict[str, bool]:
    """Documents that hold a text with a mark that turns the writing, and whether each ends where the text does."""
    packed = re.findall(rb'id="packed">([^<]+)<', files["roadmap.html"])
    texts = {name: content.decode("utf-8", "replace") for name, content in files.items()}
    texts["packed"] = zlib.decompress(base64.b64decode(packed[0])).decode("utf-8") if packed else ""
    texts["export.ics-ics"] = texts["export.ics-ics"].replace("\r\n ", "")
    # Formats that other tools read back say what the inventory says, one text to a cell.
    mine = {name: text for name, text in texts.items() if not re.search("hub|cmf|mgn|waves|azure", name)}
    return {
        name: re.search("\u202ecod\u200f\\.exe(?!\u202c)", text) is None
        for name, text in mine.items()
        if "\u202ecod" in text
    }


@pytest.mark.slow
@pytest.mark.parametrize("audience", ["intern", "offentlig"])
def test_a_name_turns_round_nothing_that_follows_it(hostile: Plan, audience: str) -> None:
    # A PDF has glyphs in the order in which they are seen; what typst is given says where a mark ends.
    blocks = json.dumps(report(build_view(hostile, "sv", audience)), default=vars, ensure_ascii=False).encode("utf-8")
    found = turned_marks({**everything(hostile, audience), "report": blocks})
    assert {"plan.json", "roadmap.html", "roadmap.md", "systems.csv", "report"} <= found.keys()
    assert any("xlsx" in name for name in found)
    assert not [name for name, is_closed in found.items() if not is_closed]


@pytest.mark.slow
@pytest.mark.parametrize("audience", ["intern", "offentlig"])
def test_hostile_words_in_any_column_stay_text(tmp_path: Path, audience: str) -> None:
    words = [word for word in HOSTILE if len(word) < 1_000] + ["\x07klocka\x1b[31m", "B" * 10_000, "\u202erlo\u202c"]
    made_ = everything(told_everywhere(tmp_path / "case", words), audience)
    page = made_["roadmap.html"].decode("utf-8")
    assert page.count("<script") == page.count("</script>") == 2 and "<lapp>" not in page
    # A control character would also be an order to the terminal in which somebody shows the file.
    for name in ("roadmap.html", "roadmap.md", "systems.csv"):
        assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", made_[name]), name
    rows = list(csv.reader(io.StringIO(made_["systems.csv"].decode("utf-8-sig"))))
    assert not [cell for row in rows for cell in row if re.match(FORMULA, cell)]
    for name, content in made_.items():
        if name.endswith((".xml", ".rels", "archimate", "dcat")):
            etree.fromstring(content)
        assert b"<f>" not in content and b"<hyperlink" not in content, name
    events(made_["export.ics-ics"])
    assert all(turned_marks(made_).values())
    assert "49" not in re.findall(r"<li>(.*?)</li>", page)
