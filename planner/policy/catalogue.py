"""How old the facts of the cloud catalogue may be before a plan says so."""

from __future__ import annotations

from planner.policy.parts import Number, Part


class CatalogueAges(Part):
    """Ages in days, of list prices and of the other facts."""

    max_price_age_days: Number
    max_fact_age_days: Number
