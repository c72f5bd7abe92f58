"""Traps of other tools' exports (formats reference 1 and 2.2-2.18): each is read right or told of.

Label headers of ServiceNow, LeanIX's lifecycle cell and the seen-elsewhere variants are unverified. All rows are made up.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from planner.case import read_case
from planner.errors import InventoryError
from planner.ingest import ingest
from planner.ingest.dialects.columns import header_keys
from tests.opendocument import row, spreadsheet

FIXTURES = Path(__file__).parent / "dialects"
MakeCase = Callable[..., Path]


def read(make_case: MakeCase, content: str | bytes, file: str = "export.csv") -> dict[str, pd.DataFrame]:
    """Ingest one file without naming what it is."""
    return ingest(read_case(make_case({file: content}, f"  - {{file: {file}}}\n")))


def codes(tables: dict[str, pd.DataFrame]) -> list[list[object]]:
    """Rows that were rejected, and why."""
    return tables["rejects"][["row", "code"]].sort_values("row").to_numpy().tolist()


def attributes(tables: dict[str, pd.DataFrame]) -> dict[str, str]:
    """What is kept beside the plan."""
    return dict(zip(tables["attributes"]["header"], tables["attributes"]["value"], strict=True))


def fixture(dialect: str, /, **cells: str) -> str:
    """A dialect's header row with one row of these cells, by header."""
    header = (FIXTURES / f"{dialect}.csv").read_text(encoding="utf-8").splitlines()[0]
    names = header.split(",")
    assert set(cells) <= set(names)
    return header + "\n" + ",".join(f'"{cells[name]}"' if name in cells else "" for name in names) + "\n"


# Headers


@pytest.mark.parametrize(
    "header",
    [
        "Årskostnad", unicodedata.normalize("NFD", "Årskostnad"), "\ufeffÅrskostnad", "Års\u200bkostnad", "  Årskostnad\u00a0", "ÅRSKOSTNAD", "*Årskostnad",
        "Årskostnad (*)", "Årskostnad(optional)", "års_kostnad", "års-kostnad", "Års kostnad", "Årskostnad?", "Årskostnad:", "Års.kostnad",
    ],
)  # fmt: skip
def test_headers_however_they_are_written(make_case: MakeCase, header: str) -> None:
    tables = read(make_case, f"Systemnamn;{header}\nEken;12\n")
    assert tables["systems"].loc[0, "annual_cost_sek"] == 12


@pytest.mark.parametrize(
    ("header", "gib"), [("Minne (MB)", 4), ("Minne MiB", 4), ("Minne (In MB)", 4), ("Minne (in GiB)", 4096)]
)
def test_a_unit_in_the_header_decides(make_case: MakeCase, header: str, gib: float) -> None:
    assert read(make_case, f"Server;vCPU;{header}\ndvarg01;2;4096\n")["servers"].loc[0, "memory_gib"] == gib


def test_two_headers_that_mean_the_same_are_refused_with_both_letters(make_case: MakeCase) -> None:
    with pytest.raises(InventoryError, match=r"A 'Systemnamn' and C '\*Namn'"):
        read(make_case, "Systemnamn;Leverantör;*Namn\nEken;;Eken\n")


def test_the_order_of_forms_is_kept() -> None:
    assert header_keys("*Memory (In MB)") == ("memory (in mb)", "memory", "memory(inmb)")


# Numbers, blanks, encodings


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1 234", 1234), ("1\u00a0234", 1234), ("1\u202f234", 1234), ("1'234", 1234), ("1.234,5", 1234.5), ("1,234.5", 1234.5), ("1.234.567", 1_234_567),
        ("1,5E+3", 1500), ("2.5e2", 250), ("1 234 kr", 1234), ("1 234 SEK", 1234), ("12,5 tkr", 12_500),
    ],
)  # fmt: skip
def test_numbers_of_a_comma_file(make_case: MakeCase, written: str, value: float) -> None:
    tables = read(make_case, f'Systemnamn,Årskostnad\nEken,"{written}"\n')
    assert tables["systems"].loc[0, "annual_cost_sek"] == value


