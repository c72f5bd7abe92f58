"""One machine, no worker: ``python -m flows.serve CASES [--store DIR]``, behind `fardplan serve`.

Where PREFECT_API_URL names no server, one is started on this machine's loopback, and ends with it.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PORT = 4200
LONGEST_SECONDS = 180
AT_A_TIME = 2


def main(arguments: list[str] | None = None) -> int:
    """Serve until it is stopped."""
    parser = argparse.ArgumentParser(prog="fardplan serve", description="Watch a folder of cases on this machine.")
    parser.add_argument("cases", type=Path, help="folder of cases")
    parser.add_argument("--store", type=Path, help="folder for plans and what was seen; CASES/.fardplan by default")
    parser.add_argument("--port", type=int, default=PORT, help="of the server that is started where there is none")
    given = parser.parse_args(arguments)
    if not given.cases.is_dir():
        print(f"fardplan: there is no such folder (value: '{given.cases}'). Give a folder of cases.", file=sys.stderr)
        return 2
    # As a service manager stops it: the same way as Ctrl+C, so that schedules are paused and the server ends.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _server(given.port) as address:
            os.environ["PREFECT_API_URL"] = address
            _serve(given.cases.resolve(), (given.store or given.cases / ".fardplan").resolve())
    except KeyboardInterrupt:
        return 0
    except TimeoutError as reason:
        print(f"fardplan: {reason}", file=sys.stderr)
        return 2
    return 0


def _serve(cases: Path, store: Path) -> None:
    # Not before the address is known: Prefect reads its settings when it is imported.
    from prefect import serve

    from flows.deploy import crash_silent_runs
    from flows.deployments import deployments

    store.mkdir(parents=True, exist_ok=True)
    crash_silent_runs()
    serve(*deployments(cases, store), limit=AT_A_TIME)


@contextmanager
def _server(port: int) -> Iterator[str]:
    """The address of the server there is, or of one that is started."""
    if known := os.environ.get("PREFECT_API_URL"):
        yield known
        return
    address = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    # A group of its own: Ctrl+C ends it after the flows, not under them.
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(LONGEST_SECONDS):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    raise TimeoutError(f"the Prefect server did not start at {address}. Is the port taken? Give another --port.")


if __name__ == "__main__":
    sys.exit(main())
