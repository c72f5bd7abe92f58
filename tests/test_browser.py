"""The document in a real browser: no violation, no request, readable narrow, dark, printed and without JavaScript."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from planner.render import render
from planner.review import read_review
from planner.view import build_view
from tests.conftest import planned_example

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's chromium. Missing, it fails where CI demands it and skips elsewhere."""
    if CHROMIUM is None:
        if os.environ.get("FARDPLAN_REQUIRE_BROWSER"):
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


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


@pytest.mark.parametrize("audience", ["intern", "offentlig"])
@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_error_no_request_and_no_barrier(
    browser: Any, pages: dict[tuple[str, str], Path], language: str, audience: str, scheme: str
) -> None:
    page, wrong = opened(browser, pages[language, audience], color_scheme=scheme)
    assert wrong == []
    page.evaluate("document.querySelectorAll('details').forEach((item, at) => { item.open = at < 20; })")
    page.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", tags)["violations"]
    assert [(item["id"], item["nodes"][0]["html"][:200]) for item in found] == []


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


def test_without_javascript_everything_is_there(browser: Any, pages: dict[tuple[str, str], Path]) -> None:
    page, wrong = opened(browser, pages["sv", "intern"], java_script_enabled=False)
    assert wrong == []
    assert page.locator("#table tbody tr").count() == 52
    assert page.locator("details.card").count() == 52
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


def test_paper_names_the_systems_and_repeats_the_heads(
    browser: Any, pages: dict[tuple[str, str], Path], tmp_path: Path
) -> None:
    page, _ = opened(browser, pages["sv", "intern"])
    page.emulate_media(media="print")
    assert page.locator("#asks .refs").first.is_visible()
    assert not page.locator("#asks summary").first.is_visible()
    assert not page.locator("#cards").is_visible()
    assert page.locator("#table thead button").first.evaluate("item => getComputedStyle(item).display") == "contents"


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