def test_fifteen_hundred_or_one_and_a_half_is_told_and_unknown(make_case: MakeCase) -> None:
    tables = read(make_case, 'Systemnamn,Årskostnad\nEken,"1,500"\n')
    assert pd.isna(tables["systems"].loc[0, "annual_cost_sek"])
    assert tables["findings"]["code"].tolist() == ["ambiguous_number"]
    decided = read(make_case, 'Systemnamn,Årskostnad,Utvecklingsbudget\nEken,"1,500","2,75"\n', "b.csv")
    assert decided["systems"].loc[0, "annual_cost_sek"] == 1.5, "another cell of the file decides"


@pytest.mark.parametrize("blank", ["", "N/A", "n/a", "-", "null", "NULL", "NaN", "?", "Vet ej", "unknown"])
def test_what_says_nothing_is_unknown_and_never_zero(make_case: MakeCase, blank: str) -> None:
    tables = read(make_case, f"Systemnamn,Antal användare,Leverantör\nEken,{blank},{blank}\n")
    assert tables["systems"].loc[0, ["users", "vendor"]].isna().all() and tables["findings"].empty


def test_cp1252_is_read_and_told(make_case: MakeCase) -> None:
    tables = read(make_case, "Systemnamn;Leverantör\nBlåbär;Träd\n".encode("cp1252"))
    assert tables["systems"].loc[0, "name"] == "Blåbär"
    assert tables["findings"][["severity", "code", "value"]].to_numpy().tolist() == [
        ["warning", "assumed_encoding", "cp1252"]
    ]


def test_rows_that_are_shorter_than_the_header_are_told(make_case: MakeCase) -> None:
    tables = read(make_case, "Systemnamn;Leverantör;Antal användare\nEken;Träd;12\nTallen\nGranen;Skog\n")
    assert tables["systems"].set_index("name")["vendor"].fillna("?").to_dict() == {
        "Eken": "Träd", "Tallen": "?", "Granen": "Skog"
    }  # fmt: skip
    assert tables["findings"][["code", "row", "value"]].to_numpy().tolist() == [["short_rows", 3, "2"]]


@pytest.mark.parametrize("count", [1_000, 10_000])
def test_a_row_count_at_the_limit_of_an_export_is_told(make_case: MakeCase, count: int) -> None:
    text = "sys_class_name,name,os,ram\n" + "".join(f"cmdb_ci_server,dvarg{at},Linux,1024\n" for at in range(count))
    found = read(make_case, text)["findings"].query("code == 'perhaps_truncated'")
    assert found["value"].tolist() == [str(count)]


# Migration Hub


@pytest.mark.parametrize(
    ("cells", "is_used"),
    [
        ({"ExternalId": "E1"}, True), ({"IPAddress": "10.0.0.1,10.0.0.2"}, True), ({"MACAddress": "00:11:22:33:44:55"}, True), ({"HostName": "dvarg01"}, True),
        ({"VMware.MoRefId": "vm-1", "VMware.VCenterId": "vc-1"}, True), ({"VMware.MoRefId": "vm-1"}, False), ({"VMware.VCenterId": "vc-1"}, False), ({}, False),
        ({"ExternalId": "N/A"}, False),
    ],
)  # fmt: skip
def test_hub_rows_without_a_key_are_rejected(make_case: MakeCase, cells: dict[str, str], is_used: bool) -> None:
    text = fixture("migration_hub", **({"VMware.VMName": "dvarg01", "CPU.NumberOfLogicalCores": "4"} | cells))
    tables = read(make_case, text + fixture("migration_hub", HostName="dvarg02").splitlines()[1] + "\n")
    assert codes(tables) == ([] if is_used else [[2, "missing_key"]])
    assert len(tables["servers"]) == 1 + is_used


def test_hub_says_that_it_has_no_disks_and_reads_either_spelling(make_case: MakeCase) -> None:
    text = fixture("migration_hub", **{"VMware.VMName": "dvarg01", "ExternalId": "E1"}).replace("VMware.", "VMWare.")
    tables = read(make_case, text)
    assert tables["servers"].loc[0, "name"] == "dvarg01" and pd.isna(tables["servers"].loc[0, "storage_gib"])
    assert tables["findings"].query("code == 'dialect_lacks'")["detail"].tolist() == ["storage_gib"]


