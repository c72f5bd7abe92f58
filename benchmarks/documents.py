"""Documents and exports of a large plan: seconds, size and memory of each renderer, and the page in a browser.

    python -m benchmarks.documents [--systems 10000] [--view view.json] [--only html xlsx] [--browser]

The systems are drawn from the example's register, column by column, with names, servers and flows of their own: as
much is known of them as of the example's. Planning ten thousand takes minutes; `--view` keeps the view, and the next
run reads it. Planning and every renderer run in processes of their own; a renderer's reads the saved view first. The
parent stays small, since the peak that the system tells of a process begins with that of its parent. Goals for 10,000:
HTML 5 s and 5 MB, workbook and ArchiMate 10 s, a PDF of fifty pages 5 s, memory 1.5 GB with the view in it; with
`--browser` the page is opened from its file in chromium: load 2 s, filter 0.3 s (a tenth of it is the wait for the next
letter), sort 0.5 s. Seconds are those of the processor too: on a machine that others load, those of the clock are more.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import multiprocessing
import random
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf

from planner.case import read_case
from planner.export import Asked
from planner.export.archimate import write_archimate
from planner.pipeline import compute
from planner.render.html import render_html
from planner.render.markdown import render_markdown
from planner.render.memo import memo
from planner.render.pdf import render_pdf
from planner.render.report import report
from planner.render.table import render_systems
from planner.render.word import render_docx
from planner.render.workbook import render_workbook
from planner.view import View, build_view
from planner.view.load import load_view

EXAMPLE = Path(__file__).parent.parent / "inventories" / "exempelkommun" / "systemregister.csv"
CASE = """organisation: Provstads kommun
is_invented: true
plan_date: 2026-11-23
start_date: 2027-01-11
horizon_date: 2034-12-31
exchange: {{sek_per_usd: 10.5, as_of: 2026-11-02, source: egen modell}}
sources:
  - {{file: register.csv, reader: systems}}
  - {{file: servrar.csv, reader: servers}}
  - {{file: floden.csv, reader: dataflows}}
teams:
  - {{role: platform, name: Plattform, days_per_week: {most}}}
  - {{role: application, name: Applikation, days_per_week: {most}}}
  - {{role: procurement, name: Inköp, days_per_week: {most}}}
  - {{role: business, name: Verksamhet, days_per_week: {most}}}
  - {{role: security, name: Säkerhet, days_per_week: {most}}}
max_cutovers_per_week: {changes}
"""
RENDERERS: dict[str, Callable[[View], bytes]] = {
    "html": render_html,
    "md": render_markdown,
    "csv": render_systems,
    "xlsx": render_workbook,
    "archimate": lambda view: write_archimate(view, Asked()).files[0],
    "json": lambda view: json.dumps(view, default=vars, ensure_ascii=False).encode(),
    "memo": lambda view: render_pdf(memo(view)),
    "docx": lambda view: render_docx(memo(view)),
    "report": lambda view: render_pdf(report(view)),
}


def write_case(folder: Path, count: int, seed: int = 1) -> Path:
    """Write a case of so many systems, the same one every time."""
    draw = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"Provsystem {draw.choice('ABCDEFGHKLMNPRSTVÅÄÖ')}{at:05d}" for at in range(count)]
    case = CASE.format(most=min(max(count // 8, 10), 500), changes=max(count // 100, 3))
    (folder / "case.yaml").write_text(case, encoding="utf-8")
    (folder / "register.csv").write_text(_register(draw, names), encoding="utf-8")
    (folder / "servrar.csv").write_text(_servers(draw, names), encoding="utf-8")
    (folder / "floden.csv").write_text(_flows(draw, names), encoding="utf-8")
    return folder


def _register(draw: random.Random, names: list[str]) -> str:
    _, head, *rows = csv.reader(io.StringIO(EXAMPLE.read_text(encoding="cp1252")), delimiter=";")
    own = {"Objektnummer": lambda at: f"P{at:05d}", "Namn ": lambda at: names[at]}
    own["Produkt"] = lambda at: f"Provprodukt {at // 3}" if at % 2 else ""
    columns = []
    for at, name in enumerate(head):
        # Systems that the example names are not here.
        values = [""] if name.startswith("Beroende") else [row[at] for row in rows]
        columns.append([own[name](row) if name in own else draw.choice(values) for row in range(len(names))])
    return _csv([head, *zip(*columns, strict=True)])


def _servers(draw: random.Random, names: list[str]) -> str:
    head = ["Servernamn", "System", "Operativsystem", "vCPU", "RAM GB", "Disk GB", "Miljö"]
    rows = [
        [
            f"prov{at:05d}{letter}",
            name,
            draw.choice(["Windows Server 2012 R2", "Windows Server 2019", "RHEL 8", "Ubuntu 22.04"]),
            str(draw.choice([2, 2, 4, 8])),
            str(draw.choice([4, 8, 16, 32])),
            str(draw.choice([80, 120, 250, 600])),
            draw.choice(["Produktion", "Test"]),
        ]
        for at, name in enumerate(names)
        for letter in "ab"[: at % 3]
    ]
    return _csv([head, *rows])


def _flows(draw: random.Random, names: list[str]) -> str:
    popular = [names[int(len(names) * draw.random() ** 3)] for _ in names]
    pairs = [(draw.choice(names), target) for target in popular]
    return _csv([["Från", "Till", "Syfte"], *([one, other, "Nattlig fil"] for one, other in pairs if one != other)])


def _csv(rows: list[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def made_view(count: int) -> bytes:
    """Plan the case, and give the view as plan.json has it."""
    with tempfile.TemporaryDirectory() as place:
        began = time.perf_counter()
        plan = compute(read_case(write_case(Path(place), count)))
        print(f"planned {count} systems in {time.perf_counter() - began:.0f} s", flush=True)
    began = time.perf_counter()
    view = build_view(plan, "sv", "intern")
    print(f"view in {time.perf_counter() - began:.1f} s", flush=True)
    return RENDERERS["json"](view)


def save_view(count: int, saved: Path) -> None:
    """Write the view of a case to a file."""
    saved.write_bytes(made_view(count))


def apart(work: Callable[..., None], *given: object) -> None:
    """Work in a process of its own, whose memory is nobody else's."""
    run = multiprocessing.get_context("spawn").Process(target=work, args=given)
    run.start()
    run.join()


