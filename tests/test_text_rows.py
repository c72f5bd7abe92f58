"""Rows of large files: what is read quickly, or side by side, is what is read one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import example, given
from hypothesis import strategies as st

from planner.ingest.files.sheets import read_sheets
from planner.ingest.files.text import _plain_rows, _quoted_rows, _with_content, text_rows

LETTERS = "ab å\t1.,'#\\\xa0\u2028\x0b\x1c\x85-=\ufeff"
CELLS = st.text(LETTERS, max_size=3) | st.sampled_from(["NA", "nan", "1e5", "True", "2028-06-30", "007"])
TABLES = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1))


@given(TABLES, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["", "\n", "\r\n", "\n\n", " \n"]))
@example([["Eken", "007", "NA"]], "\r\n", "")
def test_both_parsers_split_alike(table: list[list[str]], line: str, end: str) -> None:
    text = line.join(";".join(row) for row in table) + end
    plain = _plain_rows(text, ";")
    if plain is not None:
        assert _with_content(plain) == _with_content(_quoted_rows("f", text, ";"))


def test_a_plain_table_is_split_by_the_quick_parser_and_others_are_not() -> None:
    assert list(_plain_rows("a;b\r\n1;\r\n", ";") or ()) == [("a", "b"), ("1", "")]
    for text in ('a;"b"\n1;2\n', "a;b\n1\n", "a;b\n1;2;3\n", "a;b\n\n1;2\n", "", "a;b\n1;" + "x" * 1_000_001):
        assert _plain_rows(text, ";") is None


def test_a_large_table_has_the_rows_of_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a;b\n" + "".join(f"{number};{number % 3}\n" for number in range(200))
    strict = text_rows("f", text, ";")
    monkeypatch.setattr("planner.ingest.files.text.LARGE", 0)
    assert text_rows("f", text, ";") == strict


def test_sheets_read_side_by_side_stand_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "many.xlsx")) as book:
        for number in range(9):
            page = book.add_worksheet(f"Flik {number}")
            for row in range(number):
                page.write_row(row, number % 2, [f"{number}.{row}", row])
    one_by_one = read_sheets(tmp_path / "many.xlsx")
    monkeypatch.setattr("planner.ingest.files.sheets.SIDE_BY_SIDE_FROM", 0)
    assert read_sheets(tmp_path / "many.xlsx") == one_by_one
    assert [len(sheet.rows) for sheet in one_by_one] == list(range(9))
