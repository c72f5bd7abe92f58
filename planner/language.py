"""Languages of messages and documents, as the commands take them."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """Swedish first, English second."""

    sv = "sv"
    en = "en"
