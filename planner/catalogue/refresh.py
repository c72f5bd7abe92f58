"""Reads cloud facts from AWS into a dated snapshot. The only place that imports boto3."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import botocore
import pandas as pd
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from planner.catalogue.snapshot import DTYPES
from planner.errors import CatalogueError
from planner.schema import to_csv_bytes

DEFAULT_REGIONS = ("eu-north-1", "eu-central-1", "eu-west-1", "eusc-de-east-1")
HOME_REGION = "eu-north-1"
CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 6}, connect_timeout=5, read_timeout=20)
GIB = 1024
PARAMETERS = "/aws/service/global-infrastructure"


def refresh(
    out: Path, regions: Sequence[str], captured_date: date, session: Any = None, made_with: str | None = None
) -> Path:
    """Write a snapshot.

    Parameters
    ----------
    out
        Folder to make; it must not exist.
    regions
        Regions to read. One of another partition than the credentials' is listed with what is known and has no
        offerings.
    captured_date
        Date to write on it: no clock is read.
    session
        A boto3 session; the default one when None.
    made_with
        How the facts were got, when not from AWS itself ("moto 5.2.5"): a snapshot made through a mock is never
        called live.

    Raises
    ------
    CatalogueError
        AWS could not be asked; nothing is left half-written.
    """
    if out.exists():
        raise CatalogueError("the folder exists already", place=str(out), remedy="Choose another --out.")
    session = session or boto3.Session()
    clients: dict[tuple[str, str], Any] = {}

    def client(service: str, region: str) -> Any:
        if (service, region) not in clients:
            clients[service, region] = session.client(service, region_name=region, config=CONFIG)
        return clients[service, region]

    try:
        tables = _tables(client, session, sorted(set(regions)))
    except (BotoCoreError, ClientError) as reason:
        raise CatalogueError(
            f"AWS could not be asked ({reason})",
            place=", ".join(regions),
            remedy="Check credentials and network; plans go on with the shipped snapshot.",
        ) from None
    return _write(out, tables, captured_date, made_with or f"AWS API through boto3 {boto3.__version__}")


def _tables(client: Any, session: Any, regions: list[str]) -> dict[str, pd.DataFrame]:
    home = session.get_partition_for_region(HOME_REGION)
    reachable = [region for region in regions if session.get_partition_for_region(region) == home]
    types = _frame(_instance_types(client("ec2", reachable[0] if reachable else HOME_REGION)), "instance_types")
    offerings = _frame((row for region in reachable for row in _offerings(client("ec2", region), region)), "offerings")
    services = _frame((row for region in regions for row in _services(client("ssm", HOME_REGION), region)), "services")
    listed = _frame(
        (_region(client("ssm", HOME_REGION), session, region, region in reachable) for region in regions), "regions"
    )
    counts = services.groupby("region").size()
    listed["service_count"] = listed["region"].map(counts).astype("Int64")
    return {
        "instance_types": types[types["instance_type"].isin(offerings["instance_type"])].reset_index(drop=True),
        "offerings": offerings,
        "regions": listed,
        "services": services,
    }


def _frame(rows: Iterator[dict[str, Any]], table: str) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(DTYPES[table])).astype(DTYPES[table])
    return frame.sort_values(list(DTYPES[table])[:2], ignore_index=True)


def _instance_types(ec2: Any) -> Iterator[dict[str, Any]]:
    for page in ec2.get_paginator("describe_instance_types").paginate():
        for item in page["InstanceTypes"]:
            yield type_row(item)


def type_row(item: dict[str, Any]) -> dict[str, Any]:
    """One instance type as a row; memory in GiB."""
    name = item["InstanceType"]
    processors = item.get("ProcessorInfo", {}).get("SupportedArchitectures", [])
    arch = next((kind for kind in ("arm64", "x86_64") if kind in processors), None)
    return {
        "instance_type": name,
        "family": name.partition(".")[0],
        "arch": arch,
        "vcpu": item["VCpuInfo"]["DefaultVCpus"],
        "memory_gib": item["MemoryInfo"]["SizeInMiB"] / GIB,
        "is_current_generation": item.get("CurrentGeneration"),
        "is_burstable": item.get("BurstablePerformanceSupported"),
        "is_bare_metal": item.get("BareMetal"),
        "gpu_count": sum(gpu.get("Count", 0) for gpu in item.get("GpuInfo", {}).get("Gpus", [])),
    }


def _offerings(ec2: Any, region: str) -> Iterator[dict[str, str]]:
    for page in ec2.get_paginator("describe_instance_type_offerings").paginate(LocationType="region"):
        for item in page["InstanceTypeOfferings"]:
            yield {"region": region, "instance_type": item["InstanceType"]}


def _services(ssm: Any, region: str) -> Iterator[dict[str, str]]:
    for page in ssm.get_paginator("get_parameters_by_path").paginate(Path=f"{PARAMETERS}/regions/{region}/services"):
        for item in page["Parameters"]:
            yield {"region": region, "service": item["Value"]}


def _region(ssm: Any, session: Any, region: str, is_reachable: bool) -> dict[str, Any]:
    partition = session.get_partition_for_region(region)
    known = {
        item["Name"].rpartition("/")[2]: item["Value"] for item in _parameters(ssm, f"{PARAMETERS}/regions/{region}")
    }
    loader = session._session.get_component("endpoint_resolver")
    return {
        "region": region,
        "name": known.get("longName"),
        "country_code": known.get("geolocationCountry"),
        "partition": partition,
        "dns_suffix": loader.get_partition_dns_suffix(partition),
        "note": None if is_reachable else "own credentials; listed from public parameters, no offerings read",
    }


def _parameters(ssm: Any, path: str) -> Iterator[dict[str, str]]:
    for page in ssm.get_paginator("get_parameters_by_path").paginate(Path=path):
        yield from page["Parameters"]


def _write(out: Path, tables: dict[str, pd.DataFrame], captured_date: date, made_with: str) -> Path:
    fresh = out.parent / f".{out.name}.new-{os.getpid()}"
    try:
        fresh.mkdir(parents=True)
        content = {f"{name}.csv": to_csv_bytes(frame).replace(b"\r\n", b"\n") for name, frame in sorted(tables.items())}
        manifest = {
            "format": "fardplan-catalogue/1",
            "captured_date": captured_date.isoformat(),
            "made_with": made_with,
            "botocore": botocore.__version__,
            "sources": ["ec2:DescribeInstanceTypes", "ec2:DescribeInstanceTypeOfferings", f"ssm:{PARAMETERS}"],
            "files": {
                name: {"rows": len(tables[name.removesuffix(".csv")]), "sha256": hashlib.sha256(data).hexdigest()}
                for name, data in content.items()
            },
        }
        content["manifest.json"] = (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode("utf-8")
        for name, data in content.items():
            (fresh / name).write_bytes(data)
        fresh.rename(out)
    except OSError as reason:
        shutil.rmtree(fresh, ignore_errors=True)
        raise CatalogueError(f"the snapshot cannot be written ({reason.strerror})", place=str(out)) from None
    return out
