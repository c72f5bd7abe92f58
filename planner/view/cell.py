"""A value of the inventory as it is told to people, from the text that stands in a table of changes."""

from __future__ import annotations

from planner.schema import load_table
from planner.texts import Texts

# As a CSV writes them, and as the texts name them.
_BOOLEANS = {"true": "True", "false": "False"}


def told(entity: str, column: str, value: str, texts: Texts) -> str:
    """Say a value of a column: amounts with the language's marks, choices in words, all else as it stands.

    Levels, years and counted parts are integers without a unit, and are no amounts.
    """
    known = load_table(entity).column(column)
    if known.type == "number" or (known.type == "integer" and known.unit not in ("", "year")):
        return texts.figure(float(value))
    return texts.value(column, _BOOLEANS.get(value, value))
