"""Whether a case has changed since it was seen last. A file that is still being copied is waited for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from planner.errors import PlannerError
from planner.origins.clock import Clock
from planner.origins.look import Look
from planner.origins.origin import GIT, S3, contents_of, look_at

MOST_LOOKS = 12
State = Literal["unchanged", "changed", "unsettled", "unreadable"]


@dataclass(frozen=True)
class Watched:
    """What a look at a case gave; unsettled: somebody is writing to it, so that it is left to the next look."""

    origin: str
    state: State
    fingerprint: str | None = None
    problem: str | None = None


def cases_in(origins: Iterable[str]) -> list[str]:
    """The cases that are meant: a folder that is none itself stands for those in its folders."""
    found: dict[str, None] = {}
    for origin in origins:
        path = Path(origin)
        is_local = not origin.startswith((GIT, S3))
        if is_local and path.is_dir() and not (path / "case.yaml").is_file():
            found |= dict.fromkeys(str(file.parent) for file in sorted(path.glob("*/case.yaml")))
        else:
            found[origin] = None
    return list(found)


def watch(origin: str, seen: Mapping[str, str], clock: Clock, settle_seconds: float) -> Watched:
    """Look at one case; raises nothing that a person can mend, so that one case never stops the others.

    Parameters
    ----------
    origin
        The case.
    seen
        Fingerprints by case, as they were seen last.
    clock, settle_seconds
        A folder is looked at again after so many seconds, until two looks show the same.
    """
    try:
        look = _settled(origin, clock, settle_seconds)
        if look is None:
            return Watched(origin, "unsettled")
        fingerprint = contents_of(origin, look)
        # Somebody may have begun to write while it was read.
        if not look.is_whole and look_at(origin) != look:
            return Watched(origin, "unsettled")
    except PlannerError as reason:
        return Watched(origin, "unreadable", problem=str(reason))
    return Watched(origin, "unchanged" if seen.get(origin) == fingerprint else "changed", fingerprint)


def _settled(origin: str, clock: Clock, seconds: float) -> Look | None:
    """What two looks in a row agree on; None where they never do."""
    last = look_at(origin)
    for _ in range(MOST_LOOKS):
        if last.is_whole:
            return last
        clock.sleep(seconds)
        again = look_at(origin)
        if again == last:
            return again
        last = again
    return None
