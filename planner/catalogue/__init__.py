"""Cloud facts: a dated snapshot of types, offerings, regions and services, and sourced list prices. Only `refresh`
needs boto3."""

from planner.catalogue.own_prices import with_price_lists
from planner.catalogue.prices import price_types
from planner.catalogue.rates import database_types, licence_prices, storage_price, storage_prices, transfer_prices
from planner.catalogue.snapshot import Catalogue, load_catalogue

__all__ = [
    "Catalogue",
    "database_types",
    "licence_prices",
    "load_catalogue",
    "price_types",
    "storage_price",
    "storage_prices",
    "transfer_prices",
    "with_price_lists",
]
