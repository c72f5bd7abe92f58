"""Tables in text: encoding, the mark between cells, and the rows that hold something."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import islice

import pandas as pd

from planner.errors import InventoryError
from planner.ingest.cells.values import clean

LONGEST_CELL = 1_000_000
csv.field_size_limit(LONGEST_CELL)
# So much of a text shows which mark separates its cells.
HEAD_LETTERS = 1_000_000
# From here on it pays to ask whether a text is plain.
LARGE = 1_000_000

Texts = Sequence[str]


def decode(file: str, data: bytes) -> tuple[str, str]:
    """Text of a file, and the encoding that it was read in.

    Raises
    ------
    InventoryError
        It is no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), "utf-16"
    if b"\x00" in data:
        raise InventoryError("the file holds binary data", place=file, remedy="Export it as CSV or XLSX.")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"


def delimiter_of(text: str) -> str:
    """The mark that stands most often in one of the first lines."""
    head = list(islice((line for line in text[:HEAD_LETTERS].splitlines() if line.strip()), 5))
    return max(";,\t", key=lambda mark: (max((line.count(mark) for line in head), default=0), -";,\t".index(mark)))


def text_rows(file: str, text: str, delimiter: str) -> tuple[list[Sequence[object]], list[int]]:
    """Rows that hold something, and their numbers from 1. A cell that stands many times is kept once: millions of them
    take a third of the memory and are compared by place.

    Raises
    ------
    InventoryError
        A quotation mark is not closed, or a cell is longer than a million letters.
    """
    plain = _plain_rows(text, delimiter) if len(text) >= LARGE else None
    return _with_content(plain if plain is not None else _quoted_rows(file, text, delimiter))


def _with_content(rows: Iterable[Texts]) -> tuple[list[Sequence[object]], list[int]]:
    kept: list[Sequence[object]] = []
    numbers: list[int] = []
    for number, row in enumerate(rows, start=1):
        # Nearly every row shows at its first letter that it holds something.
        if (row and row[0][:1].isalnum()) or clean("".join(row)):
            kept.append(row)
            numbers.append(number)
    return kept, numbers


def _quoted_rows(file: str, text: str, delimiter: str) -> Iterable[Texts]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    once: dict[str, str] = {}
    try:
        for row in reader:
            yield tuple(map(once.setdefault, row, row))
    except csv.Error as reason:
        raise InventoryError(
            f"the table cannot be read from here on ({reason})",
            place=f"{file}:{reader.line_num}",
            remedy="Look for a quotation mark that is not closed.",
        ) from None


def _plain_rows(text: str, delimiter: str) -> Iterable[Texts] | None:
    """Rows of a text without quotation marks whose rows are all as wide as the first, or nothing: where there is no
    choice how to read it, the parser of pandas takes a third of the time."""
    # A mark of the byte order inside the text is a letter to one of the two.
    if '"' in text or "\ufeff" in text or max(map(len, text.splitlines()), default=0) > LONGEST_CELL:
        return None
    try:
        frame = pd.read_csv(
            io.StringIO(text, newline=""),
            sep=delimiter,
            header=None,
            dtype=object,
            na_filter=False,
            skip_blank_lines=False,
            skipinitialspace=True,
            low_memory=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        return None
    # It fills up what is short: only where as many marks stand in the text as such a table has was nothing filled up.
    if text.count(delimiter) != len(frame) * (frame.shape[1] - 1):
        return None
    return zip(*(frame[at].tolist() for at in frame), strict=True)
