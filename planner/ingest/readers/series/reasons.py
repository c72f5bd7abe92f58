"""Why a row or a cell of a series is no point; the name in lower case is the finding's code."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """Small numbers, since millions of rows may bear one."""

    NONE = 0
    TOO_MANY_CELLS = 1
    TOO_FEW_CELLS = 2
    SERIES_UNREADABLE_ROW = 3
    SERIES_UNKNOWN_SERVER = 4
    SERIES_SEVERAL_SERVERS = 5
    SERIES_NOT_A_TIME = 6
    SERIES_NO_SUCH_TIME = 7
    SERIES_IMPLAUSIBLE_TIME = 8
    SERIES_NO_VALUE = 9
    SERIES_NOT_A_NUMBER = 10
    SERIES_NEGATIVE = 11
    SERIES_ABOVE_100 = 12
    SERIES_MEMORY_WITHOUT_SIZE = 13

    @property
    def code(self) -> str:
        """Key of the finding's text."""
        return self.name.lower()
