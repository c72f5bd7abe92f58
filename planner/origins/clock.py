"""The clock of those that watch: a test gives one that it turns itself. Plans read none."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Waits."""

    def sleep(self, seconds: float) -> None:
        """Let some time pass."""


class SystemClock:
    """The machine's own."""

    def sleep(self, seconds: float) -> None:
        """Let some time pass."""
        time.sleep(seconds)
