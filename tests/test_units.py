"""Numbers with units, dates and contracts as people write them: read, or unknown with a code that says why."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.ingest.cells.contracts import Contract, read_contract, read_notice
from planner.ingest.cells.multiples import part_all
from planner.ingest.cells.splitters import split_contract, split_notice
from planner.ingest.cells.units import PIECES, UNITS
from planner.ingest.cells.values import BadValue, Conventions, parse, read_boolean, read_date, read_number
from planner.schema import load_table, table_names


def read_or_code(cell: object, unit: str | None, measure: str, decimal: str | None = None) -> float | str:
    """A number, or why it is none."""
    try:
        return read_number(cell, decimal, unit, measure)
    except BadValue as reason:
        return str(reason.args[0])


@pytest.mark.parametrize(
    ("cell", "unit", "measure", "value"),
    [
        ("1.234,50", None, "", 1234.5), ("1'234", None, "", 1234), ("1’234’567", None, "", 1_234_567), ("(1 234)", None, "", -1234), ("−5", None, "", -5),
        ("1\u00a0234,5", None, "", 1234.5), ("1\u202f234,5", None, "", 1234.5), ("1\u2009234", None, "", 1234),
        ("1,2 Mkr", None, "SEK/year", 1.2e6), ("350 tkr/år", None, "SEK/year", 350_000), ("10 tkr/mån", None, "SEK/year", 120_000), ("5 000 kr per kvartal", None, "SEK/year", 20_000),
        ("5 000:-", None, "SEK/year", 5000), ("kr 5 000", None, "SEK/year", 5000), ("350", "tkr", "SEK/year", 350_000), (350, "tkr", "SEK/year", 350_000), ("2 mkr", "tkr", "SEK/year", 2e6),
        ("500 USD", None, "SEK/year", "wrong_unit"), ("16 GB", None, "SEK/year", "wrong_unit"),
        ("5 st", None, "persons", 5), ("300 användare", None, "persons", 300), ("16GB", None, "persons", "wrong_unit"), ("80 %", None, "persons", "wrong_unit"),
        ("16GB", None, "GiB", 16), ("16384 MB", None, "GiB", 16), ("16384", "MiB", "GiB", 16), ("16 G", "MB", "GiB", 16), ("61.2 GiB / 127 GiB", None, "GiB", "several_numbers"),
        ("80 %", None, "percent", 80), ("80", None, "percent", 80), ("0,8", None, "percent", "fraction_or_percent"), (0.8, None, "percent", "fraction_or_percent"),
        (0.8, "fraction", "percent", 80), (0.8, "percent", "percent", 0.8), ("0,8 %", None, "percent", 0.8), (0, None, "percent", 0), (1, None, "percent", 1),
        ("8 vCPU", None, "vCPU", 8), ("2+2", None, "vCPU", "several_numbers"), ("1,5 dygn", None, "hours", 36), ("30 min", None, "hours", 0.5), ("1 år", None, "months", 12),
        ("90 dagar", None, "months", "wrong_unit"), ("5 st", None, PIECES, 5), ("16GB", None, PIECES, "wrong_unit"), ("30 dagar", None, "", 30),
        ("ca 300", None, "persons", "inexact_number"), ("c:a 45 tkr", None, "SEK/year", "inexact_number"), (">500", None, "persons", "inexact_number"), ("minst 3", None, PIECES, "inexact_number"),
        ("300+", None, "persons", "inexact_number"), ("100-200", None, "persons", "a_range"), ("100 – 200 st", None, "persons", "a_range"), ("mellan 5 och 10", None, PIECES, "a_range"),
        ("1 2", None, "", "not_a_number"), ("1,23,456", None, "", "not_a_number"), ("4 x 16 GB", None, "GiB", "not_a_number"), ("2026-06-30", None, "", "not_a_number"), ("(5", None, "", "not_a_number"),
    ],
)  # fmt: skip
def test_numbers_with_units(cell: object, unit: str | None, measure: str, value: float | str) -> None:
    found = read_or_code(cell, unit, measure)
    assert found == (value if isinstance(value, str) else pytest.approx(value))


@given(
    st.integers(0, 10**9),
    st.sampled_from([" ", "\u00a0", "\u202f", "\u2009", "'", "’"]),
    st.sampled_from(["", ",5", ".25"]),
)
def test_every_style_of_groups_is_the_same_number(whole: int, mark: str, fraction: str) -> None:
    written = f"{whole:,}".replace(",", mark) + fraction
    assert read_number(written, None, None) == pytest.approx(float(f"{whole}{fraction.replace(',', '.')}"))


def test_what_is_read_is_told_where_it_cannot_be() -> None:
    column = load_table("systems").column("users")
    values, codes = parse(["ca 300", "5 st", "-3"], column, Conventions(), {}, None)
    assert [pd.isna(value) for value in values] == [True, False, True]
    assert codes == ["inexact_number", None, "negative_value"]


def test_units_that_the_inventory_states_are_known() -> None:
    stated = {item.unit for table in ("systems", "servers", "hosts") for item in load_table(table).columns}
    assert stated - {"date", "year"} <= set(UNITS) and {"systems", "servers", "hosts"} <= set(table_names())


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("46752", "2027-12-31"), ("46752.5", "2027-12-31"), (46752.25, "2027-12-31"), ("20260630", "2026-06-30"), (20260630, "2026-06-30"), ("30 juni 2026", "2026-06-30"),
        ("2026-06-30 00:00:00", "2026-06-30"), ("30.6.2026", "2026-06-30"), ("16-Jul-2026", "2026-07-16"), ("16-Jul-2026 10:00", "2026-07-16"), ("2026-06-30T12:00:00Z", "2026-06-30"),
        ("2026-06-30T23:30:00.000+02:00", "2026-06-30"), ("2026-06-30 10:00 Europe/Stockholm", "2026-06-30"), ("7/16/2026 1:05 PM", "2026-07-16"), ("7/16/2026 1:00-2:00", "2026-07-16"),
        ("June 30, 2026", "2026-06-30"), ("30th June 2026", "2026-06-30"), ("tisdag den 30 juni 2026", "2026-06-30"), ("30:e juni 2026", "2026-06-30"),
        ("2026-06", "imprecise_date"), ("Q3 2026", "imprecise_date"), ("kv 3 2026", "imprecise_date"), ("2026-W23", "imprecise_date"), ("v. 23 2026", "imprecise_date"), ("2028", "imprecise_date"),
        ("årsskiftet 27/28", "imprecise_date"), ("9999-12-31", "implausible_date"), ("2026-06-30 snart", "not_a_date"), ("30/6-26", "not_a_date"), ("tillsvidare", "open_ended"),
    ],
)  # fmt: skip
def test_dates_with_times_zones_and_serials(cell: object, value: str) -> None:
    try:
        found = read_date(cell, None).strftime("%Y-%m-%d")
    except BadValue as reason:
        found = str(reason.args[0])
    assert found == value


ROLLING, NOT_ROLLING = True, False


@pytest.mark.parametrize(
    ("text", "contract"),
    [
        ("2026-2028, option 1+1", Contract("2028-12-31", NOT_ROLLING, None, "option 1+1")),
        ("2026-28", Contract("2028-12-31", NOT_ROLLING)),
        ("2026-01-01--2028-12-31", Contract("2028-12-31", NOT_ROLLING)),
        ("2026-01-01 – 2028-12-31, möjlighet till förlängning 1+1 år", Contract("2028-12-31", NOT_ROLLING, None, "möjlighet till förlängning 1+1 år")),
        ("2025-01-01 till 2026-12-31 + 1 + 1 år", Contract("2026-12-31", NOT_ROLLING, None, "+ 1 + 1 år")),
        ("1/1 2026 - 31/12 2028", Contract("31/12 2028", NOT_ROLLING)),
        ("t.o.m. 2027-12-31", Contract("2027-12-31", NOT_ROLLING)),
        ("löper ut 2027-12-31", Contract("2027-12-31", NOT_ROLLING)),
        ("t.o.m. 2027", Contract("2027-12-31", NOT_ROLLING)),
        ("tom 2028-02", Contract("2028-02-29", NOT_ROLLING)),
        ("2028", Contract("2028", NOT_ROLLING)),
        ("årsskiftet 27/28", Contract("2027-12-31", NOT_ROLLING)),
        ("tillsvidare", Contract(None, ROLLING)),
        ("Löpande", Contract(None, ROLLING)),
        ("löper tillsvidare med 6 mån uppsägning", Contract(None, ROLLING, "6")),
        ("Löpande - uppsägningstid på 3-12 månader", Contract(None, ROLLING, "12")),
        ("2027-12-31 (uppsägningstid tre månader)", Contract("2027-12-31", NOT_ROLLING, "3")),
        ("2027-12-31, förlängs automatiskt 12 mån", Contract("2027-12-31", ROLLING, None, "förlängs automatiskt 12 mån")),
        ("2027-12-31, därefter tillsvidare", Contract("2027-12-31, därefter tillsvidare", ROLLING)),
        ("vet ej", Contract("vet ej")),
        ("3 mån", Contract("3 mån")),
        ("", Contract()),
    ],
)  # fmt: skip
def test_contracts(text: str, contract: Contract) -> None:
    assert read_contract(text) == contract


def test_what_a_contract_does_not_say_is_unknown_and_what_it_garbles_is_told() -> None:
    parts = split_contract(pd.Series(["vet ej", "snart", "2028", "2027-12-31, därefter tillsvidare"]), "contract")
    column = load_table("systems").column("contract_end_date")
    values, codes = parse(parts["contract_end_date"].tolist(), column, Conventions(), {}, None)
    assert pd.Series(values).isna().all()
    assert codes == [None, "not_a_date", "imprecise_date", "open_ended"]
    assert parts["is_contract_rolling"].tolist() == [None, None, "nej", "ja"]


def test_terms_of_notice() -> None:
    cells = pd.Series(
        ["3 mån", "3-12 månader", "3-12", "ett år", "ett halvår", "6 månaders uppsägningstid", "6", "90 dagar"]
    )
    assert split_notice(cells, "notice_months")["notice_months"].tolist() == [
        "3",
        "12",
        "12",
        "12",
        "6",
        "6",
        "6",
        "90 dagar",
    ]
    assert read_notice("Vet ej") == "Vet ej"


@pytest.mark.parametrize(
    ("cell", "value"),
    [("✓", True), ("x", True), ("sann", True), ("falskt", False), (1.0, True), ("✗", False)],
)
def test_ticks_are_booleans(cell: object, value: bool) -> None:
    assert read_boolean(cell) is value


def test_partly_is_a_value_where_the_column_has_it_and_a_finding_where_not() -> None:
    cells = ["Delvis", "Delivs", "SANT", "x", "no", "kanske"]
    values, codes = parse(cells, load_table("systems").column("has_bulk_export"), Conventions(), {}, None)
    assert values[:5] == ["partly", "partly", "yes", "yes", "no"]
    assert codes == [None] * 5 + ["unknown_word"]
    _, codes = parse(cells[:1], load_table("systems").column("is_strategic"), Conventions(), {}, None)
    assert codes == ["partly_yes"]


def test_values_that_hold_commas_are_parted_by_the_registers_own_words() -> None:
    areas = [
        "Vård, omsorg och stöd",
        "Skola",
        "Skola, Vård, omsorg och stöd",
        "Ekonomi, inköp, Skola",
        "Kultur, Fritid",
    ]
    assert list(part_all([*areas, "Ledning, Skola, styrning", "A;B ; C", ""]).values()) == [
        "Vård, omsorg och stöd",
        "Skola",
        "Skola; Vård, omsorg och stöd",
        "Ekonomi, inköp; Skola",
        "Kultur, Fritid",
        "Ledning, Skola, styrning",
        "A; B; C",
        "",
    ]


@pytest.mark.slow
@given(st.text(max_size=40))
def test_no_text_of_a_contract_raises(text: str) -> None:
    found = read_contract(text)
    assert found.notice_months is None or found.notice_months.isdecimal()
    assert isinstance(read_notice(text), str)


def test_a_day_is_as_it_is_written_and_no_zone_moves_it() -> None:
    assert read_date("2026-06-30T23:59:00-11:00", None) == datetime(2026, 6, 30)
