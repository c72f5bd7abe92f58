"""A text file in blocks of whole lines, and a block's lines in columns: a file is never in memory as a whole.

In a series a line is a row: a line break inside quotation marks makes two rejected rows and no lost ones.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.errors import InventoryError
from planner.ingest.cells.values import UNKNOWN_TEXTS, BadValue, clean, is_unknown, read_number
from planner.ingest.files.sheets import DAMAGE
from planner.ingest.readers.series.reasons import Reason

BLOCK_BYTES = 8_000_000
MAX_LINE_BYTES = 1_000_000
_NEWLINE, _QUOTE, _ZERO = 10, 34, b"\x00"
_BLANKS = sorted({form for word in UNKNOWN_TEXTS for form in (word, word.upper(), word.capitalize())})
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PARSING = (ValueError, OverflowError, pd.errors.ParserError)


@dataclass(frozen=True)
class Layout:
    """How a file is laid out: its columns by number, and how it writes numbers.

    `first_line` is the first line below the header, from 1; `measures` are the columns of numbers.
    """

    delimiter: str
    decimal: str
    width: int
    first_line: int
    server: int | None
    time: int
    measures: Mapping[str, int]
    headers: Mapping[int, str]


@dataclass(frozen=True)
class Words:
    """A column of texts as they stand: which of the distinct ones stands in each row."""

    codes: NDArray[np.int64]
    texts: list[str]


@dataclass(frozen=True)
class Rows:
    """Rows of a block. `numbers` has NaN for blank; `codes` say why a cell of a measure is no number, by measure.

    `bad` are lines that are no row: their number, why, and what stands there.
    """

    lines: NDArray[np.int64]
    server: Words | None
    time: Words
    numbers: dict[str, NDArray[np.float64]]
    codes: dict[str, NDArray[np.int8]]
    bad: list[tuple[int, Reason, str]] = field(default_factory=list)
    is_percent: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.lines)


def blocks(stream: IO[bytes], place: str, size: int = BLOCK_BYTES) -> Iterator[tuple[int, bytes, str]]:
    """Cut a stream into blocks of whole lines.

    Returns
    -------
    iterator of (line, content, encoding)
        Number of the first line, from 1; content in UTF-8; the encoding that was assumed.

    Raises
    ------
    InventoryError
        A line without an end, or an archive that cannot be unpacked.
    """
    line, rest = 1, b""
    for data in _read(stream, place, size):
        rest += data
        cut = rest.rfind(b"\n") + 1
        if not cut and len(rest) > MAX_LINE_BYTES:
            raise InventoryError(
                "a line is longer than a megabyte", place=f"{place}:{line}", remedy="Export the series again as CSV."
            )
        if cut:
            yield line, *_as_utf8(rest[:cut])
            line += rest.count(b"\n", 0, cut)
            rest = rest[cut:]
    if rest:
        yield line, *_as_utf8(rest)


def _read(stream: IO[bytes], place: str, size: int) -> Iterator[bytes]:
    try:
        head = stream.read(2)
        if head in _UTF16:
            decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
            decoder.decode(head)
            while data := stream.read(size):
                yield decoder.decode(data).encode("utf-8", errors="replace")
            return
        yield head
        while data := stream.read(size):
            yield data
    except DAMAGE as reason:
        raise InventoryError(
            f"the archive cannot be read ({reason})", place=place, remedy="Make it again, without a password."
        ) from None


def _as_utf8(content: bytes) -> tuple[bytes, str]:
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace").encode("utf-8"), "cp1252"
    return content, "utf-8"


def rows_of(line: int, content: bytes, layout: Layout) -> Rows:
    """Put the lines of a block in columns; blank lines and repeated headers are no rows."""
    starts, lengths, is_plain = _lines(content, layout)
    numbers = line + np.arange(len(starts))
    below = numbers >= layout.first_line
    fast = is_plain & below
    data = np.frombuffer(content, dtype=np.uint8)
    whole = content if fast.all() else data[np.repeat(fast, lengths)].tobytes()
    parsed = _parsed(whole, int(fast.sum()), layout)
    if parsed is None:
        fast = np.zeros(len(fast), dtype=bool)
        parsed = _frame([], layout)
    slow = np.flatnonzero(below & ~fast)
    cells, at, bad = _one_by_one(content, starts[slow], lengths[slow], numbers[slow], layout)
    lines = np.concatenate([numbers[fast], np.array(at, dtype=np.int64)])
    frame = parsed
    if cells:
        frame = pd.concat([parsed.astype("object"), _frame(cells, layout)], ignore_index=True)
        order = np.argsort(lines, kind="stable")
        frame, lines = frame.iloc[order].reset_index(drop=True), lines[order]
    rows = _rows(frame, lines, bad, layout)
    return _without_headers(rows, layout) if layout.headers[layout.time].encode() in content else rows


def _lines(content: bytes, layout: Layout) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Where lines begin, how long they are, and whether each has just as many cells as the header."""
    data = np.frombuffer(content, dtype=np.uint8)
    ends = np.flatnonzero(data == _NEWLINE) + 1
    if not len(ends) or ends[-1] < len(data):
        ends = np.append(ends, len(data))
    starts = np.concatenate([[0], ends[:-1]])
    marks = _count(data, ord(layout.delimiter), ends)
    is_plain = (marks == layout.width - 1) & (ends - starts > layout.width + 1)
    if b'"' in content:
        is_plain &= _count(data, _QUOTE, ends) % 2 == 0
    if _ZERO in content:
        is_plain &= _count(data, 0, ends) == 0
    return starts, ends - starts, is_plain


