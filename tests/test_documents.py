"""What holds for every document: structure that a screen reader can follow, numbers that lead to their systems."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import unquote

import pytest
from babel.numbers import format_decimal
from markdown_it import MarkdownIt

from planner.explain import explain_system
from planner.plan import Plan
from planner.render import render
from planner.render.document import Grid
from planner.render.formats import LOCALES, money_span, span
from planner.render.formats import count as written_count
from planner.render.html import MAX_NOTES, SHOWN_NAMES, SHOWN_WITHOUT_SCRIPT, render_html
from planner.render.island import unpacked
from planner.render.markdown import escape
from planner.render.report import MAX_CARDS, MAX_ROWS, report
from planner.render.sheet import Item, SheetWriter
from planner.render.table import safe
from planner.texts import LANGUAGES
from planner.view import AUDIENCES, View, build_view
from planner.view.model.appendix import Note
from tests.conftest import enlarged, example_view, planned_example, slow_but


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
    links = {link["href"] for link in page.all("a") if "href" in link}
    assert {link[1:] for link in links if link.startswith("#")} <= set(page.ids())
    assert {link.partition(":")[0] for link in links if not link.startswith("#")} == {"mailto"}, (
        "the example's own words"
    )


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
    cards = [attributes["id"] for attributes in page.all("details") if attributes.get("id", "").startswith("s-")]
    assert [unquote(card[2:]) for card in cards] == names
    assert not [card for card in cards if re.search(r"\s", card)]
    linked = {link["href"] for link in page.all("a") if link["href"].startswith("#s-")}
    assert {f"#{card}" for card in cards} <= linked


def rows_of(text: str) -> list[list[object]]:
    """The systems in the page's island, as the script has them: columns of values."""
    island = re.search(r'<script type="application/json" id="rows">(.*?)</script>', text, re.DOTALL)
    assert island
    columns = json.loads(island[1])
    return [[one["words"][at] for at in one["at"]] if isinstance(one, dict) else one for one in columns]


def packed_of(text: str) -> dict[str, object]:
    """What is packed in the page of a large plan."""
    island = re.search(r'<script type="text/plain" id="packed">(.*?)</script>', text, re.DOTALL)
    assert island
    return dict(unpacked(island[1]))


def sheet_of(packed: dict[str, object], index: int, view: View) -> list[tuple[str, str, tuple[Item, ...]]]:
    """One sheet, unpacked as the script does it."""
    rows = str(packed["numbers"]).split("\n")[index].split(" ")
    made = []
    for column in packed["columns"]:  # type: ignore[attr-defined]
        numbers = [int(word) for word in column["rows"].split("\n")[index].split(" ") if word]
        if column["kind"] == "refs":
            items = [(view.systems[at].system_id, view.systems[at].name) for at in numbers]
        else:
            items = [tuple(column["items"][at]) for at in numbers]
        if column["kind"] == "reasons":
            items = [
                (
                    *item[:3],
                    re.sub(r"@(@|(\d+);)", lambda at: "@" if at[1] == "@" else rows[int(at[2])], item[3]),
                    item[4],
                )
                for item in items
            ]
        made.append((column["kind"], column["heading"], tuple(items)))
    return made


def test_the_table_of_the_script_holds_what_the_page_shows(view: View) -> None:
    columns = rows_of(Page(view).text)
    assert columns[0] == [item.system_id for item in view.systems]
    assert columns[1] == [item.name for item in view.systems]
    assert columns[3] == [item.disposition for item in view.systems]
    assert columns[8] == [None if item.cost_sek[1] is None else round(item.cost_sek[1]) for item in view.systems]


@pytest.mark.slow
def test_every_sheet_of_a_large_plan_is_packed_whole(view: View) -> None:
    large = enlarged(view, 3)
    # A file may be called anything.
    odd = replace(large.systems[0].reasons[0], cells="a@0;b.csv:12:K,M x@y.csv:7:C")
    large = replace(large, systems=(replace(large.systems[0], reasons=(odd,)), *large.systems[1:]))
    page = Page(large)
    packed, writer = packed_of(page.text), SheetWriter("sv")
    for index, item in enumerate(large.systems):
        wanted = [(block.kind, block.heading, block.items) for block in writer.blocks(item)]
        assert sheet_of(packed, index, large) == wanted
    assert len(page.text) < len(Page(enlarged(view, 1)).text) * 1.2


@pytest.mark.slow
def test_a_large_plan_is_read_without_the_script_as_far_as_the_page_goes(view: View) -> None:
    large = enlarged(view, 3)
    page = Page(large)
    table = re.search(r'<table id="table".*?</table>', page.text, re.DOTALL)
    assert table and table[0].count("<tr ") == SHOWN_WITHOUT_SCRIPT + 1
    links = {link["href"] for link in page.all("a") if "href" in link and not link["href"].startswith("mailto:")}
    assert {"systems.csv", "roadmap.xlsx"} == {link for link in links if not link.startswith("#")}
    assert not [link for link in links if link.startswith("#s-")], "no link leads nowhere"
    assert "tables/evidence.csv" in page.text and "fardplan explain" in page.text
    assert "roadmap.xlsx" not in Page(enlarged(view, 40)).text, "the workbook is not written with so large a plan"


