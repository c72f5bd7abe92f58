"""One machine, no worker: ``python -m flows.serve CASES [--store DIR] [--port N]``, behind `fardplan serve`.

Where PREFECT_API_URL names no server, one is started on this machine's loopback, and ends with it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from flows.server import LOG, NoServer, Server, server
from planner.errors import PlannerError
from planner.store.locked import locked

PORT = 4200
AT_A_TIME = 2
STOPPED, REFUSED = 0, 2


def main(arguments: list[str] | None = None) -> int:
    """Serve until it is stopped."""
    parser = argparse.ArgumentParser(prog="fardplan serve", description="Watch a folder of cases on this machine.")
    parser.add_argument("cases", type=Path, help="folder of cases, or one case")
    parser.add_argument("--store", type=Path, help="folder for plans and what was seen; CASES/.fardplan by default")
    parser.add_argument("--port", type=int, default=PORT, help="of the server that is started where there is none")
    given = parser.parse_args(arguments)
    if not given.cases.is_dir():
        return _refuse(f"there is no such folder (value: '{given.cases}'). Give a folder of cases.")
    cases, store = given.cases.resolve(), (given.store or given.cases / ".fardplan").resolve()
    # As a service manager stops it: the same way as Ctrl+C, so that schedules are paused and the server ends.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        store.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            _hold(store, held)
            return _with_server(cases, store, given.port)
    except KeyboardInterrupt:
        return STOPPED
    except (NoServer, PlannerError, OSError) as reason:
        return _refuse(str(reason))


def _hold(store: Path, held: ExitStack) -> None:
    """Two that watch the same cases would plan every change twice; the lock is gone with its process."""
    try:
        held.enter_context(locked(store, 0))
    except PlannerError:
        raise NoServer(f"these cases are watched already: another fardplan serve holds {store}") from None


def _refuse(reason: str) -> int:
    print(f"fardplan: {reason}", file=sys.stderr)
    return REFUSED


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def _with_server(cases: Path, store: Path, port: int) -> int:
    with server(port, store, _say) as found:
        os.environ["PREFECT_API_URL"] = found.address
        # Prefect ends itself with a code of its own on a SIGTERM.
        with suppress(SystemExit):
            _serve(cases, store, found)
        if found.has_ended:
            # Said last: what Prefect itself has to say of it is long.
            return _refuse(f"the Prefect server has ended: nothing is planned. {store / LOG} says why; start again")
        return STOPPED


def _serve(cases: Path, store: Path, found: Server) -> None:
    os.environ.setdefault("PREFECT_RUNNER_POLL_FREQUENCY", "2")
    # Every step of every plan says that it is done: on the pages of a run, not here.
    os.environ.setdefault("PREFECT_LOGGING_LOGGERS_PREFECT_TASK_RUNS_LEVEL", "WARNING")
    # Not before the address is known: Prefect reads its settings when it is imported.
    from prefect import serve

    from flows.deploy import crash_silent_runs
    from flows.deployments import deployments
    from flows.lookout import Lookout

    crash_silent_runs()
    lookout = Lookout(cases, store, _say)
    lookout.start(lambda: found.has_ended, _end_without_server)
    _say(f"watching {cases}: {_told(cases)}. See {found.page}; Ctrl+C stops it")
    try:
        serve(*deployments(cases, store), limit=AT_A_TIME, print_starting_message=False)
    finally:
        lookout.stop()


def _end_without_server() -> None:
    # Ctrl+C would wait for runs, and these wait for the server.
    os.kill(os.getpid(), signal.SIGTERM)


def _told(cases: Path) -> str:
    from planner.origins import cases_in

    found = [case for case in cases_in([str(cases)]) if (Path(case) / "case.yaml").is_file()]
    if not found:
        return "no case in it yet; `fardplan init` makes one, and it is seen when it comes"
    return f"{len(found)} case{'s' if len(found) > 1 else ''}"


if __name__ == "__main__":
    sys.exit(main())
