"""Snapshots of cloud facts: refreshed through boto3 (against moto), shipped, and read again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import moto
import pandas as pd
import pytest
from moto import mock_aws

from planner.catalogue import (
    load_catalogue,
    price_types,
)
from planner.errors import CatalogueError
from tests.conftest import REPOSITORY, run_environment, write_case

# What moto has facts of: it has no prices, and no classes of databases.
MOCKED = ("region", "services", "offerings", "types")
SHIPPED = sorted((REPOSITORY / "planner" / "catalogues").glob("aws-*"))[-1]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A mocked AWS with fake credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "fake")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    with mock_aws():
        yield


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.slow
def test_the_shipped_snapshot_is_what_a_refresh_writes_twice(aws: None, tmp_path: Path) -> None:
    from planner.catalogue.refresh import DEFAULT_REGIONS, refresh

    captured = date.fromisoformat(SHIPPED.name.removeprefix("aws-"))
    made_with = json.loads((SHIPPED / "manifest.json").read_text(encoding="utf-8"))["made_with"]
    assert f"moto {moto.__version__}" in made_with
    folders = [
        refresh(tmp_path / name, DEFAULT_REGIONS, captured, made_with=made_with, parts=MOCKED)
        for name in ("one", "two")
    ]
    assert bytes_of(folders[0]) == bytes_of(folders[1]) == bytes_of(SHIPPED)


@pytest.mark.slow
def test_types_are_read_as_ec2_describes_them(aws: None) -> None:
    import boto3

    from planner.catalogue.parts import type_row

    names = ["m5.large", "t3.medium", "m6g.large", "g4dn.xlarge", "m5.metal"]
    described = boto3.client("ec2").describe_instance_types(InstanceTypes=names)["InstanceTypes"]
    rows = pd.DataFrame([type_row(item) for item in described]).set_index("instance_type")
    shipped = load_catalogue().instance_types.set_index("instance_type").loc[rows.index]
    assert rows["memory_gib"].to_dict() == {
        "m5.large": 8,
        "t3.medium": 4,
        "m6g.large": 8,
        "g4dn.xlarge": 16,
        "m5.metal": 384,
    }
    assert rows.loc["m6g.large", "arch"] == "arm64" and rows.loc["g4dn.xlarge", "gpu_count"] == 1
    assert rows.loc["m5.metal", "is_bare_metal"] and rows.loc["t3.medium", "is_burstable"]
    for name in ("vcpu", "memory_gib", "arch", "gpu_count"):
        assert rows[name].tolist() == shipped[name].tolist()


def test_regions_with_country_and_the_sovereign_cloud_as_far_as_known() -> None:
    regions = load_catalogue().regions.set_index("region")
    assert regions["country_code"].to_dict() == {
        "eu-central-1": "DE",
        "eu-north-1": "SE",
        "eu-west-1": "IE",
        "eusc-de-east-1": "DE",
    }
    assert regions.loc["eusc-de-east-1", ["partition", "dns_suffix"]].tolist() == ["aws-eusc", "amazonaws.eu"]
    offered = load_catalogue().offerings.groupby("region").size()
    assert offered.to_dict() == {"eu-central-1": 1166, "eu-north-1": 715, "eu-west-1": 1184}


class _Session:
    """A session whose clients for one service and region, or for all, fail as the caller says."""

    region_name = "eu-north-1"

    def __init__(self, failing: Callable[[str, str, object], object]) -> None:
        import boto3

        self._real, self._failing = boto3.Session(), failing

    def get_partition_for_region(self, region: str) -> str:
        return str(self._real.get_partition_for_region(region))

    def client(self, service: str, region_name: str, config: object) -> object:
        return self._failing(service, region_name, self._real.client(service, region_name=region_name, config=config))


def test_without_credentials_nothing_is_written_and_the_remedy_is_told(aws: None, tmp_path: Path) -> None:
    from botocore.exceptions import NoCredentialsError

    from planner.catalogue.refresh import refresh

    def fail(service: str, region: str, client: object) -> object:
        raise NoCredentialsError

    with pytest.raises(CatalogueError, match="credentials"):
        refresh(tmp_path / "new", ["eu-north-1"], date(2026, 11, 24), session=_Session(fail))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_part_that_fails_keeps_what_was_known_with_its_date_and_the_rest_is_read(aws: None, tmp_path: Path) -> None:
    from botocore.stub import Stubber

    from planner.catalogue.refresh import refresh

    def fail(service: str, region: str, client: object) -> object:
        if (service, region) == ("ec2", "eu-west-1"):
            stub = Stubber(client)
            stub.add_client_error("describe_instance_type_offerings", "OptInRequired", "not subscribed")
            stub.activate()
        return client

    asked = ["eusc-de-east-1", "eu-west-1"]
    folder = refresh(tmp_path / "new", asked, date(2026, 12, 1), session=_Session(fail), parts=MOCKED)
    read, shipped = load_catalogue(folder), load_catalogue()
    told = {(row["part"], row["region"]): row for row in read.manifest["parts"]}
    assert told["offerings", "eu-west-1"] == {
        "part": "offerings",
        "region": "eu-west-1",
        "state": "kept",
        "captured_date": "2026-11-24",
        "made_with": shipped.manifest["made_with"],
        "reason": "OptInRequired in DescribeInstanceTypeOfferings",
    }
    assert told["services", "eu-west-1"] == {
        "part": "services",
        "region": "eu-west-1",
        "state": "read",
        "captured_date": "2026-12-01",
    }
    assert told["offerings", "eusc-de-east-1"]["state"] == "not_asked"
    offered = shipped.offerings.query("region == 'eu-west-1'")["instance_type"].tolist()
    assert read.offerings["instance_type"].tolist() == offered
    assert set(read.instance_types["instance_type"]) == set(offered)


def test_a_region_that_does_not_exist_is_told(aws: None, tmp_path: Path) -> None:
    from planner.catalogue.refresh import refresh

    with pytest.raises(CatalogueError) as caught:
        refresh(tmp_path / "new", ["eu-nowhere-1-"], date(2026, 11, 24), parts=MOCKED)
    assert caught.value.place == "eu-nowhere-1-" and not list(tmp_path.iterdir())


class _RegionalAws:
    """Pages as EC2 gives them: a region describes only what it offers. (moto describes every type everywhere.)"""

    region_name = "eu-north-1"
    offered: ClassVar = {"eu-central-1": ["m5.large", "t3.medium"], "eu-west-1": ["g4dn.xlarge", "t3.medium"]}

    def get_partition_for_region(self, region: str) -> str:
        return "aws"

    def client(self, service: str, region_name: str, config: object) -> object:
        return _RegionalClient(self.offered.get(region_name, []) if service == "ec2" else None)


class _RegionalClient:
    def __init__(self, offered: list[str] | None) -> None:
        self._offered = offered

    def get_paginator(self, operation: str) -> object:
        return SimpleNamespace(paginate=getattr(self, operation))

    def get_parameters_by_path(self, Path: str) -> list[dict[str, object]]:
        return [{"Parameters": []}]

    def describe_instance_type_offerings(self, LocationType: str) -> list[dict[str, object]]:
        assert self._offered is not None
        return [{"InstanceTypeOfferings": [{"InstanceType": name}]} for name in self._offered]

    def describe_instance_types(self, InstanceTypes: list[str]) -> list[dict[str, object]]:
        assert self._offered is not None and set(InstanceTypes) <= set(self._offered)
        facts = {"VCpuInfo": {"DefaultVCpus": 2}, "MemoryInfo": {"SizeInMiB": 512}}
        return [{"InstanceTypes": [{"InstanceType": name} | facts for name in InstanceTypes]}]


def test_a_type_that_only_the_second_region_offers_is_described_and_unknown_stays_blank(tmp_path: Path) -> None:
    from planner.catalogue.refresh import refresh

    asked = ["eu-west-1", "eu-central-1"]
    folder = refresh(tmp_path / "new", asked, date(2026, 12, 1), session=_RegionalAws(), parts=MOCKED)
    read = load_catalogue(folder)
    assert read.instance_types["instance_type"].tolist() == ["g4dn.xlarge", "m5.large", "t3.medium"]
    assert (read.instance_types["memory_gib"] == 0.5).all()
    assert read.instance_types[["arch", "is_burstable", "is_bare_metal"]].isna().all(axis=None)
    assert len(read.offerings) == 4
    # Without public parameters the name is botocore's, the country is not known, and the services are those of before.
    assert read.regions["name"].tolist() == ["Europe (Frankfurt)", "Europe (Ireland)"]
    assert read.regions["country_code"].isna().all() and read.regions["service_count"].tolist() == [338, 345]
    told = [row for row in read.manifest["parts"] if row["part"] == "services"]
    assert {(row["state"], row["captured_date"], row["reason"]) for row in told} == {
        ("kept", "2026-11-24", "empty answer")
    }
    assert all("moto" in row["made_with"] for row in told)
    assert "moto" not in read.manifest["made_with"]


def test_a_folder_that_is_no_snapshot_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="not a catalogue"):
        load_catalogue(tmp_path)


@pytest.mark.parametrize(
    ("name", "old", "new", "why"),
    [
        ("offerings.csv", b"m5.large", b"m5.larger", "offerings.csv was changed after it was written"),
        ("manifest.json", b"fardplan-catalogue/1", b"fardplan-catalogue/9", "format fardplan-catalogue/9"),
        ("manifest.json", b'"files"', b'"fil', "not a catalogue"),
    ],
)
def test_a_snapshot_that_was_changed_or_is_of_another_format_is_refused(
    tmp_path: Path, name: str, old: bytes, new: bytes, why: str
) -> None:
    import shutil

    shutil.copytree(SHIPPED, tmp_path / "mine")
    path = tmp_path / "mine" / name
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(CatalogueError, match=why):
        load_catalogue(tmp_path / "mine")


def test_a_snapshot_of_an_earlier_version_is_read_and_what_it_lacks_is_unknown(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "instance_types.csv").write_text(
        "instance_type,family,arch,vcpu,memory_gib,is_current_generation,is_burstable,is_bare_metal,gpu_count\n"
        "m5.large,m5,x86_64,2,8.0,true,false,false,0\n"
    )
    (folder / "offerings.csv").write_text("region,instance_type\neu-north-1,m5.large\n")
    (folder / "regions.csv").write_text("region,name,country_code,partition,dns_suffix,service_count,note\n")
    (folder / "services.csv").write_text("region,service\n")
    about = {"format": "fardplan-catalogue/1", "captured_date": "2026-11-01", "made_with": "test", "files": {}}
    (folder / "manifest.json").write_text(json.dumps(about))
    read = load_catalogue(folder)
    assert read.instance_types[["processor", "network", "ebs_max_iops"]].isna().all(axis=None)
    assert read.database_classes.empty and (read.prices["origin"] == "shipped").all()
    assert price_types(read, "eu-north-1", "windows").loc[0, "usd_per_hour"] == pytest.approx(0.102 + 2 * 0.046)


def test_loading_needs_no_boto3() -> None:
    code = (
        "import sys; from planner.catalogue import load_catalogue; load_catalogue(); sys.exit('boto3' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, env=run_environment(), check=False)
    assert done.returncode == 0


@pytest.mark.slow
def test_a_case_may_name_its_own_snapshot(tmp_path: Path) -> None:
    import shutil

    from planner.case import read_case
    from planner.pipeline import compute

    folder = write_case(
        tmp_path / "case",
        {"system.csv": "Id;Namn\nS1;Eken\n"},
        "  - {file: system.csv, reader: systems}\n",
        extra="catalogue: mine\n",
    )
    with pytest.raises(CatalogueError, match="not a catalogue"):
        compute(read_case(folder))
    shutil.copytree(SHIPPED, folder / "mine")
    about = json.loads((folder / "mine" / "manifest.json").read_text(encoding="utf-8"))
    (folder / "mine" / "manifest.json").write_text(
        json.dumps(about | {"captured_date": "2027-01-01"}), encoding="utf-8"
    )
    assert compute(read_case(folder)).catalogue["captured_date"] == "2027-01-01"
