"""From cells to values: what people write, and what is refused with a code."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.ingest.cells.splitters import split_contract, split_klassa
from planner.ingest.cells.values import (
    BadValue,
    Conventions,
    clean,
    clean_all,
    conventions_of,
    parse,
    read_boolean,
    read_date,
    read_number,
)
from planner.ingest.dialects.columns import dialects, load_map
from planner.schema import DTYPES, load_table, table_names

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("text", "decimal", "unit", "value"),
    [
        ("12", None, None, 12), ("1 234,5", None, None, 1234.5), (f"1{NBSP}234{NBSP}567", None, None, 1_234_567), ("16,384", ".", None, 16384),
        ("16,384", ",", None, 16.384), ("1.234.567", None, None, 1_234_567), ("1.234,56", None, None, 1234.56), ("1,234.56", None, None, 1234.56),
        ("350 tkr", None, None, 350_000), ("1,5 mnkr", None, None, 1_500_000), ("85 %", None, None, 85), ("0,75", None, None, 0.75), ("1e3", None, None, 1000), ("1.36 M", None, None, 1_360_000), ("512 M", None, "GB", 0.5), ("1\u202f234", None, None, 1234), ("1'234'567", None, None, 1_234_567), ("1,638E+4", None, None, 16380), ("2.5e2", None, None, 250),
        ("16 GB", None, "GB", 16), ("16384", None, "MB", 16), ("2 TB", None, "GB", 2048), ("512 MB", None, "GB", 0.5), (8, None, "MiB", 0.0078125), ("-4", None, None, -4),
    ],
)  # fmt: skip
def test_numbers(text: object, decimal: str | None, unit: str | None, value: float) -> None:
    assert read_number(text, decimal, unit) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [("1,500", "ambiguous_number"), ("1.500", "ambiguous_number"), ("tolv", "not_a_number"), ("1-2", "a_range"), ("1,2,3.4.5", "not_a_number"), (True, "not_a_number"), ("1e999", "not_a_number")],
)  # fmt: skip
def test_numbers_that_are_refused(text: object, code: str) -> None:
    with pytest.raises(BadValue, match=code):
        read_number(text, None, None)


@pytest.mark.parametrize(
    ("text", "month_first", "value"),
    [
        ("2027-12-31", None, "2027-12-31"), ("2027/1/5 10:11:12", None, "2027-01-05"), ("20271231", None, "2027-12-31"), ("31/12 2027", None, "2027-12-31"),
        ("31.12.2027", None, "2027-12-31"), ("12/31/2027", None, "2027-12-31"), ("3/4/2027", False, "2027-04-03"), ("3/4/2027", True, "2027-03-04"),
        ("31 dec 2027", None, "2027-12-31"), ("1 Maj 2028", None, "2028-05-01"), ("16-Jul-2026", None, "2026-07-16"), (46752, None, "2027-12-31"), (datetime(2027, 12, 31, 8), None, "2027-12-31"),
    ],
)  # fmt: skip
def test_dates(text: object, month_first: bool | None, value: str) -> None:
    assert read_date(text, month_first).strftime("%Y-%m-%d") == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("9999-12-31", "implausible_date"), (9999, "implausible_date"), ("9999", "implausible_date"), ("201711", "implausible_date"), ("2027", "imprecise_date"),
        ("2027-12", "imprecise_date"), ("december 2027", "imprecise_date"), ("3/4/2027", "ambiguous_date"), ("2027-02-30", "not_a_date"), ("snart", "not_a_date"),
    ],
)  # fmt: skip
def test_dates_that_are_refused(text: object, code: str) -> None:
    with pytest.raises(BadValue, match=code):
        read_date(text, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [("Ja", True), ("nej", False), ("SANT", True), (1, True), (0, False), (True, True), ("False", False)],
)
def test_booleans(text: object, value: bool) -> None:
    assert read_boolean(text) is value


def test_delvis_is_no_boolean() -> None:
    with pytest.raises(BadValue, match="partly_yes"):
        read_boolean("Delvis")


def test_a_file_decides_its_own_decimal_mark_and_date_order() -> None:
    assert conventions_of(["1,5", "1,500"], ",") == Conventions(",", None)
    assert conventions_of(["1.5", "12/31/2027"], ",") == Conventions(".", True)
    assert conventions_of(["1.5", "1,5"], ",") == Conventions(None, None)
    assert conventions_of(["1,500"], ";") == Conventions(",", False)


@pytest.mark.parametrize(
    "blank", ["", " ", "-", "N/A", "null", "NULL", "okänt", "?", "Vet ej", NBSP, None, float("nan")]
)
def test_unknown_is_unknown_and_never_zero(blank: object) -> None:
    for name in ("users", "annual_cost_sek", "contract_end_date", "security_sensitive", "osl_secrecy"):
        values, codes = parse([blank], load_table("systems").column(name), Conventions(), {}, None)
        assert values == [pd.NA] and codes == [None]


def test_zero_is_zero() -> None:
    values, _ = parse(["0"], load_table("systems").column("users"), Conventions(), {}, None)
    assert values == [0]


def test_many_cells_are_cleaned_as_each_of_them() -> None:
    blanks = [chr(code) for code in range(0x3001) if chr(code).isspace()] + ["\u200b", "\ufeff"]
    for blank in blanks:
        for cell in (f"{blank}a", f"a{blank}", f"a{blank}{blank}b", f"a {blank}b", f"a{blank}b"):
            words: list[object] = ["Eken", cell, "Björken i skogen"]
            assert clean_all(words) == ["Eken", clean(cell), "Björken i skogen"], repr(cell)
    assert clean_all([]) == [] and clean_all(["a", "b c"]) == ["a", "b c"] and clean_all(["", 1.0]) == ["", "1"]


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.lists(
        st.one_of(st.text(max_size=20), st.integers(), st.floats(), st.booleans(), st.none(), st.datetimes()),
        min_size=1,
        max_size=5,
    )
)
def test_no_cell_ever_raises_and_every_value_fits_its_schema(cells: list[object]) -> None:
    kinds = {
        (item.type, item.unit, item.low): item for item in load_table("systems").columns + load_table("servers").columns
    }
    for column in kinds.values():
        values, codes = parse(cells, column, Conventions(), {}, None)
        pd.Series(values, dtype="object").astype(DTYPES[column.type])
        assert all(value is pd.NA for value, code in zip(values, codes, strict=True) if code is not None)


def test_klassa_in_one_cell() -> None:
    parts = split_klassa(pd.Series(["3-2-1", "K3 R2 T1", "hög", ""]), "klassa")
    assert [parts[name][0] for name in ("klassa_k", "klassa_r", "klassa_t")] == ["3", "2", "1"]
    assert [parts[name][1] for name in ("klassa_k", "klassa_r", "klassa_t")] == ["3", "2", "1"]
    assert parts["klassa_k"][2] == "hög"


def test_contract_phrases() -> None:
    parts = split_contract(
        pd.Series(["Löpande - uppsägningstid på 3-12 månader", "2028-06-30", "2026-2028, option 1+1", ""]), "contract"
    )
    assert parts["notice_months"].tolist()[0] == "12"
    assert parts["is_contract_rolling"].iloc[:3].tolist() == ["ja", "nej", "nej"]
    assert parts["contract_end_date"].iloc[1:3].tolist() == ["2028-06-30", "2028-12-31"]


@pytest.mark.parametrize("name", table_names())
def test_every_schema_describes_itself(name: str) -> None:
    for column in load_table(name).columns:
        assert column.description and column.source, f"{name}.{column.name}"


@pytest.mark.parametrize(
    ("spelt", "environment"),
    [
        ("prod", "production"), ("Live", "production"), ("DRIFT", "production"), ("Produktion", "production"), ("pre-prod", "preproduction"),
        ("preproduction", "preproduction"), ("staging", "preproduction"), ("stage", "preproduction"), ("UAT", "preproduction"), ("acc", "preproduction"),
        ("Acceptans", "preproduction"), ("tst", "test"), ("QA", "test"), ("sit", "test"), ("Utveckling", "development"), ("lab", "development"),
        ("sandbox", "development"), ("DR", "recovery"), ("backup", "recovery"),
    ],
)  # fmt: skip
def test_environments_however_they_are_spelt(spelt: str, environment: str) -> None:
    for name in dialects():
        column = next((column for column in load_map(name).columns if column.name == "environment"), None)
        if column:
            assert column.meanings[spelt.casefold()] == environment, name
            values = load_table(load_map(name).table).column("environment").values
            assert set(column.meanings.values()) <= set(values), name
