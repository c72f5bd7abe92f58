"""A whole refresh against answers by operation: the snapshot, the calls that are made, and a plan without a network."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.validate import validate_parameters

from planner.case import read_case
from planner.catalogue import database_types, load_catalogue, price_types
from planner.catalogue.parts import EVERY_PART
from planner.catalogue.refresh import refresh
from planner.pipeline import compute
from planner.store import save
from tests.conftest import REPOSITORY, write_case
from tests.price_list import commitment, machine, product, rate, usd

DAY = date(2026, 12, 1)
TYPES = {"m5.large": (2, 8192), "t3.medium": (2, 4096)}


class FakeAws:
    """A session whose calls end at botocore's hook `before-call`: recorded, and answered by operation.

    Requests are built and checked by botocore as for AWS; answers are checked against its models.
    """

    def __init__(self, **answers: Callable[[str], dict[str, Any]]) -> None:
        self.session = boto3.Session(aws_access_key_id="fake", aws_secret_access_key="fake", region_name="eu-north-1")
        self.calls: set[str] = set()
        self._answers = {**ANSWERS, **answers}
        self.session.events.register("before-call", self._answer)

    def _answer(self, model: OperationModel, params: dict[str, Any], **_: Any) -> tuple[object, dict[str, Any]]:
        self.calls.add(f"{model.service_model.signing_name}:{model.name}")
        body = params["body"]
        answer = self._answers[model.name](body.decode() if isinstance(body, bytes) else json.dumps(dict(body)))
        validate_parameters(answer, model.output_shape)
        return SimpleNamespace(status_code=200), {**answer, "ResponseMetadata": {"HTTPStatusCode": 200}}


def _types(body: str) -> dict[str, Any]:
    names = [name for name in TYPES if f'"{name}"' in body]
    facts = [
        {
            "InstanceType": name,
            "VCpuInfo": {"DefaultVCpus": TYPES[name][0]},
            "MemoryInfo": {"SizeInMiB": TYPES[name][1]},
            "ProcessorInfo": {"SupportedArchitectures": ["x86_64"], "Manufacturer": "Intel"},
            "BareMetal": False,
            "NetworkInfo": {"NetworkPerformance": "Up to 10 Gigabit"},
            "EbsInfo": {"EbsOptimizedInfo": {"BaselineBandwidthInMbps": 650, "MaximumIops": 18750}},
        }
        for name in names
    ]
    return {"InstanceTypes": facts}


def _products(body: str) -> dict[str, Any]:
    asked = json.loads(body)
    given = {item["Field"]: item["Value"] for item in asked["Filters"]}
    if asked["ServiceCode"] == "AmazonRDS":
        attributes = {"databaseEngine": "PostgreSQL", "deploymentOption": "Single-AZ", "instanceType": "db.m5.large"}
        items = [product("Database Instance", [usd(0.3)], **attributes)]
    elif asked["ServiceCode"] == "AWSDataTransfer":
        items = [product("Data Transfer", [usd(0.01, "GB")], transferType="IntraRegion")]
    elif "productFamily" in given:
        items = [product("Storage", [usd(0.08, "GB-Mo")], volumeApiName="gp3")] * (given["productFamily"] == "Storage")
    elif given["operatingSystem"] == "Linux":
        items = [machine("m5.large", 2, 0.11, [commitment(0.07, "1yr")]), machine("t3.medium", 2, 0.05)]
    else:
        items = [machine("m5.large", 2, 0.21)] * (given["preInstalledSw"] == "NA")
    return {"FormatVersion": "aws_v1", "PriceList": items}


ANSWERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "GetParametersByPath": lambda body: {
        "Parameters": [
            {"Name": "/aws/service/global-infrastructure/regions/x/longName", "Value": "Europe (Somewhere)"},
            {"Name": "/aws/service/global-infrastructure/regions/x/geolocationCountry", "Value": "SE"},
        ]
    },
    "DescribeInstanceTypeOfferings": lambda body: {
        "InstanceTypeOfferings": [{"InstanceType": name, "LocationType": "region"} for name in TYPES]
    },
    "DescribeInstanceTypes": _types,
    "DescribeOrderableDBInstanceOptions": lambda body: {
        "OrderableDBInstanceOptions": [
            {"Engine": "postgres", "DBInstanceClass": "db.m5.large", "MultiAZCapable": True},
            {"Engine": "postgres", "DBInstanceClass": "db.t3.medium", "MultiAZCapable": False},
        ]
    },
    "DescribeSavingsPlansOfferingRates": lambda body: {"searchResults": [rate("m5.large", 0.08, 31_536_000)]},
    "GetProducts": _products,
}


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FakeAws, list[tuple[int, int, str]]]:
    """A snapshot of one region, the session that made it and what the progress bar was told."""
    aws, steps = FakeAws(), []
    folder = tmp_path_factory.mktemp("refreshed") / "new"
    refresh(folder, ["eu-north-1"], DAY, aws.session, "test", progress=lambda *told: steps.append(told))
    return folder, aws, steps


def test_every_part_is_read_and_every_price_has_the_day_on_which_it_was_read(
    refreshed: tuple[Path, FakeAws, list[tuple[int, int, str]]],
) -> None:
    folder, _, steps = refreshed
    read = load_catalogue(folder)
    assert {(row["part"], row["state"]) for row in read.manifest["parts"]} == {(part, "read") for part in EVERY_PART}
    assert read.manifest["currency"] == "USD" and re.fullmatch("[0-9a-f]{64}", read.manifest["fingerprint"])
    own = read.prices[read.prices["origin"] == "snapshot"]
    assert set(own["as_of"]) == {"2026-12-01"} and own["source"].notna().all()
    assert read.instance_types.loc[0, ["processor", "network", "ebs_max_iops"]].tolist() == [
        "Intel",
        "Up to 10 Gigabit",
        18750,
    ]
    assert [step[:2] for step in steps] == [(at, len(EVERY_PART)) for at in range(1, len(EVERY_PART) + 1)]
    assert [path.name for path in folder.parent.iterdir()] == ["new"]


def test_read_prices_go_before_the_shipped_ones(refreshed: tuple[Path, FakeAws, list[tuple[int, int, str]]]) -> None:
    read = load_catalogue(refreshed[0])

    def hourly(system: str, purchase: Any = "on_demand") -> list[object]:
        prices = price_types(read, "eu-north-1", system, purchase).set_index("instance_type")["usd_per_hour"]
        return [
            None if value != value else value
            for value in prices.astype("Float64").to_numpy(float, na_value=float("nan"))
        ]

    assert hourly("linux") == [0.11, 0.05]
    # No Windows price of t3.medium was read: the shipped licence of that size stands in, with its own date.
    assert hourly("windows") == pytest.approx([0.21, 0.05 + 2 * 0.0092])
    assert hourly("linux", "reserved_1y") == [0.07, None]
    assert hourly("linux", "savings_compute_1y") == [0.08, None]
    classes = database_types(read, "eu-north-1", "postgresql").set_index("instance_class")
    # What can be ordered is listed, with or without a price.
    assert classes["price_state"].to_dict() == {"db.m5.large": "found", "db.t3.medium": "price_not_found"}


def test_the_policy_in_the_docs_allows_exactly_the_calls_that_are_made(
    refreshed: tuple[Path, FakeAws, list[tuple[int, int, str]]],
) -> None:
    text = (REPOSITORY / "docs" / "catalogue.md").read_text(encoding="utf-8")
    policy = json.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0])
    allowed = [
        action
        for statement in policy["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]
    assert len(allowed) == len(set(allowed)) and set(allowed) == refreshed[1].calls
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Allow"}


def test_the_docs_name_every_part() -> None:
    text = (REPOSITORY / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert all(f"`{part}`" in text for part in EVERY_PART)


@pytest.mark.slow
def test_the_order_in_which_answers_come_changes_no_byte(
    refreshed: tuple[Path, FakeAws, list[tuple[int, int, str]]], tmp_path: Path
) -> None:
    def late(body: str) -> dict[str, Any]:
        time.sleep(0.05)
        return ANSWERS["GetParametersByPath"](body)

    aws = FakeAws(GetParametersByPath=late)
    folder = refresh(tmp_path / "again", ["eu-north-1"], DAY, aws.session, "test")
    assert bytes_of(folder) == bytes_of(refreshed[0])


@pytest.mark.slow
def test_a_part_that_fails_keeps_its_prices_with_the_day_on_which_they_were_read(
    refreshed: tuple[Path, FakeAws, list[tuple[int, int, str]]], tmp_path: Path
) -> None:
    def denied(body: str) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "user 123 may not"}}, "GetProducts")

    later, folder = date(2027, 2, 1), tmp_path / "later"
    refresh(folder, ["eu-north-1"], later, FakeAws(GetProducts=denied).session, "test", last=refreshed[0])
    read = load_catalogue(folder)
    told = {row["part"]: row for row in read.manifest["parts"]}
    assert told["compute_prices"]["state"] == "kept" and told["compute_prices"]["captured_date"] == "2026-12-01"
    assert told["savings_prices"]["state"] == told["types"]["state"] == "read"
    own = read.prices[read.prices["origin"] == "snapshot"].set_index(["part", "kind"])["as_of"]
    assert own["compute_prices", "on_demand"].tolist() == ["2026-12-01"] * 2
    assert own["savings_prices", "savings_compute_1y"] == "2027-02-01"
    # Neither account numbers nor names go into what is handed on.
    assert "123" not in json.dumps(told["compute_prices"])
    # A second failure keeps the first day, not that of the snapshot in between.
    last = tmp_path / "last"
    refresh(last, ["eu-north-1"], date(2027, 3, 1), FakeAws(GetProducts=denied).session, "test", last=folder)
    again = {row["part"]: row for row in load_catalogue(last).manifest["parts"]}
    assert again["compute_prices"]["captured_date"] == "2026-12-01"
    # The prices themselves are the same as before the failures.
    for system in ("linux", "windows"):
        prices = [price_types(load_catalogue(path), "eu-north-1", system) for path in (refreshed[0], last)]
        assert prices[0].equals(prices[1])


@pytest.mark.slow
def test_a_plan_on_a_snapshot_is_the_same_bytes_with_the_network_cut(
    refreshed: tuple[Path, FakeAws, list[tuple[int, int, str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = "Server;System;OS;vCPU;RAM GB\nvm-1;Eken;Ubuntu 24.04;2;8\nvm-2;Eken;Windows Server 2022;2;4\n"
    case = write_case(
        tmp_path / "case",
        {"system.csv": "Id;Namn\nS1;Eken\n", "servrar.csv": servers},
        "  - {file: system.csv, reader: systems}\n  - {file: servrar.csv, reader: servers}\n",
        extra=f"catalogue: {refreshed[0]}\n",
    )
    first = save(compute(read_case(case)), {}, tmp_path / "first", with_tables=True)

    def cut(*arguments: object, **more: object) -> None:
        raise OSError("no network")

    load_catalogue.cache_clear()
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, cut)
    second = save(compute(read_case(case)), {}, tmp_path / "second", with_tables=True)
    assert bytes_of(first) == bytes_of(second)
    targets = compute(read_case(case)).portfolio["targets"]
    assert targets["compute_usd_month"].notna().all() and targets["price_as_of"].eq("2026-12-01").all()


@pytest.mark.slow
def test_an_interrupted_refresh_goes_on_where_it_stopped(tmp_path: Path) -> None:
    def interrupted(body: str) -> dict[str, Any]:
        raise KeyboardInterrupt

    folder = tmp_path / "new"
    with pytest.raises(KeyboardInterrupt):
        refresh(folder, ["eu-north-1"], DAY, FakeAws(DescribeInstanceTypes=interrupted).session, "test")
    unfinished = tmp_path / ".new.unfinished"
    assert not folder.exists() and len(list(unfinished.glob("*.json"))) == len(EVERY_PART) - 1
    # A file that was torn, and one of another day, are asked for again.
    (unfinished / "eu-north-1.offerings.json").write_text('{"captured', encoding="utf-8")
    services = unfinished / "eu-north-1.services.json"
    services.write_text(services.read_text(encoding="utf-8").replace("2026-12-01", "2026-11-30"), encoding="utf-8")
    aws = FakeAws()
    refresh(folder, ["eu-north-1"], DAY, aws.session, "test")
    assert aws.calls == {
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeInstanceTypeOfferings",
        "ssm:GetParametersByPath",
    }
    assert {row["state"] for row in load_catalogue(folder).manifest["parts"]} == {"read"} and not unfinished.exists()


@pytest.mark.slow
def test_the_command_says_what_was_not_read_and_ends_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from planner import cli

    def denied(body: str) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeSavingsPlansOfferingRates")

    profiles: list[str | None] = []
    answers = iter([FakeAws(DescribeSavingsPlansOfferingRates=denied), FakeAws()])

    def session(profile: str | None) -> boto3.Session:
        profiles.append(profile)
        return next(answers).session

    monkeypatch.setattr("planner.catalogue.client.open_session", session)
    command = ["fardplan", "catalogue", "refresh", "--out", str(tmp_path / "new"), "--date", "2026-12-01"]
    monkeypatch.setattr("sys.argv", [*command, "--region", "eu-north-1", "--profile", "plan"])
    for code, said in ((1, "eu-north-1 savings_prices: missing (AccessDenied in DescribeSavingsPlans"), (0, "")):
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert (ended.value.code or 0) == code
        out, err = capsys.readouterr()
        assert said in err and bool(err) == bool(said) and out.strip() == str(tmp_path / "new")
    assert profiles == ["plan", "plan"]