def test_a_long_list_is_cut_and_packed(view: View) -> None:
    large = enlarged(view, 3)
    page = Page(large)
    cut = [found for found in page.all("ul") if "data-list" in found]
    lists = packed_of(page.text)["lists"]
    assert cut and isinstance(lists, dict) and len(lists) == len(cut)
    waves = {found["id"]: lists[found["data-list"]].split(" ") for found in cut if found.get("id", "").startswith("w-")}
    for wave in large.waves:
        if len(wave.systems) > SHOWN_NAMES:
            names = [large.systems[int(at)].system_id for at in waves[f"w-{wave.number}"]]
            assert names == [ref.system_id for ref in wave.systems]
            assert page.items[f"w-{wave.number}"] == SHOWN_NAMES + 1
    assert waves


@pytest.mark.slow
def test_the_public_page_of_a_large_plan_packs_no_more_than_it_may_say(planned: Plan, view: View) -> None:
    public = enlarged(build_view(planned, "sv", "offentlig"), 3)
    text = Page(public).text
    packed = packed_of(text)
    assert set(packed) == {"lists"}
    said = text + json.dumps(packed, ensure_ascii=False)
    secrets = {reason.cells for item in view.systems for reason in item.reasons if reason.cells}
    secrets |= {item.organisation.removeprefix(f"{view.meta.organisation} / ") for item in view.systems} - {""}
    assert len(secrets) > 50 and not [secret for secret in secrets if secret in said]
    columns = rows_of(text)
    assert set(columns[2]) == {""} and set(columns[7]) == set(columns[8]) == {None}


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_are_written_as_babel_writes_them(language: str) -> None:
    draw = random.Random(1)
    given = [draw.uniform(-1e7, 1e7) for _ in range(300)] + [draw.randrange(-200, 200) / 8 for _ in range(300)]
    for value in [*given, 0, -0.0, 1e12, 2.675, 1_000, -999.5]:
        for decimals in range(3):
            pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
            written = format_decimal(value, format=pattern, locale=LOCALES[language])
            is_nothing = not set(written) & set("123456789")
            # People's minus, and not the hyphen of programs.
            wanted = written.lstrip("-") if is_nothing else written.replace("-", "\u2212")
            assert written_count(value, language, decimals) == wanted


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


@pytest.mark.parametrize(
    ("language", "rate", "number"),
    [("sv", "10,50 SEK/USD, 11,30 SEK/EUR", "0,5"), ("en", "10.50 SEK/USD, 11.30 SEK/EUR", "0.5")],
)
def test_decimals_are_written_as_the_language_does(planned: Plan, language: str, rate: str, number: str) -> None:
    made = build_view(planned, language, "intern")
    assert str(made.meta.exchange).startswith(rate)
    values = [item.value for item in made.assumptions]
    assert any(value.startswith(f"{number} ") for value in values)
    wrong = r"\d\.\d" if language == "sv" else r"\d,\d(?!\d\d)"
    assert not [value for value in values if re.search(wrong, value)]


def test_sums_of_money_lead_to_the_cost_of_every_system(planned: Plan, view: View) -> None:
    page = render_html(view).decode("utf-8")
    cost = re.search(r'<section id="cost".*?</section>', page, re.DOTALL)
    assert cost and cost[0].count('<dd><a href="#money">') == 3
    rows = cost[0].partition('id="money"')[2].partition("</details>")[0]
    assert rows.count('<th scope="row"') == len(view.systems) == rows.count('href="#s-')
    public = render_html(build_view(planned, "sv", "offentlig")).decode("utf-8")
    assert "#money" not in public and 'id="money"' not in public


def test_the_report_of_a_large_plan_names_every_system_in_tables_that_typst_can_hold(view: View) -> None:
    large = enlarged(view, 21)
    assert len(large.systems) > MAX_CARDS
    tables = [block for block in report(large).blocks if isinstance(block, Grid) and len(block.headers) == 5]
    named = [row[0] for table in tables for row in table.rows]
    assert max(len(table.rows) for table in tables) <= MAX_ROWS
    assert {item.name for item in large.systems} <= set(named)


def test_gates_that_hold_for_one_reason_are_told_once_with_all_that_they_read(planned: Plan, view: View) -> None:
    evidence = planned.portfolio["evidence"].query("outcome == 'true' and rule.str.startswith('no_target')")
    alike = evidence.groupby("system_id")["rule"].agg(list)
    assert alike.map(len).max() > 1
    for item in view.systems:
        gates = [reason for reason in item.reasons if reason.kind == "Spärr"]
        assert len({(reason.because, reason.effect, reason.source) for reason in gates}) == len(gates)
        for rule in alike.get(item.system_id, []):
            assert [reason for reason in gates if rule in reason.rule.split(", ")]


def test_a_sheet_says_its_effort_by_phase(planned: Plan, view: View) -> None:
    days = planned.portfolio["effort"].groupby("system_id")["likely_days"].sum()
    for item in view.systems:
        assert sum(work.days[1] or 0 for work in item.work) == pytest.approx(days.get(item.system_id, 0.0))


def test_what_is_explained_in_swedish_has_a_decimal_comma(view: View) -> None:
    lines = [line for item in view.systems for line in explain_system(item, "sv").splitlines()]
    told = [line for line in lines if "persondagar" in line or "poäng" in line or re.search(r" \(\d\S* – ", line)]
    assert len(told) > 300 and any(re.search(r"\d,\d", line) for line in told)
    assert not [line for line in told if re.search(r"\d\.\d", line)]
