"""Documents: hostile names stay text, the policy fits the page, both languages are complete."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from planner import pipeline
from planner.case import read_case
from planner.plan import Plan
from planner.render import render
from planner.render.formats import chance, money_span, span
from planner.render.html import content_policy
from planner.render.table import safe
from planner.texts import LANGUAGES, PARTS, load_texts
from planner.view import AUDIENCES, build_view
from planner.view.appendix import note_of
from tests.conftest import REPOSITORY, example_view, write_case

HOSTILE = [
    "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-2+3", "a|b`c*d_[e](http://x)",
    '"quoted" & more', "{{ 7*7 }}", "{% raw %}", "Å\u2028Ä\u2029Ö",
]  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A register whose names try everything."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";")
    writer.writerow(["Id", "Namn", "Organisation", "IT Bedömning", "Verksamhet Bedömning"])
    for number, name in enumerate(HOSTILE):
        writer.writerow([f"S{number}", name, name, "Avveckling", "Avveckling"])
    files = {"system.csv": buffer.getvalue().encode("utf-8")}
    return pipeline.compute(
        read_case(write_case(tmp_path_factory.mktemp("hostile"), files, "  - {file: system.csv, reader: systems}\n"))
    )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(name, value or "") for name, value in attrs]


def _attributes(page: str) -> list[tuple[str, str]]:
    reader = _Reader()
    reader.feed(page)
    return reader.found


@pytest.mark.slow
@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_names_from_the_inventory_stay_text(hostile: Plan, language: str, audience: str) -> None:
    documents = {
        name: content.decode("utf-8") for name, content in render(build_view(hostile, language, audience)).items()
    }
    page = documents["roadmap.html"]
    assert page.count("<script") == page.count("</script>") == 2
    assert "<img" not in page and "49" not in re.findall(r"<li>(.*?)</li>", page)
    attributes = _attributes(page)
    assert len(attributes) > 100
    assert not [name for name, _ in attributes if name == "style" or name.startswith("on")]
    assert not [value for name, value in attributes if name in ("src", "href") and not value.startswith("#")]
    assert {item["name"] for item in json.loads(documents["plan.json"])["systems"]} == {
        " ".join(name.split()) for name in HOSTILE
    }
    rows = list(csv.reader(io.StringIO(documents["systems.csv"].removeprefix("\ufeff"))))
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert not re.search(r"(?<!\\)(<|\]\()", documents["roadmap.md"])


@pytest.mark.slow
def test_the_policy_is_that_of_this_very_page(hostile: Plan) -> None:
    page = render(build_view(hostile, "sv", "intern"))["roadmap.html"].decode("utf-8")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    stated = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert style and script and stated
    assert stated[1].replace("&#39;", "'") == content_policy(style[1], script[1])
    assert stated[1].startswith("default-src &#39;none&#39;")


@pytest.mark.slow
def test_the_same_view_gives_the_same_bytes(hostile: Plan) -> None:
    assert render(build_view(hostile, "sv", "intern")) == render(build_view(hostile, "sv", "intern"))


def test_numbers_stay_numbers_in_the_spreadsheet() -> None:
    assert safe(-3.5) == -3.5 and safe(None) == "" and safe("-3") == "'-3" and safe(" =1") == "' =1"


@pytest.mark.parametrize(
    ("values", "language", "text"),
    [
        ((5_426_096.0, 12_916_428.0, 33_788_992.0), "sv", "5,4–33,8 mnkr (troligen 12,9)"),
        ((5_426_096.0, 12_916_428.0, 33_788_992.0), "en", "SEK 5.4–33.8 million (likely 12.9)"),
        ((26_000.0, 65_000.0, 230_000.0), "sv", "26–230 tkr (troligen 65)"),
        ((None, None, None), "sv", "okänt"),
    ],
)
def test_ranges_of_money(values: tuple[float | None, float | None, float | None], language: str, text: str) -> None:
    words = load_texts(language).interface
    assert money_span(values, language, words["unknown"], words["likely"]).replace("\u00a0", " ") == text


def test_a_range_of_days() -> None:
    assert (
        span((714.0, 1699.5, 4445.9), "sv", "okänt", "troligen").replace("\u00a0", " ") == "714–4 446 (troligen 1 700)"
    )


def test_both_languages_say_the_same_things() -> None:
    swedish, english = (load_texts(language) for language in LANGUAGES)
    for part in PARTS:
        one, other = getattr(swedish, part), getattr(english, part)
        assert set(one) == set(other), part
        for key in one:
            assert set(one[key]) == set(other[key]) if isinstance(one[key], dict) else bool(one[key] and other[key]), (
                part,
                key,
            )


def test_what_the_policy_says_of_its_numbers_is_in_swedish() -> None:
    """Names of products, laws and agencies are the same in both; every unit and reason has words of its own."""
    words = load_texts("sv").policy
    shown = example_view("en").assumptions
    assert {item.because for item in shown} <= set(words)
    assert {re.sub(r"^[-\d.,]+( / [-\d.,]+)* ", "", item.value) for item in shown} <= set(words)
    english = re.compile(r"\b(the|own|of|reference|likely|range|with|is|are|not)\b")
    view = example_view("sv")
    assert not [item for item in view.assumptions if english.search(f"{item.value} {item.because} {item.source}")]
    assert not [item for item in view.rules if english.search(f"{item.because} {item.source}")]
    assert not [item for item in view.providers if english.search(item.source)]


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("sv", 1, "Våg 6 kan inte vara klar till den 30 september 2027; det blir 1 vecka för sent, eftersom:"),
        ("sv", 47, "Våg 6 kan inte vara klar till den 30 september 2027; det blir 47 veckor för sent, eftersom:"),
        ("en", 1, "Wave 6 cannot be done by 30 September 2027; it is 1 week late, because:"),
        ("en", 0, "Wave 6 cannot be done by 30 September 2027; it is 0 weeks late, because:"),
    ],
)
def test_sentences_bend_after_their_numbers_and_say_dates_in_words(language: str, count: int, said: str) -> None:
    texts = load_texts(language)
    assert texts.say("cannot_be_done", wave=6, deadline=texts.day("2027-09-30"), weeks=count) == said


@pytest.mark.parametrize("kept", ["2027-02-30", "dv-2027-01-11", "2027-01-112", "12027-01-11", "2027-01-11-b"])
def test_what_is_no_date_is_not_said_as_one(kept: str) -> None:
    assert load_texts("sv").dated(f"Raden {kept} finns.") == f"Raden {kept} finns."
    assert load_texts("sv").day(kept) == kept


@pytest.mark.parametrize("audience", AUDIENCES)
def test_page_one_begins_with_the_day_to_count_on_and_asks_for_new_money_in_time(audience: str) -> None:
    view = example_view("sv", audience)
    whole = view.uncertain[-1]
    assert whole.is_unlikely and "Räkna med att allt är klart senast den 8 mars 2030" in view.conclusion
    assert view.conclusion.endswith("den dagen håller är under 1 %.")
    (ask,) = (ask for ask in view.asks if ask.key == "money-2028")
    held = [note for note in example_view("sv").findings if "begärs i budgetarbetet" in note.text]
    assert (ask.by_date, ask.count) == ("2027-02-28", len(held)) and f"{len(held)} köp" in ask.what
    assert len(ask.systems) == (len(held) if audience == "intern" else 0)


def test_what_happens_now_and_then_is_not_said_never_to_happen() -> None:
    assert [chance(value, "sv") for value in (0.0, 0.004, 0.12)] == ["0\xa0%", "<\xa01\xa0%", "12\xa0%"]


def test_a_date_in_a_name_is_left_as_it_is_written() -> None:
    row = {"severity": "info", "code": "money_to_ask_for", "row_id": "S1", "value": "2027-02-28", "detail": "2028"}
    place = dict.fromkeys(("file", "sheet", "row", "column"))
    note = note_of({**row, **place}, {"S1": "Export 2027-01-11"}, load_texts("sv"))
    assert "Export 2027-01-11" in note.text and "den 28 februari 2027" in note.text


def test_a_number_chooses_words_in_both_languages_by_the_names_that_both_have() -> None:
    """A place that only chooses a word is filled by the same value as the number beside it."""
    swedish, english = (load_texts(language) for language in LANGUAGES)
    for part in PARTS:
        one, other = getattr(swedish, part), getattr(english, part)
        for key in one:
            if isinstance(one[key], str) and isinstance(other[key], str) and "|" in one[key] + other[key]:
                names = [set(re.findall(r"\{(\w+)", text)) for text in (one[key], other[key])]
                assert names[0] == names[1], (part, key)


def test_every_word_that_a_template_asks_for_exists() -> None:
    words = load_texts("sv").interface | load_texts("sv").page
    asked: set[str] = set()
    for path in (REPOSITORY / "templates").glob("*.*"):
        asked |= set(re.findall(r"\bT\.(\w+)", path.read_text(encoding="utf-8")))
    source = (REPOSITORY / "planner" / "explain.py").read_text(encoding="utf-8")
    asked |= set(re.findall(r"say\[\"(\w+)\"\]|interface\[\"(\w+)\"\]", source)[0])
    assert asked - {""} <= set(words)
    assert Path(REPOSITORY / "templates" / "roadmap.html").is_file()
