"""Which rows of RVTools' tabs belong together: machines of one name, ids of several kinds, hosts. The estate is invented."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from planner.case import read_case
from planner.ingest import ingest
from tests.rvtools_estate import COUNTS, MANAGER, MakeCase, by_name, changed, estate, findings, read, staged
from tests.rvtools_export import Table, new, old, xlsx

pytestmark = pytest.mark.slow


def namesakes(tables: dict[str, Table], *kept: str) -> dict[str, Table]:
    """Both machines under one name, with the ids that are kept in all tabs."""
    done = copy.deepcopy(tables)
    for tab, rows in done.items():
        for at, header in enumerate(rows[0]):
            for row in rows[1:]:
                if header == "VM":
                    row[at] = "dvarg"
                elif header in {"VM ID", "VM UUID", "SMBIOS UUID"} - set(kept) and tab != "vHost":
                    row[at] = ""
    return done


@pytest.mark.parametrize("kept", ["VM UUID", "VM ID"])
def test_namesakes_are_told_apart_by_their_ids(make_case: MakeCase, kept: str) -> None:
    servers = read(make_case, namesakes(new(estate()), kept))["servers"]
    assert len(servers) == 2 and sorted(servers["raw_disks"]) == [0, 1] and servers["disks_listed"].tolist() == [2, 2]


def test_details_of_namesakes_without_ids_are_rejected_and_not_added_up(make_case: MakeCase) -> None:
    tables = read(make_case, namesakes(new(estate())))
    servers = tables["servers"]
    assert len(servers) == 2 and servers["storage_basis"].tolist() == ["provisioned"] * 2
    assert servers[["disks_listed", "disk_capacity_gib", "snapshots", "partitions", "raw_disks"]].isna().all(axis=None)
    assert len(tables["disks"]) == 0
    told = findings(tables, "detail_of_namesakes").set_index("sheet")["value"]
    assert told["vDisk"] == "4" and told["vSnapshot"] == "1"
    assert set(tables["rejects"]["code"]) == {"detail_of_namesakes"}


def test_details_of_an_unknown_machine_do_not_go_to_its_namesake(make_case: MakeCase) -> None:
    tables = read(make_case, new(changed("vSnapshot", 0, **{"VM UUID": "5000-9", "VM ID": "vm-9"})))
    assert by_name(tables).loc["dvarg02", "snapshots"] == 0
    assert tables["rejects"]["code"].tolist() == ["detail_without_server"]
    assert findings(tables, "detail_without_server")["value"].tolist() == ["1"]


def test_one_id_in_two_vcenters_is_two_machines(make_case: MakeCase) -> None:
    tabs = estate()
    for tab, rows in tabs.items():
        if tab not in ("vHost", "vSource"):
            tabs[tab] = [
                {
                    **row,
                    "VM UUID": "5000-1",
                    "VM ID": "vm-1",
                    "VI SDK UUID": MANAGER if row["VM"] == "dvarg01" else "other",
                }
                for row in rows
            ]
    servers = by_name(read(make_case, new(tabs)))
    assert len(servers) == 2 and servers["raw_disks"].to_dict() == {"dvarg01": 0, "dvarg02": 1}


def test_old_uuids_are_those_of_the_bios_and_merge_nothing(make_case: MakeCase, tmp_path: Path) -> None:
    tabs = estate()
    for tab, rows in tabs.items():
        if tab not in ("vHost", "vSource"):
            tabs[tab] = [{**row, "VM UUID": "4200-1"} for row in rows]
    tables = read(make_case, old(tabs))
    assert by_name(tables)["raw_disks"].to_dict() == {"dvarg01": 0, "dvarg02": 1}
    frame = staged(tmp_path, old(tabs)).frame
    assert frame["smbios_uuid"].tolist() == ["4200-1"] * 2 and "instance_uuid" not in frame


@pytest.mark.parametrize(
    ("version", "column"), [("4.3.1.0", "instance_uuid"), ("4.10.2", "instance_uuid"), ("4.1.4", "smbios_uuid")]
)
def test_the_version_in_the_metadata_tells_what_a_uuid_is(tmp_path: Path, version: str, column: str) -> None:
    # [unverified] The headers of the sheet of metadata are not documented.
    tables = {**old(estate()), "vMetaData": [["RVTools major version", "RVTools version"], [version[:3], version]]}
    frame = staged(tmp_path, tables).frame
    assert frame[column].tolist() == ["5000-1", "5000-2"]
    assert {"instance_uuid", "smbios_uuid"} & set(frame) == ({column, "smbios_uuid"} & set(frame))


def test_new_ids_are_kept_for_matching(tmp_path: Path) -> None:
    frame = staged(tmp_path, new(changed("vInfo", 0, **{"Primary IP Address": "10.0.0.9"}))).frame.set_index("name")
    names = ["instance_uuid", "smbios_uuid", "source_key", "fqdn", "host_name", "ip_addresses", "mac_addresses"]
    assert frame.loc["dvarg01", names].tolist() == [
        "5000-1",
        "4200-1",
        f"5000-1@{MANAGER}",
        "dvarg01.provby.example",
        "dvarg01",
        "10.0.0.9; 10.0.0.1",
        "00:50:56:00:00:01",
    ]


def test_an_instance_uuid_that_two_names_share_tells_nobody_apart(make_case: MakeCase) -> None:
    tables = read(make_case, new(changed("vInfo", 1, **{"VM UUID": "5000-1"})))
    assert sorted(tables["servers"]["name"]) == ["dvarg01", "dvarg02"]
    assert findings(tables, "repeated_vm_uuid")["value"].tolist() == ["2"]


def test_a_machine_that_is_listed_twice_is_one(make_case: MakeCase) -> None:
    tabs = estate()
    tabs["vInfo"].append({**tabs["vInfo"][1], "CPUs": ""})
    tables = read(make_case, new(tabs))
    assert by_name(tables)["disks_listed"].to_dict() == {"dvarg01": 2, "dvarg02": 2} and len(tables["disks"]) == 4


def test_the_same_estate_in_two_sources_counts_its_disks_once(make_case: MakeCase) -> None:
    content = xlsx(new(estate()))
    sources = "  - {file: a.xlsx}\n  - {file: b.xlsx}\n"
    tables = ingest(read_case(make_case({"a.xlsx": content, "b.xlsx": content}, sources)))
    assert len(tables["servers"]) == 2 and len(tables["disks"]) == 4
    counts = tables["sources"].query("fills == 'disks'").set_index("file")
    assert counts.loc["a.xlsx", COUNTS].tolist() == [4, 4, 0, 0]
    assert counts.loc["b.xlsx", COUNTS].tolist() == [4, 0, 4, 0]


@pytest.mark.parametrize(
    ("name", "listed", "expected"),
    [
        ("esx1.provby.example", ["ESX1"], ["ESX1"]),
        ("esx1", ["esx1.provby.example"], ["esx1.provby.example"]),
        ("esx1", ["esx1.nord.example", "esx1.syd.example"], []),
        ("10.0.0.1", ["10.0.0.2"], []),
        ("", ["esx1"], []),
    ],
)
def test_hosts_are_found_without_their_domain(
    make_case: MakeCase, name: str, listed: list[str], expected: list[str]
) -> None:
    tabs = changed("vInfo", 0, Host=name)
    tabs["vInfo"] = tabs["vInfo"][:1]
    tabs["vHost"] = [{**tabs["vHost"][0], "Host": host} for host in listed]
    tables = read(make_case, new(tabs))
    assert tables["servers"]["host_id"].dropna().tolist() == expected
    unmatched = findings(tables, "hosts_unmatched")
    assert unmatched["value"].tolist() == ([] if expected or not name else ["1"])


def test_a_prefix_that_several_hosts_share_is_dropped_and_told(make_case: MakeCase) -> None:
    tabs = changed("vInfo", 0, Host="boesx1.provby.example")
    tabs["vInfo"][1] = {**tabs["vInfo"][1], "Host": "boesx2"}
    tabs["vHost"] = [{**tabs["vHost"][0], "Host": host} for host in ("esx1", "esx2")]
    tables = read(make_case, new(tabs))
    assert by_name(tables)["host_id"].to_dict() == {"dvarg01": "esx1", "dvarg02": "esx2"}
    assert findings(tables, "hosts_matched_by_prefix")[["detail", "value"]].to_numpy().tolist() == [["bo", "2"]]
    one = {**tabs, "vInfo": tabs["vInfo"][:1]}
    assert read(make_case, new(one), name="one")["servers"]["host_id"].isna().all()
