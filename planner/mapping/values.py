"""What the values below a header say: whether a column could hold them, and whether few others could."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from planner.ingest.cells.units import PIECES
from planner.ingest.cells.values import BadValue, clean, read_boolean, read_date, read_number
from planner.ingest.dialects.columns import MappedColumn
from planner.mapping.knowledge import weight, words_for
from planner.mapping.shapes import load_shapes
from planner.schema import Column, load_table

# Words that many columns hold, so that they single out none.
COMMON_WORDS = frozenset(
    {"ja", "nej", "delvis", "delivs", "yes", "no", "partly", "true", "false", "x", "ingen", "inga"}
)
# Cells of these are taken apart, and must look as they do.
TAKEN_APART = frozenset({"klassa", "contract"})
ENOUGH, MOST, FEW = 0.85, 0.5, 0.2
# Typed columns are read, so these shapes tell nothing more of them.
READ_ANYWAY = frozenset({"date", "number", "yes_no", "year"})


@dataclass(frozen=True)
class ValueSign:
    """What the values add to the logarithm of a column's odds, and why: a code and the shape it is about."""

    adds: float
    kind: str
    shape: str = ""


@dataclass(frozen=True)
class Sample:
    """Distinct values of a column that say something, which shapes they have, and how distinct they are."""

    values: tuple[str, ...]
    shapes: Mapping[str, float]
    unique: float


def value_signs(table: str, column: MappedColumn, sample: Sample) -> list[ValueSign]:
    """What the values of a column say of one column of a table; nothing when there are none."""
    if not sample.values:
        return []
    if column.is_presence:
        return _of_persons(sample)
    schema = load_table(table)
    typed = schema.column(column.name) if column.name in schema.names and column.split not in TAKEN_APART else None
    is_typed = typed is not None and typed.type != "text"
    read = [_read(table, typed, sample)] if typed is not None and is_typed else []
    if column.split in TAKEN_APART:
        read = [] if _in_favour(table, column.name, sample) else [ValueSign(weight("values", "wrong"), "wrong")]
    if column.name in {"name", "system_id"} and sample.unique < MOST:
        read.append(ValueSign(weight("values", "rarely"), "rarely"))
    return [*read, *_shapes(table, column.name, sample, is_typed=is_typed)]


def _of_persons(sample: Sample) -> list[ValueSign]:
    people = [shape.name for shape in load_shapes() if shape.is_person and sample.shapes.get(shape.name, 0) >= FEW]
    return [ValueSign(weight("values", "words"), "persons")] if people else []


def _in_favour(table: str, name: str, sample: Sample) -> list[ValueSign]:
    return [
        ValueSign(shape.adds, "shape", shape.name)
        for shape in load_shapes()
        if name in shape.columns and shape.table in (None, table) and sample.shapes.get(shape.name, 0) >= shape.least
    ]


def _shapes(table: str, name: str, sample: Sample, *, is_typed: bool) -> list[ValueSign]:
    for_it = _in_favour(table, name, sample)
    if for_it:
        return [max(for_it, key=lambda sign: sign.adds)]
    against = [
        ValueSign(weight("values", "wrong" if shape.is_person else "unlike"), "unlike", shape.name)
        for shape in load_shapes()
        if shape.is_only
        and sample.shapes.get(shape.name, 0) >= shape.least
        and not (is_typed and shape.name in READ_ANYWAY)
    ]
    wanted = [shape for shape in load_shapes() if shape.technology and name in shape.columns]
    if wanted and not against and max(sample.shapes.get(shape.name, 0) for shape in wanted) < FEW:
        return [ValueSign(weight("values", "partly"), "partly")]
    return against[:1]


def _read(table: str, column: Column, sample: Sample) -> ValueSign:
    known = words_for(table, column.name)
    folded = [clean(value).casefold() for value in sample.values]
    share = sum(
        text in known or is_readable(value, column) for text, value in zip(folded, sample.values, strict=True)
    ) / len(folded)
    if share >= ENOUGH:
        telling = sum(text in known and text not in COMMON_WORDS and not text.isdigit() for text in folded)
        if telling / len(folded) >= MOST:
            return ValueSign(weight("values", "words"), "words")
        return ValueSign(weight("values", "typed"), "typed", column.type)
    is_partly = share >= MOST or (share > 0 and bool(known))
    return ValueSign(weight("values", "partly" if is_partly else "wrong"), "partly" if is_partly else "wrong")


def is_readable(value: str, column: Column) -> bool:
    """Whether a cell can be a value of a typed column as it stands."""
    try:
        if column.type == "boolean":
            return read_boolean(value) is not None
        if column.type == "date":
            return read_date(value, False) is not None
        if column.type in {"number", "integer"}:
            return _fits(_number(value, column), column)
    except BadValue as reason:
        return str(reason.args[0]) in {"imprecise_date", "implausible_date"}
    return value in column.values


def _number(value: str, column: Column) -> float:
    # A size may stand in a unit that only its header names.
    measure = column.unit or (PIECES if column.type == "integer" else "")
    try:
        return read_number(value, ".", None, measure)
    except BadValue as reason:
        if str(reason.args[0]) != "wrong_unit":
            raise
        return read_number(value, ".", None)


def _fits(number: float, column: Column) -> bool:
    if column.type == "integer" and number != int(number):
        return False
    if column.values:
        return f"{number:g}" in column.values
    # Sizes may stand in another unit than the column's, so only what is too small for any is refused.
    return (
        column.low is None
        or column.high is None
        or column.low <= number <= column.high * (2**20 if column.unit == "GiB" else 1)
    )
