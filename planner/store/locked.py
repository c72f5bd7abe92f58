"""One planner at a time writes into a folder; the lock dies with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from planner.errors import PlannerError

# Writing a plan takes seconds; whoever waits longer than this waits for something that hangs.
WAIT_SECONDS = 60.0
_PAUSE_SECONDS = 0.1


@contextmanager
def locked(folder: Path, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock of a folder that exists; no file is left behind.

    Raises
    ------
    PlannerError
        Another planner holds it all the while.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        _take(handle, folder, wait_seconds)
        yield
    finally:
        os.close(handle)


def _take(handle: int, folder: Path, wait_seconds: float) -> None:
    for _ in range(max(int(wait_seconds / _PAUSE_SECONDS), 1)):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(_PAUSE_SECONDS)
    raise PlannerError(
        "another planner is writing here", place=str(folder), remedy="Wait until it is done, and plan again."
    )