def test_hub_lists_in_quotes_shift_nothing(make_case: MakeCase) -> None:
    cells = {
        "HostName": "dvarg01",
        "IPAddress": "10.0.0.1,10.0.0.2",
        "Tags": "zone:1, critical:yes",
        "RAM.TotalSizeInMB": "2048",
    }
    tables = read(make_case, fixture("migration_hub", **cells))
    assert tables["servers"].loc[0, "memory_gib"] == 2
    assert attributes(tables)["Tags"] == "zone:1, critical:yes"


# EC2 recommendations, Evaluator, MGN, CMF: what somebody decided earlier stays beside


def test_no_recommendation_is_none_and_its_reason_is_kept(make_case: MakeCase) -> None:
    cells = {
        "Server.HostName": "dvarg01",
        "Recommendation.EC2.Remarks": "Unsupported OS",
        "Server.RAM.TotalSizeInMB": "2048",
    }
    kept = attributes(read(make_case, fixture("ec2_recommendations", **cells)))
    assert kept["Recommendation.EC2.Remarks"] == "Unsupported OS"
    assert "Recommendation.EC2.Instance.Model" not in kept


@pytest.mark.parametrize(
    ("one", "other"),
    [("VMware.VMname", "VMware.VMName"), ("AmortizedHourlyRate", "AmoritzedHourlyRate"), ("DiskReadOpsPerSecond", "DiskReadsOpsPerSecond"), ("TotalSizeinMB", "TotalSizeInMB")],
)  # fmt: skip
def test_recommendations_in_either_spelling(make_case: MakeCase, one: str, other: str) -> None:
    text = fixture("ec2_recommendations", **{"Server.VMware.VMname": "dvarg01", "Server.RAM.TotalSizeInMB": "2048"})
    tables = read(make_case, text.replace(one, other))
    assert tables["sources"].loc[0, "reader"] == "ec2_recommendations"
    assert tables["servers"].loc[0, ["name", "memory_gib"]].tolist() == ["dvarg01", 2]


@pytest.mark.parametrize(
    ("name", "cells", "kept"),
    [
        ("migration_factory", {"server_name": "dvarg01", "app_name": "Eken", "wave_name": "Wave 1", "r_type": "Rehost"}, {"wave_name": "Wave 1", "r_type": "Rehost"}),
        ("mgn", {"mgn:server:user-provided-id": "dvarg01", "mgn:wave:name": "W01", "mgn:launch:instance-type": "m6i.large"}, {"mgn:wave:name": "W01", "mgn:launch:instance-type": "m6i.large"}),
        ("migration_hub", {"HostName": "dvarg01", "ApplicationWave": "2"}, {"ApplicationWave": "2"}),
        ("leanix", {"name": "Eken", "lxSixRClassification": "retire", "lxTimeClassification": "eliminate"}, {"lxSixRClassification": "retire", "lxTimeClassification": "eliminate"}),
        ("servicenow_applications", {"Name": "Eken", "Planned Disposition": "Migrate"}, {"Planned Disposition": "Migrate"}),
        ("rationalisation", {"Application Name": "Eken", "Action Recommendation": "Retire", "Last Updated": "15y 0m ago"}, {"Action Recommendation": "Retire", "Last Updated": "15y 0m ago"}),
    ],
)  # fmt: skip
def test_earlier_decisions_stay_attributes(
    make_case: MakeCase, name: str, cells: dict[str, str], kept: dict[str, str]
) -> None:
    assert kept.items() <= attributes(read(make_case, fixture(name, **cells))).items()


def test_the_reasoning_of_a_planned_disposition_is_kept(make_case: MakeCase) -> None:
    text = "Name,Number,Application type,Install type,Business criticality,Planned Disposition,Reasoning\nEken,A1,Homegrown,On Premise,,Retire,Ersatt\n"
    assert attributes(read(make_case, text)) == {"Planned Disposition": "Retire", "Reasoning": "Ersatt"}


