"""Files that were damaged on their way: a finding or a word, never a traceback, a hang or a lost row.

Every mutation is drawn from its number, so that a failure can be run again: `pytest -k "mutated and 17"`. Each test takes
ten of them; `pytest -m 'slow or not slow' --mutations 5000` runs as many.
"""

from __future__ import annotations

import io
import json
import random
import resource
import time
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import xlsxwriter

from planner.case import read_case
from planner.errors import InventoryError, PlannerError
from planner.ingest import ingest
from tests import opendocument

PER_TEST = 10
SECONDS = 10
GIB = 1
FIXTURES = Path(__file__).parent / "dialects"
REGISTER = (
    "Systemnamn;Leverantör;Avtalsslut;Årskostnad;KLASSA (K-R-T);Antal användare;Beroende till\r\n"
    'Eken;"Träd; bolaget";2028-06-30;1 234,5 tkr;3-2-2;1 200;Björken (Skog): filöverföring, AD\r\n'
    "Björken;Trädbolaget;Löpande - uppsägningstid på 3-12 månader;?;vet ej;;\r\n"
    "Granen;;31/12 2027;-;1-1-1;tolv;Eken\r\n"
)
ODD = [
    "=1+1",
    "#REF!",
    "\x00",
    "\ufeff",
    "\u200b",
    "NaN",
    "1e999",
    "-1",
    "9999-12-31",
    "å" * 40_000,
    '"',
    "'",
    ";" * 50,
    "\n",
]
Mutation = Callable[[bytes, random.Random], bytes]


def cut(data: bytes, draw: random.Random) -> bytes:
    """The transfer broke off."""
    return data[: draw.randrange(len(data) + 1)]


def lost_piece(data: bytes, draw: random.Random) -> bytes:
    """A piece in the middle is gone."""
    at = draw.randrange(len(data) + 1)
    return data[:at] + data[at + draw.randrange(200) :]


def twice(data: bytes, draw: random.Random) -> bytes:
    """A piece stands twice: rows, half rows, the header."""
    first, last = sorted(draw.randrange(len(data) + 1) for _ in range(2))
    return data[:last] + data[first:last] + data[last:]


def shuffled(data: bytes, draw: random.Random) -> bytes:
    """Somebody sorted the lines, header and all."""
    lines = data.splitlines(keepends=True)
    draw.shuffle(lines)
    return b"".join(lines)


def flipped(data: bytes, draw: random.Random) -> bytes:
    """Some bytes are wrong."""
    changed = bytearray(data)
    for _ in range(draw.randrange(1, 8)):
        if changed:
            changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def odd_cell(data: bytes, draw: random.Random) -> bytes:
    """Something strange was pasted in."""
    at = draw.randrange(len(data) + 1)
    return data[:at] + draw.choice(ODD).encode("utf-8") + data[at:]


def ghost_rows(data: bytes, draw: random.Random) -> bytes:
    """Rows of nothing but separators follow, as spreadsheets write them."""
    return data + draw.choice([b";;;;;;;;\r\n", b",,,,,\n", b" \n", b"\t\t\t\n"]) * draw.randrange(1, 2000)


def recoded(data: bytes, draw: random.Random) -> bytes:
    """The file was saved in another encoding, perhaps twice."""
    text = data.decode("utf-8", errors="replace")
    return text.encode(draw.choice(["utf-16", "utf-16-le", "cp1252", "utf-8-sig", "utf-7"]), errors="replace")


MUTATIONS: list[Mutation] = [cut, lost_piece, twice, shuffled, flipped, odd_cell, ghost_rows, recoded]


def workbook() -> bytes:
    """A register in a workbook with a merged title, a formula and a hidden sheet."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    page = book.add_worksheet("Register")
    page.merge_range(0, 0, 0, 3, "System i Provby")
    for row, line in enumerate(REGISTER.splitlines(), start=2):
        for column, cell in enumerate(line.split(";")):
            page.write_string(row, column, cell)
    page.write_formula(5, 3, "=1+1", None, 2)
    book.add_worksheet("Dold").hide()
    book.close()
    return buffer.getvalue()


def archive() -> bytes:
    """A ZIP of a register and a server list."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("../register.csv", REGISTER)
        packed.writestr("azure.csv", (FIXTURES / "azure_migrate.csv").read_bytes())
    return buffer.getvalue()


