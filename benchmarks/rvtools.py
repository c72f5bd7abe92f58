"""Reading RVTools: a workbook in the full set of columns, and what reading costs beside opening its sheets alone.

    python -m benchmarks.rvtools [--vms 805 20000]

The estate is drawn with a seed; its names are invented. Prints seconds of CPU and of the clock and the peak of memory
for the whole reading (identity, joins of the detail tabs, provenance of every cell, findings, conservation of rows),
and the ratio to reading the same sheets with calamine alone in the same run. Writing and reading are processes of their
own, so that the peak is the reading's.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlsxwriter

from tests.rvtools_export import HEADERS

CASE = """organisation: Provby kommun
plan_date: 2026-11-23
start_date: 2027-01-11
sources: [{file: estate.xlsx}]
teams: [{role: application, name: Applikation, days_per_week: 10}]
"""
SYSTEMS = [
    "Microsoft Windows Server 2016 or later (64-bit)",
    "Microsoft Windows Server 2019 (64-bit)",
    "Red Hat Enterprise Linux 8 (64-bit)",
    "Ubuntu Linux (64-bit)",
    "Other 3.x or later Linux (64-bit)",
]
MANAGER = "0b1c2d3e-0000-4000-8000-000000000001"
Row = dict[str, Any]


def estate(vms: int, seed: int = 1) -> dict[str, list[Row]]:
    """Rows of every tab by header; what the tab's other headers say is filled in when it is written."""
    draw = random.Random(seed)
    hosts = [f"esx{number:03d}.provby.example" for number in range(max(2, vms // 50))]
    tabs: dict[str, list[Row]] = {tab: [] for tab in HEADERS}
    for number in range(vms):
        _add_vm(tabs, number, hosts, draw)
    tabs["vHost"] = [
        {"Host": host, "CPU Model": "Xeon", "Speed": 2600, "# CPU": 2, "Cores per CPU": 16, "# Cores": 32,
         "# Memory": 524288, "CPU usage %": draw.randrange(90), "Memory usage %": draw.randrange(90),
         "ESX Version": "VMware ESXi 8.0.3"}
        for host in hosts
    ]  # fmt: skip
    tabs["vSource"] = [{"Name": "vc01.provby.example", "Version": "8.0.3", "VI SDK UUID": MANAGER}]
    return tabs


def _add_vm(tabs: dict[str, list[Row]], number: int, hosts: list[str], draw: random.Random) -> None:
    vm = _common(number, hosts, draw)
    sizes = [draw.choice([40960, 81920, 204800]) for _ in range(draw.randrange(1, 4))]
    memory, cpus = draw.choice([4096, 8192, 16384, 65536]), draw.choice([1, 2, 4, 8])
    tabs["vInfo"].append(
        {**vm, "DNS Name": f"{vm['VM']}.provby.example", "CPUs": cpus, "Memory": memory, "NICs": 1, "Disks": len(sizes),
         "Total disk capacity MiB": sum(sizes), "Provisioned MiB": sum(sizes) + memory, "In Use MiB": sum(sizes) // 2,
         "Primary IP Address": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", "Network #1": "VLAN 120",
         "Firmware": draw.choice(["bios", "efi"]), "HW version": 19, "FT State": "notConfigured",
         "Consolidation Needed": False, "Creation date": "2024/03/01 10:00:00"}
    )  # fmt: skip
    tabs["vCPU"].append({**vm, "CPUs": cpus, "Sockets": cpus, "Cores p/s": 1})
    tabs["vMemory"].append({**vm, "Size MiB": memory, "Consumed": memory // 2, "Active": memory // 5, "Reservation": 0})
    tabs["vTools"].append({**vm, "Tools": draw.choice(["toolsOk", "toolsOld", "toolsNotRunning"])})
    for at, size in enumerate(sizes):
        tabs["vDisk"].append(
            {**vm, "Disk": f"Hard disk {at + 1}", "Disk Key": 2000 + at, "Capacity MiB": size, "Raw": False,
             "Disk Mode": "persistent", "Sharing mode": "sharingNone", "Shared Bus": "noSharing", "Thin": True,
             "Path": f"[san{number % 40:02d}] {vm['VM']}/{vm['VM']}_{at}.vmdk"}
        )  # fmt: skip
    for at in range(draw.randrange(1, 6)):
        key = 2000 + at % len(sizes)
        tabs["vPartition"].append(
            {**vm, "Disk Key": key, "Disk": f"{chr(67 + at)}:\\", "Capacity MiB": 20000, "Consumed MiB": 9000,
             "Free MiB": 11000, "Free %": 55}
        )  # fmt: skip
    tabs["vNetwork"].append(
        {**vm, "NIC label": "Network adapter 1", "Adapter": "Vmxnet3", "Network": "VLAN 120", "Connected": True,
         "Mac Address": f"00:50:56:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}",
         "IPv4 Address": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}
    )  # fmt: skip
    if draw.random() < 0.1:
        tabs["vSnapshot"].append({**vm, "Name": "before patching", "Size MiB (total)": 2048})


def _common(number: int, hosts: list[str], draw: random.Random) -> Row:
    name = f"{draw.choice(['app', 'db', 'web', 'fil'])}{draw.choice(['', '-test', '-dev'])}-{number:05d}"
    running = draw.choice(SYSTEMS)
    return {
        "VM": name,
        "Powerstate": draw.choices(["poweredOn", "poweredOff"], [19, 1])[0],
        "Template": draw.random() < 0.01,
        "SRM Placeholder": False,
        "Annotation": draw.choice(["", "", f"note {number}"]),
        "Datacenter": "Hall A",
        "Cluster": f"cluster{number % 5}",
        "Host": draw.choice(hosts),
        "Folder": "/vm/drift",
        "OS according to the configuration file": running,
        "OS according to the VMware Tools": running,
        "VM ID": f"vm-{number}",
        "SMBIOS UUID": f"4200{number:08x}-0000-4000-8000-000000000000",
        "VM UUID": f"5000{number:08x}-0000-4000-8000-000000000000",
        "VI SDK Server": "vc01.provby.example",
        "VI SDK UUID": MANAGER,
    }


def write(path: Path, vms: int) -> None:
    """Write the workbook; every documented column is there, and those that say nothing of interest are filled."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    for tab, rows in estate(vms).items():
        page = book.add_worksheet(tab)
        page.write_row(0, 0, HEADERS[tab])
        for number, row in enumerate(rows, start=1):
            page.write_row(number, 0, list(_filled(tab, row)))
    book.close()


def _filled(tab: str, row: Row) -> Iterator[Any]:
    for at, header in enumerate(HEADERS[tab]):
        yield row[header] if header in row else ("normal", 0, False, "")[at % 4]


def alone(path: Path) -> tuple[float, float, int]:
    """Seconds of CPU and the clock for reading the workbook's sheets with calamine, and how many cells they have."""
    from python_calamine import CalamineWorkbook

    cpu, clock = time.process_time(), time.perf_counter()
    book = CalamineWorkbook.from_path(str(path))
    cells = sum(len(row) for name in book.sheet_names for row in book.get_sheet_by_name(name).iter_rows())
    return time.process_time() - cpu, time.perf_counter() - clock, cells


def whole(path: Path) -> tuple[float, float, float, dict[str, int]]:
    """Seconds of CPU and the clock for ingest, peak GiB, and rows per table."""
    from planner.case import read_case
    from planner.ingest import ingest

    (path.parent / "case.yaml").write_text(CASE, encoding="utf-8")
    case = read_case(path.parent)
    cpu, clock = time.process_time(), time.perf_counter()
    tables = ingest(case)
    cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    rows = {name: len(tables[name]) for name in ("servers", "disks", "provenance", "attributes") if name in tables}
    return cpu, clock, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, rows


def main() -> None:
    """Print one line per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vms", type=int, nargs="+", default=[805, 20_000])
    parser.add_argument("--file", type=Path, help="Read this workbook instead of a drawn one.")
    given = parser.parse_args()
    print(*(f"{name:>12}" for name in ("VMs", "CPU s", "wall s", "peak GiB", "x calamine")), " rows")
    for vms in given.vms if given.file is None else [0]:
        with (
            tempfile.TemporaryDirectory() as name,
            multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool,
        ):
            path = Path(name) / "estate.xlsx"
            if given.file is None:
                pool.apply(write, (path, vms))
            else:
                path.write_bytes(given.file.read_bytes())
            base, _, cells = pool.apply(alone, (path,))
            cpu, clock, peak, rows = pool.apply(whole, (path,))
        print(
            f"{vms:12} {cpu:12.2f} {clock:12.2f} {peak:12.2f} {cpu / base:12.1f} ", json.dumps({"cells": cells} | rows)
        )


if __name__ == "__main__":
    main()
