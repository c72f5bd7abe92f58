"""`fardplan serve` as its users run it: a real server, files that are saved, and what is to be seen afterwards."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from planner.case import read_case
from planner.csvfile import from_csv_bytes
from planner.diff import diff
from planner.errors import PlannerError
from planner.origins import Steady, read_seen
from planner.store import History, SavedPlan, open_history
from planner.store.locked import locked
from tests.conftest import REPOSITORY, run_environment
from tests.test_replan import REGISTER, SERVERS, SOURCES, WHO

MakeCase = Callable[..., Path]
# Half a minute for the server the first time, and twice that on a busy machine.
LONGEST = 180


@pytest.fixture
def cases(tmp_path: Path, make_case: MakeCase) -> Path:
    (tmp_path / "cases").mkdir()
    make_case({"system.csv": REGISTER, "servrar.csv": SERVERS}, SOURCES, name="cases/fall")
    return tmp_path / "cases"


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def until(found: Callable[[], Any], what: str, seconds: float = LONGEST) -> Any:
    """Wait for something to be there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.5)
    raise AssertionError(f"{what}: not within {seconds} seconds")


class Served:
    """A running `fardplan serve`."""

    def __init__(self, cases: Path, home: Path, port: int) -> None:
        self.port, self.address = port, f"http://127.0.0.1:{port}/api"
        self.said = home / "said.txt"
        home.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "planner.cli", "serve", str(cases), "--port", str(port)]
        with self.said.open("ab") as out:
            self.process = subprocess.Popen(
                command, cwd=REPOSITORY, env=run_environment(PREFECT_HOME=str(home)), stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip

    def ask(self, what: str, *items: Any, **given: Any) -> Any:
        """Post a list of items, or an object of what is given."""
        asked = urllib.request.Request(
            f"{self.address}/{what}", json.dumps(items or given).encode(), {"Content-Type": "application/json"}
        )
        for _ in range(20):
            try:
                with urllib.request.urlopen(asked, timeout=20) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as reason:
                # Its database is busy for a moment.
                if reason.code != 503:
                    raise
            time.sleep(1)
        raise AssertionError(f"{what}: the server stays busy")

    def runs(self) -> list[str]:
        """States of the runs that have begun, the first one first; the weekly report waits for its night."""
        found = self.ask("flow_runs/filter", sort="START_TIME_ASC")
        return [run["state_type"] for run in found if run["state_type"] != "SCHEDULED"]

    def stop(self) -> int:
        """Ctrl+C, as a terminal sends it: to the whole group."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(60)


@pytest.fixture
def served(cases: Path, tmp_path: Path) -> Iterator[Callable[[], Served]]:
    started: list[Served] = []
    port = free_port()

    def start() -> Served:
        started.append(Served(cases, tmp_path / "home", port))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.terminate()
            one.process.wait(60)


def current(history: Callable[[], History], unless: Sequence[str] = ()) -> SavedPlan | None:
    found = history().current
    return found if found and found.plan_id not in unless else None


def dates(plan: SavedPlan) -> dict[str, Any]:
    return from_csv_bytes(plan.table("waves"), "waves").set_index("system_id")["end_date"].to_dict()  # type: ignore[no-any-return]


@pytest.mark.flow
def test_a_saved_file_is_a_new_plan_within_a_minute_and_what_people_decided_stays(
    cases: Path, served: Callable[[], Served], browser: Any
) -> None:
    case, register = cases / "fall", cases / "fall" / "system.csv"
    server = served()

    def history() -> History:
        return open_history(read_case(case))

    def next_plan(*before: SavedPlan, seconds: float = 60) -> SavedPlan:
        unless = [plan.plan_id for plan in before]
        found: SavedPlan = until(lambda: current(history, unless), "a new plan", seconds)
        return found

    first = next_plan(seconds=LONGEST)
    # An override is a change like any other; the plan with it is approved.
    override = f"overrides:\n  - {{system: S7, disposition: rehost, {WHO}}}\n"
    (case / "review.yaml").write_text(f"format: fardplan-review/1\n{override}", encoding="utf-8")
    second = next_plan(first)
    approval = case.parent.parent / "approval.yaml"
    approval.write_text(
        f"format: fardplan-review/1\napprovals:\n  - {{plan: {second.plan_id}, {WHO}}}\n", encoding="utf-8"
    )
    applied = [sys.executable, "-m", "planner.cli", "review", "apply", str(case), str(approval)]
    subprocess.run(applied, cwd=REPOSITORY, env=run_environment(), check=True, capture_output=True)
    until(lambda: server.runs() == ["COMPLETED"] * 3, "three runs")

    # One cell, saved in eight pieces: one run, and nothing half-read.
    whole = register.read_bytes().replace(b"Nej;;100;", b"Nej;;900;")
    assert whole != register.read_bytes()
    with register.open("wb") as copied:
        for at in range(8):
            copied.write(whole[at * len(whole) // 8 : (at + 1) * len(whole) // 8])
            copied.flush()
            time.sleep(0.4)
    third = next_plan(first, second)
    until(lambda: server.runs() == ["COMPLETED"] * 4, "one run more, and no other", 30)
    found = diff(second, third)
    assert [cell for cell in found.inputs.cells["place"]] == ["system.csv:13:G"]
    assert {key for key, day in dates(third).items() if dates(second)[key] != day} <= {"S12"}
    assert third.lineage.decided == second.plan_id
    (kept,) = from_csv_bytes(third.table("reviews"), "reviews").to_dict("records")
    assert (kept["system_id"], kept["state"]) == ("S7", "active")
    decisions = from_csv_bytes(third.table("decisions"), "decisions").set_index("system_id")["disposition"]
    assert decisions["S7"] == "rehost"
    shown = {item["key"]: item for item in server.ask("artifacts/latest/filter")}
    page, asked = browser.new_page(), set[str]()
    page.on("request", lambda request: asked.add(request.url))
    page.goto(f"http://127.0.0.1:{server.port}/")
    page.wait_for_url("**/dashboard*")
    page.goto(f"http://127.0.0.1:{server.port}/artifacts/artifact/{shown['fall-diff']['latest_id']}")
    page.get_by_text("system.csv:13:G").wait_for()
    # What a body plans is nobody else's business: its pages ask this machine and no other.
    assert {url for url in asked if not url.startswith((f"http://127.0.0.1:{server.port}/", "data:", "blob:"))} == set()

    # What is wrong is the state of the run, in a line; the plan that there is stands.
    (case / "review.yaml").write_text(
        f"format: fardplan-review/1\n{override.replace('dispo', 'depo')}", encoding="utf-8"
    )
    until(lambda: server.runs() == ["COMPLETED"] * 4 + ["FAILED"], "a run that says what is wrong", 60)
    # The server knows it a moment before it is said here.
    until(lambda: "Did you mean 'disposition'?" in server.said.read_text(encoding="utf-8"), "what is wrong", 30)
    assert "Traceback" not in server.said.read_text(encoding="utf-8")
    assert server.stop() == 0

    # What is saved while nobody looks is planned when somebody looks again.
    (case / "review.yaml").write_text(f"format: fardplan-review/1\n{override}", encoding="utf-8")
    register.write_bytes(whole.replace(b"Nej;;900;", b"Nej;;950;"))
    again = served()
    fourth = next_plan(first, second, third, seconds=LONGEST)
    assert fourth.parent == third.plan_id
    # The plan is there a moment before its run is over, and a run that is stopped says so at length.
    until(lambda: again.runs() == ["COMPLETED"] * 4 + ["FAILED", "COMPLETED"], "a run that is over", 60)
    assert again.stop() == 0
    assert "Traceback" not in again.said.read_text(encoding="utf-8")


@pytest.mark.flow
def test_a_schedule_fires_and_a_server_that_dies_ends_it_in_words(
    cases: Path, served: Callable[[], Served], tmp_path: Path
) -> None:
    server = served()
    until(lambda: (cases / "fall" / "plan" / "manifest.json").is_file(), "the first plan")
    (fleet,) = server.ask("deployments/filter", deployments={"name": {"any_": ["fleet"]}})
    server.ask(f"deployments/{fleet['id']}/schedules", {"active": True, "schedule": {"cron": "* * * * *"}})
    page = cases / ".fardplan" / "fleet" / "fleet.md"
    until(page.is_file, "the report of a run that nobody asked for")
    assert "1 av 1" in page.read_text(encoding="utf-8")

    # In the middle of a run, which waits for the server as long as it is patient.
    server.ask(f"deployments/{fleet['id']}/create_flow_run", state={"type": "SCHEDULED"})
    until(lambda: "RUNNING" in server.runs(), "a run")
    listed = subprocess.run(
        ["pgrep", "-f", f"prefect server start .*--port {server.port}"], capture_output=True, text=True, check=True
    )
    os.kill(int(listed.stdout.split()[0]), signal.SIGKILL)
    assert server.process.wait(60) == 2
    last = server.said.read_text(encoding="utf-8").splitlines()[-1]
    assert last.startswith("fardplan: the Prefect server has ended") and last.endswith("start again")


def test_what_shows_the_same_twice_is_read_once(cases: Path) -> None:
    case, steady = cases / "fall", Steady()
    seen: dict[str, str] = {}
    origin = str(case)
    assert steady.turn([origin], seen) == []
    (found,) = steady.turn([origin], seen)
    assert (found.origin, found.state) == (origin, "changed")
    # What could not be told is found again.
    assert steady.turn([origin], seen) == [found]
    seen[origin] = str(found.fingerprint)
    assert steady.turn([origin], seen) == [] == steady.turn([origin], seen)
    # Half a file, and then the whole: the half is never read.
    whole = (case / "system.csv").read_bytes()
    (case / "system.csv").write_bytes(whole[:100])
    assert steady.turn([origin], seen) == []
    (case / "system.csv").write_bytes(whole + b"S13;System 13;;;;;;\n")
    assert steady.turn([origin], seen) == []
    (again,) = steady.turn([origin], seen)
    assert again.fingerprint not in (None, found.fingerprint)


def test_a_problem_is_told_once_and_its_end_is_a_change(cases: Path) -> None:
    case, steady = cases / "fall", Steady()
    whole = (case / "case.yaml").read_bytes()
    (case / "case.yaml").write_bytes(whole[:70])
    told = [item for _ in range(4) for item in steady.turn([str(case)], {})]
    assert [item.state for item in told] == ["unreadable"] and "case.yaml" in str(told[0].problem)
    (case / "case.yaml").write_bytes(whole)
    assert [item.state for _ in range(2) for item in steady.turn([str(case)], {})] == ["changed"]


def test_a_clock_that_is_set_back_hides_no_change(cases: Path) -> None:
    case, steady = cases / "fall", Steady()
    seen: dict[str, str] = {}
    for found in (item for _ in range(2) for item in steady.turn([str(case)], seen)):
        seen[found.origin] = str(found.fingerprint)
    register = case / "system.csv"
    register.write_bytes(register.read_bytes().replace(b"Nej;;100;", b"Nej;;900;"))
    os.utime(register, (0, 0))
    assert [item.state for _ in range(2) for item in steady.turn([str(case)], seen)] == ["changed"]


def serve(*given: object, **environment: str) -> tuple[int, str]:
    """Run `fardplan serve` where it refuses to."""
    done = subprocess.run(
        [sys.executable, "-m", "planner.cli", "serve", *map(str, given)],
        cwd=REPOSITORY, env=run_environment(**environment), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.slow
def test_what_stands_in_the_way_is_said_before_anything_is_started(cases: Path, tmp_path: Path) -> None:
    code, said = serve(tmp_path / "nowhere")
    assert code == 2 and "no such folder" in said
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, said = serve(cases, "--port", taken.getsockname()[1])
        assert code == 2 and "is taken by another program" in said
    code, said = serve(cases, PREFECT_API_URL=f"http://127.0.0.1:{free_port()}/api")
    assert code == 2 and "no Prefect server answers" in said
    store = cases / ".fardplan"
    with locked(store):
        code, said = serve(cases, "--port", free_port())
    assert code == 2 and "watched already" in said
    assert "Traceback" not in said


@pytest.mark.flow
def test_what_the_server_does_not_take_is_told_again(cases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import flows.lookout

    taken: list[str] = []

    def refuses(given: dict[str, str]) -> None:
        raise ConnectionError("no server")

    said: list[str] = []
    store = cases / ".fardplan"
    lookout = flows.lookout.Lookout(cases, store, said.append)
    monkeypatch.setattr(flows.lookout, "tell_changed", refuses)
    for _ in range(4):
        lookout.turn()
    assert len(said) == 1 and "no server" in said[0] and not read_seen(store)
    monkeypatch.setattr(flows.lookout, "tell_changed", taken.extend)
    lookout.turn()
    assert taken == [str(cases / "fall")] == list(read_seen(store))
    assert "fall is new" in said[-1]


@pytest.mark.flow
def test_what_was_told_and_never_planned_is_told_at_the_next_start(
    cases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import flows.lookout

    taken: list[str] = []
    monkeypatch.setattr(flows.lookout, "tell_changed", taken.extend)

    def start() -> None:
        lookout = flows.lookout.Lookout(cases, cases / ".fardplan", lambda said: None)
        for _ in range(3):
            lookout.turn()

    start()
    start()
    assert len(taken) == 2
    manifest = cases / "fall" / "plan" / "manifest.json"
    manifest.parent.mkdir()
    manifest.write_text("{}", encoding="utf-8")
    start()
    assert len(taken) == 2


@pytest.mark.flow
def test_a_plan_that_was_overtaken_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import logging

    import flows.plan
    from planner.errors import PlanMoved

    monkeypatch.setattr(flows.plan, "get_run_logger", lambda: logging.getLogger("test"))
    outcomes: list[Any] = [PlanMoved("faster"), PlanMoved("faster"), "made"]

    def planned() -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, PlannerError):
            raise outcome
        return outcome

    assert flows.plan._until_current(planned) == "made"  # type: ignore[comparison-overlap]
    outcomes = [PlanMoved("faster")] * 9
    with pytest.raises(PlanMoved):
        flows.plan._until_current(planned)
    assert len(outcomes) == 9 - flows.plan.MOST_TRIES