def _count(data: NDArray[np.uint8], byte: int, ends: NDArray[np.int64]) -> NDArray[np.int64]:
    found: NDArray[np.int64] = np.diff(np.searchsorted(np.flatnonzero(data == byte), ends), prepend=0)
    return found


def _parsed(content: bytes, count: int, layout: Layout) -> pd.DataFrame | None:
    """Lines in columns, with numbers where all are; None when they are not as many rows as lines."""
    if not count:
        return _frame([], layout)
    for kind in ("float64", "object"):
        try:
            frame = _read_csv(content, layout, kind)
        except _PARSING:
            continue
        return frame if len(frame) == count else None
    return None


def _read_csv(content: bytes, layout: Layout, kind: str) -> pd.DataFrame:
    texts = [at for at in (layout.server, layout.time) if at is not None]
    numbers = list(layout.measures.values())
    return pd.read_csv(
        io.BytesIO(content),
        sep=layout.delimiter,
        decimal=layout.decimal,
        header=None,
        names=list(range(layout.width)),
        usecols=[*texts, *numbers],
        # In a file of one server no time stands twice.
        dtype={
            **dict.fromkeys(texts, "object" if layout.server is None else "category"),
            **dict.fromkeys(numbers, kind),
        },
        na_values={at: _BLANKS for at in numbers},
        keep_default_na=False,
        # Costs a fifth of the time, and few files need it.
        skipinitialspace=f"{layout.delimiter} ".encode() in content,
        engine="c",
        low_memory=False,
    )


def _frame(cells: list[list[str]], layout: Layout) -> pd.DataFrame:
    return pd.DataFrame(cells, columns=range(layout.width), dtype="object")


def _one_by_one(
    content: bytes,
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    numbers: NDArray[np.int64],
    layout: Layout,
) -> tuple[list[list[str]], list[int], list[tuple[int, Reason, str]]]:
    cells: list[list[str]] = []
    at: list[int] = []
    bad: list[tuple[int, Reason, str]] = []
    for start, length, number in zip(starts.tolist(), lengths.tolist(), numbers.tolist(), strict=True):
        text = content[start : start + length].decode("utf-8", errors="replace").rstrip("\r\n")
        row, code = _cells(text, layout)
        if code != Reason.NONE:
            bad.append((number, code, text[:200]))
        elif any(clean(cell) for cell in row):
            cells.append(row)
            at.append(number)
    return cells, at, bad


