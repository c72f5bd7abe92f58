"""Plans in a bucket: half an upload is never seen, and of two planners one is told. Through moto."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from planner import pipeline
from planner.case import read_case
from planner.errors import CaseError, PlannerError
from planner.store import open_history
from planner.store.s3 import Bucket

REGISTER = "Id;Namn;IT Bedömning\nS1;Eken;Avveckling\nS2;Tallen;\n"
MANY = 1_200


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """An empty shelf in a bucket of moto's."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with mock_aws():
        where = {"LocationConstraint": "eu-north-1"}
        boto3.client("s3").create_bucket(Bucket="provby-planer", CreateBucketConfiguration=where)
        yield Bucket("s3://provby-planer/molnet")


@pytest.mark.slow
def test_a_case_keeps_its_plans_in_the_bucket_that_it_names(shelf: Bucket, make_case: Callable[..., Path]) -> None:
    case = make_case(
        {"system.csv": REGISTER},
        "  - {file: system.csv, reader: systems}\n",
        extra="store: s3://provby-planer/molnet\n",
    )
    folder = pipeline.plan(case).folder
    (case / "system.csv").write_text(REGISTER.replace("Tallen", "Granen"), encoding="utf-8")
    pipeline.plan(case)
    newest, first = open_history(read_case(case)).entries()
    assert (newest.is_current, newest.plan.parent) == (True, first.plan.plan_id)
    assert b"Granen" in newest.plan.table("systems") and b"Tallen" in first.plan.table("systems")
    assert newest.plan.table("systems") == (folder / "tables" / "systems.csv").read_bytes()
    assert not (case / "plans").exists()


def test_an_upload_that_breaks_off_is_never_seen(shelf: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"manifest.json": b"{}", "tables/a.csv": b"a", "tables/z.csv": b"z"}
    real = shelf._put

    def breaks_off(name: str, content: bytes, **condition: str) -> None:
        if name.endswith("z.csv"):
            raise KeyboardInterrupt
        real(name, content, **condition)

    monkeypatch.setattr(shelf, "_put", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        shelf.add("abc", files)
    assert (shelf.plans(), shelf.read("abc", "manifest.json")) == ([], None)
    monkeypatch.setattr(shelf, "_put", real)
    shelf.add("abc", files)
    assert (shelf.plans(), shelf.read("abc", "tables/z.csv")) == (["abc"], b"z")


def test_a_plan_that_is_there_stays_as_it_is(shelf: Bucket) -> None:
    shelf.add("abc", {"manifest.json": b"{}", "tables/a.csv": b"first"})
    shelf.add("abc", {"manifest.json": b"{}", "tables/a.csv": b"second"})
    assert shelf.read("abc", "tables/a.csv") == b"first"


@pytest.mark.parametrize("first", [None, "one"])
def test_a_pointer_moves_only_from_where_it_was_seen(
    shelf: Bucket, first: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if first:
        shelf.move("current", None, first)
    seen = shelf._get("current")
    shelf.move("current", first, "two")
    with pytest.raises(PlannerError, match="meanwhile"):
        shelf.move("current", first, "three")
    # Both have looked before either writes: only the condition of the write is left to tell them apart.
    monkeypatch.setattr(shelf, "_get", lambda name: seen)
    with pytest.raises(PlannerError, match="meanwhile"):
        shelf.move("current", first, "three")
    monkeypatch.undo()
    assert shelf.pointer("current") == "two"


@pytest.mark.slow
def test_more_files_than_one_page_are_listed_and_removed(shelf: Bucket) -> None:
    shelf.add("abc", {"manifest.json": b"{}", **{f"tables/t{number}.csv": b"" for number in range(MANY)}})
    shelf.add("def", {"manifest.json": b"{}"})
    shelf.remove("abc")
    assert shelf.plans() == ["def"]
    assert shelf._keys("molnet/") == ["molnet/def/manifest.json"]


def test_a_bucket_that_is_not_there_is_told_in_words(shelf: Bucket) -> None:
    with pytest.raises(PlannerError, match=r"s3://ingen-sadan/x: the bucket cannot be read or written.*NoSuchBucket"):
        Bucket("s3://ingen-sadan/x").plans()


def test_a_store_is_an_address_in_s3(make_case: Callable[..., Any]) -> None:
    case = make_case(
        {"system.csv": REGISTER}, "  - {file: system.csv, reader: systems}\n", extra="store: ftp://provby/x\n"
    )
    with pytest.raises(CaseError, match="store"):
        read_case(case)
