"""Times as files write them to seconds of UTC: offsets, epochs, and local time with its two odd days a year."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.ingest.cells.values import clean
from planner.ingest.readers.series.reasons import Reason

# So many distinct times are remembered: three years of minutes.
MAX_KNOWN = 1_600_000
_NAIVE = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
_WITH_OFFSET = _NAIVE + r" ?(?:[Zz]|[-+]\d{2}:?(?:\d{2})?)$"
_EPOCH = r"^\d{9,10}(?:\.\d+)?$"
_EPOCH_MILLIS = r"^\d{12,13}$"
_FIRST, _LAST = (int(pd.Timestamp(day, tz="UTC").timestamp()) for day in ("2000-01-01", "2100-01-01"))


@dataclass(frozen=True)
class Instants:
    """Seconds of UTC for each text.

    `again` differs from `seconds` for a local time that occurs twice, in the hour that is repeated in autumn: there it
    is the second occurrence. `codes` say why a text is no time.
    """

    seconds: NDArray[np.int64]
    again: NDArray[np.int64]
    codes: NDArray[np.int8]
    is_naive: NDArray[np.bool_]

    def take(self, at: NDArray[np.int64]) -> Instants:
        """Those at some places."""
        return Instants(self.seconds[at], self.again[at], self.codes[at], self.is_naive[at])


class Clock:
    """Reads the times of a file, each distinct one once; in all servers' series the same ones stand.

    Parameters
    ----------
    zone
        Zone of times without an offset.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._at: dict[str, int] = {}
        self._known = instants([], zone)

    def read(self, texts: list[str]) -> Instants:
        """Read times as `instants` does."""
        unseen = [text for text in texts if text not in self._at]
        if unseen:
            if len(self._at) > MAX_KNOWN:
                self._at, self._known = {}, instants([], self.zone)
                unseen = texts
            self._at |= zip(unseen, range(len(self._at), len(self._at) + len(unseen)), strict=True)
            self._known = _joined(self._known, instants([clean(text) for text in unseen], self.zone))
        return self._known.take(np.array([self._at[text] for text in texts], dtype=np.int64))


def _joined(one: Instants, other: Instants) -> Instants:
    return Instants(
        np.concatenate([one.seconds, other.seconds]),
        np.concatenate([one.again, other.again]),
        np.concatenate([one.codes, other.codes]),
        np.concatenate([one.is_naive, other.is_naive]),
    )


def instants(texts: list[str], zone: ZoneInfo) -> Instants:
    """Read times: ISO 8601 with or without an offset, also with a blank or slashes, and seconds (or milliseconds) of
    the epoch.

    Parameters
    ----------
    texts
        Cleaned cells.
    zone
        Zone of times without an offset.
    """
    given = pd.Series(texts, dtype="object")
    written = given.str.replace(r"^(\d{4})/(\d{2})/(\d{2})", r"\1-\2-\3", regex=True).str.replace(",", ".")
    found = Instants(
        np.zeros(len(given), dtype=np.int64),
        np.zeros(len(given), dtype=np.int64),
        np.full(len(given), Reason.SERIES_NOT_A_TIME, dtype=np.int8),
        written.str.fullmatch(_NAIVE).to_numpy(dtype=bool),
    )
    _epochs(found, given)
    offset = written.str.match(_WITH_OFFSET).to_numpy(dtype=bool)
    aware = pd.to_datetime(written[offset].str.upper(), format="ISO8601", utc=True, errors="coerce")
    _put(found, np.flatnonzero(offset), aware, aware)
    naive = pd.to_datetime(written[found.is_naive], format="ISO8601", errors="coerce")
    _local(found, pd.DatetimeIndex(naive), zone)
    out = (found.codes == Reason.NONE) & ~((found.seconds >= _FIRST) & (found.seconds < _LAST))
    found.codes[out] = Reason.SERIES_IMPLAUSIBLE_TIME
    return found


def _epochs(found: Instants, given: pd.Series) -> None:
    for pattern, divisor in ((_EPOCH, 1), (_EPOCH_MILLIS, 1000)):
        at = np.flatnonzero(given.str.fullmatch(pattern).to_numpy(dtype=bool))
        found.seconds[at] = found.again[at] = (given.iloc[at].astype("float64") // divisor).astype("int64").to_numpy()
        found.codes[at] = Reason.NONE


def _local(found: Instants, naive: pd.DatetimeIndex, zone: ZoneInfo) -> None:
    at = np.flatnonzero(found.is_naive)
    summer, winter = (
        naive.tz_localize(zone, ambiguous=np.full(len(naive), is_dst), nonexistent="NaT") for is_dst in (True, False)
    )
    _put(found, at, pd.Series(summer), pd.Series(winter))
    skipped = naive.notna() & summer.isna()
    found.codes[at[skipped]] = Reason.SERIES_NO_SUCH_TIME


def _put(found: Instants, at: NDArray[np.intp], first: pd.Series, second: pd.Series) -> None:
    is_known = first.notna().to_numpy()
    known = at[is_known]
    for into, times in ((found.seconds, first), (found.again, second)):
        into[known] = times[is_known].dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[s]").astype("int64")
    found.codes[known] = Reason.NONE
