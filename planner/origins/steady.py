"""Folders that are looked at turn by turn, for as long as somebody watches them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from planner.errors import PlannerError
from planner.origins.look import Look
from planner.origins.origin import contents_of, look_at
from planner.origins.watching import Watched


class Steady:
    """Remembers between turns what every case showed: what shows the same twice in a row is not being written to.

    Content is read only where it shows other than when it was read last, so that a turn without a change costs a look
    at names, sizes and times. The same problem is told once.
    """

    def __init__(self) -> None:
        self._shown: dict[str, Look | str] = {}
        self._known: dict[str, Look | str] = {}

    def turn(self, origins: Iterable[str], seen: Mapping[str, str]) -> list[Watched]:
        """What there is to tell of: cases that have changed, and those that cannot be read any more.

        Parameters
        ----------
        origins
            The cases.
        seen
            Fingerprints by case, as they were told last: what could not be told is found again in the next turn.
        """
        found = (self._look(origin, seen) for origin in origins)
        return [item for item in found if item is not None]

    def _look(self, origin: str, seen: Mapping[str, str]) -> Watched | None:
        shown = _shown(origin)
        is_settled, self._shown[origin] = self._shown.get(origin) == shown, shown
        if not is_settled or self._known.get(origin) == shown:
            return None
        if isinstance(shown, str):
            self._known[origin] = shown
            return Watched(origin, "unreadable", problem=shown)
        return self._read(origin, shown, seen)

    def _read(self, origin: str, shown: Look, seen: Mapping[str, str]) -> Watched | None:
        try:
            fingerprint = contents_of(origin, shown)
        except PlannerError:
            # Taken away between the look and the reading; the next turn shows what is there instead.
            return None
        if _shown(origin) != shown:
            return None
        if seen.get(origin) != fingerprint:
            return Watched(origin, "changed", fingerprint)
        self._known[origin] = shown
        return None


def _shown(origin: str) -> Look | str:
    try:
        return look_at(origin)
    except PlannerError as reason:
        return str(reason)
