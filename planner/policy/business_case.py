"""Assumptions of the business case: each a range that can be disputed, with its unit, reason and source."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from planner.policy.parts import Key, Number, Part

Purchase = Literal["on_demand", "reserved_1y", "reserved_3y"]


class Assumption(Part):
    """A number that nobody knows exactly: lowest, most likely and highest."""

    low: float
    likely: float
    high: float
    unit: str
    because: str
    source: str

    @model_validator(mode="after")
    def _in_order(self) -> Assumption:
        if not self.low <= self.likely <= self.high:
            raise ValueError("low, likely and high must come in this order")
        return self


class BusinessCase(Part):
    """What the comparison of today's cost with that of the plan assumes.

    A change of `usd_pct` bears on the case's own exchange rate, one of `day_rate_pct` on the policy's day rate.
    """

    years: Number
    main_purchase: Purchase
    samples: Annotated[int, Field(ge=100, le=1_000_000)]
    seed: int
    samples_because: str
    discount_rate_pct: Assumption
    today_growth_pct: Assumption
    cloud_growth_pct: Assumption
    usd_pct: Assumption
    day_rate_pct: Assumption
    cores_per_vcpu: Assumption
    spare_capacity_pct: Assumption
    hardware_usd_per_core: Assumption
    hardware_usd_per_gib: Assumption
    storage_sek_per_gib_year: Assumption
    virtualisation_sek_per_core_year: Assumption
    windows_sek_per_vcpu_year: Assumption
    operations_hours_per_server_year: Assumption
    electricity_sek_per_kwh: Assumption
    pue: Assumption
    avoidable_pct: Assumption
    retired_avoidable_pct: Assumption
    size_error_pct: Assumption
    cloud_extras_pct: Assumption
    double_running_months: Assumption
    egress_gb_per_server_month: Assumption
    sql_enterprise_pct: Assumption
    sql_included_pct: Assumption
    depreciation_years: Number
    kwh_per_core_hour: Number
    grid_g_co2_per_kwh: Number | None = None
    facts: tuple[Key, ...] = ()

    @property
    def assumptions(self) -> dict[str, Assumption]:
        """The ranges, in the order in which they are drawn."""
        return {name: value for name, value in self if isinstance(value, Assumption)}
