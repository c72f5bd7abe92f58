"""What a person changed in a file that was exported: edits of the plan, all or none."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass

import pandas as pd

from planner.errors import InventoryError
from planner.export.material import Planned
from planner.export.rows import server_rows
from planner.export.waves import FILES, MAPPING

_INVALID = re.compile(r"[\x00-\x1f<>{}|\\^`]|^\s*[=+\-@]")
QUARTER = r"20\d\d-Q[1-4]"
MAX_MEMBER = 50_000_000


@dataclass(frozen=True)
class Edit:
    """One field of one system on which a person decided; `before` is what the plan says.

    `field` is `disposition` or `quarter` (waves have no lasting numbers); where `after` is `before`, the plan is
    approved as it is. `by` is a role, and `until` a day in ISO form or blank.
    """

    system_id: str
    field: str
    before: str
    after: str
    reason: str
    by: str = ""
    until: str = ""


def read_waves(content: bytes, planned: Planned, file: str) -> tuple[Edit, ...]:
    """Read an edited wave mapping (the CSV, or the bundle with it).

    Only Wave Name, Pinned and Reason are read: the inventory's columns are ignored. A row that is pinned is an edit
    even where its wave is the plan's.

    Raises
    ------
    InventoryError
        A row was added or removed or stands twice, a wave is blank or has characters that Azure refuses, or the
        servers of one system are in different waves. Nothing of the file is used then.
    """
    rows = _rows(content, file)
    placed = server_rows(planned)
    placed = placed[placed["wave_name"].notna()].set_index("server_id")
    _same_rows([key for key, _ in rows], placed, file)
    wanted = pd.DataFrame([row for _, row in rows], index=[key for key, _ in rows])
    wanted = wanted.assign(
        system_id=placed["system_id"].reindex(wanted.index), before=placed["wave_name"].reindex(wanted.index)
    )
    for number, (key, name) in enumerate(wanted["Wave Name"].items(), start=2):
        if not name or _INVALID.search(name):
            problem = "the wave has characters that it may not" if name else "the wave is blank"
            raise InventoryError(
                problem, place=f"{file}:{number}", value=name or key, remedy="Write the name of a wave."
            )
    return tuple(_edit(str(key), part, file) for key, part in wanted.groupby("system_id") if _is_changed(part))


def _is_changed(part: pd.DataFrame) -> bool:
    return bool((part["Wave Name"] != part["before"]).any() or (part["Pinned"] != "").any())


def _edit(system_id: str, part: pd.DataFrame, file: str) -> Edit:
    waves = part["Wave Name"].unique()
    if len(waves) > 1:
        raise InventoryError(
            "servers of one system are in different waves",
            place=file,
            value=f"{system_id}: {', '.join(sorted(waves))}",
            remedy="A system moves in one wave: give all its servers the same.",
        )
    reasons = "; ".join(dict.fromkeys(reason for reason in part["Reason"] if reason))
    before, after = (re.search(QUARTER, str(name)) for name in (part["before"].iloc[0], waves[0]))
    if after is None:
        raise InventoryError(
            "the name of a wave does not say when it is",
            place=file,
            value=waves[0],
            remedy="Write its quarter in the name, such as W09 2028-Q2.",
        )
    return Edit(system_id, "quarter", before[0] if before else "", after[0], reasons)


def _rows(content: bytes, file: str) -> list[tuple[str, dict[str, str]]]:
    try:
        text = _member(content, file).decode("utf-8-sig")
        mark = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=mark))
    except (UnicodeDecodeError, csv.Error) as reason:
        raise InventoryError(
            f"the wave mapping cannot be read ({reason})", place=file, remedy="Save it as CSV UTF-8."
        ) from None
    lacking = [name for name in MAPPING if not rows or name not in rows[0]]
    if lacking:
        raise InventoryError(
            "columns of the wave mapping are missing", place=file, value=", ".join(lacking), remedy="Export it again."
        )
    wanted = ("Wave Name", "Pinned", "Reason")
    return [((row["Server Key"] or "").strip(), {name: (row[name] or "").strip() for name in wanted}) for row in rows]


def _member(content: bytes, file: str) -> bytes:
    if not content.startswith(b"PK"):
        return content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            if bundle.getinfo(FILES[0]).file_size > MAX_MEMBER:
                raise InventoryError("the wave mapping is too large", place=f"{file}/{FILES[0]}")
            return bundle.read(FILES[0])
    except (KeyError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError):
        raise InventoryError(
            f"the bundle has no {FILES[0]} that can be read", place=file, remedy="Export it again."
        ) from None


def _same_rows(keys: list[str], placed: pd.DataFrame, file: str) -> None:
    twice = next((key for at, key in enumerate(keys) if key in keys[:at]), None) if len(set(keys)) < len(keys) else None
    added, removed = sorted(set(keys) - set(placed.index)), sorted(set(placed.index) - set(keys))
    for found, problem in ((twice, "a row stands twice"), (added, "a row was added"), (removed, "a row was removed")):
        if found:
            value = found if isinstance(found, str) else ", ".join(map(str, found[:3]))
            raise InventoryError(
                f"{problem} in the wave mapping",
                place=file,
                value=value,
                remedy="Export it again, and change only waves.",
            )