def test_evaluator_sheets_that_hold_no_servers_are_told_once(make_case: MakeCase) -> None:
    header, first = (FIXTURES / "migration_evaluator.csv").read_text(encoding="utf-8").splitlines()
    book = {
        "Instructions": row("Read this"),
        "Glossary": row("Term", "Meaning"),
        "Template": row(*header.split(",")) + row(*first.split(",")),
        "FileNAS Storage (If applicable)": row(
            "File Server/Share Name", "Total Used Capacity (GB) - Usable", "Access Protocol (CIFS/NFS)"
        )
        + row("delning", 5, "NFS"),
        "Renamed": row("Volume Name", "Array Name", "Peak  IOPS (reads & writes)") + row("v1", "a1", 10),
        "Semester": row("Vecka", "Vem"),
    }
    tables = read(make_case, spreadsheet(**book), "mall.ods")
    assert tables["sources"]["reader"].tolist() == ["migration_evaluator"]
    told = tables["findings"].query("code == 'sheets_known_aside'")["value"].tolist()
    assert told == ["Instructions, Glossary, FileNAS Storage (If applicable), Renamed"]
    assert tables["findings"].query("code == 'sheet_not_recognised'")["sheet"].tolist() == ["Semester"]


# Azure and Google


def test_eight_disks_add_up(make_case: MakeCase) -> None:
    header = (FIXTURES / "azure_migrate.csv").read_text(encoding="utf-8").splitlines()[0]
    more = "".join(f",Disk {at} size (In GB)" for at in range(3, 9))
    cells = [
        "dvarg01"
        if name == "*Server name"
        else "10"
        if "size" in name
        else "2"
        if name == "*Cores"
        else "2048"
        if "Memory (" in name
        else ""
        for name in (header + more).split(",")
    ]
    assert read(make_case, f"{header}{more}\n{','.join(cells)}\n")["servers"].loc[0, "storage_gib"] == 80


def test_google_optional_headers_are_the_same_headers(make_case: MakeCase) -> None:
    text = fixture(
        "migration_center_template",
        **{
            "MachineId": "m-1",
            "MachineName": "dvarg01",
            "MachineStatus(optional)": "suspended",
            "OsName": "Debian",
            "OsVersion(optional)": "12",
        },
    )
    server = read(make_case, text)["servers"].iloc[0]
    assert server[["power_state", "os"]].tolist() == ["suspended", "Debian 12"]


# ServiceNow


def test_servicenow_servers_by_label(make_case: MakeCase) -> None:
    text = "Class,Name,Operating System,OS Version,RAM (MB),Disk space (GB),Used for,Location,Install Status\nLinux Server,dvarg01,Linux Red Hat,8.6,16384,250,Disaster recovery,Hall A,Installed\n"
    tables = read(make_case, text)
    server = tables["servers"].iloc[0]
    assert tables["sources"].loc[0, "reader"] == "servicenow_servers"
    assert server[["name", "os", "memory_gib", "storage_gib", "environment", "datacenter"]].tolist() == [
        "dvarg01",
        "Linux Red Hat 8.6",
        16,
        250,
        "recovery",
        "Hall A",
    ]


def test_servicenow_duplicates_and_retired_records_are_rejected_with_their_link(make_case: MakeCase) -> None:
    text = "sys_class_name,name,os,ram,install_status,duplicate_of\nlinux,dvarg01,Linux,1024,1,\nlinux,dvarg02,Linux,1024,1,a1\nlinux,dvarg03,Linux,1024,7,\nlinux,dvarg04,Linux,1024,Retired,\n"
    tables = read(make_case, text)
    assert tables["servers"]["name"].tolist() == ["dvarg01"]
    assert codes(tables) == [[3, "listed_as_duplicate"], [4, "retired_in_source"], [5, "retired_in_source"]]
    assert "duplicate_of=a1" in tables["rejects"].set_index("row").loc[3, "original"]


