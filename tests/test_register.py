"""The Swedish municipal register (formats reference 2.15): its headers are known, and its dirt is read or told of.

The fixture has the header row of the profile; its twelve rows are made up.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from planner.case import read_case
from planner.ingest import ingest
from planner.ingest.dialects.columns import header_keys, load_map
from tests.conftest import SHARED

REGISTER = Path(__file__).parent / "register" / "kommunregister.csv"
PROFILE = SHARED / "data" / "se-municipal-register-profile" / "columns.csv"
MakeCase = Callable[..., Path]


@pytest.fixture
def tables(make_case: MakeCase) -> dict[str, pd.DataFrame]:
    """The register, read without naming what it is."""
    return ingest(read_case(make_case({"register.csv": REGISTER.read_bytes()}, "  - {file: register.csv}\n")))


def system(tables: dict[str, pd.DataFrame], name: str) -> pd.Series:
    """The one system of that name."""
    return tables["systems"].set_index("name").loc[name]


def told(tables: dict[str, pd.DataFrame], code: str) -> list[tuple[str, str]]:
    """Column and value of the findings of one code."""
    found = tables["findings"].query("code == @code")
    return sorted(zip(found["detail"], found["value"], strict=True))


def attribute(tables: dict[str, pd.DataFrame], name: str, header: str) -> str:
    """What is kept of a column that fills nothing."""
    mine = tables["attributes"].query("row_id == @key", local_dict={"key": system(tables, name)["system_id"]})
    return str(mine.set_index("header").loc[header, "value"])


@pytest.mark.skipif(not PROFILE.exists(), reason="the profile of a real register is not on this machine")
def test_every_observed_header_is_known() -> None:
    column_map = load_map("systems")
    known = [header for column in column_map.columns for header in column.headers]
    keys = {key for header in (*known, *column_map.ignored, *column_map.kept) for key in header_keys(header)}
    headers = pd.read_csv(PROFILE)["column"].tolist()
    assert len(headers) == 53 and any(header.endswith(" ") for header in headers)
    assert [header for header in headers if keys.isdisjoint(header_keys(header))] == []


@pytest.mark.skipif(not PROFILE.exists(), reason="the profile of a real register is not on this machine")
def test_the_fixture_has_the_observed_headers() -> None:
    header = pd.read_csv(REGISTER, skiprows=1, nrows=0).columns.tolist()
    assert header == pd.read_csv(PROFILE)["column"].tolist()


def test_all_rows_are_used_and_no_column_is_asked_about(tables: dict[str, pd.DataFrame]) -> None:
    source = tables["sources"].iloc[0]
    assert source[["reader", "rows_in", "rows_used"]].tolist() == ["systems", 12, 12]
    codes = set(tables["findings"]["code"])
    assert codes == {"columns_kept_aside", "implausible_value"}
    assert tables["findings"].query("code == 'columns_kept_aside'")["detail"].tolist() == ["24"]


def test_columns_that_the_plan_uses(tables: dict[str, pd.DataFrame]) -> None:
    eken = system(tables, "Eken")
    read = {
        "users": 250, "it_verdict": "keep", "delivery": "internal", "satisfaction_band": "81-100", "customer_owns_data": "yes",
        "api": "documented", "open_data": "none", "lifecycle": "maintained", "annual_cost_sek": 80_000, "dev_cost_sek": 0, "retire_year": 2030,
        "criticality": 4, "overlap": 0, "in_service_year": 2013, "contract_end_date": pd.Timestamp("2028-06-30"),
        "organisation": "Påhittade kommunen / Miljöförvaltningen / Tillsyn", "business_area": "Bygga, bo och miljö, Kultur, fritid och natur",
    }  # fmt: skip
    assert eken[list(read)].to_dict() == read
    assert eken["has_owner"] and eken["has_manager"]


def test_blank_is_unknown_in_every_column(tables: dict[str, pd.DataFrame]) -> None:
    assert system(tables, "Hasseln").drop(["system_id", "organisation"]).isna().all()
    assert system(tables, "Tallen")["users"] == 0


def test_years_that_are_none_are_told_and_unknown(tables: dict[str, pd.DataFrame]) -> None:
    assert told(tables, "implausible_value") == [("in_service_year", "201711"), ("retire_year", "9999")]
    assert system(tables, "Björken")[["in_service_year", "retire_year"]].isna().all()


def test_the_wholly_empty_column_takes_nothing_from_its_neighbour(tables: dict[str, pd.DataFrame]) -> None:
    cells = tables["provenance"].query("column == 'retire_year'")
    assert set(cells["cell_column"]) == {"Y"}, "Avvecklingsår, and not the empty Avvecklat år"


def test_vet_ej_as_a_verdict_is_not_a_blank(tables: dict[str, pd.DataFrame]) -> None:
    assert system(tables, "Björken")[["it_verdict", "business_verdict"]].tolist() == ["dont_know", "dont_know"]
    assert pd.isna(system(tables, "Asken")["it_verdict"])


def test_externt_is_not_more_than_it_says(tables: dict[str, pd.DataFrame]) -> None:
    assert system(tables, "Granen")["delivery"] == "external"


def test_numbers_as_people_write_them(tables: dict[str, pd.DataFrame]) -> None:
    assert system(tables, "Björken")["users"] == 1_360_000
    assert system(tables, "Lönnen")["annual_cost_sek"] == 7_261_000


def test_a_phrase_instead_of_a_date(tables: dict[str, pd.DataFrame]) -> None:
    bjorken = system(tables, "Björken")
    assert bjorken["is_contract_rolling"] and bjorken["notice_months"] == 12 and pd.isna(bjorken["contract_end_date"])


@pytest.mark.parametrize(
    ("name", "parted"),
    [
        ("Eken", "Ja, verksamhetsmässiga; Ja, teknikrelaterade"),
        ("Björken", "Nej, inga inlåsningseffekter föreligger"),
        ("Granen", "Ja, lagstadgade"),
    ],
)
def test_options_with_commas_are_parted_where_the_next_begins(
    tables: dict[str, pd.DataFrame], name: str, parted: str
) -> None:
    assert system(tables, name)["lock_in"] == parted


def test_answers_that_nothing_reads_are_kept_as_they_stand(tables: dict[str, pd.DataFrame]) -> None:
    assert attribute(tables, "Eken", "Är systemet anpassningsbart?") == "Delivs"
    assert attribute(tables, "Björken", "Är systemet anpassningsbart?") == "Ja; Delivs; Nej"
    used = attribute(tables, "Björken", "Nyttjas systemet av specifika verksamheter eller gemensamt?")
    assert used == "Systemet används av flera verksamheter ; Systemet är koncerngemensamt"
    assert attribute(tables, "Granen", "AI risk") == "Hög risk"


def test_delivs_is_delvis(make_case: MakeCase) -> None:
    text = "Namn;Export\nEken;Delivs\nBjörken;Ja; Delivs\n".replace("Ja; Delivs", '"Ja; Delivs"')
    tables = ingest(read_case(make_case({"register.csv": text}, "  - {file: register.csv}\n")))
    assert system(tables, "Eken")["has_bulk_export"] == "partly"
    assert told(tables, "unknown_word") == [("has_bulk_export", "Ja; Delivs")], "two answers are none"


def test_notes_and_names_of_persons_are_not_imported(tables: dict[str, pd.DataFrame]) -> None:
    for name in ("attributes", "systems", "provenance"):
        text = tables[name].astype("string").to_csv()
        assert "Kim Exempel" not in text and "Sam Exempel" not in text and "hemligt" not in text


def test_dependencies_are_proposed_by_direction_with_their_words(tables: dict[str, pd.DataFrame]) -> None:
    flows = tables["dataflows"]
    names = tables["systems"].set_index("system_id")["name"]
    ends = {
        (names.get(one, one), names.get(two, two))
        for one, two in zip(flows["source_system"], flows["target_system"], strict=True)
    }
    assert ends == {("Eken", "Björken"), ("Eken", "Granen")}
    assert set(flows["state"]) == {"proposed"}
    assert "Björken (Påhittade kommunen): hämtar ärenden" in set(flows["quote"])


def test_one_name_in_two_organisations_is_two_systems(tables: dict[str, pd.DataFrame]) -> None:
    assert tables["systems"]["name"].tolist().count("Alen") == 2
    assert system(tables, "Linden").notna().any(), "the trailing blank is gone"
