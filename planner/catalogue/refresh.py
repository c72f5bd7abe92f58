"""Reads cloud facts from AWS into a dated snapshot. The only place that imports boto3."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import botocore
import botocore.session
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
# DescribeInstanceTypes takes at most this many names in one call.
NAMES_A_CALL = 100

Rows = list[dict[str, Any]]


def refresh(
    out: Path, regions: Sequence[str], captured_date: date, session: Any = None, made_with: str | None = None
) -> Path:
    """Write a snapshot.

    Parameters
    ----------
    out
        Folder to make; it must not exist.
    regions
        Regions to read. One of another partition than the session's own region (eu-north-1 when it has none) needs
        other credentials: it is listed with what is known and has no offerings.
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
        AWS could not be asked, with the region that failed; nothing is left half-written.
    """
    if out.exists():
        raise CatalogueError("the folder exists already", place=str(out), remedy="Choose another --out.")
    aws = _Aws(session or boto3.Session())
    read: dict[str, Rows] = {name: [] for name in DTYPES}
    for region in sorted(set(regions)):
        with _naming(region):
            _read_region(aws, region, read)
    tables = {name: _frame(rows, name) for name, rows in read.items()}
    return _write(out, tables, captured_date, made_with or f"AWS API through boto3 {boto3.__version__}")


class _Aws:
    """One session with its clients: making them anew costs half a second each."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._clients: dict[tuple[str, str], Any] = {}
        self.home = session.region_name or HOME_REGION

    def partition_of(self, region: str) -> str:
        return str(self._session.get_partition_for_region(region))

    def each(self, service: str, region: str, operation: str, key: str, **asked: Any) -> Iterator[dict[str, Any]]:
        """Every item of every page."""
        if (service, region) not in self._clients:
            self._clients[service, region] = self._session.client(service, region_name=region, config=CONFIG)
        for page in self._clients[service, region].get_paginator(operation).paginate(**asked):
            yield from page[key]

    def parameters(self, path: str) -> Iterator[dict[str, Any]]:
        """AWS's public parameters on its regions; the home region knows those of all."""
        return self.each("ssm", self.home, "get_parameters_by_path", "Parameters", Path=f"{PARAMETERS}/{path}")


@contextmanager
def _naming(region: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as reason:
        raise CatalogueError(
            f"AWS could not be asked ({reason})",
            place=region,
            remedy="Check credentials and network; plans go on with the shipped snapshot.",
        ) from None


def _read_region(aws: _Aws, region: str, read: dict[str, Rows]) -> None:
    is_reachable = aws.partition_of(region) == aws.partition_of(aws.home)
    services = [item["Value"] for item in aws.parameters(f"regions/{region}/services")]
    read["regions"].append(_region(aws, region, is_reachable) | {"service_count": len(services) or None})
    read["services"] += [{"region": region, "service": name} for name in services]
    if is_reachable:
        offered = _offered(aws, region)
        read["offerings"] += [{"region": region, "instance_type": name} for name in offered]
        described = {row["instance_type"] for row in read["instance_types"]}
        read["instance_types"] += _described(aws, region, [name for name in offered if name not in described])


def _region(aws: _Aws, region: str, is_reachable: bool) -> dict[str, Any]:
    known = {item["Name"].rpartition("/")[2]: item["Value"] for item in aws.parameters(f"regions/{region}")}
    partitions = botocore.session.get_session().get_data("partitions")["partitions"]
    partition = next(item for item in partitions if item["id"] == aws.partition_of(region))
    return {
        "region": region,
        "name": known.get("longName") or partition["regions"].get(region, {}).get("description"),
        "country_code": known.get("geolocationCountry"),
        "partition": partition["id"],
        "dns_suffix": partition["outputs"]["dnsSuffix"],
        "note": None if is_reachable else "own credentials; listed from public parameters, no offerings read",
    }


def _offered(aws: _Aws, region: str) -> list[str]:
    items = aws.each("ec2", region, "describe_instance_type_offerings", "InstanceTypeOfferings", LocationType="region")
    return sorted(item["InstanceType"] for item in items)


def _described(aws: _Aws, region: str, names: list[str]) -> Rows:
    # A region describes only the types that it offers, so each is asked for those no region before it had.
    chunks = [names[start : start + NAMES_A_CALL] for start in range(0, len(names), NAMES_A_CALL)]
    return [
        type_row(item)
        for chunk in chunks
        for item in aws.each("ec2", region, "describe_instance_types", "InstanceTypes", InstanceTypes=chunk)
    ]


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


def _frame(rows: Rows, table: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(DTYPES[table])).astype(DTYPES[table])
    return frame.sort_values(list(DTYPES[table])[:2], ignore_index=True)


def _write(out: Path, tables: dict[str, pd.DataFrame], captured_date: date, made_with: str) -> Path:
    fresh = out.parent / f".{out.name}.new-{os.getpid()}"
    try:
        fresh.mkdir(parents=True)
        for name, data in _files(tables, captured_date, made_with).items():
            (fresh / name).write_bytes(data)
        fresh.rename(out)
    except OSError as reason:
        raise CatalogueError(f"the snapshot cannot be written ({reason.strerror})", place=str(out)) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return out


def _files(tables: dict[str, pd.DataFrame], captured_date: date, made_with: str) -> dict[str, bytes]:
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
    return content | {"manifest.json": (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode("utf-8")}
