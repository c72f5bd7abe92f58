"""Faults between here and AWS, through a real moto server behind a small faulty proxy: what a refresh and a plan make
of each. Never a crash, never a plan that looks cheaper; the snapshot says what is old."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from botocore.config import Config

from planner.catalogue import load_catalogue
from planner.errors import CatalogueError
from tests import faulty_proxy
from tests.conftest import write_case
from tests.faulty_proxy import Fault, Proxy, answers, error, proxy_before

pytestmark = pytest.mark.slow

QUICK = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=2, read_timeout=30)
HASTY = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=2, read_timeout=4)
DAY = date(2026, 12, 1)
SERVERS = "Server;System;OS;vCPU;RAM GB\nvm-1;Eken;Ubuntu 24.04;2;8\nvm-2;Eken;Windows Server 2022;4;16\n"


@pytest.fixture(scope="module")
def moto_server() -> Iterator[tuple[str, int]]:
    """A real server of the mock, on a port of its own."""
    with warnings.catch_warnings():
        # Its extra `server` asks for more than the services here need.
        warnings.simplefilter("ignore", UserWarning)
        from moto.server import ThreadedMotoServer
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()
    server.stop()


@pytest.fixture
def proxy(moto_server: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A proxy before it, to which every client of AWS goes."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "fake")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    with proxy_before(*moto_server) as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
        yield made


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """What the small case costs on the shipped snapshot; every server has a price."""
    made = targets(tmp_path_factory.mktemp("before"), None)
    assert made["compute_usd_month"].notna().all()
    return made


def refreshed(folder: Path, *parts: str, config: Config = QUICK, region: str = "eu-north-1") -> Path:
    from planner.catalogue.refresh import refresh

    return refresh(folder, [region], DAY, parts=parts, config=config, made_with="moto behind a faulty proxy")


def told(folder: Path) -> dict[str, dict[str, Any]]:
    """What the snapshot says of each of its parts."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return {row["part"]: row for row in manifest["parts"]}


def targets(folder: Path, catalogue: Path | None) -> pd.DataFrame:
    """Servers of a small case as they are sized on a snapshot, or on the shipped one."""
    from planner.case import read_case
    from planner.pipeline import compute

    made = write_case(
        folder / "case",
        {"system.csv": "Id;Namn\nS1;Eken\n", "servrar.csv": SERVERS},
        "  - {file: system.csv, reader: systems}\n  - {file: servrar.csv, reader: servers}\n",
        extra=f"catalogue: {catalogue}\n" if catalogue else "",
    )
    columns = ["server_id", "state", "instance_type", "compute_usd_month", "storage_usd_month"]
    return compute(read_case(made)).portfolio["targets"][columns]


ANSWERED = {
    "throttling": (error(503, "RequestLimitExceeded"), "RequestLimitExceeded in DescribeInstanceTypeOfferings"),
    "internal error": (error(500, "InternalError"), "InternalError in DescribeInstanceTypeOfferings"),
    "gateway in HTML": (faulty_proxy.broken_gateway, "502 in DescribeInstanceTypeOfferings"),
    "dropped connection": (faulty_proxy.reset, "ConnectionClosedError"),
    "truncated XML, HTTP 200": (faulty_proxy.cut, "ResponseParserError"),
    "cut off on the way": (faulty_proxy.cut_short, "ResponseParserError"),
    "nothing, HTTP 200": (faulty_proxy.empty, "ResponseParserError"),
    "access denied": (error(403, "UnauthorizedOperation"), "UnauthorizedOperation in DescribeInstanceTypeOfferings"),
}


@pytest.mark.parametrize("name", sorted(ANSWERED))
def test_a_part_that_fails_keeps_what_was_known_and_no_plan_looks_cheaper(
    proxy: Proxy, tmp_path: Path, before: pd.DataFrame, name: str
) -> None:
    fault, reason = ANSWERED[name]
    proxy.on("ec2/.*/DescribeInstanceTypeOfferings", fault)
    folder = refreshed(tmp_path / "new", "region", "offerings", "types")
    assert told(folder)["region"]["state"] == "read"
    for part in ("offerings", "types"):
        assert told(folder)[part]["state"] == "kept" and told(folder)[part]["captured_date"] == "2026-11-24"
    assert told(folder)["offerings"]["reason"] == reason
    assert "moto 5" in told(folder)["offerings"]["made_with"]
    shipped = load_catalogue().offerings.query("region == 'eu-north-1'")
    assert load_catalogue(folder).offerings["instance_type"].tolist() == shipped["instance_type"].tolist()
    (tmp_path / "after").mkdir()
    pd.testing.assert_frame_equal(targets(tmp_path / "after", folder), before)


def test_a_call_that_hangs_ends_by_its_time_and_the_rest_is_read(proxy: Proxy, tmp_path: Path) -> None:
    proxy.on("ec2/", faulty_proxy.hang)
    folder = refreshed(tmp_path / "new", "region", "offerings", config=HASTY)
    assert told(folder)["offerings"]["reason"] == "ReadTimeoutError"
    assert [name for name in proxy.seen if name.startswith("ec2/")] == [
        "ec2/eu-north-1/DescribeInstanceTypeOfferings"
    ] * 2


