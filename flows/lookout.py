"""Watches folders of cases from within `fardplan serve`: a change is told to Prefect some seconds after it was saved.

A scheduled flow would start a process for every look; here a look is a list of names, sizes and times.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from flows.events import tell_changed
from planner.origins import Steady, Watched, cases_in, is_planned, read_seen, remember

EVERY_SECONDS = 3.0
# Looking at hundreds of cases takes at most this share of a processor.
BUSY_SHARE = 0.2
Say = Callable[[str], None]


class Lookout:
    """Looks at a folder of cases, turn by turn."""

    def __init__(self, cases: Path, store: Path, say: Say) -> None:
        self._cases, self._store, self._say = str(cases), store, say
        self._steady, self._trouble = Steady(), ""
        # What was told and never planned, since the machine went down meanwhile, is told again.
        unplanned = {case for case in cases_in([self._cases]) if not is_planned(Path(case))}
        self._seen = {case: found for case, found in read_seen(store).items() if case not in unplanned}
        self._stop = threading.Event()

    def start(self) -> None:
        """Look until `stop`, beside whatever else the process does."""
        threading.Thread(target=self._keep_looking, daemon=True, name="lookout").start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def _keep_looking(self) -> None:
        while not self._stop.is_set():
            begun = time.monotonic()
            self.turn()
            self._stop.wait(max(EVERY_SECONDS, (time.monotonic() - begun) / BUSY_SHARE))

    def turn(self) -> None:
        """Look once at every case; what goes wrong is said, once, and tried again."""
        try:
            for watched in self._steady.turn(cases_in([self._cases]), self._seen):
                self._tell(watched)
            self._trouble = ""
        except Exception as reason:
            # The server or a disk that is gone for a while, in whatever kind it says so: the watch goes on.
            trouble = f"a change could not be told, and is tried again ({type(reason).__name__}: {reason})"
            if trouble != self._trouble:
                self._say(trouble)
            self._trouble = trouble

    def _tell(self, watched: Watched) -> None:
        name = Path(watched.origin).name
        if watched.problem:
            self._say(f"{name} cannot be planned as it stands: {watched.problem}")
        elif watched.fingerprint:
            is_new = watched.origin not in self._seen
            # Told first and remembered then: what could not be told is told again.
            tell_changed({watched.origin: watched.fingerprint})
            self._seen[watched.origin] = watched.fingerprint
            remember(self._store, self._seen)
            self._say(f"{name} {'is new' if is_new else 'has changed'}: it is planned in some seconds")