def measure(name: str, saved: Path, out: Path) -> None:
    """Run one renderer in this process, and print what it took."""
    view = load_view(saved.read_bytes(), saved.name)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, worked = time.perf_counter(), time.process_time()
    content = RENDERERS[name](view)
    took, worked = time.perf_counter() - began, time.process_time() - worked
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (out / f"view.{name}").write_bytes(content)
    print(f"{name:>10} {took:8.2f} s, {worked:6.2f} s CPU {len(content) / 1e6:8.2f} MB{pages(content)}, peak "
          f"{held / 1024:6.0f} MB ({before / 1024:.0f} MB to read the view)", flush=True)  # fmt: skip


def pages(content: bytes) -> str:
    """How many pages, of a PDF."""
    if not content.startswith(b"%PDF"):
        return ""
    with pikepdf.open(io.BytesIO(content)) as made:
        return f" {len(made.pages)} pages"


OPENED = """() => { const [entry] = performance.getEntriesByType('navigation');
return [entry.loadEventEnd, performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
document.querySelectorAll('*').length]; }"""
FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
# From a letter to the rows on the screen, five times; the page's own clock, so that no driver is in between.
FILTERED = """async () => { const field = document.querySelector('#filter'), status = document.querySelector('#status');
const took = []; for (const text of ['b00', 'a1', 'provsystem', '77', '']) { const began = performance.now();
const was = status.textContent; field.value = text; field.dispatchEvent(new Event('input'));
while (status.textContent === was) await new Promise(done => setTimeout(done, 2));
await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
took.push(performance.now() - began); } return took; }"""


def open_page(path: Path) -> None:
    """Load, filter, sort and open a sheet in chromium, and print what it took."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector("#table[data-ready]")
        ready = page.evaluate("performance.now()")
        load, paint, nodes = page.evaluate(OPENED)
        print(f"   browser load {load / 1000:.2f} s, first paint {paint / 1000:.2f} s, all systems there "
              f"{ready / 1000:.2f} s, {nodes} nodes")  # fmt: skip
        took = [f"{each / 1000:.2f}" for each in page.evaluate(FILTERED)]
        print(f"   browser filter {', '.join(took)} s")
        for name, act in (
            ("sort", lambda: page.click("#table thead th:nth-child(7) button")),
            ("sheet", lambda: page.click("#table tbody tr:nth-child(5) a")),
        ):
            began = time.perf_counter()
            act()
            if name == "sheet":
                page.locator("#sheets h3").first.wait_for()
            page.evaluate(FRAMES)
            print(f"   browser {name} {time.perf_counter() - began:.2f} s")
        browser.close()


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", type=int, default=10_000)
    parser.add_argument("--view", type=Path)
    parser.add_argument("--only", nargs="+", choices=list(RENDERERS), default=list(RENDERERS))
    parser.add_argument("--browser", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        saved = given.view or Path(place) / "view.json"
        if not saved.is_file():
            apart(save_view, given.systems, saved)
        for name in given.only:
            apart(measure, name, saved, Path(place))
        if given.browser and "html" in given.only:
            page = Path(place) / "view.html"
            open_page(page)


if __name__ == "__main__":
    main()
