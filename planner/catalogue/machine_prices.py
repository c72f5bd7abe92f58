"""Prices of machines and of what runs on them, read from AWS: on demand, by commitment, and with licences."""

from __future__ import annotations

import math
from typing import Any

from planner.catalogue.client import SAVINGS_REGIONS, Aws
from planner.catalogue.price_list import DECIMALS, Product, attribute, dearest, price, price_row, products

HOURS = ("Hrs", "Hours")
SHARED = {"tenancy": "Shared", "capacitystatus": "Used", "licenseModel": "No License required"}
TERMS = {"reserved_1y": "1yr", "reserved_3y": "3yr"}
STANDARD = {"OfferingClass": "standard", "PurchaseOption": "No Upfront"}
SQL_SERVER = {
    "sql_server_standard": "SQL Std",
    "sql_server_enterprise": "SQL Ent",
    "sql_server_web": "SQL Web",
}
# Microsoft's terms: four cores a virtual machine at least (aws.amazon.com/windows/resources/licensemobility/sql).
SQL_SERVER_MIN_VCPU = 4
PLANS = {"Compute": "savings_compute", "EC2Instance": "savings_ec2"}
YEARS = {31_536_000: "1y", 94_608_000: "3y"}
SAVINGS_SOURCE = "AWS Savings Plans offering rates"
Rows = list[dict[str, Any]]


def compute_prices(aws: Aws, region: str) -> Rows:
    """Linux on demand and by standard commitment without upfront payment, and what Windows and SQL Server add to it."""
    linux = _machines(aws, region, "Linux", "NA")
    windows = _machines(aws, region, "Windows", "NA")
    rows = [row for name, product in linux.items() for row in _linux(region, name, product)]
    rows += _licences(region, "windows", linux, windows, min_vcpu=None)
    for kind, software in SQL_SERVER.items():
        with_sql = _machines(aws, region, "Windows", software)
        rows += _licences(region, kind, windows, with_sql, min_vcpu=SQL_SERVER_MIN_VCPU)
    return rows


def _machines(aws: Aws, region: str, system: str, software: str) -> dict[str, Product]:
    """Products by instance type; the dearest where the list has several of a type."""
    asked = {"operatingSystem": system, "preInstalledSw": software, "regionCode": region, **SHARED}
    found: dict[str, Product] = {}
    for product in products(aws, region, "AmazonEC2", **asked):
        name, hourly = attribute(product, "instanceType"), _hourly(product)
        if hourly and hourly > (_hourly(found[name]) or 0 if name in found else 0):
            found[name] = product
    return found


def _hourly(product: Product, term: str = "OnDemand", **wanted: str) -> float | None:
    found = price(product, term, **wanted)
    return found[0] if found and found[1] in HOURS else None


def _linux(region: str, name: str, product: Product) -> Rows:
    kinds = {"on_demand": _hourly(product)}
    kinds |= {
        kind: _hourly(product, "Reserved", LeaseContractLength=years, **STANDARD) for kind, years in TERMS.items()
    }
    return [price_row("compute", region, kind, name, "hour", usd) for kind, usd in kinds.items() if usd]


def _licences(
    region: str, kind: str, without: dict[str, Product], included: dict[str, Product], min_vcpu: int | None
) -> Rows:
    """What a licence adds per vCPU; a machine that costs less with it than without has a hole in its list."""
    rows = []
    for name in sorted(included.keys() & without.keys()):
        added = round((_hourly(included[name]) or 0) - (_hourly(without[name]) or 0), DECIMALS)
        if added > 0:
            usd = added / int(attribute(included[name], "vcpu"))
            rows.append(price_row("licence", region, kind, name, "vCPU-hour", usd, min_vcpu=min_vcpu))
    return rows


def savings_prices(aws: Aws, region: str) -> Rows:
    """Hourly rates of Savings Plans without upfront payment, Linux and shared tenancy."""
    asked = {
        "savingsPlanPaymentOptions": ["No Upfront"],
        "savingsPlanTypes": sorted(PLANS),
        "products": ["EC2"],
        "serviceCodes": ["AmazonEC2"],
        "filters": [
            {"name": "region", "values": [region]},
            {"name": "productDescription", "values": ["Linux/UNIX"]},
            {"name": "tenancy", "values": ["shared"]},
        ],
    }
    home = SAVINGS_REGIONS[aws.partition_of(region)]
    rates = aws.each_by_token("savingsplans", home, "describe_savings_plans_offering_rates", "searchResults", **asked)
    return dearest([row for rate in rates if (row := _savings(region, rate))])


def _savings(region: str, rate: dict[str, Any]) -> dict[str, Any] | None:
    plan = rate["savingsPlanOffering"]
    years, usd = YEARS.get(int(plan["durationSeconds"])), float(rate["rate"])
    name = {item["name"]: item["value"] for item in rate["properties"]}.get("instanceType")
    if years is None or name is None or plan["currency"] != "USD" or rate["unit"] != "Hrs" or not 0 < usd < math.inf:
        return None
    kind = f"{PLANS[plan['planType']]}_{years}"
    return price_row("compute", region, kind, name, "hour", usd) | {"source": SAVINGS_SOURCE}