def test_servicenow_references_as_pairs(make_case: MakeCase) -> None:
    records = [
        {"sys_class_name": "cmdb_ci_server", "name": "dvarg01", "os": {"display_value": "Linux Red Hat", "value": "x1"}, "ram": {"display_value": "2,048", "value": "2048"},
         "location": {"display_value": "", "value": "l1"}, "duplicate_of": {"display_value": "", "value": ""}},
    ]  # fmt: skip
    tables = read(make_case, json.dumps({"result": records}), "servrar.json")
    server = tables["servers"].iloc[0]
    assert server[["os", "datacenter"]].tolist() == ["Linux Red Hat", "l1"] and codes(tables) == []


def test_a_retired_application_stays_and_says_so(make_case: MakeCase) -> None:
    text = fixture("servicenow_applications", **{"Name": "Eken", "Status": "Retired"})
    assert read(make_case, text)["systems"].loc[0, "lifecycle"] == "retired"


# LeanIX, Tidal, rationalisation


def test_leanix_without_rights_is_unknown_and_not_a_fault(make_case: MakeCase) -> None:
    tables = read(
        make_case, fixture("leanix", name="Eken", lxHostingType="NO_READ_PERMISSION", businessCriticality="__missing__")
    )
    assert tables["systems"].loc[0, ["delivery", "criticality"]].isna().all()
    assert set(tables["findings"]["code"]) == {"columns_kept_aside"}


@pytest.mark.parametrize(
    ("cell", "lifecycle", "year"),
    [
        ("active", "maintained", None), ("phaseIn", "planned", None), ("endOfLife", "retired", None),
        ("active: 2015-01-01; endOfLife: 2027-12-31", None, 2027),
        ("{'asString': 'phaseOut', 'phases': [{'phase': 'active', 'startDate': '2015-01-01'}, {'phase': 'endOfLife', 'startDate': '2028-06-30'}]}", "phasing_out", 2028),
    ],
)  # fmt: skip
def test_leanix_phases_with_dates(make_case: MakeCase, cell: str, lifecycle: str | None, year: int | None) -> None:
    system = read(make_case, fixture("leanix", name="Eken", lifecycle=cell.replace("'", '""')))["systems"].iloc[0]
    assert (None if pd.isna(system["lifecycle"]) else system["lifecycle"]) == lifecycle
    assert (None if pd.isna(system["retire_year"]) else system["retire_year"]) == year


def test_leanix_relation_cells_are_kept_whole(make_case: MakeCase) -> None:
    tables = read(make_case, fixture("leanix", name="Eken", relApplicationToITComponent="Java 17;Databas 19"))
    assert attributes(tables)["relApplicationToITComponent"] == "Java 17;Databas 19"


def test_tidal_misspelt_column_takes_nothing_from_the_other(make_case: MakeCase) -> None:
    text = fixture("tidal_servers_sample", HOST_NAME="dvarg01", ENVIRONMENT="UAT", ENIVRONMENT_ID="17")
    tables = read(make_case, text)
    assert tables["servers"].loc[0, "environment"] == "preproduction"
    assert attributes(tables)["ENIVRONMENT_ID"] == "17"


def test_redundancy_counts_and_dependencies_are_names(make_case: MakeCase) -> None:
    header = (FIXTURES / "rationalisation.csv").read_text(encoding="utf-8").splitlines()[0]
    rows = ['Eken,,,,,,,,,3,,,"Björken, Granen",,,', "Björken,,,,,,,,,0,,,,,,", "Granen,,,,,,,,,,,,,,,"]
    tables = read(make_case, "\n".join([header, *rows]) + "\n")
    systems = tables["systems"].set_index("name")
    assert (
        systems["overlap"].to_dict()["Eken"] == 3
        and systems.loc["Björken", "overlap"] == 0
        and pd.isna(systems.loc["Granen", "overlap"])
    )
    names = tables["systems"].set_index("system_id")["name"]
    ends = {
        (names[one], two)
        for one, two in zip(tables["dataflows"]["source_system"], tables["dataflows"]["target_system"], strict=True)
    }
    assert ends == {("Eken", "Björken"), ("Eken", "Granen")} and set(tables["dataflows"]["state"]) == {"proposed"}
