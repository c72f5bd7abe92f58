"""The Prefect flow: the same steps, the same bytes, without any server set up. One harness per session."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from planner import pipeline
from planner.errors import PlannerError
from tests import test_replan as replan
from tests.conftest import EXAMPLE
from tests.test_store import fingerprint

pytestmark = pytest.mark.flow


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A private Prefect in a temporary home."""
    os.environ["PREFECT_HOME"] = str(tmp_path_factory.mktemp("prefect"))
    from prefect.testing.utilities import prefect_test_harness

    import flows  # noqa: F401  sets telemetry off and the time-out before Prefect is imported

    with prefect_test_harness(server_startup_timeout=180):
        yield


def test_the_flow_writes_the_same_bytes_as_the_command(
    prefect: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import flows.plan

    said: list[tuple[str, str]] = []
    for kind in ("create_markdown_artifact", "create_link_artifact"):
        real = getattr(flows.plan, kind)

        def noting(*given: object, real: object = real, kind: str = kind, **more: object) -> object:
            said.append((kind, str(more["key"])))
            return real(*given, **more)  # type: ignore[operator]

        monkeypatch.setattr(flows.plan, kind, noting)
    by_flow = Path(flows.plan.plan_roadmap(str(EXAMPLE), str(tmp_path / "flow")))
    by_command = pipeline.plan(EXAMPLE, tmp_path / "command").folder
    assert fingerprint(by_flow) == fingerprint(by_command)
    assert said == [
        ("create_markdown_artifact", "exempelkommun-summary"),
        ("create_link_artifact", "exempelkommun-roadmap"),
    ]


def test_a_wrong_case_ends_with_exit_code_two(
    prefect: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows.plan import main

    assert main([str(tmp_path / "saknas")]) == 2
    assert "case.yaml" in capsys.readouterr().err


REGISTER = "Namn;Produkt;Leverantör;Driftform\r\nTrygglind;Omsorg;Fiktiva AB;Internt\r\n"


def test_a_message_is_sent_when_a_plan_moves_what_was_decided(
    prefect: None, make_case: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.blocks.notifications import CustomWebhookNotificationBlock

    import flows.decided
    from flows.plan import plan_roadmap
    from planner.case import read_case
    from planner.store import open_history

    class Listener(BaseHTTPRequestHandler):
        heard: ClassVar[list[str]] = []

        def do_POST(self) -> None:
            self.heard.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sent: list[Any] = []
    monkeypatch.setattr(flows.decided, "send", sent.extend)
    CustomWebhookNotificationBlock(
        name="board", url=f"http://127.0.0.1:{server.server_port}/", json_data={"text": "{{subject}} {{body}}"}
    ).save("board", overwrite=True)
    case = make_case({"system.csv": replan.REGISTER, "servrar.csv": replan.SERVERS}, replan.SOURCES)
    block = "custom-webhook/board"
    plan_roadmap(str(case), notify=block)
    history = open_history(read_case(case))
    assert history.current is not None
    history.decide(history.current.plan_id, {"by": "Nämnden", "date": "2026-11-25"})
    plan_roadmap(str(case), notify=block)
    assert not Listener.heard and not sent
    (case / "review.yaml").write_text(
        f"format: fardplan-review/1\npins:\n  - {{system: S12, quarter: 2029-Q2, {replan.WHO}}}\n", encoding="utf-8"
    )
    plan_roadmap(str(case), notify=block)
    plan_roadmap(str(case), notify="custom-webhook/nobody")
    server.shutdown()
    assert len(Listener.heard) == 1 and "System 12" in Listener.heard[0]
    assert [event.event for event in sent] == ["fardplan.decided.changed"] * 2
    assert "S12" in sent[0].payload["systems"]


@pytest.fixture
def fleet(make_case: Callable[..., Path], tmp_path: Path) -> Path:
    """Two cases and one that nobody can plan."""
    (tmp_path / "cases").mkdir()
    for name in ("a", "b"):
        make_case({"register.csv": REGISTER}, "  - {file: register.csv, reader: systems}\n", name=f"cases/{name}")
    make_case({}, "  - {file: register.csv}\n", name="cases/trasig")
    return tmp_path / "cases"


@pytest.mark.parametrize("scheduler", [None, "local"])
def test_a_fleet_is_planned_with_a_bad_case_in_it(
    prefect: None, fleet: Path, tmp_path: Path, scheduler: str | None
) -> None:
    from flows.fleet import plan_fleet

    if scheduler:
        pytest.importorskip("prefect_dask", reason="needs `make install-dask`")
    written = plan_fleet(str(fleet), str(tmp_path / "out"), scheduler=scheduler)
    assert sorted(Path(name).name for name in written) == [
        "fleet.md", "fleet_chances.csv", "fleet_organisations.csv", "fleet_shared.csv",
    ]  # fmt: skip
    page = (tmp_path / "out" / "fleet.md").read_text(encoding="utf-8")
    assert "**trasig**" in page and "2 av 3" in page
    assert (tmp_path / "out" / "a" / "manifest.json").is_file()


def test_a_worker_that_is_killed_costs_no_case(prefect: None, fleet: Path, tmp_path: Path) -> None:
    pytest.importorskip("prefect_dask", reason="needs `make install-dask`")
    from distributed import Client, LocalCluster

    from flows.fleet import plan_fleet

    killed: list[int] = []

    def kill_the_first_that_works(cluster: Any) -> None:
        with Client(cluster) as client:
            while not any(client.processing().values()):
                time.sleep(0.05)
            killed.append(cluster.workers[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        killer = threading.Thread(target=kill_the_first_that_works, args=(cluster,), daemon=True)
        killer.start()
        plan_fleet(str(fleet), str(tmp_path / "out"), scheduler=cluster.scheduler_address)
        killer.join(60)
        assert killed and cluster.workers[0].pid != killed[0]
    assert "2 av 3" in (tmp_path / "out" / "fleet.md").read_text(encoding="utf-8")


def test_a_scheduler_without_dask_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from flows.fleet import _runner

    monkeypatch.setitem(sys.modules, "prefect_dask.task_runners", None)
    with pytest.raises(PlannerError, match=r"fardplan\[dask\]"):
        _runner("tcp://127.0.0.1:8786", 2)


def test_a_change_is_told_once_and_only_what_was_told_is_remembered(
    prefect: None, make_case: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import flows.watch

    case = str(make_case({"register.csv": REGISTER}, "  - {file: register.csv}\n", name="fall"))
    told: list[str] = []
    monkeypatch.setattr(flows.watch, "tell_changed", lambda cases: told.extend(cases))
    given: dict[str, Any] = {"cases": [case, str(tmp_path / "saknas")], "store": str(tmp_path), "settle_seconds": 0}
    assert flows.watch.watch_inventories(**given) == [case]
    assert flows.watch.watch_inventories(**given) == []
    (Path(case) / "review.yaml").write_text("approved: true\n", encoding="utf-8")

    def refuses(cases: object) -> None:
        raise ConnectionError("no server")

    monkeypatch.setattr(flows.watch, "tell_changed", refuses)
    with pytest.raises(ConnectionError):
        flows.watch.watch_inventories(**given)
    monkeypatch.setattr(flows.watch, "tell_changed", lambda cases: told.extend(cases))
    assert flows.watch.watch_inventories(**given) == [case]
    assert told == [case, case]


def test_an_event_arrives_at_the_server(prefect: None) -> None:
    from prefect.client.orchestration import get_client

    from flows.events import CHANGED, tell_changed

    tell_changed({"fall/Ås": "1"})
    with get_client(sync_client=True) as client:
        asked = {"filter": {"event": {"name": [CHANGED]}}}
        for _ in range(50):
            found = client._client.post("/events/filter", json=asked).json()["events"]
            if found:
                break
            time.sleep(0.2)
    assert found[0]["resource"]["prefect.resource.id"] == "fardplan.case.fall-as"
    assert found[0]["payload"] == {"case": "fall/Ås", "fingerprint": "1"}


def test_the_automation_for_dead_runs_stands_once_however_often_it_is_deployed(prefect: None) -> None:
    from prefect.client.orchestration import get_client

    from flows.deploy import NAME, crash_silent_runs

    crash_silent_runs()
    crash_silent_runs()
    with get_client(sync_client=True) as client:
        (known,) = client.read_automations_by_name(NAME)
    assert [action.type for action in known.actions] == ["change-flow-run-state"]


def test_a_snapshot_is_read_once_a_day_and_the_newest_is_pointed_to(
    prefect: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import planner.catalogue.refresh
    from flows.catalogue import refresh_catalogue
    from planner.catalogue.snapshot import SNAPSHOTS

    shipped = sorted(SNAPSHOTS.glob("aws-*"))[-1]
    asked: list[tuple[str, str | None]] = []

    def reads(out: Path, regions: list[str], day: date, session: object, *, last: Path | None) -> Path:
        asked.append((out.name, last.name if last else None))
        shutil.copytree(shipped, out)
        return out

    monkeypatch.setattr(planner.catalogue.refresh, "refresh", reads)
    for day in (date(2026, 12, 1), date(2026, 12, 1), date(2026, 12, 2)):
        made = refresh_catalogue(str(tmp_path), ["eu-north-1"], day)
    assert Path(made).name == "aws-2026-12-02" == (tmp_path / "latest").resolve().name
    assert asked == [("aws-2026-12-01", None), ("aws-2026-12-02", "aws-2026-12-01")]
