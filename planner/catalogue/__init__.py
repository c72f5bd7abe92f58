"""Cloud facts: a dated snapshot of types, offerings, regions and services, and sourced list prices. Only `refresh`
needs boto3."""

from planner.catalogue.prices import price_types, storage_price
from planner.catalogue.snapshot import Catalogue, load_catalogue

__all__ = ["Catalogue", "load_catalogue", "price_types", "storage_price"]
