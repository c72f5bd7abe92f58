"""End of support: names to releases, golden dates, and the workbook's known figures."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.case import Source
from planner.facts.support import each_technology, facts_as_of, load_support, match_technology, support_status
from planner.ingest.files.sheets import read_sheets
from planner.ingest.readers.rvtools import read_rvtools
from tests.conftest import REPOSITORY, SHARED

PLAN_DATE = date(2026, 11, 23)
EXAMPLES = [(text, cycles, item) for item in load_support().technologies for text, cycles in item.examples.items()]


@pytest.mark.parametrize(("text", "cycles", "item"), EXAMPLES, ids=[text for text, _, _ in EXAMPLES])
def test_every_example_of_the_names_file_holds(text: str, cycles: str, item: object) -> None:
    row = match_technology(pd.Series([text])).iloc[0]
    product = getattr(item, "product", None)
    assert (None if pd.isna(row["product"]) else row["product"]) == product
    assert ("" if pd.isna(row["cycle"]) else row["cycle"]) == cycles


def test_spellings_of_registers_and_exports_are_read_as_people_mean_them() -> None:
    with (REPOSITORY / "tests" / "golden" / "technology_names.csv").open(encoding="utf-8", newline="") as file:
        wanted = list(csv.DictReader(file))
    assert len(wanted) > 250
    read = match_technology(pd.Series([row["text"] for row in wanted], dtype="string"))
    found = read[["product", "cycle", "confidence"]].fillna("").to_dict("records")
    wrong = [
        (row["text"], got)
        for row, got in zip(wanted, found, strict=True)
        if got != {name: row[name] for name in ("product", "cycle", "confidence")}
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Win2016 / SQL2016", ["Win2016", "SQL2016"]),
        ("Windows Server 2019 och SQL Server 2019", ["Windows Server 2019", "SQL Server 2019"]),
        ("CentOS 4/5/6/7 (64-bit)", ["CentOS 4/5/6/7 (64-bit)"]),
        ("Oracle 19c, dokumentarkiv", ["Oracle 19c, dokumentarkiv"]),
        ("okänd / ej dokumenterad", ["okänd / ej dokumenterad"]),
    ],
)
def test_a_cell_that_names_several_technologies_is_split(text: str, parts: list[str]) -> None:
    assert each_technology(pd.Series([text], dtype="string")).iloc[0] == parts


def test_what_the_column_is_about_is_tried_first() -> None:
    text = pd.Series(["SQL 2016 on Windows Server 2019"], dtype="string")
    assert match_technology(text)["product"].iloc[0] == "mssqlserver"
    assert match_technology(text, kind="os")["product"].iloc[0] == "windows-server"


@pytest.mark.parametrize("junk", ["a" * 10_000, "win " * 2_500, "sql " * 2_500, "oracle linux " * 700, "1." * 5_000])
def test_long_junk_is_unknown_or_without_a_release(junk: str) -> None:
    assert pd.isna(match_technology(pd.Series([junk], dtype="string"))["cycle"].iloc[0])


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("Windows Server 2012 R2", "2023-10-10"), ("Windows Server 2016", "2027-01-12"), ("Windows Server 2019", "2029-01-09"),
        ("Windows Server 2022", "2031-10-14"), ("Windows Server 2025", "2034-11-14"), ("SQL Server 2014 SP3", "2024-07-09"),
        ("SQL Server 2016 SP3", "2026-07-14"), ("SQL Server 2017", "2027-10-12"), ("SQL Server 2019", "2030-01-08"), ("SQL Server 2022", "2033-01-11"),
        ("SharePoint 2016", "2026-07-14"), ("Exchange 2019", "2025-10-14"), ("Oracle 12.1", "2018-07-31"), ("Oracle 12.2", "2022-03-31"),
        ("Oracle 19c", "2029-12-31"), ("RHEL 7", "2024-06-30"), ("RHEL 8", "2029-05-31"), ("RHEL 9", "2032-05-31"), ("SLES 11 SP4", "2019-03-31"),
        ("Ubuntu 20.04", "2025-05-31"), ("Ubuntu 22.04", "2027-04-01"), ("Ubuntu 24.04", "2029-05-31"), ("PostgreSQL 14", "2026-11-12"),
        (".NET 8", "2026-11-10"), ("Windows 10 22H2", "2025-10-14"), ("ESXi 7.0", "2025-10-02"),
    ],
)  # fmt: skip
def test_golden_dates(text: str, end: str) -> None:
    row = match_technology(pd.Series([text])).iloc[0]
    assert row["security_end_min_date"] == row["security_end_max_date"] == pd.Timestamp(end)


def test_a_range_of_releases_gives_a_range_of_dates() -> None:
    row = match_technology(pd.Series(["Oracle 12c"])).iloc[0]
    assert [row[f"security_end_{end}_date"].strftime("%Y-%m-%d") for end in ("min", "max")] == [
        "2018-07-31",
        "2022-03-31",
    ]
    assert row["confidence"] == "medium"


@pytest.mark.parametrize("text", ["", "okänd plattform", "IIS", "SAP", "12345", None])
def test_what_is_not_recognised_is_unknown(text: str | None) -> None:
    row = match_technology(pd.Series([text], dtype="string")).iloc[0]
    assert row.drop("text").isna().all()


def test_a_known_product_without_release_has_no_date() -> None:
    row = match_technology(pd.Series(["Ubuntu Linux (64-bit)"])).iloc[0]
    assert (row["product"], row["os_family"], row["confidence"]) == ("ubuntu", "linux", "low")
    assert pd.isna(row["security_end_max_date"])


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [
        ("2020-01-01", "2020-01-01", "ended"), ("2026-11-22", "2026-11-22", "ended"), ("2026-11-23", "2026-11-23", "ends_within_12_months"),
        ("2027-11-22", "2027-11-22", "ends_within_12_months"), ("2027-11-23", "2027-11-23", "supported"), ("2020-01-01", "2030-01-01", "unknown"),
        (None, None, "unknown"), ("2030-01-01", "2031-01-01", "supported"),
    ],
)  # fmt: skip
def test_status_is_sure_or_unknown(first: str | None, last: str | None, status: str) -> None:
    frame = pd.DataFrame(
        {"security_end_min_date": pd.to_datetime([first]), "security_end_max_date": pd.to_datetime([last])}
    )
    assert support_status(frame, PLAN_DATE).tolist() == [status]


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_no_text_ever_raises(texts: list[str]) -> None:
    matched = match_technology(pd.Series(texts, dtype="string"))
    assert len(matched) == len(texts)
    assert (
        matched["security_end_min_date"].isna() | (matched["security_end_min_date"] <= matched["security_end_max_date"])
    ).all()


def test_every_named_product_has_facts() -> None:
    support = load_support()
    assert {item.product for item in support.technologies if item.product} <= set(support.releases["product"])
    assert facts_as_of() == date(2026, 8, 22)


def test_the_shipped_facts_are_those_of_the_data_set() -> None:
    path = SHARED / "data" / "endoflife-date" / "releases.csv"
    if not path.is_file():
        pytest.skip("../shared is not here")
    with path.open(encoding="utf-8", newline="") as file:
        theirs = {(row["product"], row["cycle"]): row["eol"] for row in csv.DictReader(file)}
    words = {"ended_undated": "True", "not_ended": "False"}
    for row in load_support().releases.itertuples(index=False):
        stated = row.security_end_date if row.security_state == "dated" else words[row.security_state]
        assert theirs[(row.product, row.cycle)] == stated


def test_the_workbook_has_the_known_figures(workbook: Path) -> None:
    records = read_rvtools(read_sheets(workbook), Source(file=workbook.name, reader="rvtools", is_pseudonymised=True))
    status = support_status(match_technology(records[0].frame["os"].astype("string")), PLAN_DATE).value_counts()
    # 794 by configuration alone, with ten templates which are no servers; VMware Tools, which see the running system, make one of them a FreeBSD.
    assert status.to_dict() == {"ended": 783, "unknown": 7, "ends_within_12_months": 5}
