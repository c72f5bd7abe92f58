"""AWS's Price List API: products by filters, and what one of them costs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from planner.catalogue.client import PRICING_REGIONS, Aws

SOURCE = "AWS Price List API"
CURRENCY = "USD"
DECIMALS = 10
Product = dict[str, Any]


def products(aws: Aws, region: str, service: str, **attributes: str) -> Iterator[Product]:
    """Every product of a service that has all of these attributes."""
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in sorted(attributes.items())]
    endpoint = PRICING_REGIONS[aws.partition_of(region)]
    asked = {"ServiceCode": service, "Filters": filters, "FormatVersion": "aws_v1"}
    for text in aws.each("pricing", endpoint, "get_products", "PriceList", **asked):
        yield json.loads(text)


def attribute(product: Product, name: str) -> str:
    """One attribute of a product; empty when it has none of that name."""
    return str(product["product"]["attributes"].get(name, ""))


def dimensions(product: Product, term: str = "OnDemand", **wanted: str) -> list[dict[str, Any]]:
    """Price dimensions of the terms that have the wanted attributes, those without a price in USD left out."""
    found = [
        dimension
        for offer in product["terms"].get(term, {}).values()
        if all(offer.get("termAttributes", {}).get(name) == value for name, value in wanted.items())
        for dimension in offer["priceDimensions"].values()
    ]
    return [dimension for dimension in found if 0 < _usd(dimension) < math.inf]


def price(product: Product, term: str = "OnDemand", **wanted: str) -> tuple[float, str] | None:
    """USD a unit, and the unit; the dearest when the list has several, so that doubt never makes a plan cheaper."""
    found = dimensions(product, term, **wanted)
    if not found:
        return None
    dearest = max(found, key=_usd)
    return _usd(dearest), str(dearest["unit"])


def dearest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for each kind and scope: the dearest of those that the list has."""
    kept: dict[tuple[str, str], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: float(row["usd"])):
        kept[row["kind"], row["scope"] or ""] = row
    return [kept[key] for key in sorted(kept)]


def price_row(product: str, region: str, kind: str, scope: str | None, unit: str, usd: float, **more: Any) -> Product:
    """A row of table prices; its date is put on when the part is done."""
    row = {"region": region, "product": product, "kind": kind, "scope": scope, "unit": unit}
    return row | {"usd": round(usd, DECIMALS), "source": SOURCE} | more


def _usd(dimension: dict[str, Any]) -> float:
    return float(dimension["pricePerUnit"].get(CURRENCY, 0))
