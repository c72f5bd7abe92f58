"""Fixtures: a small case on disk, the example, goldens, a browser, and no way out to the network."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from planner.plan import Plan
    from planner.view import View

REPOSITORY = Path(__file__).parent.parent
SHARED = REPOSITORY.parent / "shared"
EXAMPLE = REPOSITORY / "inventories" / "exempelkommun"
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
WORKBOOK = SHARED / "data" / "ibm-sizing-rvtools" / "SizingWorkshop-RVTools.xlsx"


@lru_cache
def planned_example() -> Plan:
    """The example municipality, planned once for all tests that only look at it."""
    from planner.case import read_case
    from planner.pipeline import compute

    return compute(read_case(EXAMPLE))


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


def slow_but(quick: Callable[[Any], bool], given: Iterable[Any]) -> list[Any]:
    """Parameters of a test, of which those that are not quick run with the slow tests."""
    return [
        item if quick(item) else pytest.param(*(item if isinstance(item, tuple) else (item,)), marks=pytest.mark.slow)
        for item in given
    ]


@lru_cache
def example_view(language: str = "sv", audience: str = "intern") -> View:
    """The document of the example municipality, for all tests that only look at it."""
    from planner.view import build_view

    return build_view(planned_example(), language, audience)


def enlarged(view: View, times: int) -> View:
    """The view as if the organisation had all its systems so many times, under other ids and names."""
    from dataclasses import replace

    def again(item: Any, at: int) -> Any:
        return replace(item, system_id=f"{item.system_id}.{at}", name=f"{item.name} {at}")

    def all_of(items: Any) -> Any:
        return tuple(again(item, at) for at in range(times) for item in items)

    systems = tuple(
        replace(
            again(item, at),
            depends_on=tuple(again(ref, at) for ref in item.depends_on),
            needed_by=tuple(again(ref, at) for ref in item.needed_by),
        )
        for at in range(times)
        for item in view.systems
    )
    return replace(
        view,
        systems=systems,
        waves=tuple(replace(wave, systems=all_of(wave.systems)) for wave in view.waves),
        asks=tuple(replace(ask, systems=all_of(ask.systems)) for ask in view.asks),
        risks=tuple(replace(risk, systems=all_of(risk.systems)) for risk in view.risks),
        coverage=tuple(replace(item, missing=all_of(item.missing)) for item in view.coverage),
        # These name systems one by one.
        process_first=(), without_benefit=(), pilots=(), clusters=(), blocked=(), missed=(), deadlines=(), critical=(), groups=(),
        business=None, changes=None,
    )  # fmt: skip


TEAMS = """teams:
  - {role: platform, name: Plattform, days_per_week: 10}
  - {role: application, name: Applikation, days_per_week: 10}
  - {role: procurement, name: Inköp, days_per_week: 4}
  - {role: business, name: Verksamhet, days_per_week: 8}
  - {role: security, name: Säkerhet, days_per_week: 4}
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Write the goldens anew instead of comparing with them."
    )
    parser.addoption("--mutations", type=int, default=300, help="How many damaged files to read (test_mutations.py).")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share modules out whole, and those that look at the example to one worker, so that it is planned once."""
    if config.getvalue("dist") != "loadfile" or is_slow_run(config):
        return None
    from xdist.scheduler import LoadFileScheduling

    looking = {path.name for path in Path(__file__).parent.glob("test_*.py") if "planned_example" in path.read_text()}

    class ByModule(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            return "example" if Path(file).name in looking else file

    return ByModule(config, log)


def is_slow_run(config: pytest.Config) -> bool:
    """Whether tests are chosen by which the example is a small part of the work."""
    return "not slow" not in config.getoption("markexpr")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tens of mutations, as many as were asked for; the first three hundred are among the fast tests."""
    if "block" in metafunc.fixturenames:
        blocks = range(metafunc.config.getoption("--mutations") // 10)
        marked = [pytest.param(at, marks=[pytest.mark.slow] if at >= 30 else []) for at in blocks]
        metafunc.parametrize("block", marked)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse every connection that leaves the machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if host and host not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield


@pytest.fixture
def make_case(tmp_path: Path) -> Callable[..., Path]:
    """Write a case into the test's own folder."""

    def make(*given: Any, name: str = "case", **more: str) -> Path:
        return write_case(tmp_path / name, *given, **more)

    return make


def write_case(
    folder: Path, files: dict[str, bytes | str], sources: str, *, teams: str = TEAMS, extra: str = ""
) -> Path:
    """Write a case: files by name, and their sources as YAML lines."""
    folder.mkdir(exist_ok=True)
    for file, content in files.items():
        (folder / file).write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    head = "organisation: Provby kommun\nplan_date: 2026-11-23\nstart_date: 2027-01-11\n"
    (folder / "case.yaml").write_text(f"{head}{extra}sources:\n{sources}{teams}", encoding="utf-8")
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command in this process; returns exit code, output and errors."""

    def command(*arguments: object) -> tuple[int, str, str]:
        from planner import cli

        monkeypatch.setattr(sys, "argv", ["fardplan", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else int(code is not None)), said.out, said.err

    return command


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, bytes], None]:
    """Compare bytes with a golden file, or write it with --update-golden."""

    def compare(path: Path, content: bytes) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        assert path.is_file(), f"{path.name} is missing; run pytest --update-golden"
        assert path.read_bytes() == content, f"{path.name} differs; look at it, then run pytest --update-golden"

    return compare


@pytest.fixture
def workbook() -> Path:
    """The 805-VM workbook beside the repository."""
    if not WORKBOOK.is_file():
        pytest.skip("../shared is not here")
    return WORKBOOK


def run_environment(**more: str) -> dict[str, str]:
    """Environment of a subprocess, without what could reach out."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PREFECT_"))}
    return kept | {"PYTHONHASHSEED": "random"} | more
