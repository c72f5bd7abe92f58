"""RVTools exports as the versions write them: an invented estate in the spellings of formats reference 2.1.

Headers are those of RVTools 4.8.1 (spelling by third parties, order documented). [unverified] in the reference, and so here:
internal names (`-DBColumnNames`) other than those listed in INTERNAL, which follow their pattern, and `IP Address` of old
versions.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import xlsxwriter

_VM = "VM,Powerstate,Template,SRM Placeholder"
_OS = "OS according to the configuration file,OS according to the VMware Tools"
_PLACE = f"Annotation,Datacenter,Cluster,Host,Folder,{_OS}"
_IDS = "VM ID,VM UUID,VI SDK Server,VI SDK UUID"
HEADERS: dict[str, list[str]] = {
    tab: text.split(",")
    for tab, text in {
        "vInfo": f"{_VM},Config status,DNS Name,Connection state,Guest state,Heartbeat,Consolidation Needed,PowerOn,"
        "Suspended To Memory,Suspend time,Suspend Interval,Creation date,Change Version,CPUs,Overall Cpu Readiness,Memory,"
        "Active Memory,NICs,Disks,Total disk capacity MiB,Fixed Passthru HotPlug,min Required EVC Mode Key,"
        "Latency Sensitivity,Op Notification Timeout,EnableUUID,CBT,Primary IP Address,Network #1,Network #2,Network #3,"
        "Network #4,Network #5,Network #6,Network #7,Network #8,Num Monitors,Video Ram KiB,Resource pool,Folder ID,Folder,"
        "vApp,DAS protection,FT State,FT Role,FT Latency,FT Bandwidth,FT Sec. Latency,Vm Failover In Progress,"
        "Provisioned MiB,In Use MiB,Unshared MiB,HA Restart Priority,HA Isolation Response,HA VM Monitoring,"
        "Cluster rule(s),Cluster rule name(s),Boot Required,Boot delay,Boot retry delay,Boot retry enabled,"
        "Boot BIOS setup,Reboot PowerOff,EFI Secure boot,Firmware,HW version,HW upgrade status,HW upgrade policy,"
        "HW target,Path,Log directory,Snapshot directory,Suspend directory,Annotation,Datacenter,Cluster,Host,"
        f"{_OS},Customization Info,Guest Detailed Data,VM ID,SMBIOS UUID,VM UUID,VI SDK Server type,VI SDK API Version,"
        "VI SDK Server,VI SDK UUID",
        "vCPU": f"{_VM},CPUs,Sockets,Cores p/s,Max,Overall,Level,Shares,Reservation,Entitlement,DRS Entitlement,Limit,"
        f"Hot Add,Hot Remove,Numa Hotadd Exposed,{_PLACE},{_IDS}",
        "vMemory": f"{_VM},Size MiB,Memory Reservation Locked To Max,Overhead,Max,Consumed,Consumed Overhead,Private,"
        f"Shared,Swapped,Ballooned,Active,Entitlement,DRS Entitlement,Level,Shares,Reservation,Limit,Hot Add,{_PLACE},"
        f"{_IDS}",
        "vDisk": f"{_VM},Disk,Disk Key,Disk UUID,Disk Path,Capacity MiB,Raw,Disk Mode,Sharing mode,Thin,Eagerly Scrub,"
        "Split,Write Through,Level,Shares,Reservation,Limit,Controller,Label,SCSI Unit #,Unit #,Shared Bus,Path,"
        f"Raw LUN ID,Raw Comp. Mode,Internal Sort Column,{_PLACE},{_IDS}",
        "vPartition": f"{_VM},Disk Key,Disk,Capacity MiB,Consumed MiB,Free MiB,Free %,Internal Sort Column,{_PLACE},{_IDS}",
        "vNetwork": f"{_VM},NIC label,Adapter,Network,Switch,Connected,Starts Connected,Mac Address,Type,IPv4 Address,"
        f"IPv6 Address,Direct Path IO,Internal Sort Column,{_PLACE},{_IDS}",
        "vSnapshot": f"VM,Powerstate,Name,Description,Date / time,Filename,Size MiB (vmsn),Size MiB (total),Quiesced,"
        f"State,{_PLACE},{_IDS}",
        "vHost": "Host,Datacenter,Cluster,Config status,Compliance Check State,in Maintenance Mode,in Quarantine Mode,"
        "vSAN Fault Domain Name,CPU Model,Speed,HT Available,HT Active,# CPU,Cores per CPU,# Cores,CPU usage %,# Memory,"
        "Memory Tiering Type,Memory usage %,Console,# NICs,# HBAs,# VMs total,# VMs,VMs per Core,# vCPUs,vCPUs per Core,"
        "vRAM,VM Used memory,VM Memory Swapped,VM Memory Ballooned,VMotion support,Storage VMotion support,Current EVC,"
        "Max EVC,Assigned License(s),ATS Heartbeat,ATS Locking,Current CPU power man. policy,Supported CPU power man.,"
        "Host Power Policy,ESX Version,Boot time,DNS Servers,DHCP,Domain,Domain List,DNS Search Order,NTP Server(s),"
        "NTPD running,Time Zone,Time Zone Name,GMT Offset,Vendor,Model,Serial number,Service tag,OEM specific string,"
        "BIOS Vendor,BIOS Version,BIOS Date,Certificate Issuer,Certificate Start Date,Certificate Expiry Date,"
        "Certificate Status,Certificate Subject,Object ID,UUID,VI SDK Server,VI SDK UUID",
        "vTools": f"Upgrade,{_VM},VM Version,Tools,Tools Version,Required Version,Upgradeable,Upgrade Policy,Sync time,"
        "App status,Heartbeat status,Kernel Crash state,Operation Ready,State change support,Interactive Guest,"
        f"{_PLACE},VMRef,{_IDS}",
        "vCD": f"Select,{_VM},Device Node,Connected,Starts Connected,Device Type,{_PLACE},VMRef,{_IDS}",
        "vUSB": f"Select,{_VM},Device Node,Device Type,Connected,Family,Speed,EHCI enabled,Auto connect,Bus number,"
        f"Unit number,Annotation,Datacenter,Cluster,Host,Folder,OS according to the configuration file,"
        f"OS according to the VMware tools,VMRef,{_IDS}",
        "vHealth": "Name,Message,Message type,VI SDK Server,VI SDK UUID",
        "vSource": "Name,OS type,API type,API version,Version,Patch level,Build,Fullname,Product name,Product version,"
        "Product line,Vendor,VI SDK Server,VI SDK UUID",
    }.items()
}
# Listed in formats reference 2.1; `#` stands for 1 to 8.
INTERNAL: dict[str, dict[str, str]] = {
    "vInfo": {
        "VM": "VMName",
        "VM UUID": "UUID",
        "DNS Name": "GuestHostName",
        "Provisioned MiB": "Provisioned",
        "In Use MiB": "InUse",
        "Datacenter": "DataCenter",
        "SRM Placeholder": "SRMPlaceHolder",
        "OS according to the VMware Tools": "OSTools",
        "OS according to the configuration file": "OS",
        "Primary IP Address": "PrimaryIPAddress",
        "Resource pool": "Resourcepool",
        "Creation date": "CreateDate",
        "Disks": "NumVirtualDisks",
        **{f"Network #{number}": f"Network{number}" for number in range(1, 9)},
    },
    "vHost": {
        "Host": "Name",
        "CPU Model": "CpuModel",
        "Speed": "CpuMhz",
        "# CPU": "NumCpu",
        "Cores per CPU": "CoresPerCPU",
        "# Cores": "NumCpuCores",
        "CPU usage %": "OverallCpuUsage",
        "# Memory": "MemorySize",
        "Memory usage %": "OverallMemoryUsage",
        "# vCPUs": "vCPUs",
        "vCPUs per Core": "VCPUsPerCore",
    },
    "vPartition": {"VM": "VMName", "VM UUID": "UUID", "Consumed MiB": "ConsumedMiB", "Capacity MiB": "CapacityMiB"},
    "vMemory": {"VM": "VMName", "VM UUID": "UUID", "Size MiB": "SizeMiB"},
}
# What versions before 4.1.2 do not have.
NEWER_TABS = {"vSource", "vUSB"}
NEWER_HEADERS = {
    *(f"Network #{number}" for number in range(5, 9)),
    "SMBIOS UUID",
    "Total disk capacity MiB",
    "Disk Key",
    "Disk Path",
    "Disk UUID",
    "Sharing mode",
    "Folder ID",
    "Guest Detailed Data",
    "Active Memory",
    "Overall Cpu Readiness",
    "SRM Placeholder",
    "IPv6 Address",
    "Creation date",
    "Primary IP Address",
}
OLD = {"VI SDK UUID": "vCenter UUID", "Free %": "Free % ", "IPv4 Address": "IP Address"}

Row = Mapping[str, Any]
Tabs = Mapping[str, list[Row]]
Table = list[list[Any]]


def new(tabs: Tabs) -> dict[str, Table]:
    """Every documented tab with every documented header."""
    return {tab: _table(HEADERS[tab], HEADERS[tab], tabs.get(tab, [])) for tab in HEADERS}


def old(tabs: Tabs) -> dict[str, Table]:
    """As before 4.1.2: MB, vCenter UUID, four networks, and the columns of then."""
    done = {}
    for tab in HEADERS:
        headers = [header for header in HEADERS[tab] if header not in NEWER_HEADERS]
        said = [OLD.get(header, header).replace("MiB", "MB").replace("KiB", "KB") for header in headers]
        if tab not in NEWER_TABS:
            done[tab] = _table(headers, said, tabs.get(tab, []))
    return done


def internal(tabs: Tabs) -> dict[str, Table]:
    """With -DBColumnNames."""
    return {
        tab: _table(HEADERS[tab], [_internal(tab, header) for header in HEADERS[tab]], tabs.get(tab, []))
        for tab in HEADERS
    }


def _internal(tab: str, header: str) -> str:
    return tab + INTERNAL.get(tab, {}).get(header, "VMName" if header == "VM" else re.sub(r"[^\w]", "", header))


def only(tables: Mapping[str, Table], tab: str, headers: list[str]) -> dict[str, Table]:
    """With one tab cut down to some of its headers."""
    at = [tables[tab][0].index(header) for header in headers]
    return {**tables, tab: [[row[number] for number in at] for row in tables[tab]]}


def with_column(tables: Mapping[str, Table], tab: str, after: str, header: str, cells: list[Any]) -> dict[str, Table]:
    """With one more column after another, as custom attributes stand."""
    at = tables[tab][0].index(after) + 1
    rows = [[*row[:at], cell, *row[at:]] for row, cell in zip(tables[tab], [header, *cells], strict=True)]
    return {**tables, tab: rows}


def _table(headers: list[str], said: list[str], rows: list[Row]) -> Table:
    for row in rows:
        assert set(row) <= set(headers) | NEWER_HEADERS, set(row) - set(headers)
    return [list(said), *([row.get(header, "") for header in headers] for row in rows)]


def xlsx(tables: Mapping[str, Table]) -> bytes:
    """A workbook with a sheet per tab."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    for tab, rows in tables.items():
        page = book.add_worksheet(tab)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    book.close()
    return buffer.getvalue()


def csvs(tables: Mapping[str, Table]) -> dict[str, str]:
    """One file per tab, separated by `;` as on a Swedish machine."""
    return {
        f"RVTools_tab{tab}.csv": "".join(";".join(_quoted(cell) for cell in row) + "\r\n" for row in rows)
        for tab, rows in tables.items()
    }


def _quoted(cell: Any) -> str:
    text = str(cell)
    return f'"{text}"' if ";" in text else text


def zipped(tables: Mapping[str, Table]) -> bytes:
    """These files in a ZIP."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in csvs(tables).items():
            archive.writestr(name, text)
    return buffer.getvalue()
