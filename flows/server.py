"""The Prefect server of one machine: the one that PREFECT_API_URL names, or one that is started and ends with us."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LONGEST_SECONDS = 180
LOG = "server.log"
_LINES = 5


class NoServer(Exception):
    """There is no server, and none could be started; says what to do."""


@dataclass(frozen=True)
class Server:
    """Address of a server's interface, and the process that was started for it, if one was."""

    address: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def page(self) -> str:
        """Address of its pages."""
        return self.address.removesuffix("/api")

    @property
    def has_ended(self) -> bool:
        """Whether the server that was started is gone; one of somebody else's may come back."""
        return self.process is not None and self.process.poll() is not None


@contextmanager
def server(port: int, store: Path, say: Callable[[str], None]) -> Iterator[Server]:
    """The server there is, or one that is started on this machine's loopback and writes its log to `store`.

    Raises
    ------
    NoServer
        The one that is named does not answer, the port is taken, or it did not start.
    """
    if known := os.environ.get("PREFECT_API_URL"):
        if not _answers(known):
            raise NoServer(
                f"no Prefect server answers at {known} (PREFECT_API_URL). Start it, or unset PREFECT_API_URL: then one "
                "is started here."
            )
        yield Server(known)
        return
    address = f"http://127.0.0.1:{port}/api"
    _refuse_taken(port, address)
    say(f"starting a Prefect server on port {port}; the first time takes a minute (log: {store / LOG})")
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    # Its pages ask the port of its settings, not the one that it was started on.
    settings = {**os.environ, "PREFECT_UI_API_URL": address}
    with (store / LOG).open("wb") as log:
        # A group of its own: Ctrl+C ends it after the flows, not under them.
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env=settings)
    try:
        _wait_for(address, process, store / LOG)
        yield Server(address, process)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _refuse_taken(port: int, address: str) -> None:
    # Asked before ours is started: two servers would share one database, or flows would run under somebody else's.
    with socket.socket() as asked:
        asked.settimeout(2)
        if asked.connect_ex(("127.0.0.1", port)):
            return
    if _answers(address):
        raise NoServer(
            f"a Prefect server runs on port {port} already. To use that one, set PREFECT_API_URL={address}; for one of "
            "its own, give another --port."
        )
    raise NoServer(f"port {port} is taken by another program. Give another --port.")


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(LONGEST_SECONDS):
        if process.poll() is not None:
            break
        if _answers(address):
            return
        time.sleep(1)
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_LINES:]
    raise NoServer("\n  ".join([f"the Prefect server did not start; {log} ends with:", *said]))


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
            return json.load(answer) is True
    except (urllib.error.URLError, OSError, ValueError):
        return False