@cache
def corpus() -> dict[str, bytes]:
    """Whole files by name."""
    files = {path.name: path.read_bytes() for path in sorted(FIXTURES.iterdir())}
    records = [{"Systemnamn": "Eken", "Antal användare": 12}, {"Systemnamn": "Björken", "Taggar": ["a", {"b": 1}]}]
    files["register.json"] = json.dumps(records, ensure_ascii=False).encode()
    files["register.yaml"] = b"- Systemnamn: Eken\n  Leverant\xc3\xb6r: Tr\xc3\xa4dbolaget\n- Systemnamn: Granen\n"
    lines = [line.split(";") for line in REGISTER.splitlines()]
    files["register.ods"] = opendocument.spreadsheet(Register="".join(opendocument.row(*line) for line in lines))
    return {**files, "register.csv": REGISTER.encode(), "register.xlsx": workbook(), "underlag.zip": archive()}


def mutated(number: int) -> tuple[str, bytes, str]:
    """File, content and what was done to it, by number."""
    draw = random.Random(number)
    files = corpus()
    name = draw.choice(sorted(files))
    data, done = files[name], []
    for _ in range(draw.randrange(1, 4)):
        mutation = draw.choice(MUTATIONS)
        data = mutation(data, draw)
        done.append(mutation.__name__)
    return name, data, f"{number}: {name} {'+'.join(done)}"


def peak_gib() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def outcome(make_case: Callable[..., Path], number: int) -> bool:
    """Whether a mutation is read; when it is not, it is refused in words."""
    name, data, what = mutated(number)
    case = read_case(make_case({name: data}, f"  - {{file: {name}}}\n", name=f"case{number}"))
    start, before = time.monotonic(), peak_gib()
    try:
        tables = ingest(case)
    except PlannerError as refusal:
        assert refusal.place, what
        assert refusal.remedy, what
        return False
    except Exception as error:
        raise AssertionError(what) from error
    finally:
        assert time.monotonic() - start < SECONDS, what
        assert peak_gib() <= max(before, GIB), what
    counts = tables["sources"]
    assert (counts["rows_in"] == counts["rows_used"] + counts["rows_merged"] + counts["rows_rejected"]).all(), what
    assert tables["rejects"]["rows"].fillna(1).sum() == counts["rows_rejected"].sum(), what
    assert tables["systems"]["name"].notna().all(), what
    return True


def test_a_damaged_file_is_read_or_refused_in_words(make_case: Callable[..., Path], block: int) -> None:
    """`block` counts tens of mutations (see conftest)."""
    for number in range(block * PER_TEST, (block + 1) * PER_TEST):
        outcome(make_case, number)


@pytest.mark.slow
def test_the_mutations_damage_some_files_and_not_all(make_case: Callable[..., Path]) -> None:
    read = [outcome(make_case, number) for number in range(40)]
    assert 10 <= sum(read) < 40


@pytest.mark.parametrize("name", ["underlag.zip", "register.xlsx", "register.ods"])
def test_a_container_with_a_hole_is_read_or_refused_in_words(make_case: Callable[..., Path], name: str) -> None:
    whole = corpus()[name]
    for number, at in enumerate(range(0, len(whole), len(whole) // 40)):
        holed = whole[:at] + whole[at + 60 :]
        try:
            ingest(read_case(make_case({name: holed}, f"  - {{file: {name}}}\n", name=f"case{number}")))
        except PlannerError as refusal:
            assert refusal.place and refusal.remedy


def packed(member: str, megabytes: int) -> bytes:
    """An archive with a member of blanks, a thousand times smaller than what it unpacks to."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(member, "w") as file,
    ):
        blanks = b" " * 1_000_000
        for _ in range(megabytes):
            file.write(blanks)
    return buffer.getvalue()


@pytest.mark.parametrize(("name", "member"), [("a.zip", "a.csv"), ("a.xlsx", "xl/worksheets/sheet1.xml")])
def test_an_archive_that_is_made_to_fill_the_memory_is_refused(
    make_case: Callable[..., Path], name: str, member: str
) -> None:
    before = peak_gib()
    with pytest.raises(InventoryError, match="too much"):
        ingest(read_case(make_case({name: packed(member, 201)}, f"  - {{file: {name}}}\n")))
    assert peak_gib() - before < 0.2


def test_yaml_that_unfolds_without_end_is_refused(make_case: Callable[..., Path]) -> None:
    laughs = "a: &a [x, x]\n" + "".join(
        f"{two}: &{two} [*{one}, *{one}, *{one}]\n" for one, two in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(InventoryError, match="alias"):
        ingest(read_case(make_case({"a.yaml": laughs}, "  - {file: a.yaml}\n")))
