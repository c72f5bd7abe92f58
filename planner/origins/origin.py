"""From the text that names a case to what can be seen of it, and to a folder in which it can be planned."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from planner.origins import folder, git
from planner.origins.look import Look

GIT, S3 = "git+", "s3://"


def look_at(origin: str) -> Look:
    """What can be seen of a case without reading it."""
    if origin.startswith(S3):
        # boto3 takes half a second to load, and most watch folders.
        from planner.origins import s3

        return s3.look_at(origin)
    return git.look_at(_path(origin)) if origin.startswith(GIT) else folder.look_at(Path(origin))


def contents_of(origin: str, look: Look) -> str:
    """Fingerprint of a case; versions in git and S3 are fingerprints already."""
    return look.digest if look.is_whole else folder.contents_of(Path(origin))


def fetch(origin: str, store: Path) -> Path:
    """The folder in which a case can be planned; what is in S3 is copied to the store first."""
    if not origin.startswith(S3):
        return _path(origin)
    from planner.origins import s3

    place = store / "cases" / slug_of(origin)
    place.parent.mkdir(parents=True, exist_ok=True)
    return s3.copy_to(origin, place)


def slug_of(origin: str) -> str:
    """A name of a-z, 0-9 and dashes; Å, Ä and Ö lose their marks."""
    plain = unicodedata.normalize("NFKD", origin).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "case"


def _path(origin: str) -> Path:
    return Path(origin.removeprefix(GIT))
