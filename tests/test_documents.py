"""What holds for every document: structure that a screen reader can follow, numbers that lead to their systems."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from planner.plan import Plan
from planner.render import render
from planner.render.formats import money_span, span
from planner.render.html import MAX_CARDS, MAX_NOTES
from planner.render.markdown import escape
from planner.render.table import safe
from planner.texts import LANGUAGES
from planner.view import AUDIENCES, View, build_view
from planner.view.model import Note
from tests.conftest import example_view, planned_example, slow_but


@pytest.fixture(scope="module")
def planned() -> Plan:
    """The example, planned once."""
    return planned_example()


@pytest.fixture(scope="module")
def view() -> View:
    """Its Swedish document for the organisation itself."""
    return example_view()


class Page(HTMLParser):
    """Elements of a page in order, with their attributes, and the links and list items inside what has an id."""

    def __init__(self, view: View) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.inside: list[tuple[str, dict[str, str]]] = []
        self.items: dict[str, int] = {}
        self.text = render(view)["roadmap.html"].decode("utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        if tag in ("ul", "div", "details"):
            self.inside.append((tag, found))
        if tag == "li":
            for name in (attributes["id"] for _, attributes in self.inside if "id" in attributes):
                self.items[name] = self.items.get(name, 0) + 1

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1][0] == tag:
            self.inside.pop()

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.elements if tag in tags]

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


@pytest.mark.parametrize("audience", slow_but("offentlig".__eq__, AUDIENCES))
@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_and_tables_can_be_followed_by_ear(planned: Plan, language: str, audience: str) -> None:
    page = Page(build_view(planned, language, audience))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))
    tables, captions = len(page.all("table")), len(page.all("caption"))
    assert tables == captions >= 6
    assert all(head.get("scope") in ("col", "row") for head in page.all("th"))
    assert page.all("html")[0]["lang"] == language
    assert len(page.ids()) == len(set(page.ids()))


@pytest.mark.parametrize("audience", slow_but("offentlig".__eq__, AUDIENCES))
def test_every_link_has_its_target(planned: Plan, audience: str) -> None:
    page = Page(build_view(planned, "sv", audience))
    assert {link["href"][1:] for link in page.all("a")} <= set(page.ids())


@pytest.mark.slow
def test_counts_lead_to_as_many_systems(view: View) -> None:
    page = Page(view)
    for count in view.counts:
        assert page.items.get(f"a-{count.key}", 0) == count.systems
    for wave in view.waves:
        assert page.items[f"w-{wave.number}"] == len(wave.systems)
    for lens in view.lenses:
        for at, (_, number) in enumerate(lens.classes, start=1):
            assert page.items.get(f"l-{lens.key}-{at}", 0) == number


def test_any_id_can_be_linked_to(view: View) -> None:
    names = ["a b", 'a"b', "a%20b", "a/b?c#d", "åäö", "<b>", "a'b&c"]
    systems = [replace(item, system_id=name) for item, name in zip(view.systems, names, strict=False)]
    page = Page(
        replace(view, systems=tuple(systems), waves=(), risks=(), asks=(), coverage=view.coverage[:1], process_first=())
    )
    cards = [attributes["id"] for attributes in page.all("details") if "id" in attributes]
    assert [unquote(card[2:]) for card in cards] == names
    assert not [card for card in cards if re.search(r"\s", card)]
    linked = {link["href"] for link in page.all("a") if link["href"].startswith("#s-")}
    assert {f"#{card}" for card in cards} <= linked


@pytest.mark.slow
def test_the_table_of_the_script_holds_what_the_page_shows(view: View) -> None:
    text = Page(view).text
    island = re.search(r'<script type="application/json" id="rows">(.*?)</script>', text, re.DOTALL)
    assert island
    rows = json.loads(island[1])
    assert [row[:2] for row in rows] == [[item.system_id, item.name] for item in view.systems]
    assert [row[8] for row in rows] == [
        None if item.cost_sek[1] is None else round(item.cost_sek[1]) for item in view.systems
    ]


@pytest.mark.slow
def test_too_many_cards_are_left_out_and_the_page_says_where_the_evidence_is(view: View) -> None:
    many = [replace(view.systems[0], system_id=f"S{number}") for number in range(MAX_CARDS + 1)]
    page = Page(replace(view, systems=tuple(many)))
    assert "tables/evidence.csv" in page.text and "fardplan explain" in page.text
    assert not [link for link in page.all("a") if link["href"].startswith("#s-")]
    assert page.text.count("<tr>") < 400


@pytest.mark.slow
def test_many_findings_are_counted_by_text_and_cut(view: View) -> None:
    notes = [Note("warning", "Varning", f"fil.csv:{row}:B", "", "", "Samma fel", "Rätta") for row in range(300)]
    other = Note("info", "Upplysning", "fil.csv:1:A", "", "", "Ett annat", "Titta")
    text = Page(replace(view, findings=(*notes, other))).text
    assert text.count("<code>fil.csv:") == MAX_NOTES + 1
    assert "Samma fel <strong>300</strong>" in text and "Ett annat <strong>" not in text
    assert "Ytterligare 250" in text


def test_what_has_no_price_is_said_and_the_price_in_dollars_too(view: View) -> None:
    documents = render(view)
    missing = view.target_known.total - view.target_known.known
    assert missing > 0
    for name in ("roadmap.html", "roadmap.md"):
        text = documents[name].decode("utf-8").replace("\u00a0", " ")
        assert f"inte ingår i summan: {missing}." in text
        assert re.search(r"\d–[\d ]+ USD", text)


@pytest.mark.parametrize(
    "name",
    [
        "- a",
        "+ a",
        "1. a",
        "2) a",
        "# a",
        "> a",
        "a\n- b",
        "&lt;b&gt;",
        "[a](http://b)",
        "| a |",
        "`a`",
        "<i>a</i>",
        "***",
        "===",
    ],
)
def test_a_name_is_text_in_markdown(name: str) -> None:
    inline = MarkdownIt("commonmark").enable("table").parse(f"- {escape(name)}: x\n")[3]
    assert [child.type for child in inline.children or []] in (
        ["text"],
        ["text", "text_special", "text"],
        ["text_special", "text"],
    )
    assert inline.children and "".join(child.content for child in inline.children) == f"{' '.join(name.split())}: x"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Eken;=1+1", "Eken;'=1+1"),
        ("Eken; @SUM(A1)", "Eken;' @SUM(A1)"),
        ("a\n=1", "a\n'=1"),
        ("\t=1", "'\t'=1"),
        ("Eken - norra", "Eken - norra"),
        ("a@b", "a@b"),
        (-3, -3),
    ],
)
def test_no_cell_starts_a_formula_however_the_spreadsheet_parts_the_line(value: object, written: object) -> None:
    assert safe(value) == written


def test_a_comma_separated_file_parted_at_semicolons_holds_no_formula(view: View) -> None:
    hostile = replace(view.systems[0], name="Eken;=HYPERLINK(A1);-1+1", business_area=';+1"')
    text = render(replace(view, systems=(hostile,)))["systems.csv"].decode("utf-8-sig")
    for delimiter in (",", ";", "\t"):
        cells = [cell for row in csv.reader(io.StringIO(text), delimiter=delimiter) for cell in row]
        assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]


def test_a_known_low_is_never_rounded_to_nothing() -> None:
    assert money_span((26_000.0, None, 1_200_000.0), "sv", "", "").replace("\u00a0", " ") == "26–1 200 tkr"
    assert money_span((400.0, None, 12_000.0), "sv", "", "").replace("\u00a0", " ") == "400–12 000 kr"
    assert span((0.3, None, 25.0), "sv", "", "") == "0,3–25,0"
    assert span((0.0, None, 25.0), "sv", "", "") == "0–25"


def test_an_impossible_number_never_reaches_a_document(view: View) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        render(replace(view, today_sek=float("nan")))


def test_the_public_version_tells_no_system_apart_by_money_or_secrets(planned: Plan) -> None:
    public = build_view(planned, "sv", "offentlig")
    documents = {name: content.decode("utf-8") for name, content in render(public).items() if name != "plan.json"}
    few = [wave for wave in public.waves if len(wave.systems) < 3]
    assert few
    for row in csv.DictReader(io.StringIO(documents["systems.csv"].removeprefix("\ufeff"))):
        assert set(row) == {"Id", "Namn", "Verksamhetsområde", "Förslag", "Läge", "Våg", "Byte", "Klart"}
    waves = re.search(r'<section id="waves".*?</section>', documents["roadmap.html"], re.DOTALL)
    assert waves and "ersondagar" not in waves[0] and "kr<" not in waves[0]
    assert "skyddsanalys" not in documents["systems.csv"]
    assert not [item for item in public.systems if item.tasks]
    assert {row.days for row in (*public.waves, *public.counts)} == {(None, None, None)}
    assert {row.cost_sek for row in (*public.waves, *public.counts)} == {(None, None, None)}
    assert public.total_days[1] and public.total_cost_sek[1]
