"""The parts of a catalogue: what is asked of AWS for one region, each part able to fail alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import botocore.session

from planner.catalogue.client import Aws
from planner.catalogue.machine_prices import compute_prices, savings_prices
from planner.catalogue.other_prices import database_prices, storage_prices, transfer_prices

Rows = list[dict[str, Any]]
Tables = dict[str, Rows]
GIB = 1024
PARAMETERS = "/aws/service/global-infrastructure/regions"
# DescribeInstanceTypes takes at most this many names in one call.
NAMES_A_CALL = 100
OPTIONS_A_PAGE = 1000
DATABASES = {
    "mariadb": "mariadb",
    "mysql": "mysql",
    "postgres": "postgresql",
    "sqlserver-ee": "sqlserver_enterprise",
    "sqlserver-se": "sqlserver_standard",
    "sqlserver-web": "sqlserver_web",
}


def region_of(aws: Aws, region: str) -> Tables:
    """Name, country and partition of a region. The home region knows the parameters of all."""
    found = aws.each("ssm", aws.home, "get_parameters_by_path", "Parameters", Path=f"{PARAMETERS}/{region}")
    known = {item["Name"].rpartition("/")[2]: item["Value"] for item in found}
    partitions = botocore.session.get_session().get_data("partitions")["partitions"]
    partition = next(item for item in partitions if item["id"] == aws.partition_of(region))
    note = None if aws.is_reachable(region) else "own credentials; listed from public parameters, no offerings read"
    row = {
        "region": region,
        "name": known.get("longName") or partition["regions"].get(region, {}).get("description"),
        "country_code": known.get("geolocationCountry"),
        "partition": partition["id"],
        "dns_suffix": partition["outputs"]["dnsSuffix"],
        "note": note,
    }
    return {"regions": [row]}


def services_of(aws: Aws, region: str) -> Tables:
    """Services that AWS lists in a region."""
    path = f"{PARAMETERS}/{region}/services"
    found = aws.each("ssm", aws.home, "get_parameters_by_path", "Parameters", Path=path)
    return {"services": [{"region": region, "service": item["Value"]} for item in found]}


def offerings_of(aws: Aws, region: str) -> Tables:
    """Instance types that a region offers."""
    found = aws.each("ec2", region, "describe_instance_type_offerings", "InstanceTypeOfferings", LocationType="region")
    names = sorted(item["InstanceType"] for item in found)
    return {"offerings": [{"region": region, "instance_type": name} for name in names]}


def types_of(aws: Aws, region: str, names: list[str]) -> Tables:
    """Instance types by name; a region describes only what it offers."""
    chunks = [names[start : start + NAMES_A_CALL] for start in range(0, len(names), NAMES_A_CALL)]
    rows = [
        type_row(item)
        for chunk in chunks
        for item in aws.each("ec2", region, "describe_instance_types", "InstanceTypes", InstanceTypes=chunk)
    ]
    return {"instance_types": rows}


def type_row(item: Mapping[str, Any]) -> dict[str, Any]:
    """One instance type as a row; memory in GiB."""
    name, processor = item["InstanceType"], item.get("ProcessorInfo", {})
    disks = item.get("EbsInfo", {}).get("EbsOptimizedInfo", {})
    supported = processor.get("SupportedArchitectures", [])
    return {
        "instance_type": name,
        "family": name.partition(".")[0],
        "arch": next((kind for kind in ("arm64", "x86_64") if kind in supported), None),
        "vcpu": item["VCpuInfo"]["DefaultVCpus"],
        "memory_gib": item["MemoryInfo"]["SizeInMiB"] / GIB,
        "is_current_generation": item.get("CurrentGeneration"),
        "is_burstable": item.get("BurstablePerformanceSupported"),
        "is_bare_metal": item.get("BareMetal"),
        "gpu_count": sum(gpu.get("Count", 0) for gpu in item.get("GpuInfo", {}).get("Gpus", [])),
        "processor": processor.get("Manufacturer"),
        "network": item.get("NetworkInfo", {}).get("NetworkPerformance"),
        "ebs_baseline_mbps": disks.get("BaselineBandwidthInMbps"),
        "ebs_max_mbps": disks.get("MaximumBandwidthInMbps"),
        "ebs_max_iops": disks.get("MaximumIops"),
    }


def database_classes_of(aws: Aws, region: str) -> Tables:
    """Classes of managed databases that can be ordered, by engine."""
    capable: dict[tuple[str, str], bool] = {}
    for engine, ours in DATABASES.items():
        asked = {"Engine": engine, "PaginationConfig": {"PageSize": OPTIONS_A_PAGE}}
        options = aws.each(
            "rds", region, "describe_orderable_db_instance_options", "OrderableDBInstanceOptions", **asked
        )
        for option in options:
            key = (ours, option["DBInstanceClass"])
            capable[key] = capable.get(key, False) or bool(option.get("MultiAZCapable"))
    rows = [
        {"region": region, "engine": engine, "instance_class": name, "is_multi_az": is_multi_az}
        for (engine, name), is_multi_az in sorted(capable.items())
    ]
    return {"database_classes": rows}


def _priced(read: Callable[[Aws, str], Rows]) -> Callable[[Aws, str], Tables]:
    return lambda aws, region: {"prices": read(aws, region)}


# In the order in which they are asked; `types` comes after, since it asks for what is offered.
PARTS: dict[str, Callable[[Aws, str], Tables]] = {
    "region": region_of,
    "services": services_of,
    "offerings": offerings_of,
    "database_classes": database_classes_of,
    "compute_prices": _priced(compute_prices),
    "savings_prices": _priced(savings_prices),
    "storage_prices": _priced(storage_prices),
    "database_prices": _priced(database_prices),
    "transfer_prices": _priced(transfer_prices),
}
TYPES = "types"
EVERY_PART = (*PARTS, TYPES)
# Read from the home region's public parameters, so known of other partitions too.
PUBLIC = ("region", "services")
