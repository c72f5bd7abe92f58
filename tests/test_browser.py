"""The document in a real browser: no violation, no request, readable narrow, dark, printed and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from planner.pipeline import plan
from planner.render import render
from planner.render.html import render_html
from planner.review import read_review
from planner.view import build_view
from tests.conftest import enlarged, planned_example

pytestmark = pytest.mark.browser
WATCH = "window.violations = []; document.addEventListener('securitypolicyviolation', event => window.violations.push(event.violatedDirective));"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """The example's documents on disk, by language and audience."""
    folder = tmp_path_factory.mktemp("pages")
    plan = planned_example()
    paths = {}
    for language in ("sv", "en"):
        for audience in ("intern", "offentlig"):
            path = folder / f"{language}-{audience}.html"
            path.write_bytes(render(build_view(plan, language, audience))["roadmap.html"])
            paths[language, audience] = path
    return paths


HOSTILE = '<img src=x onerror="document.title=1"> {{ 7*7 }} </script>'


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The example four times over, by audience: sheets and long lists are packed. The first system means no good."""
    folder, paths = tmp_path_factory.mktemp("large"), {}
    for audience in ("intern", "offentlig"):
        view = enlarged(build_view(planned_example(), "sv", audience), 4)
        first = replace(view.systems[0], name=HOSTILE, system_id="å b'\"<%&", circle=HOSTILE)
        view = replace(view, systems=(first, *view.systems[1:]))
        known = {item.system_id for item in view.systems}
        waves = tuple(
            replace(wave, systems=tuple(ref for ref in wave.systems if ref.system_id in known)) for wave in view.waves
        )
        needs = (replace(item, needed_by=(), depends_on=()) for item in view.systems)
        view = replace(view, systems=tuple(needs), waves=waves, asks=(), risks=())
        view = replace(view, coverage=tuple(replace(item, missing=()) for item in view.coverage))
        paths[audience] = folder / f"{audience}.html"
        paths[audience].write_bytes(render_html(view))
    return paths


def opened(browser: Any, path: Path, **context: Any) -> tuple[Any, list[str]]:
    """Open a page; returns it and whatever went wrong while it loaded."""
    page = browser.new_context(**context).new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request", lambda request: wrong.append(request.url) if not request.url.startswith(("file:", "data:")) else None
    )
    page.add_init_script(WATCH)
    page.goto(path.as_uri())
    if context.get("java_script_enabled", True):
        wrong += page.evaluate("window.violations")
    return page, wrong


def barriers(page: Any) -> list[tuple[str, str]]:
    """What axe finds on the page: rule and element."""
    page.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", tags)["violations"]
    return [(item["id"], item["nodes"][0]["html"][:200]) for item in found]


@pytest.mark.parametrize("audience", ["intern", "offentlig"])
@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_error_no_request_and_no_barrier(
    browser: Any, pages: dict[tuple[str, str], Path], language: str, audience: str, scheme: str
) -> None:
    page, wrong = opened(browser, pages[language, audience], color_scheme=scheme)
    assert wrong == []
    page.evaluate("document.querySelectorAll('details').forEach((item, at) => { item.open = at < 20; })")
    assert barriers(page) == []


def test_it_fits_a_narrow_screen(browser: Any, pages: dict[tuple[str, str], Path]) -> None:
    page, _ = opened(browser, pages["sv", "intern"], viewport={"width": 320, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach(item => { item.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    # A table that is read downwards has nothing left to scroll to.
    hidden = page.eval_on_selector_all(
        "table.stack",
        "tables => tables.filter(one => one.scrollWidth > one.parentElement.clientWidth).map(one => one.caption.innerText)",
    )
    assert hidden == []


def test_on_a_narrow_screen_systems_are_cards_that_can_be_sorted(
    browser: Any, pages: dict[tuple[str, str], Path]
) -> None:
    page, wrong = opened(browser, pages["sv", "intern"], viewport={"width": 320, "height": 800})
    rows = page.locator("#table tbody tr")
    lines = rows.first.locator("td:visible").evaluate_all("cells => cells.map(one => one.getBoundingClientRect().y)")
    assert len(lines) > 3 and lines == sorted(set(lines)), "one below the other"
    assert page.get_by_role("row").count() and page.get_by_role("columnheader", name="Förslag").count()
    label = "one => getComputedStyle(one, '::before').content"
    assert "Förslag" in page.locator("#table tbody td[data-label=Förslag]").first.evaluate(label)
    first = rows.first.inner_text()
    page.locator("#table").get_by_role("button", name="Namn").click()
    assert page.locator("#table thead th").first.get_attribute("aria-sort") == "ascending"
    assert rows.first.inner_text() != first
    page.fill("#filter", "ekonomi")
    page.locator("#status", has_text="ekonomi").wait_for()
    assert 0 < rows.count() < 52 and barriers(page) == [] and wrong == []


def test_without_javascript_everything_is_there(browser: Any, pages: dict[tuple[str, str], Path]) -> None:
    page, wrong = opened(browser, pages["sv", "intern"], java_script_enabled=False)
    assert wrong == []
    assert page.locator("#table tbody tr").count() == 52
    assert page.locator("details.card[id^='s-']").count() == 52
    assert not page.locator("#tools").is_visible()


def test_filter_and_sort(browser: Any, pages: dict[tuple[str, str], Path]) -> None:
    from playwright.sync_api import expect

    page, _ = opened(browser, pages["sv", "intern"])
    page.fill("#filter", "kartbordet")
    expect(page.locator("#table tbody tr")).to_have_count(1)
    assert "Kartbordet" in page.locator("#table tbody").inner_text()
    page.fill("#filter", "")
    expect(page.locator("#table tbody tr")).to_have_count(52)
    head = page.locator("#table thead th").nth(6)
    head.locator("button").click()
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    days = page.locator("#table tbody tr td:nth-child(7)").all_inner_texts()
    numbers = [float(text.replace("\u00a0", "").replace(" ", "")) for text in days if text]
    assert len(numbers) > 30 and numbers == sorted(numbers, reverse=True)


def test_a_link_opens_the_card_of_its_system(browser: Any, pages: dict[tuple[str, str], Path]) -> None:
    page, _ = opened(browser, pages["sv", "intern"])
    link = page.locator("#table tbody a").first
    card = str(link.get_attribute("href"))[1:]
    link.click()
    assert page.locator(f"[id='{card}']").get_attribute("open") is not None


def test_every_link_inside_the_page_has_its_target(browser: Any, pages: dict[tuple[str, str], Path]) -> None:
    for path in pages.values():
        page, _ = opened(browser, path)
        lost = page.evaluate(
            "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1)).filter(id => !document.getElementById(id))"
        )
        assert lost == []


def test_it_prints(browser: Any, pages: dict[tuple[str, str], Path], tmp_path: Path) -> None:
    page, _ = opened(browser, pages["sv", "intern"])
    page.pdf(path=str(tmp_path / "print.pdf"), prefer_css_page_size=True)
    assert (tmp_path / "print.pdf").read_bytes().startswith(b"%PDF")


def test_the_script_shows_what_the_page_shows_without_it(browser: Any, pages: dict[tuple[str, str], Path]) -> None:
    for path in pages.values():
        rows = [
            opened(browser, path, java_script_enabled=script)[0].locator("#table tbody tr").all_inner_texts()
            for script in (True, False)
        ]
        assert rows[0] == rows[1]


def test_a_number_opens_the_list_of_its_systems(browser: Any, pages: dict[tuple[str, str], Path]) -> None:
    page, wrong = opened(browser, pages["sv", "intern"])
    for kind in ("a", "w", "l"):
        link = page.locator(f"a[href^='#{kind}-']").first
        listed = page.locator(f"[id='{str(link.get_attribute('href'))[1:]}']")
        assert not listed.is_visible()
        link.click()
        assert listed.is_visible()
        listed.locator("xpath=ancestor::details").first.evaluate("item => { item.open = false; }")
        link.click()
        assert listed.is_visible()
    assert wrong == []


def test_an_address_that_means_nothing_is_no_error(browser: Any, pages: dict[tuple[str, str], Path]) -> None:
    page, wrong = opened(browser, pages["sv", "intern"])
    page.evaluate("location.hash = '#s-100%'")
    page.wait_for_function("document.querySelectorAll('#table tbody tr').length > 0")
    assert wrong == []


def test_narrow_tables_are_read_downwards(browser: Any, pages: dict[tuple[str, str], Path]) -> None:
    page, _ = opened(browser, pages["sv", "intern"], viewport={"width": 320, "height": 800})
    cells = page.locator("#asks tbody tr").first.locator("td").all()
    edges = [cell.bounding_box() for cell in cells]
    assert len(edges) == 3 and all(edge and edge["x"] + edge["width"] <= 320 for edge in edges)
    assert len({round(edge["y"]) for edge in edges if edge}) == 3
    assert page.locator("#asks").get_by_role("rowheader").count() == page.locator("#asks tbody tr").count()


def test_paper_leaves_names_to_the_lists_and_repeats_the_heads(
    browser: Any, pages: dict[tuple[str, str], Path], tmp_path: Path
) -> None:
    page, _ = opened(browser, pages["sv", "intern"])
    page.emulate_media(media="print")
    # Page one is to be enough for a decision: the names stand behind it, and the page says where.
    assert not page.locator("#asks .refs").first.is_visible()
    assert not page.locator("#asks summary").first.is_visible()
    assert page.locator("#asks .printed").is_visible()
    assert page.locator("main .refs:not(#asks .refs)").first.is_visible()
    assert not page.locator("#cards").is_visible()
    assert page.locator("#table thead button").first.evaluate("item => getComputedStyle(item).display") == "contents"


@pytest.mark.parametrize("audience", ["intern", "offentlig"])
@pytest.mark.parametrize("language", ["sv", "en"])
def test_page_one_on_paper_holds_every_decision(
    browser: Any, pages: dict[tuple[str, str], Path], language: str, audience: str
) -> None:
    """A4 with margins of 13 and 15 mm is 680 by 1024 points of the screen; a page that is shrunk to its width holds more."""
    page, _ = opened(browser, pages[language, audience])
    page.set_viewport_size({"width": 680, "height": 1024})
    page.emulate_media(media="print")
    last = page.locator("#asks tbody tr").last.bounding_box()
    assert page.locator("#asks tbody tr").count() >= 15
    assert last and last["y"] + last["height"] <= 1024


def test_decisions_are_saved_as_a_review_that_can_be_applied(
    browser: Any, pages: dict[tuple[str, str], Path], tmp_path: Path
) -> None:
    page, wrong = opened(browser, pages["sv", "intern"])
    save = page.locator("#review-save")
    assert save.is_disabled()
    page.evaluate("document.getElementById('s-S001').open = true")
    form = page.locator("#s-S001 .decide")
    form.locator("[data-field=disposition]").select_option("retain")
    page.fill("#review-by", "Systemägare")
    assert save.is_disabled(), "a decision without a reason is no decision"
    form.locator("[data-field=why]").fill('Väntar på "förstudien": klar i maj')
    form.locator("[data-field=quarter]").fill("2029-Q1")
    page.fill("#review-date", "2026-11-24")
    with page.expect_download() as download:
        save.click()
    download.value.save_as(tmp_path / "review.yaml")
    review = read_review(tmp_path / "review.yaml").review
    (override,), (pin,) = review.overrides, review.pins
    assert (override.system, override.disposition, override.by) == ("S001", "retain", "Systemägare")
    assert (override.why, str(override.date)) == ('Väntar på "förstudien": klar i maj', "2026-11-24")
    assert pin.quarter == "2029-Q1" and not wrong
    public, _ = opened(browser, pages["sv", "offentlig"])
    assert public.locator("#review").count() == 0


def test_what_may_be_one_thing_and_how_much_work_it_is_are_decided_in_the_page(
    browser: Any, make_case: Callable[..., Path], run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    head = "Objektnummer;Namn;Organisation;Driftform\n"
    case = make_case(
        {"a.csv": f"{head}S1;Ekonomipärmen;;Internt\n", "b.csv": f"{head}A<1\u202e;Ekonomiparmen;;Internt\n"},
        "  - {file: a.csv, reader: systems}\n  - {file: b.csv, reader: systems}\n",
    )
    page, wrong = opened(browser, plan(case).folder / "roadmap.html")
    pair = page.locator("#matches .decide")
    pair.locator("[data-field=decision]").select_option("same")
    pair.locator("[data-field=why]").fill("Samma avtal")
    page.evaluate("document.getElementById('s-S1').open = true")
    work = page.locator("#s-S1 .decide")
    work.locator("[data-field=why]").fill("Leverantörens anbud")
    page.fill("#review-by", "Systemägare")
    page.fill("#review-date", "2026-11-23")
    assert barriers(page) == []
    save = page.locator("#review-save")
    for field, days in (("low", "1.25e1"), ("likely", "40"), ("high", "30")):
        work.locator(f"[data-field={field}]").fill(days)
        assert save.is_disabled(), "three numbers in order, or none"
    work.locator("[data-field=high]").fill("90")
    with page.expect_download() as download:
        save.click()
    download.value.save_as(tmp_path / "sent.yaml")
    assert run("review", "apply", case, tmp_path / "sent.yaml")[0] == 0
    review = read_review(case / "review.yaml").review
    (match,), (effort,) = review.matches, review.overrides
    assert [record.key for record in match.records] == ["S1", "A<1\u202e"] and match.decision == "same"
    assert effort.effort_days is not None and (effort.effort_days.low, effort.effort_days.likely) == (12.5, 40)
    again = plan(case).plan.portfolio
    assert again["matches"]["state"].tolist() == ["confirmed"] and len(again["systems"]) == 1
    assert again["effort"]["likely_days"].sum() == pytest.approx(40)
    assert not wrong


@pytest.mark.parametrize("audience", ["intern", "offentlig"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_large_plan_is_as_open_to_all(browser: Any, large: dict[str, Path], audience: str, scheme: str) -> None:
    page, wrong = opened(browser, large[audience], color_scheme=scheme, viewport={"width": 320, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach((item, at) => { item.open = at < 20; })")
    if audience == "intern":
        page.evaluate("location.hash = '#s-S002.1'")
        page.locator("[id='s-S002.1'] h3").first.wait_for()
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert wrong == [] and page.evaluate("window.violations") == []


def test_a_sheet_of_a_large_plan_is_drawn_when_it_is_asked_for(browser: Any, large: dict[str, Path]) -> None:
    page, wrong = opened(browser, large["intern"])
    assert page.locator("#sheets details").count() == 0
    page.locator("#table tbody a").first.click()
    sheet = page.locator("#sheets details")
    sheet.locator("h3").first.wait_for()
    assert sheet.locator("strong").first.inner_text() == HOSTILE and sheet.locator("img, script").count() == 0
    assert HOSTILE in sheet.inner_text() and "system_id" not in sheet.inner_text()
    assert sheet.locator(".decide").count() == 1, "a reviewer decides in it"
    assert page.evaluate("document.activeElement.closest('details').id") == sheet.get_attribute("id")
    assert page.title() != "1" and wrong == []


def test_a_sheet_of_a_large_plan_says_what_it_says_in_a_small_one(
    browser: Any, large: dict[str, Path], pages: dict[tuple[str, str], Path]
) -> None:
    small, _ = opened(browser, pages["sv", "intern"])
    drawn, _ = opened(browser, Path(f"{large['intern']}"))
    drawn.evaluate("location.hash = '#s-S003.2'")
    drawn.locator("[id='s-S003.2'] h3").first.wait_for()
    texts = [
        page.evaluate("id => document.getElementById(id).querySelector('.body').textContent.replace(/\\s+/g, '')", key)
        for page, key in ((small, "s-S003"), (drawn, "s-S003.2"))
    ]
    # Systems that it depends on are left out of the large plan of this test.
    before = re.split("Berorpå|Behövsav|Besluta", texts[0])[0]
    assert len(before) > 2_000 and texts[1].replace("S003.2", "S003").startswith(before)


def test_an_address_of_a_sheet_opens_it_and_a_wrong_one_is_told(browser: Any, large: dict[str, Path]) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{large['intern'].as_uri()}#s-S004.3")
    page.locator("[id='s-S004.3'] h3").first.wait_for()
    page.evaluate("location.hash = '#s-nothing'")
    page.locator("#sheet-status", has_text="Inget system").wait_for()
    assert page.locator("#sheets details").count() == 1


def test_a_long_list_is_shown_in_the_table(browser: Any, large: dict[str, Path]) -> None:
    page, wrong = opened(browser, large["offentlig"])
    button = page.locator("[data-list] .more button").first
    button.evaluate("item => { item.closest('details').open = true; }")
    wanted = int("".join(filter(str.isdigit, button.inner_text())))
    button.click()
    page.locator("#chosen button").wait_for()
    assert page.locator("#table tbody tr").count() == min(wanted, 100)
    assert f"av {wanted} system" in page.inner_text("#status")
    page.locator("#chosen button").click()
    assert "av 208 system" in page.inner_text("#status") and wrong == []


def test_filters_work_together(browser: Any, large: dict[str, Path]) -> None:
    page, _ = opened(browser, large["intern"])
    page.select_option("#only-3", index=2)
    page.select_option("#only-4", index=1)
    word, state = (page.eval_on_selector(f"#only-{at}", "item => item.selectedOptions[0].text") for at in (3, 4))
    for row in page.locator("#table tbody tr").all():
        cells = row.locator("td").all_inner_texts()
        assert (cells[1], cells[2]) == (word, state)


def test_without_javascript_a_large_plan_shows_its_first_rows(browser: Any, large: dict[str, Path]) -> None:
    page, wrong = opened(browser, large["intern"], java_script_enabled=False)
    assert wrong == [] and page.locator("#table tbody tr").count() == 100
    assert page.locator("a[href='systems.csv']").is_visible() and page.locator("#without-script").is_visible()
    assert page.locator("a[href^='#s-']").count() == 0 and not page.locator("#with-script").is_visible()
