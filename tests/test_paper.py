"""The memo, the report and the workbook: tagged, typed, read back."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pandas as pd
import pytest

from planner.errors import InventoryError
from planner.export import Asked, export
from planner.export.edits import Edit
from planner.export.review_sheet import read_workbook
from planner.plan import Plan
from planner.render.document import Items
from planner.render.memo import memo
from planner.view import build_view
from tests.conftest import planned_example, slow_but
from tests.exports import (
    made,
    pdf_text,
    tags,
)


@pytest.fixture(scope="module")
def example() -> Plan:
    return planned_example()


def test_the_memo_names_first_what_misses_its_deadline(example: Plan) -> None:
    view = build_view(example, "sv", "intern")
    told = next(block for block in memo(view).blocks if isinstance(block, Items)).items
    assert told[0] == "1 system byts ut efter att avtal eller frist har gått ut: Sopturen."
    assert len(told) == len(view.risks) > 1
    many = replace(view.risks[0], systems=view.risks[0].systems * 6, count=6)
    told = next(block for block in memo(replace(view, risks=(many,))).blocks if isinstance(block, Items)).items
    assert told == [view.risks[0].text], "six are no more than counted"


@pytest.mark.parametrize("audience", ["intern", "offentlig"])
@pytest.mark.parametrize("language", slow_but("sv".__eq__, ["sv", "en"]))
def test_the_memo_is_tagged_titled_and_of_two_to_four_pages(example: Plan, language: str, audience: str) -> None:
    import pikepdf

    view = build_view(example, language, audience)
    with pikepdf.open(io.BytesIO(export("pdf", view, Asked()).files[0])) as pdf:
        assert 2 <= len(pdf.pages) <= 4
        with pdf.open_metadata() as about:
            assert (about["pdfuaid:part"], about["pdfaid:part"], about["pdfaid:conformance"]) == ("1", "2", "A")
            assert view.meta.organisation in about["dc:title"]
        assert pdf.Root.MarkInfo.Marked and pdf.Root.ViewerPreferences.DisplayDocTitle
        assert str(pdf.Root.Lang).startswith(language)
        kinds = [str(item.S) for item in tags(pdf.Root.StructTreeRoot)]
        figures = [item for item in tags(pdf.Root.StructTreeRoot) if str(item.S) == "/Figure"]
    assert kinds.count("/Table") >= 6 and kinds.count("/TH") >= 20 and "/H1" in kinds
    # The coat of arms, the costs of the years and the timeline.
    assert len(figures) == 3 and all("/Alt" in figure for figure in figures)


@pytest.mark.parametrize("kind", slow_but("pdf".__eq__, ["pdf", "report"]))
def test_a_paper_can_be_read_aloud_and_kept(example: Plan, kind: str) -> None:
    """What PDF/UA-1 and PDF/A-2a rest on, where no validator is installed (tests/test_verapdf.py)."""
    import pikepdf

    with pikepdf.open(io.BytesIO(export(kind, build_view(example, "sv", "intern"), Asked()).files[0])) as pdf:
        parts = list(tags(pdf.Root.StructTreeRoot))
        levels = [int(str(item.S)[2]) for item in parts if re.fullmatch(r"/H\d", str(item.S))]
        assert levels[0] == 1 and all(now - before <= 1 for before, now in pairwise(levels))
        assert all("/Alt" in item for item in parts if str(item.S) == "/Figure")
        heads = [item for item in parts if str(item.S) == "/TH"]
        assert heads and all("/Scope" in str(item.get("/A", "")) for item in heads)
        assert not pdf.is_encrypted
        assert not [name for name in ("/OpenAction", "/AA", "/JavaScript") if name in pdf.Root]
        for page in pdf.pages:
            assert "/StructParents" in page and (page.get("/Tabs") == "/S" or "/Annots" not in page)
        fonts = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and "/FontName" in item]
        assert fonts and all({"/FontFile2", "/FontFile3"} & set(font.keys()) for font in fonts)


@pytest.mark.slow
def test_what_the_memo_says_can_be_read_out_of_it(example: Plan) -> None:
    view = build_view(example, "sv", "intern")
    text = re.sub(r"[\s\u00ad-]+", "", pdf_text(export("pdf", view, Asked()).files[0]))
    for wanted in (view.asks[0].what, view.counts[0].label, view.waves[0].quarter, view.meta.diary_number, "utkast"):
        assert re.sub(r"[\s\u00ad-]+", "", str(wanted)) in text, wanted


def test_every_character_that_we_say_the_fonts_have_they_have() -> None:
    from planner.render.characters import printable, ranges
    from planner.render.document import Document, Items
    from planner.render.pdf import render_pdf

    letters = [chr(at) for first, last in ranges() for at in range(first, last + 1)]
    items = [f"x{''.join(letters[at : at + 40])}" for at in range(0, len(letters), 40)]
    assert [printable(item) for item in items] == items
    assert render_pdf(Document("T", "A", "sv", "2026-11-23", "", (), "", (Items(items),))).startswith(b"%PDF")
    mixed = "".join(f"{letter}\u0301\u0336" for letter in letters if letter.isalpha())
    assert render_pdf(Document(mixed, "A", "sv", "2026-11-23", mixed, (), "", (Items((mixed, "b\u05c7\u064b")),)))
    assert printable("漢\ue000😀\x07\nå") == "[U+6F22][U+E000][U+1F600]\ufffd å"


@pytest.mark.slow
def test_the_memo_to_edit_says_the_same_and_repeats_its_head_rows(example: Plan) -> None:
    import docx

    view = build_view(example, "sv", "intern")
    made_ = docx.Document(io.BytesIO(export("docx", view, Asked()).files[0]))
    assert made_.core_properties.title.endswith(view.meta.organisation) and made_.core_properties.language == "sv-SE"
    assert f"{made_.core_properties.created:%Y-%m-%d}" == view.meta.plan_date
    assert len(made_.tables) >= 6
    for table in made_.tables:
        assert table.rows[0]._tr.xpath("./w:trPr/w:tblHeader"), "the head row is repeated"
    assert made_.tables[1].cell(1, 1).text == view.asks[0].what
    assert view.conclusion in [paragraph.text for paragraph in made_.paragraphs]


def workbook(content: bytes) -> dict[str, pd.DataFrame]:
    pages: dict[str, pd.DataFrame] = pd.read_excel(
        io.BytesIO(content), sheet_name=None, engine="calamine", dtype=object
    )
    return pages


@pytest.mark.slow
def test_the_workbook_holds_typed_tables_with_frozen_heads(example: Plan) -> None:
    view = build_view(example, "sv", "intern")
    content = export("xlsx", view, Asked()).files[0]
    pages = workbook(content)
    systems = pages["System"]
    assert systems["Id"].tolist() == [item.system_id for item in view.systems]
    assert [None if pd.isna(value) else float(value) for value in systems["Kostnad trolig kr"]] == [
        item.cost_sek[1] for item in view.systems
    ]
    assert [None if pd.isna(value) else f"{value:%Y-%m-%d}" for value in systems["Klart"]] == [
        item.end_date for item in view.systems
    ]
    assert len(pages["Beslut som behövs"]) == len(view.asks) and len(pages["Vågor och tider"]) == len(view.waves)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheets = [book.read(name).decode("utf-8") for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        assert len([name for name in book.namelist() if name.startswith("xl/tables/")]) == len(sheets) == 4
    assert all('state="frozen"' in sheet for sheet in sheets) and sheets[0].count("<dataValidation ") == 5


def test_a_public_workbook_has_no_columns_to_fill_in(example: Plan) -> None:
    assert not [
        name
        for name in workbook(made(example, "xlsx", audience="offentlig").files[0])["System"]
        if name.startswith("Ege")
    ]


def filled(content: bytes, cells: dict[tuple[int, str], object]) -> bytes:
    """The workbook as a person saved it: some cells filled in, in another order of rows."""
    pages = workbook(content)
    for (row, column), value in cells.items():
        pages["System"].loc[row, column] = value
    pages["System"] = pages["System"].iloc[::-1]
    file = io.BytesIO()
    with pd.ExcelWriter(file, engine="xlsxwriter") as book:
        for name, page in pages.items():
            page.to_excel(book, sheet_name=name, index=False)
    return file.getvalue()


def test_the_workbook_is_read_back_as_a_review(example: Plan) -> None:
    view = build_view(example, "sv", "intern")
    content = export("xlsx", view, Asked()).files[0]
    assert read_workbook(content, view, "plan.xlsx") == ()
    given = {
        (0, "Eget beslut"): "Behåll",
        (0, "Skäl"): "Avtalet löper",
        (0, "Beslutat av"): "It-chef",
        (0, "Gäller till"): date(2027, 12, 31),
        (1, "Eget beslut"): "Godkänt",
        (2, "Eget kvartal"): "2029-Q4",
        (3, "Skäl"): "bara en anteckning",
        (3, "Namn"): "ändrat namn",
    }
    edits = {(edit.system_id, edit.field): edit for edit in read_workbook(filled(content, given), view, "plan.xlsx")}
    first, second, third = (view.systems[at] for at in range(3))
    quarters = example.portfolio["waves"].set_index("system_id")["quarter"]
    assert edits == {
        (first.system_id, "disposition"): Edit(
            first.system_id, "disposition", first.key, "retain", "Avtalet löper", "It-chef", "2027-12-31"
        ),
        (second.system_id, "disposition"): Edit(second.system_id, "disposition", second.key, second.key, ""),
        (third.system_id, "quarter"): Edit(third.system_id, "quarter", quarters[third.system_id], "2029-Q4", ""),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({(0, "Eget beslut"): "Slänga"}, r"plan\.xlsx\[System\]:\d+.*Eget beslut.*Slänga"),
        ({(0, "Eget kvartal"): 2.5}, "Eget kvartal"),
        ({(0, "Eget kvartal"): "2027-Q5"}, "Eget kvartal"),
        ({(0, "Eget kvartal"): "2027-Q3", (0, "Gäller till"): "nästa år"}, "Gäller till"),
        ({(0, "Eget kvartal"): "2027-Q3", (0, "Id"): "S999"}, "no such system"),
        (
            {
                (0, "Eget kvartal"): "2027-Q3",
                (1, "Eget kvartal"): "2027-Q3",
                (1, "Id"): "prov-03bf7c8018",
                (0, "Id"): "prov-03bf7c8018",
            },
            "twice",
        ),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_is_used(
    example: Plan, cells: dict[tuple[int, str], object], words: str
) -> None:
    view = build_view(example, "sv", "intern")
    with pytest.raises(InventoryError, match=words):
        read_workbook(filled(export("xlsx", view, Asked()).files[0], cells), view, "plan.xlsx")


@pytest.mark.slow
def test_another_plans_workbook_and_other_files_are_refused(example: Plan) -> None:
    view = build_view(example, "sv", "intern")
    content = export("xlsx", view, Asked()).files[0]
    with pytest.raises(InventoryError, match="another plan"):
        read_workbook(content, replace(view, meta=replace(view.meta, plan_id="x")), "plan.xlsx")
    with pytest.raises(InventoryError, match="columns for a review"):
        read_workbook(made(example, "xlsx", audience="offentlig").files[0], view, "plan.xlsx")
    for wrong in (b"", b"PK\x03\x04 no archive", b"a;b\r\n"):
        with pytest.raises(InventoryError, match="not a workbook"):
            read_workbook(wrong, view, "plan.xlsx")
