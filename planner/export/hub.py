"""AWS Migration Hub import: every server with its size, its application and its wave. Disk sizes have no column."""

from __future__ import annotations

import pandas as pd

from planner.export.limits import limits_of
from planner.export.material import Asked, Export, Planned
from planner.export.rows import formulas, server_rows, split, to_csv

HEADER = (
    "ExternalId,SMBiosId,IPAddress,MACAddress,HostName,VMware.MoRefId,VMware.VCenterId,CPU.NumberOfProcessors,"
    "CPU.NumberOfCores,CPU.NumberOfLogicalCores,OS.Name,OS.Version,VMware.VMName,RAM.TotalSizeInMB,"
    "RAM.UsedSizeInMB.Avg,RAM.UsedSizeInMB.Max,CPU.UsagePct.Avg,CPU.UsagePct.Max,DiskReadsPerSecondInKB.Avg,"
    "DiskWritesPerSecondInKB.Avg,DiskReadsPerSecondInKB.Max,DiskWritesPerSecondInKB.Max,DiskReadsOpsPerSecond.Avg,"
    "DiskWritesOpsPerSecond.Avg,DiskReadsOpsPerSecond.Max,DiskWritesOpsPerSecond.Max,NetworkReadsPerSecondInKB.Avg,"
    "NetworkWritesPerSecondInKB.Avg,NetworkReadsPerSecondInKB.Max,NetworkWritesPerSecondInKB.Max,Applications,"
    "ApplicationWave,Tags,ServerId"
)
MIB = 1024


def write_hub(planned: Planned, asked: Asked) -> Export:
    """Write the import, in as many files as the service takes; sizes in MiB, which the service calls MB."""
    limits = limits_of("hub")
    rows = server_rows(planned).merge(_used(planned["utilisation"]), on="server_id", how="left")
    rows["application"] = rows["app"].mask(rows["is_provisional"])
    place = rows.groupby("application").cumcount()
    checks = [
        *formulas(rows, {"HostName": "name", "Applications": "application", "OS.Name": "os"}),
        ("Applications", rows["application"].str.contains(",", regex=False), "comma_in_list"),
        (
            "Applications",
            rows["application"].notna() & (place >= limits["servers_per_application"]),
            "too_many_servers",
        ),
    ]
    kept, refused = split(rows.assign(HostName=rows["name"], Applications=rows["application"]), checks)
    files = tuple(_file(part) for part in _parts(kept, limits["servers_per_file"], limits["bytes_per_file"]))
    sized = int(kept["storage_gib"].notna().sum())
    return Export(files, len(kept), refused, (("disks_not_carried", sized),) if sized else ())


def _used(table: pd.DataFrame) -> pd.DataFrame:
    names = ["cpu_avg_pct", "cpu_max_pct", "memory_avg_pct", "memory_max_pct"]
    return table.loc[table["basis"].isin(["series", "average_max"]), ["server_id", *names]]


def _parts(rows: pd.DataFrame, most: int, size: int) -> list[pd.DataFrame]:
    """Halve until every part is small enough; an empty plan is one file with a header."""
    if len(rows) <= 1 or (len(rows) <= most and len(_file(rows)) <= size):
        return [rows]
    middle = min(most, len(rows) // 2) if len(rows) <= most else most
    return _parts(rows.iloc[:middle], most, size) + _parts(rows.iloc[middle:], most, size)


def _file(rows: pd.DataFrame) -> bytes:
    memory = rows["memory_gib"] * MIB
    columns = {
        "ExternalId": rows["server_id"],
        "SMBiosId": rows["smbios_uuid"],
        "IPAddress": rows["ip_address"],
        "MACAddress": rows["mac_address"],
        "HostName": rows["name"],
        "CPU.NumberOfLogicalCores": rows["vcpu"],
        "OS.Name": rows["os"],
        "RAM.TotalSizeInMB": _plain(memory),
        "RAM.UsedSizeInMB.Avg": _plain(memory * rows["memory_avg_pct"] / 100),
        "RAM.UsedSizeInMB.Max": _plain(memory * rows["memory_max_pct"] / 100),
        "CPU.UsagePct.Avg": _plain(rows["cpu_avg_pct"]),
        "CPU.UsagePct.Max": _plain(rows["cpu_max_pct"]),
        "Applications": rows["application"],
        "ApplicationWave": rows["wave_name"],
        "Tags": _tags(rows),
    }
    return to_csv(HEADER.split(","), columns, len(rows))


def _plain(numbers: pd.Series) -> pd.Series:
    """Numbers without a needless decimal point."""
    return numbers.map(lambda value: f"{round(float(value), 3):.15g}", na_action="ignore")


def _tags(rows: pd.DataFrame) -> pd.Series:
    return ("r:" + rows["disposition"].fillna("undecided") + ", decision:" + rows["state"]).astype("string")
