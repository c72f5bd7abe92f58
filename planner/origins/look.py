"""What one sees of a case without reading it: the name, size and version of every file that it is made from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Seen:
    """A file as it stands: `version` is its time of change in a folder, its tag in S3, its tree in git."""

    name: str
    size: int
    version: str


@dataclass(frozen=True)
class Look:
    """The files of a case; `is_whole` says that none of them can be half-written."""

    files: tuple[Seen, ...]
    is_whole: bool

    @property
    def digest(self) -> str:
        """Fingerprint of names, sizes and versions."""
        rows = [[item.name, item.size, item.version] for item in sorted(self.files)]
        return hashlib.sha256(json.dumps(rows).encode("utf-8")).hexdigest()
