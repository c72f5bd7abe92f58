"""RVTools in every spelling, and the traps that real exports hold. The estate is invented; headers as in rvtools_export.py."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from planner.case import read_case
from planner.errors import InventoryError, PlannerError
from planner.ingest import ingest
from tests.rvtools_estate import COUNTS, MakeCase, by_name, changed, estate, findings, read, staged
from tests.rvtools_export import Table, csvs, internal, new, old, only, with_column, xlsx, zipped
from tests.test_mutations import MUTATIONS

pytestmark = pytest.mark.slow


FIRST = {
    "vcpu": 4, "memory_gib": 8, "storage_gib": 160, "storage_basis": "disks_listed", "storage_used_gib": 50, "nics": 1,
    "disks": 2, "os": "Microsoft Windows Server 2019 (64-bit)", "power_state": "on", "firmware": "uefi", "hw_version": 19,
    "os_configured": "Microsoft Windows Server 2016 (64-bit)", "is_fault_tolerant": False, "needs_consolidation": False,
    "partitions": 2, "partition_capacity_gib": 80, "partition_used_gib": 30, "disks_listed": 2, "disk_capacity_gib": 160,
    "raw_disks": 0, "shared_disks": 0, "snapshots": 0, "connected_media": 0, "tools_status": "old", "cpu_sockets": 2,
    "cores_per_socket": 2, "memory_consumed_gib": 4, "memory_active_gib": 1, "memory_reserved_gib": 0, "nics_listed": 1,
    "host": "esx1.provby.example", "host_id": "esx1.provby.example", "datacenter": "Hall A", "cluster": "K1",
}  # fmt: skip
SECOND = {"raw_disks": 1, "shared_disks": 1, "snapshots": 1, "snapshot_gib": 2, "connected_media": 1, "firmware": "bios",
          "is_fault_tolerant": True, "needs_consolidation": True}  # fmt: skip
# Columns that old versions cannot fill, or fill in another way: without UUIDs of instances the name makes the key.
NOT_OLD = ["server_id", "connected_usb"]


def test_the_wait_for_a_processor_is_read_as_the_per_cent_that_it_is(make_case: MakeCase) -> None:
    tabs = changed("vInfo", 0, **{"Overall Cpu Readiness": 7.5})
    ready = by_name(read(make_case, new(tabs)))["cpu_ready_pct"]
    assert ready["dvarg01"] == 7.5 and ready.drop("dvarg01").isna().all()


@pytest.mark.parametrize("spelling", [new, old, internal])
def test_every_spelling_gives_the_same_servers(make_case: MakeCase, spelling: Callable[..., dict[str, Table]]) -> None:
    tables = read(make_case, spelling(estate()))
    servers = by_name(tables)
    assert {name: servers.loc["dvarg01", name] for name in FIRST} == FIRST
    assert {name: servers.loc["dvarg02", name] for name in SECOND} == SECOND
    assert servers.loc["dvarg02", ["partitions", "partition_used_gib"]].isna().all()
    same = read(make_case, new(estate()), name="new")
    dropped = NOT_OLD if spelling is old else []
    pd.testing.assert_frame_equal(
        tables["servers"].drop(columns=dropped).sort_values("name", ignore_index=True),
        same["servers"].drop(columns=dropped).sort_values("name", ignore_index=True),
    )
    pd.testing.assert_frame_equal(tables["hosts"], same["hosts"])
    if spelling is not old:
        pd.testing.assert_frame_equal(tables["disks"], same["disks"])


@pytest.mark.parametrize("spelling", [new, old, internal])
@pytest.mark.parametrize("is_zipped", [True, False])
def test_one_csv_per_tab_says_the_same(
    make_case: MakeCase, spelling: Callable[..., dict[str, Table]], is_zipped: bool
) -> None:
    tables = spelling(estate())
    if is_zipped:
        case = make_case({"a.zip": zipped(tables)}, "  - {file: a.zip}\n")
    else:
        case = make_case({}, "  - {file: export}\n")
        (case / "export").mkdir()
        for name, text in csvs(tables).items():
            (case / "export" / name).write_text(text, encoding="utf-8-sig")
    done, same = ingest(read_case(case)), read(make_case, tables, name="workbook")
    for table in ("servers", "disks", "hosts"):
        pd.testing.assert_frame_equal(done[table], same[table])


def test_disks_know_their_server_and_their_cells(make_case: MakeCase) -> None:
    tables = read(make_case, new(estate()))
    servers = by_name(tables)["server_id"]
    disks = tables["disks"][tables["disks"]["server_id"] == servers["dvarg01"]].sort_values("label")
    assert disks["label"].tolist() == ["Hard disk 1", "Hard disk 2"]
    assert disks["capacity_gib"].tolist() == [80, 80]
    assert disks["used_gib"].tolist() == [30, pd.NA]
    raw = tables["disks"][tables["disks"]["is_raw"]]
    assert raw["server_id"].tolist() == [servers["dvarg02"]] and raw["is_shared"].tolist() == [True]
    cells = tables["provenance"].query("table == 'disks'").set_index(["row_id", "column"])
    first = disks["disk_id"].iloc[0]
    assert cells.loc[(first, "capacity_gib"), ["sheet", "row", "cell_column", "raw"]].tolist() == [
        "vDisk",
        2,
        "I",
        "81920",
    ]
    assert cells.loc[(first, "used_gib"), ["sheet", "row", "cell_column", "raw"]].tolist() == [
        "vPartition",
        2,
        "H",
        "20480",
    ]
    counts = tables["sources"].set_index("sheet")
    assert counts.loc["vDisk", ["fills", *COUNTS]].tolist() == ["disks", 4, 4, 0, 0]


def test_what_detail_tabs_say_has_a_cell(make_case: MakeCase) -> None:
    tables = read(make_case, new(estate()))
    server = by_name(tables).loc["dvarg02", "server_id"]
    cells = tables["provenance"].query("table == 'servers' and row_id == @server").set_index("column")
    assert cells.loc["snapshots", ["sheet", "row"]].tolist() == ["vSnapshot", 2]
    assert cells.loc["connected_media", ["sheet", "row", "cell_column"]].tolist() == ["vCD", 3, "G"]
    assert cells.loc["raw_disks", ["sheet", "row", "cell_column"]].tolist() == ["vDisk", 5, "J"]
    assert cells.loc["storage_gib", ["sheet", "row", "cell_column"]].tolist() == ["vDisk", 4, "I"]
    servers = tables["servers"].set_index("server_id")
    known = servers.loc[server].dropna().index.difference(["name"])
    zeros = [name for name in known if servers.loc[server, name] == 0]
    assert set(known) - set(cells.index) - set(zeros) == set()


def test_custom_columns_are_attributes_whatever_their_name(make_case: MakeCase) -> None:
    tables = new(estate())
    for header in ("Memory", "Cluster", "VM", "Förvaltning"):
        tables = with_column(tables, "vInfo", "Annotation", header, [f"{header} ett", f"{header} två"])
        tables = with_column(tables, "vDisk", "Annotation", header, ["x"] * 4)
    done = read(make_case, tables)
    servers = by_name(done)
    assert {name: servers.loc["dvarg01", name] for name in FIRST} == FIRST
    attributes = done["attributes"]
    said = attributes[attributes["row_id"] == servers.loc["dvarg01", "server_id"]].set_index("header")["value"]
    assert {header: said[header] for header in ("Memory", "Cluster", "VM", "Förvaltning")} == {
        "Memory": "Memory ett",
        "Cluster": "Cluster ett",
        "VM": "VM ett",
        "Förvaltning": "Förvaltning ett",
    }


def test_a_custom_column_beside_internal_names_is_an_attribute(make_case: MakeCase) -> None:
    tables = with_column(internal(estate()), "vInfo", "vInfoVMName", "Memory", ["mycket", "litet"])
    done = read(make_case, tables)
    assert by_name(done)["memory_gib"].tolist() == [8, 8]
    assert set(done["attributes"].query("header == 'Memory'")["value"]) == {"mycket", "litet"}


def test_a_case_may_name_a_custom_column(make_case: MakeCase) -> None:
    tables = with_column(new(estate()), "vInfo", "Annotation", "System", ["Eken", "Granen"])
    tables = with_column(tables, "vInfo", "Annotation", "Miljö", ["Prod", "Test"])
    done = read(make_case, tables, ", columns: {system_name: [System], environment: [Miljö]}")
    assert by_name(done)["system_name"].to_dict() == {"dvarg01": "Eken", "dvarg02": "Granen"}
    assert by_name(done)["environment"].to_dict() == {"dvarg01": "production", "dvarg02": "test"}


def test_columns_in_another_order_are_read_all_the_same(make_case: MakeCase) -> None:
    tables = new(estate())
    headers = ["Annotation", *(header for header in tables["vInfo"][0] if header != "Annotation")]
    assert by_name(read(make_case, only(tables, "vInfo", headers)))["memory_gib"].tolist() == [8, 8]


def test_annotations_are_not_imported(make_case: MakeCase) -> None:
    tables = read(make_case, new(changed("vInfo", 0, Annotation="root / Sommar2026!")))
    assert not any(frame.astype("string").apply(lambda cells: cells.str.contains("Sommar2026")).any(axis=None)
                   for frame in tables.values() if len(frame))  # fmt: skip


EXCLUDED = [
    ("vm_template", {"Template": True}),
    ("vm_template", {"Template": "True"}),
    ("srm_placeholder", {"SRM Placeholder": True}),
    ("vcls_agent", {"VM": "vCLS-4c8a1f0e-1111-4000-8000-00000000000b"}),
    ("vcls_agent", {"VM": "vCLS (2)"}),
]


@pytest.mark.parametrize(("reason", "cells"), EXCLUDED)
def test_what_is_no_server_is_rejected_and_counted(make_case: MakeCase, reason: str, cells: dict[str, Any]) -> None:
    tabs = estate()
    for tab in ("vInfo", "vDisk", "vTools"):
        tabs[tab] = [{**row, **cells} if row["VM"] == "dvarg02" else row for row in tabs[tab]]
    tables = read(make_case, new(tabs))
    assert tables["servers"]["name"].tolist() == ["dvarg01"] and len(tables["disks"]) == 2
    rejects = tables["rejects"].set_index("sheet")
    assert rejects.loc["vInfo", "code"] == reason and rejects.loc["vInfo", "row"] == 3
    assert f"name={cells.get('VM', 'dvarg02')}" in rejects.loc["vInfo", "original"]
    assert set(rejects.drop("vInfo")["code"]) == {"detail_of_excluded_vm"}
    assert findings(tables, f"{reason}_excluded")["value"].tolist() == ["1"]
    assert not len(findings(tables, "detail_without_server"))
    counts = tables["sources"].set_index("sheet")
    assert counts.loc["vInfo", COUNTS].tolist() == [2, 1, 0, 1]
    assert counts.loc["vDisk", COUNTS].tolist() == [4, 2, 0, 2]
    assert counts.loc["vTools", COUNTS].tolist() == [2, 0, 1, 1]


def test_a_machine_whose_name_only_begins_alike_is_a_server(make_case: MakeCase) -> None:
    assert len(read(make_case, new(changed("vInfo", 0, VM="vClsweb01")))["servers"]) == 2


def test_the_word_that_stands_for_nothing_is_unknown(make_case: MakeCase, tmp_path: Path) -> None:
    os = {"OS according to the VMware Tools": "VM", "OS according to the configuration file": "VM"}
    tabs = changed("vInfo", 0, **{**os, "DNS Name": "VM", "Network #1": "VM", "Network #2": "VLAN 2"})
    tables = read(make_case, new(tabs))
    assert by_name(tables).loc["dvarg01", ["os", "os_configured"]].isna().all()
    assert set(tables["attributes"].query("header.str.startswith('Network')")["value"]) == {"VLAN 2"}
    assert not len(tables["provenance"].query("raw == 'VM'"))
    frame = staged(tmp_path, new(tabs)).frame.set_index("name")
    assert frame.loc["dvarg01", ["fqdn", "host_name"]].isna().all() and frame.loc["dvarg02", "host_name"] == "dvarg02"


GUEST = "architecture='X86' bitness='64' prettyName='Ubuntu 22.04.3 LTS' familyName='Linux'"


@pytest.mark.parametrize(
    ("guest", "tools", "configured", "expected", "letter"),
    [
        (GUEST, "Ubuntu Linux (64-bit)", "Other Linux", "Ubuntu 22.04.3 LTS", "CE"),
        (
            "familyName='Linux' architecture='X86'",
            "Ubuntu Linux (64-bit)",
            "Other Linux",
            "Ubuntu Linux (64-bit)",
            "CC",
        ),
        ("", "Other 3.x Linux", "Red Hat Enterprise Linux 8", "Red Hat Enterprise Linux 8", "CB"),
        ("", "", "Red Hat Enterprise Linux 8", "Red Hat Enterprise Linux 8", "CB"),
        ("", "Ubuntu Linux (64-bit)", "", "Ubuntu Linux (64-bit)", "CC"),
        ("", "", "", None, None),
    ],
)
def test_the_system_is_read_from_the_one_that_knows_best(
    make_case: MakeCase, guest: str, tools: str, configured: str, expected: str | None, letter: str | None
) -> None:
    cells = {"Guest Detailed Data": guest, "OS according to the VMware Tools": tools}
    tables = read(
        make_case, new(changed("vInfo", 0, **cells, **{"OS according to the configuration file": configured}))
    )
    server = by_name(tables).loc["dvarg01"]
    assert (None if pd.isna(server["os"]) else server["os"]) == expected
    assert (server["os_configured"] if configured else "") == configured
    cells = tables["provenance"].query("column == 'os' and row_id == @server.server_id")["cell_column"].astype(str)
    assert cells.tolist() == ([letter] if letter else [])


THIN = ["VM", "Powerstate", "Template", "CPUs", "Memory", "NICs", "Disks", "Provisioned MB", "In Use MB", "Datacenter",
        "Cluster", "Host", "OS according to the configuration file", "OS according to the VMware Tools"]  # fmt: skip


def test_a_thin_export_is_read_and_what_it_lacks_is_told(make_case: MakeCase) -> None:
    tables = read(make_case, {"vInfo": only(old(estate()), "vInfo", THIN)["vInfo"]})
    server = by_name(tables).loc["dvarg01"]
    assert server[["memory_gib", "storage_gib", "storage_basis"]].tolist() == [8, 167, "provisioned"]
    unknown = ["snapshots", "connected_media", "connected_usb", "raw_disks", "shared_disks", "is_fault_tolerant",
               "needs_consolidation", "firmware", "partitions", "disks_listed", "tools_status"]  # fmt: skip
    assert server[unknown].isna().all()
    assert set(findings(tables, "missing_sheet")["value"]) == {
        "vCPU", "vMemory", "vDisk", "vPartition", "vNetwork", "vSnapshot", "vTools", "vCD", "vUSB", "vHost",
    }  # fmt: skip
    (lacking,) = findings(tables, "missing_columns")["value"]
    assert "Firmware" in lacking and "VM UUID" in lacking and "Total disk" not in lacking
    asked = findings(tables, "not_enough_for_tool").set_index("detail")["value"]
    assert asked["Azure Migrate"] == "vInfo VM UUID, vPartition, vMemory"
    assert asked["AWS Migration Hub"].startswith("vNetwork, vCPU, vMemory, vDisk")


def test_a_full_export_lacks_nothing_but_what_aws_asks_for(make_case: MakeCase) -> None:
    tables = read(make_case, new(estate()))
    codes = set(tables["findings"]["code"])
    assert not codes & {"missing_sheet", "missing_columns", "empty_sheet", "hosts_unmatched", "no_vms"}
    assert findings(tables, "not_enough_for_tool")["value"].tolist() == ["vNIC, vSC+VMK"]


@pytest.mark.parametrize("tab", ["vCPU", "vMemory", "vDisk", "vNetwork", "vHost"])
def test_a_tab_without_rows_is_told(make_case: MakeCase, tab: str) -> None:
    assert findings(read(make_case, new({**estate(), tab: []})), "empty_sheet")["value"].tolist() == [tab]


def test_an_export_of_no_machines_is_an_error_beside_a_register(make_case: MakeCase) -> None:
    files = {"a.xlsx": xlsx(new({**estate(), "vInfo": []})), "b.csv": "Systemnamn\nEken\n"}
    tables = ingest(read_case(make_case(files, "  - {file: a.xlsx}\n  - {file: b.csv}\n")))
    assert findings(tables, "no_vms")["severity"].tolist() == ["error"]


def test_a_missing_column_is_unknown_and_a_tab_without_rows_of_a_machine_says_none(make_case: MakeCase) -> None:
    tables = new(estate())
    headers = [header for header in tables["vDisk"][0] if header not in ("Raw", "Sharing mode", "Shared Bus")]
    servers = by_name(read(make_case, only(tables, "vDisk", headers)))
    assert servers[["raw_disks", "shared_disks"]].isna().all(axis=None) and servers["disks_listed"].tolist() == [2, 2]
    none = by_name(read(make_case, new({**estate(), "vDisk": estate()["vDisk"][:2]}), name="none"))
    assert none.loc["dvarg02", ["disks_listed", "raw_disks", "shared_disks"]].tolist() == [0, 0, 0]
    assert pd.isna(none.loc["dvarg02", "disk_capacity_gib"]) and none.loc["dvarg02", "storage_basis"] == "provisioned"


@pytest.mark.parametrize(
    ("cells", "disks", "storage", "basis"),
    [
        ({"Total disk capacity MiB": 163840}, 2, 160, "disk_total"),
        ({}, 2, 160, "disks_listed"),
        ({}, 0, 167, "provisioned"),
        ({"Provisioned MiB": ""}, 0, None, None),
    ],
)
def test_storage_says_what_it_is_based_on(
    make_case: MakeCase, cells: dict[str, Any], disks: int, storage: float | None, basis: str | None
) -> None:
    tabs = changed("vInfo", 0, **cells)
    tabs["vDisk"] = [row for row in tabs["vDisk"] if row["VM"] != "dvarg01"] + tabs["vDisk"][:disks]
    server = by_name(read(make_case, new(tabs))).loc["dvarg01"]
    assert [None if pd.isna(value) else value for value in server[["storage_gib", "storage_basis"]]] == [storage, basis]


def test_a_disk_of_unknown_size_leaves_the_sum_unknown(make_case: MakeCase) -> None:
    tables = read(make_case, new(changed("vDisk", 1, **{"Capacity MiB": "stor"})))
    server = by_name(tables).loc["dvarg01"]
    assert pd.isna(server["disk_capacity_gib"]) and server["storage_basis"] == "provisioned"
    told = findings(tables, "not_a_number").iloc[0]
    assert told[["sheet", "row", "column", "value"]].tolist() == ["vDisk", 3, "I", "stor"]


@pytest.mark.parametrize(
    "written", ["81920", "8.192E+04", "8,192E+04", "81,920", "81.920", "81 920", "81\u00a0920", 81920.0]
)
def test_numbers_as_text_and_in_scientific_notation(make_case: MakeCase, written: Any) -> None:
    tabs = changed("vDisk", 0, **{"Capacity MiB": written})
    tabs["vInfo"][0] = {**tabs["vInfo"][0], "In Use MiB": written, "Memory": written}
    tables = read(make_case, new(tabs))
    server = by_name(tables).loc["dvarg01"]
    assert server[["disk_capacity_gib", "storage_used_gib", "memory_gib"]].tolist() == [160, 80, 80]
    cells = tables["provenance"].query("column == 'storage_used_gib' and row_id == @server.server_id")
    assert cells["raw"].tolist() == [" ".join(str(written).split()) if isinstance(written, str) else "81920"]


def test_dates_of_the_export_are_kept_as_written(make_case: MakeCase) -> None:
    tables = read(make_case, new(changed("vInfo", 0, **{"Creation date": "2024/03/01 10:00:00"})))
    assert tables["attributes"].query("header == 'Creation date'")["value"].tolist() == ["2024/03/01 10:00:00"]


def test_states_that_nobody_knows_are_told(make_case: MakeCase) -> None:
    tables = read(make_case, new(changed("vTools", 0, Tools="toolsOdd")))
    assert pd.isna(by_name(tables).loc["dvarg01", "tools_status"])
    assert findings(tables, "unknown_word")[["sheet", "value"]].to_numpy().tolist() == [["vTools", "toolsOdd"]]


def test_a_drive_of_which_it_is_not_said_whether_it_is_connected_leaves_the_count_unknown(make_case: MakeCase) -> None:
    servers = by_name(read(make_case, new(changed("vCD", 0, Connected=""))))
    assert pd.isna(servers.loc["dvarg01", "connected_media"]) and servers.loc["dvarg02", "connected_media"] == 1


def test_a_header_that_is_repeated_in_the_data_is_no_row(make_case: MakeCase) -> None:
    tables = new(estate())
    for tab in ("vInfo", "vDisk"):
        tables[tab] = [*tables[tab], tables[tab][0], *([tables[tab][1]] if tab == "vDisk" else [])]
    done = read(make_case, tables)
    assert done["sources"].set_index("sheet").loc["vInfo", "rows_in"] == 2
    assert done["sources"].set_index("sheet").loc["vDisk", "rows_in"] == 5


def test_rows_that_are_too_wide_are_rejected(make_case: MakeCase) -> None:
    files = csvs(new(estate()))
    files["RVTools_tabvSnapshot.csv"] = files["RVTools_tabvSnapshot.csv"].rstrip() + ";mer\r\n"
    case = make_case({}, "  - {file: export}\n")
    (case / "export").mkdir()
    for name, text in files.items():
        (case / "export" / name).write_text(text, encoding="utf-8")
    tables = ingest(read_case(case))
    assert tables["rejects"][["sheet", "row", "code"]].to_numpy().tolist() == [["vSnapshot", 2, "too_many_cells"]]
    assert tables["sources"].set_index("sheet").loc["vSnapshot", COUNTS].tolist() == [1, 0, 0, 1]


def test_tabs_that_no_plan_needs_are_not_read_but_told(make_case: MakeCase) -> None:
    tables = {**new(estate()), "vFileInfo": [["Friendly Path Name"], ["[san1] a.iso"]], "dvPort": [["Port"], ["1"]]}
    done = read(make_case, tables)
    assert findings(done, "tabs_not_read")[["detail", "value"]].to_numpy().tolist() == [["2", "dvPort, vFileInfo"]]
    assert not len(findings(done, "sheet_not_recognised"))


def test_messages_of_health_are_counted_by_kind(make_case: MakeCase) -> None:
    tabs = {**estate(), "vHealth": [{"Name": "dvarg01", "Message": "a", "Message type": "Zombie"}] * 2}
    told = findings(read(make_case, new(tabs)), "health_messages")
    assert told[["detail", "value"]].to_numpy().tolist() == [["Zombie", "2"]]


def test_a_tab_by_itself_is_what_its_name_says(make_case: MakeCase) -> None:
    text = csvs(new(estate()))["RVTools_tabvInfo.csv"]
    tables = ingest(read_case(make_case({"RVTools_tabvInfo.csv": text}, "  - {file: RVTools_tabvInfo.csv}\n")))
    assert tables["sources"]["reader"].tolist() == ["rvtools"] and tables["servers"]["memory_gib"].tolist() == [8, 8]


def test_pseudonyms_leave_no_name_behind(make_case: MakeCase) -> None:
    tables = read(make_case, new(estate()), ", is_pseudonymised: true")
    assert tables["servers"]["name"].str.startswith("vm-").all() and tables["disks"]["path"].isna().all()
    texts = [frame.to_csv(index=False) for name, frame in tables.items()]
    assert not any("dvarg" in text for text in texts)


def test_vinfo_without_a_needed_column_is_explained(make_case: MakeCase) -> None:
    with pytest.raises(InventoryError, match="memory_gib"):
        read(make_case, only(new(estate()), "vInfo", ["VM", "Powerstate", "CPUs"]))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_tab_is_read_or_refused_in_words(make_case: MakeCase, seed: int) -> None:
    draw = random.Random(seed)
    files = {name: text.encode("utf-8") for name, text in csvs(new(estate())).items()}
    hit = draw.choice(sorted(files))
    files[hit] = draw.choice(MUTATIONS)(files[hit], draw)
    case = make_case({}, "  - {file: export, reader: rvtools}\n")
    (case / "export").mkdir()
    for name, data in files.items():
        (case / "export" / name).write_bytes(data)
    try:
        tables = ingest(read_case(case))
    except PlannerError as reason:
        assert str(reason)
        return
    counts = tables["sources"]
    assert (counts["rows_in"] == counts["rows_used"] + counts["rows_merged"] + counts["rows_rejected"]).all()
    assert len(tables["rejects"]) == counts["rows_rejected"].sum()