def _cells(text: str, layout: Layout) -> tuple[list[str], Reason]:
    """Cells of one line, or why it is no row."""
    try:
        row = next(csv.reader([text], delimiter=layout.delimiter, skipinitialspace=True, strict=True), [])
    except csv.Error:
        return [], Reason.SERIES_UNREADABLE_ROW
    if any(clean(cell) for cell in row[layout.width :]):
        return [], Reason.TOO_MANY_CELLS
    if len(row) < layout.width and any(clean(cell) for cell in row):
        return [], Reason.TOO_FEW_CELLS
    return row[: layout.width], Reason.NONE


def _rows(frame: pd.DataFrame, lines: NDArray[np.int64], bad: list[tuple[int, Reason, str]], layout: Layout) -> Rows:
    numbers: dict[str, NDArray[np.float64]] = {}
    codes: dict[str, NDArray[np.int8]] = {}
    percent = set()
    for name, at in layout.measures.items():
        cells = frame[at]
        if cells.dtype == np.float64:
            numbers[name] = cells.to_numpy()
            if (is_endless := np.isinf(numbers[name])).any():
                codes[name] = np.where(is_endless, np.int8(Reason.SERIES_NOT_A_NUMBER), np.int8(Reason.NONE))
                numbers[name] = np.where(is_endless, np.nan, numbers[name])
        else:
            numbers[name], codes[name], has_sign = _numbers(cells, layout.decimal)
            percent |= {name} if has_sign else set()
    server = _words(frame[layout.server]) if layout.server is not None else None
    return Rows(
        lines,
        server,
        _words(frame[layout.time], is_distinct=layout.server is None),
        numbers,
        codes,
        bad,
        frozenset(percent),
    )


def _numbers(cells: pd.Series, decimal: str) -> tuple[NDArray[np.float64], NDArray[np.int8], bool]:
    codes, texts = pd.factorize(cells.to_numpy(dtype=object), use_na_sentinel=True)
    known = [_number(text, decimal) for text in texts]
    # The last of each stands for a blank, whose code is -1.
    values = np.array([value for value, _ in known] + [np.nan])
    reasons = np.array([reason for _, reason in known] + [Reason.NONE], dtype=np.int8)
    return values[codes], reasons[codes], any("%" in str(text) for text in texts)


def _number(cell: object, decimal: str) -> tuple[float, Reason]:
    if is_unknown(cell):
        return np.nan, Reason.NONE
    if clean(cell)[-1].isalpha():
        return np.nan, Reason.SERIES_NOT_A_NUMBER  # the header says the unit, for all of its cells
    try:
        return read_number(cell, decimal, None), Reason.NONE
    except BadValue:
        return np.nan, Reason.SERIES_NOT_A_NUMBER


def _words(cells: pd.Series, is_distinct: bool = False) -> Words:
    if is_distinct:
        return Words(np.arange(len(cells)), cells.fillna("").tolist())
    column = cells if isinstance(cells.dtype, pd.CategoricalDtype) else cells.fillna("").astype("category")
    return Words(column.cat.codes.to_numpy(dtype=np.int64), column.cat.categories.tolist())


def _without_headers(rows: Rows, layout: Layout) -> Rows:
    """Merged files repeat the header inside the data; that is no row."""
    repeated = [at for at, text in enumerate(rows.time.texts) if text.strip() == layout.headers[layout.time]]
    if not repeated:
        return rows
    keep = ~np.isin(rows.time.codes, repeated)
    return Rows(
        rows.lines[keep],
        Words(rows.server.codes[keep], rows.server.texts) if rows.server else None,
        Words(rows.time.codes[keep], rows.time.texts),
        {name: values[keep] for name, values in rows.numbers.items()},
        {name: codes[keep] for name, codes in rows.codes.items()},
        rows.bad,
        rows.is_percent,
    )
