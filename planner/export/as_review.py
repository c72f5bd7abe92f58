"""Edits as review.yaml has them: overrides of proposals and pins to quarters."""

from __future__ import annotations

from datetime import date
from typing import Any

import yaml

from planner.errors import InventoryError
from planner.export.edits import Edit

FORMAT = "fardplan-review/1"


def as_review(edits: tuple[Edit, ...], decided: date, by: str | None, file: str) -> bytes:
    """Write edits as a review.

    Parameters
    ----------
    decided
        When it was decided: the files have no column for it, and a clock is no witness.
    by
        Role of who decided, where the file does not say.

    Raises
    ------
    InventoryError
        An edit without a reason, or nobody who made it.
    """
    parts: dict[str, list[dict[str, Any]]] = {"overrides": [], "pins": []}
    for edit in edits:
        who = edit.by or by
        if not edit.reason or not who:
            lacking, remedy = (
                ("reason", "Write why.") if who else ("person who decided", "Write the role, or give --by.")
            )
            raise InventoryError(f"an edit has no {lacking}", place=file, value=edit.system_id, remedy=remedy)
        kind = "overrides" if edit.field == "disposition" else "pins"
        said = {"system": edit.system_id, edit.field: edit.after, "by": who, "date": decided, "why": edit.reason}
        parts[kind].append(said | ({"expires": date.fromisoformat(edit.until)} if edit.until else {}))
    review = {"format": FORMAT, **{name: items for name, items in parts.items() if items}}
    text: str = yaml.dump(review, Dumper=_WithoutAliases, allow_unicode=True, sort_keys=False, width=120)
    return text.encode("utf-8")


class _WithoutAliases(yaml.SafeDumper):
    """Our files have no aliases, and those of others are refused."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