def test_throttling_that_passes_is_waited_out_by_botocore_alone(proxy: Proxy, tmp_path: Path) -> None:
    proxy.on("ec2/.*/DescribeInstanceTypeOfferings", error(503, "RequestLimitExceeded", times=1))
    folder = refreshed(tmp_path / "new", "offerings")
    assert told(folder)["offerings"] == {
        "part": "offerings",
        "region": "eu-north-1",
        "state": "read",
        "captured_date": "2026-12-01",
    }
    assert len(proxy.seen) == 2


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (faulty_proxy.cut, "unexpected answer (KeyError)"),
        (faulty_proxy.empty, "unexpected answer (KeyError)"),
        (answers(b"[]"), "unexpected answer (AttributeError)"),
        (answers(b'{"Parameters": []}'), "empty answer"),
        (answers(b'{"Parameters": [{"Name": "x"}]}'), "unexpected answer (KeyError)"),
        (error(400, "AccessDeniedException"), "AccessDeniedException in GetParametersByPath"),
        (faulty_proxy.reset, "ConnectionClosedError"),
    ],
)
def test_json_of_the_wrong_shape_is_no_answer(proxy: Proxy, tmp_path: Path, fault: Fault, reason: str) -> None:
    proxy.on("ssm/", fault)
    folder = refreshed(tmp_path / "new", "services", "offerings")
    assert told(folder)["services"]["state"] == "kept" and told(folder)["services"]["reason"] == reason
    assert told(folder)["offerings"]["state"] == "read"
    assert load_catalogue(folder).services["region"].eq("eu-north-1").sum() == 267


@pytest.mark.parametrize("code", ["RequestExpired", "ExpiredTokenException", "UnrecognizedClientException"])
def test_expired_credentials_write_nothing_and_say_so(proxy: Proxy, tmp_path: Path, code: str) -> None:
    proxy.on("", error(400, code))
    with pytest.raises(CatalogueError, match=code) as caught:
        refreshed(tmp_path / "new", "region", "offerings")
    assert "credentials" in caught.value.remedy and not list(tmp_path.iterdir())


def test_a_region_that_is_not_enabled_is_missing_and_others_are_read(proxy: Proxy, tmp_path: Path) -> None:
    from planner.catalogue.refresh import refresh

    proxy.on("ec2/eu-south-2/", error(401, "AuthFailure"))
    parts = ["region", "offerings", "types"]
    folder = refresh(tmp_path / "new", ["eu-north-1", "eu-south-2"], DAY, parts=parts, config=QUICK)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    states = {(row["region"], row["part"]): row["state"] for row in manifest["parts"]}
    assert states["eu-south-2", "offerings"] == states["eu-south-2", "types"] == "missing"
    assert set(states[("eu-north-1", part)] for part in parts) == {"read"}
    assert set(load_catalogue(folder).offerings["region"]) == {"eu-north-1"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"FormatVersion": "aws_v1", "PriceList": ["{\\"product\\": {"]}', "unexpected answer (JSONDecodeError)"),
        (b'{"FormatVersion": "aws_v1", "PriceList": []}', "empty answer"),
        (b'{"FormatVersion": "aws_v1", "PriceList": ["{}"]}', "unexpected answer (KeyError)"),
        (b'{"FormatVersion": "aws_v1"}', "unexpected answer (KeyError)"),
    ],
)
def test_prices_that_cannot_be_read_are_missing_and_the_shipped_ones_stay(
    proxy: Proxy, tmp_path: Path, body: bytes, reason: str
) -> None:
    proxy.on("pricing/", answers(body))
    folder = refreshed(tmp_path / "new", "region", "compute_prices", "storage_prices", "transfer_prices")
    for part in ("compute_prices", "storage_prices", "transfer_prices"):
        assert told(folder)[part]["state"] == "missing" and told(folder)[part]["reason"] == reason
    assert (load_catalogue(folder).prices["origin"] == "shipped").all()


def test_a_refresh_resumes_where_it_stopped_and_then_leaves_nothing_behind(proxy: Proxy, tmp_path: Path) -> None:
    proxy.on("ec2/.*/DescribeInstanceTypes", error(403, "UnauthorizedOperation"))
    parts = ("region", "services", "offerings", "types")
    folder = refreshed(tmp_path / "new", *parts)
    assert told(folder)["types"]["state"] == "kept"
    proxy.faults.clear()
    proxy.seen.clear()
    refreshed(folder, *parts)
    assert {row["state"] for row in told(folder).values()} == {"read"}
    assert set(proxy.seen) == {"ec2/eu-north-1/DescribeInstanceTypes"}
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    with pytest.raises(CatalogueError, match="exists"):
        refreshed(folder, *parts)
