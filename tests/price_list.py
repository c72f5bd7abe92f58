"""Products and rates as AWS's Price List and Savings Plans APIs give them, with invented prices.

The shapes are those of AWS's documentation of GetProducts (`aws_v1`) and DescribeSavingsPlansOfferingRates; botocore's
own models check the envelopes. The JSON inside an envelope has no model: it is written from the documentation, and
nobody has compared it with a live answer here.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

Prices = Sequence[dict[str, Any]]
_SKU = itertools.count(1)


def product(family: str, on_demand: Prices, reserved: Prices = (), **attributes: str) -> str:
    """One item of PriceList: a JSON text."""
    sku = f"SKU{next(_SKU):04d}"
    terms: dict[str, Any] = {"OnDemand": {f"{sku}.JRTCKXETXF": _offer(sku, on_demand, {})}}
    if reserved:
        terms["Reserved"] = {
            f"{sku}.{at}": _offer(sku, [item["price"]], item["term"]) for at, item in enumerate(reserved)
        }
    return json.dumps(
        {
            "product": {"productFamily": family, "attributes": attributes, "sku": sku},
            "serviceCode": "AmazonEC2",
            "terms": terms,
            "version": "20261120000000",
            "publicationDate": "2026-11-20T00:00:00Z",
        }
    )


def _offer(sku: str, prices: Prices, term: dict[str, str]) -> dict[str, Any]:
    dimensions = {f"{sku}.{at}": price for at, price in enumerate(prices)}
    return {"sku": sku, "effectiveDate": "2026-11-01T00:00:00Z", "priceDimensions": dimensions, "termAttributes": term}


def usd(amount: float, unit: str = "Hrs", begin: str = "0", end: str = "Inf", currency: str = "USD") -> dict[str, Any]:
    """One price dimension."""
    return {
        "unit": unit,
        "beginRange": begin,
        "endRange": end,
        "description": f"{amount} per {unit}",
        "appliesTo": [],
        "pricePerUnit": {currency: f"{amount:.10f}"},
    }


def commitment(amount: float, years: str, offering: str = "standard", upfront: str = "No Upfront") -> dict[str, Any]:
    """One reserved term."""
    term = {"LeaseContractLength": years, "OfferingClass": offering, "PurchaseOption": upfront}
    return {"price": usd(amount), "term": term}


def machine(name: str, vcpu: int, amount: float, reserved: Prices = (), **more: str) -> str:
    """One instance type, Linux unless said otherwise."""
    attributes = {"instanceType": name, "vcpu": str(vcpu), "operatingSystem": "Linux", "preInstalledSw": "NA"} | more
    return product("Compute Instance", [usd(amount)], reserved, **attributes)


def rate(name: str, amount: float, seconds: int, plan: str = "Compute") -> dict[str, Any]:
    """One rate of a Savings Plan."""
    return {
        "savingsPlanOffering": {
            "offeringId": "00000000-0000-0000-0000-000000000001",
            "paymentOption": "No Upfront",
            "planType": plan,
            "durationSeconds": seconds,
            "currency": "USD",
        },
        "rate": f"{amount}",
        "unit": "Hrs",
        "productType": "EC2",
        "serviceCode": "AmazonEC2",
        "usageType": f"EUN1-BoxUsage:{name}",
        "operation": "RunInstances",
        "properties": [{"name": "region", "value": "eu-north-1"}, {"name": "instanceType", "value": name}],
    }
