"""An invented estate as RVTools writes it, and how tests read it; headers as in rvtools_export.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from planner.case import Source, read_case
from planner.ingest import ingest
from planner.ingest.files.sheets import read_sheets
from planner.ingest.readers.rvtools import read_rvtools
from planner.ingest.records.conform import Records
from planner.texts import load_texts
from tests.rvtools_export import Row, Table, xlsx

MakeCase = Callable[..., Path]
Tables = dict[str, pd.DataFrame]
MANAGER = "0b1c2d3e-0000-4000-8000-00000000000a"
COUNTS = ["rows_in", "rows_used", "rows_merged", "rows_rejected"]


def vm(number: int, name: str) -> Row:
    """What every tab says of a machine."""
    return {
        "VM": name,
        "Powerstate": "poweredOn",
        "Template": False,
        "SRM Placeholder": False,
        "Datacenter": "Hall A",
        "Cluster": "K1",
        "Host": "esx1.provby.example",
        "OS according to the configuration file": "Microsoft Windows Server 2016 (64-bit)",
        "OS according to the VMware Tools": "Microsoft Windows Server 2019 (64-bit)",
        "VM ID": f"vm-{number}",
        "SMBIOS UUID": f"4200-{number}",
        "VM UUID": f"5000-{number}",
        "VI SDK UUID": MANAGER,
    }


def info(number: int, name: str, **more: Any) -> Row:
    """A row of vInfo."""
    return {**vm(number, name), "CPUs": 4, "Memory": 8192, "NICs": 1, "Disks": 2, "Provisioned MiB": 171008,
            "In Use MiB": 51200, "DNS Name": f"{name}.provby.example", "Consolidation Needed": False,
            "FT State": "notConfigured", "Firmware": "efi", "HW version": "vmx-19", **more}  # fmt: skip


def disk(number: int, name: str, at: int, capacity: Any = 81920, **more: Any) -> Row:
    """A row of vDisk."""
    return {**vm(number, name), "Disk": f"Hard disk {at + 1}", "Disk Key": 2000 + at, "Capacity MiB": capacity,
            "Raw": False, "Disk Mode": "persistent", "Sharing mode": "sharingNone", "Shared Bus": "noSharing",
            "Path": f"[san1] {name}/{name}_{at}.vmdk", **more}  # fmt: skip


def estate() -> dict[str, list[Row]]:
    """Two machines, each with two disks; the second is on a fault-tolerant pair and has what hinders a move."""
    tabs: dict[str, list[Row]] = {
        "vInfo": [
            info(1, "dvarg01"),
            info(2, "dvarg02", **{"FT State": "running", "Consolidation Needed": True, "Firmware": "bios"}),
        ],
        "vDisk": [
            disk(1, "dvarg01", 0),
            disk(1, "dvarg01", 1),
            disk(2, "dvarg02", 0),
            disk(2, "dvarg02", 1, Raw=True, **{"Shared Bus": "physicalSharing"}),
        ],
        "vPartition": [
            {**vm(1, "dvarg01"), "Disk Key": 2000, "Disk": "C:\\", "Capacity MiB": 40960, "Consumed MiB": 20480},
            {**vm(1, "dvarg01"), "Disk Key": 2000, "Disk": "D:\\", "Capacity MiB": 40960, "Consumed MiB": 10240},
        ],
        "vNetwork": [
            {**vm(1, "dvarg01"), "Network": "VLAN 1", "Mac Address": "00:50:56:00:00:01", "IPv4 Address": "10.0.0.1"},
            {**vm(2, "dvarg02"), "Network": "VLAN 1", "Mac Address": "00:50:56:00:00:02", "IPv4 Address": "10.0.0.2"},
        ],
        "vHost": [
            {"Host": "esx1.provby.example", "CPU Model": "Xeon", "Speed": 2600, "# Cores": 32, "# Memory": 524288,
             "CPU usage %": 40, "Memory usage %": 50, "ESX Version": "VMware ESXi 8.0.3", "# CPU": 2}
        ],
        "vSource": [{"Name": "vc1", "Version": "8.0.3", "VI SDK UUID": MANAGER}],
    }  # fmt: skip
    for tab, more in {
        "vCPU": {"CPUs": 4, "Sockets": 2, "Cores p/s": 2},
        "vMemory": {"Size MiB": 8192, "Consumed": 4096, "Active": 1024, "Reservation": 0},
        "vTools": {"Tools": "toolsOld"},
    }.items():
        tabs[tab] = [{**vm(1, "dvarg01"), **more}, {**vm(2, "dvarg02"), **more}]
    second = {key: value for key, value in vm(2, "dvarg02").items() if key not in ("Template", "SRM Placeholder")}
    tabs["vSnapshot"] = [{**second, "Name": "innan", "Size MiB (total)": 2048}]
    tabs["vCD"] = [
        {**vm(1, "dvarg01"), "Device Node": "CD/DVD drive 1", "Connected": False},
        {**vm(2, "dvarg02"), "Device Node": "CD/DVD drive 1", "Connected": True},
    ]
    return tabs


def read(make_case: MakeCase, tables: dict[str, Table], extra: str = "", name: str = "case") -> Tables:
    """Ingest a workbook; the rows of every sheet are accounted for."""
    done = ingest(read_case(make_case({"a.xlsx": xlsx(tables)}, f"  - {{file: a.xlsx{extra}}}\n", name=name)))
    counts = done["sources"]
    assert (counts["rows_in"] == counts["rows_used"] + counts["rows_merged"] + counts["rows_rejected"]).all()
    assert len(done["rejects"]) == counts["rows_rejected"].sum()
    told = set(done["findings"]["code"]) | set(done["rejects"]["code"])
    assert not [code for code in told if "[" in load_texts("sv").finding(code, "text", value="1", detail="1", name="1")]
    return done


def staged(tmp_path: Path, tables: dict[str, Table]) -> Records:
    """Servers as the reader leaves them, with the columns that are for matching only."""
    (tmp_path / "a.xlsx").write_bytes(xlsx(tables))
    return read_rvtools(read_sheets(tmp_path / "a.xlsx"), Source(file="a.xlsx"))[0]


def by_name(tables: Tables) -> pd.DataFrame:
    """Servers by name."""
    return tables["servers"].set_index("name")


def findings(tables: Tables, code: str) -> pd.DataFrame:
    """Findings of one code."""
    return tables["findings"].query("code == @code")


def changed(tab: str, at: int, **cells: Any) -> dict[str, list[Row]]:
    """The estate with other cells in one row."""
    tabs = estate()
    tabs[tab][at] = {**tabs[tab][at], **cells}
    return tabs
