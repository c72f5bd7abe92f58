"""Prices read through the Price List API: what is asked, every page, and the documented shapes (botocore's Stubber)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from planner.catalogue.client import CONFIG, Aws
from planner.catalogue.machine_prices import compute_prices, savings_prices
from planner.catalogue.other_prices import database_prices, storage_prices, transfer_prices
from tests.price_list import commitment, machine, product, rate, usd

Stub = Callable[[str], Stubber]


class _Session:
    """A session that hands out one stubbed client a service, and says where it was asked."""

    region_name = "eu-north-1"

    def __init__(self) -> None:
        self._real = boto3.Session(aws_access_key_id="fake", aws_secret_access_key="fake")
        self.stubs: dict[str, Stubber] = {}
        self.asked: list[tuple[str, str]] = []

    def get_partition_for_region(self, region: str) -> str:
        return str(self._real.get_partition_for_region(region))

    def client(self, service: str, region_name: str, config: object) -> Any:
        self.asked.append((service, region_name))
        return self.stub(service).client

    def stub(self, service: str) -> Stubber:
        if service not in self.stubs:
            client = self._real.client(service, region_name="eu-central-1", config=CONFIG)
            self.stubs[service] = Stubber(client)
            self.stubs[service].activate()
        return self.stubs[service]


@pytest.fixture
def session() -> Iterator[_Session]:
    made = _Session()
    yield made
    for stub in made.stubs.values():
        stub.assert_no_pending_responses()


def page(*items: str, token: str | None = None) -> dict[str, Any]:
    """One answer of GetProducts."""
    return {"FormatVersion": "aws_v1", "PriceList": list(items)} | ({"NextToken": token} if token else {})


def asked(service: str, token: str | None = None, **attributes: str) -> dict[str, Any]:
    """What GetProducts is to be asked."""
    filters = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in sorted(attributes.items())]
    wanted = {"ServiceCode": service, "Filters": filters, "FormatVersion": "aws_v1"}
    return wanted | ({"NextToken": token} if token else {})


SHARED = {
    "regionCode": "eu-north-1",
    "tenancy": "Shared",
    "capacitystatus": "Used",
    "licenseModel": "No License required",
}


def test_machines_by_pages_with_commitments_and_licences_per_vcpu(session: _Session) -> None:
    terms = [
        commitment(0.06, "1yr"),
        commitment(0.04, "3yr"),
        commitment(0.01, "3yr", offering="convertible"),
        commitment(0.001, "1yr", upfront="All Upfront"),
    ]
    stub = session.stub("pricing")
    linux = {**SHARED, "operatingSystem": "Linux", "preInstalledSw": "NA"}
    first = page(machine("m9x.large", 2, 0.1, terms), token="more")
    stub.add_response("get_products", first, asked("AmazonEC2", **linux))
    # A second product of the same type, a price of nought and one in another currency.
    rest = page(
        machine("m9x.large", 2, 0.09),
        machine("t9x.nano", 2, 0.0),
        product("Compute Instance", [usd(0.1, currency="EUR")], instanceType="c9x.large", vcpu="2"),
    )
    stub.add_response("get_products", rest, asked("AmazonEC2", token="more", **linux))
    windows = {**SHARED, "operatingSystem": "Windows"}
    answers = {
        "NA": [machine("m9x.large", 2, 0.192), machine("t9x.nano", 2, 0.01)],
        "SQL Std": [machine("m9x.large", 2, 0.672)],
        "SQL Ent": [],
        # Cheaper than without: a hole in the list, and no licence at a negative price.
        "SQL Web": [machine("m9x.large", 2, 0.1)],
    }
    for software, items in answers.items():
        stub.add_response("get_products", page(*items), asked("AmazonEC2", preInstalledSw=software, **windows))
    rows = {(row["kind"], row["scope"]): row for row in compute_prices(Aws(session), "eu-north-1")}
    assert {key: row["usd"] for key, row in rows.items()} == {
        ("on_demand", "m9x.large"): 0.1,
        ("reserved_1y", "m9x.large"): 0.06,
        ("reserved_3y", "m9x.large"): 0.04,
        ("windows", "m9x.large"): 0.046,
        ("sql_server_standard", "m9x.large"): 0.24,
    }
    assert rows["on_demand", "m9x.large"]["unit"] == "hour" and rows["on_demand", "m9x.large"]["region"] == "eu-north-1"
    assert rows["sql_server_standard", "m9x.large"]["min_vcpu"] == 4
    # The list of a region is asked for where the API answers.
    assert session.asked == [("pricing", "eu-central-1")]


def test_disks_by_kind_with_what_is_provisioned_above_their_base(session: _Session) -> None:
    stub = session.stub("pricing")
    answers = {
        "Storage": [
            product("Storage", [usd(0.08, "GB-Mo")], volumeApiName="gp3"),
            product("Storage", [usd(0.04, "GB-Mo")], volumeApiName="st1"),
            product("Storage", [usd(0.05, "GB-Mo")], volumeApiName="standard"),
        ],
        "System Operation": [
            product("System Operation", [usd(0.005, "IOPS-Mo")], volumeApiName="gp3", group="EBS IOPS"),
            product("System Operation", [usd(0.04, "IOPS-Mo")], volumeApiName="io2", group="EBS IOPS Tier 2"),
            product("System Operation", [usd(0.06, "IOPS-Mo")], volumeApiName="io2", group="EBS IOPS"),
        ],
        "Provisioned Throughput": [
            product("Provisioned Throughput", [usd(40.96, "GiBps-mo")], volumeApiName="gp3", group="EBS Throughput")
        ],
        "Storage Snapshot": [
            product("Storage Snapshot", [usd(0.05, "GB-Mo")], usagetype="EUN1-EBS:SnapshotUsage"),
            product("Storage Snapshot", [usd(0.01, "GB-Mo")], usagetype="EUN1-EBS:SnapshotArchiveStorage"),
            product("Storage Snapshot", [usd(0.9, "GB-Mo")], usagetype="EUN1-EBS:SnapshotArchiveEarlyDelete"),
        ],
    }
    for family, items in answers.items():
        wanted = asked("AmazonEC2", productFamily=family, regionCode="eu-north-1")
        stub.add_response("get_products", page(*items), wanted)
    rows = {row["kind"]: (row["usd"], row["unit"]) for row in storage_prices(Aws(session), "eu-north-1")}
    assert rows == {
        "gp3": (0.08, "GiB-month"),
        "gp3_iops": (0.005, "IOPS-month"),
        "gp3_throughput": (0.04, "MiB/s-month"),
        "io2_iops": (0.06, "IOPS-month"),
        "snapshot": (0.05, "GiB-month"),
        "snapshot_archive": (0.01, "GiB-month"),
        "st1": (0.04, "GiB-month"),
    }


def test_databases_by_engine_and_zones(session: _Session) -> None:
    def database(name: str, amount: float, engine: str, zones: str, **more: str) -> str:
        attributes = {"instanceType": name, "databaseEngine": engine, "deploymentOption": zones}
        return product("Database Instance", [usd(amount)], **attributes, **more)

    sql = {"databaseEdition": "Standard"}
    items = [
        database("db.m9x.large", 0.2, "PostgreSQL", "Single-AZ"),
        database("db.m9x.large", 0.4, "PostgreSQL", "Multi-AZ"),
        database("db.m9x.large", 0.5, "PostgreSQL", "Multi-AZ (readable standbys)"),
        database("db.m9x.large", 0.9, "SQL Server", "Single-AZ", licenseModel="License included", **sql),
        database("db.m9x.large", 0.3, "SQL Server", "Single-AZ", licenseModel="Bring your own media", **sql),
        database("db.m9x.large", 0.7, "Aurora PostgreSQL", "Single-AZ"),
    ]
    wanted = asked("AmazonRDS", productFamily="Database Instance", regionCode="eu-north-1")
    session.stub("pricing").add_response("get_products", page(*items), wanted)
    rows = {(row["kind"], row["scope"]): row["usd"] for row in database_prices(Aws(session), "eu-north-1")}
    assert rows == {
        ("postgresql_single_az", "db.m9x.large"): 0.2,
        ("postgresql_multi_az", "db.m9x.large"): 0.4,
        ("sqlserver_standard_single_az", "db.m9x.large"): 0.9,
    }


def test_transfer_by_steps_and_by_destination(session: _Session) -> None:
    steps = [usd(0.09, "GB", "0", "10240"), usd(0.085, "GB", "10240", "51200"), usd(0.05, "GB", "153600", "Inf")]
    items = [
        product("Data Transfer", steps, transferType="AWS Outbound", toLocation="External"),
        product("Data Transfer", [usd(0.02, "GB")], transferType="InterRegion Outbound", toRegionCode="eu-west-1"),
        product("Data Transfer", [usd(0.01, "GB")], transferType="IntraRegion"),
        product("Data Transfer", [usd(0.07, "GB")], transferType="CloudFront Outbound"),
    ]
    wanted = asked("AWSDataTransfer", fromRegionCode="eu-north-1")
    session.stub("pricing").add_response("get_products", page(*items), wanted)
    rows = {(row["kind"], row["scope"]): row["usd"] for row in transfer_prices(Aws(session), "eu-north-1")}
    assert rows == {
        ("internet_out_first_10_tb", None): 0.09,
        ("internet_out_next_40_tb", None): 0.085,
        ("internet_out_above_150_tb", None): 0.05,
        ("between_regions", "eu-west-1"): 0.02,
        ("between_zones_each_way", None): 0.01,
    }


def test_savings_plans_by_pages_and_never_at_nought(session: _Session) -> None:
    stub = session.stub("savingsplans")
    first = {"searchResults": [rate("m9x.large", 0.07, 31_536_000), rate("m9x.large", 0.0, 94_608_000)]}
    stub.add_response("describe_savings_plans_offering_rates", {**first, "nextToken": "more"}, _rates())
    rest = {"searchResults": [rate("m9x.large", 0.05, 94_608_000, "EC2Instance"), rate("m9x.large", 0.01, 1)]}
    stub.add_response("describe_savings_plans_offering_rates", rest, {**_rates(), "nextToken": "more"})
    rows = {row["kind"]: row["usd"] for row in savings_prices(Aws(session), "eu-north-1")}
    assert rows == {"savings_compute_1y": 0.07, "savings_ec2_3y": 0.05}


def _rates() -> dict[str, Any]:
    return {
        "savingsPlanPaymentOptions": ["No Upfront"],
        "savingsPlanTypes": ["Compute", "EC2Instance"],
        "products": ["EC2"],
        "serviceCodes": ["AmazonEC2"],
        "filters": ANY,
    }


def test_a_fault_on_a_later_page_is_not_half_a_list(session: _Session) -> None:
    stub = session.stub("pricing")
    stub.add_response("get_products", page(machine("m9x.large", 2, 0.1), token="more"), None)
    stub.add_client_error("get_products", "ThrottlingException", "slow down", 400)
    with pytest.raises(ClientError, match="ThrottlingException"):
        compute_prices(Aws(session), "eu-north-1")
