"""Series of use as files hold them: two servers, and a month of points; servers, times and values are made up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

MakeCase = Callable[..., Path]
SERVERS = "Server;vCPU;Minne (GB);OS\ndvarg01;8;32;RHEL 9\ndvarg02;4;16;RHEL 9\n"
START = datetime(2026, 9, 1)


def month(server: str, values: Callable[[int], str], days: int = 30, step: int = 5) -> list[str]:
    """Rows of a series, one every `step` minutes."""
    points = days * 24 * 60 // step
    return [f"{server};{START + timedelta(minutes=step * at):%Y-%m-%d %H:%M:%S};{values(at)}" for at in range(points)]
