"""A refresh read line by line and attacked: answers without end, amounts that are none, disks that fail, and a home
that nobody knows."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import boto3
import pytest

from planner.catalogue import load_catalogue
from planner.catalogue.parts import EVERY_PART
from planner.catalogue.refresh import refresh
from planner.errors import CatalogueError
from tests.price_list import machine, rate
from tests.test_catalogue_refresh import ANSWERS, DAY, FakeAws, bytes_of

# They plan cases, start processes or wait for servers.
pytestmark = pytest.mark.slow

NORTH = ["eu-north-1"]


def told(folder: Path) -> dict[str, dict[str, Any]]:
    """What a snapshot says of its parts."""
    return {row["part"]: row for row in load_catalogue(folder).manifest["parts"]}


def test_a_list_that_never_ends_is_given_up(tmp_path: Path) -> None:
    endless = {"searchResults": [rate("m5.large", 0.08, 31_536_000)], "nextToken": "again"}
    aws = FakeAws(DescribeSavingsPlansOfferingRates=lambda body: endless)
    refresh(tmp_path / "new", NORTH, DAY, aws.session, "test", parts=["savings_prices", "region"])
    parts = told(tmp_path / "new")
    assert parts["savings_prices"]["state"] == "missing" and parts["savings_prices"]["reason"] == "PaginationError"
    assert parts["region"]["state"] == "read"


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e999", "-1", "0"])
def test_an_amount_that_is_none_is_no_price(tmp_path: Path, amount: str) -> None:
    bad = json.loads(machine("m5.large", 2, 0.11))
    for offer in bad["terms"]["OnDemand"].values():
        for dimension in offer["priceDimensions"].values():
            dimension["pricePerUnit"]["USD"] = amount

    def products(body: str) -> dict[str, Any]:
        wanted = {item["Field"]: item["Value"] for item in json.loads(body)["Filters"]}
        is_linux = wanted.get("operatingSystem") == "Linux"
        items = [json.dumps(bad), machine("t3.medium", 2, 0.05)] if is_linux else []
        return {"FormatVersion": "aws_v1", "PriceList": items}

    plan = rate("m5.large", 0.08, 31_536_000) | {"rate": amount}
    answers = {
        "GetProducts": products,
        "DescribeSavingsPlansOfferingRates": lambda body: {
            "searchResults": [plan, rate("t3.medium", 0.04, 31_536_000)]
        },
    }
    folder = refresh(tmp_path / "new", NORTH, DAY, FakeAws(**answers).session, "test")
    prices = load_catalogue(folder).prices.query("origin == 'snapshot'")
    assert set(prices["scope"].dropna()) == {"t3.medium"} and prices["usd"].between(0, 1).all()


def test_a_machine_without_processors_fails_its_part_and_no_more(tmp_path: Path) -> None:
    def products(body: str) -> dict[str, Any]:
        asked = {item["Field"]: item["Value"] for item in json.loads(body)["Filters"]}
        item = machine("m5.large", 0, 0.2 if asked.get("operatingSystem") == "Windows" else 0.1)
        return {"FormatVersion": "aws_v1", "PriceList": [item]}

    folder = refresh(
        tmp_path / "new", NORTH, DAY, FakeAws(GetProducts=products).session, "test", parts=["compute_prices", "region"]
    )
    assert told(folder)["compute_prices"]["reason"] == "unexpected answer (ZeroDivisionError)"
    assert told(folder)["region"]["state"] == "read"


def test_a_file_of_credentials_that_cannot_be_read_fails_parts_and_is_told(tmp_path: Path) -> None:
    def locked(body: str) -> dict[str, Any]:
        raise PermissionError(13, "Permission denied", "/home/someone/.aws/credentials")

    folder = refresh(
        tmp_path / "new", NORTH, DAY, FakeAws(GetProducts=locked).session, "test", parts=["storage_prices", "region"]
    )
    reason = told(folder)["storage_prices"]["reason"]
    assert "PermissionError" in reason and "someone" not in reason


def test_types_without_the_list_of_offerings_say_what_they_wait_for(tmp_path: Path) -> None:
    aws = FakeAws(DescribeInstanceTypeOfferings=lambda body: {"InstanceTypeOfferings": []})
    parts = told(refresh(tmp_path / "new", NORTH, DAY, aws.session, "test", parts=["region", "offerings", "types"]))
    assert parts["offerings"]["reason"] == "empty answer"
    assert parts["types"]["reason"] == "no offerings to ask for"
    assert "ec2:DescribeInstanceTypes" not in aws.calls


def test_a_home_that_nobody_knows_is_told_and_not_a_traceback(tmp_path: Path) -> None:
    session = boto3.Session(aws_access_key_id="fake", aws_secret_access_key="fake", region_name="se-north-9x")
    with pytest.raises(CatalogueError, match="se-north-9x"):
        refresh(tmp_path / "new", NORTH, DAY, session, "test")
    assert not list(tmp_path.iterdir())


def test_a_region_of_another_partition_alone_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="credentials of its own"):
        refresh(tmp_path / "new", ["eusc-de-east-1"], DAY, FakeAws().session, "test", parts=["offerings"])


@pytest.mark.parametrize("text", ["null", "[]", "{}", '{"captured_date": "2026-12-01"}', '{"tables": {}}', "\xff"])
def test_what_was_kept_and_is_damaged_is_asked_for_again(tmp_path: Path, text: str) -> None:
    unfinished = tmp_path / ".new.unfinished"
    unfinished.mkdir()
    for part in EVERY_PART:
        (unfinished / f"eu-north-1.{part}.json").write_bytes(text.encode("latin-1"))
    folder = refresh(tmp_path / "new", NORTH, DAY, FakeAws().session, "test")
    assert {row["state"] for row in told(folder).values()} == {"read"}


def test_what_a_mock_read_is_never_taken_for_the_answer_of_aws(tmp_path: Path) -> None:
    def interrupted(body: str) -> dict[str, Any]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refresh(tmp_path / "new", NORTH, DAY, FakeAws(DescribeInstanceTypes=interrupted).session, "moto 5")
    aws = FakeAws()
    refresh(tmp_path / "new", NORTH, DAY, aws.session)
    assert {"ssm:GetParametersByPath", "pricing:GetProducts"} <= aws.calls


def test_an_unfinished_snapshot_survives_a_disk_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(body: str) -> dict[str, Any]:
        raise ValueError

    folder = refresh(tmp_path / "new", NORTH, DAY, FakeAws(GetProducts=denied).session, "test")
    before, rename = bytes_of(folder), Path.rename

    def fails(self: Path, target: Path) -> Path:
        if ".new-" in self.name:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(CatalogueError, match="No space left"):
        refresh(folder, NORTH, DAY, FakeAws().session, "test")
    assert bytes_of(folder) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [".new.unfinished", "new"]


def test_an_interrupt_does_not_wait_for_what_was_not_begun(tmp_path: Path) -> None:
    asked, gate = [], threading.Event()

    def slow(body: str) -> dict[str, Any]:
        asked.append(body)
        gate.wait(0.2)
        return ANSWERS["GetParametersByPath"](body)

    def stop(done: int, total: int, name: str) -> None:
        raise KeyboardInterrupt

    regions = ["eu-north-1", "eu-central-1", "eu-west-1", "eu-west-3", "eu-south-1", "eu-west-2", "eu-central-2"]
    with pytest.raises(KeyboardInterrupt):
        refresh(
            tmp_path / "new",
            regions,
            DAY,
            FakeAws(GetParametersByPath=slow).session,
            "test",
            parts=["region", "services"],
            progress=stop,
        )
    assert 1 <= len(asked) < 2 * len(regions)
