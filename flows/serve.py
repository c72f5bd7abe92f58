"""One machine, no worker: ``python -m flows.serve CASES [--store DIR] [--port N]``, behind `fardplan serve`.

Where PREFECT_API_URL names no server, one is started on this machine's loopback, and ends with it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from flows.server import LOG, NoServer, Server, server
from planner.errors import PlannerError
from planner.store.locked import locked

PORT = 4200
AT_A_TIME = 2
# For what is going on to end when the server has.
GRACE_SECONDS = 20
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
        # Said last: what Prefect itself has to say of it is long.
        return _refuse(_without_server(store)) if found.has_ended else STOPPED


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
    lookout, is_over = Lookout(cases, store, _say), threading.Event()
    lookout.start()
    threading.Thread(target=_end_with, args=(found, is_over, store), daemon=True, name="server").start()
    _say(f"watching {cases}: {_told(cases)}. See {found.page}; Ctrl+C stops it")
    try:
        serve(*deployments(cases, store), limit=AT_A_TIME, print_starting_message=False)
    finally:
        is_over.set()
        lookout.stop()


def _end_with(found: Server, is_over: threading.Event, store: Path) -> None:
    """End the process where its server has ended, whatever it waits for."""
    while not is_over.wait(1):
        if found.has_ended:
            # Ctrl+C would wait for runs, and these wait for the server. What still asks for it then is left behind.
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(GRACE_SECONDS)
            _refuse(_without_server(store))
            sys.stderr.flush()
            os._exit(REFUSED)


def _without_server(store: Path) -> str:
    return f"the Prefect server has ended: nothing is planned. {store / LOG} says why; start again"


def _told(cases: Path) -> str:
    from planner.origins import cases_in

    found = [case for case in cases_in([str(cases)]) if (Path(case) / "case.yaml").is_file()]
    if not found:
        return "no case in it yet; `fardplan init` makes one, and it is seen when it comes"
    return f"{len(found)} case{'s' if len(found) > 1 else ''}"


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # All that is to be closed is. A thread of Prefect's that waits for more work would keep the process for ever.
    os._exit(code)
