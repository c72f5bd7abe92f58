"""What a unit of everything costs in SEK, as a function of the assumptions: numbers, or arrays of drawn numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.case import Case
from planner.policy import Policy

HOURS_PER_YEAR = 365 * 24
HOURS_PER_DAY = 8
# The range of the effort model, as a factor on its likely days.
EFFORT = "effort"
# How much later systems change hands than planned, from the futures of the schedule.
SLIP = "slip_months"
# List prices of the catalogue: facts that are not drawn.
EGRESS = "egress_usd_per_gb"
SQL_STANDARD, SQL_ENTERPRISE = "sql_standard_usd_per_vcpu_hour", "sql_enterprise_usd_per_vcpu_hour"
MONTHS_PER_YEAR = 12
Rates = dict[tuple[str, str], Any]


def sek_per_unit(at: Mapping[str, Any], year: int, case: Case, policy: Policy) -> Rates:
    """SEK per unit by kind and component in one year, at prices of that year.

    Parameters
    ----------
    at
        A value for every assumption of the policy's business_case, for `effort` and `slip_months`, and the list prices.
    """
    age = year - case.plan_date.year
    today = {name: rate * (1 + at["today_growth_pct"] / 100) ** age for name, rate in _today(at, case, policy).items()}
    cloud = {name: rate * (1 + at["cloud_growth_pct"] / 100) ** age for name, rate in _cloud(at, case).items()}
    ended = {"annual_cost": at["retired_avoidable_pct"]}
    ends = {name: rate * ended.get(name, at["avoidable_pct"]) / 100 for name, rate in today.items()}
    day = policy.effort.day_rate.value * (1 + at["day_rate_pct"] / 100)
    return {
        **{("today", name): rate for name, rate in today.items()},
        **{("ended", name): -rate for name, rate in ends.items()},
        **{("slip", name): rate * at[SLIP] / MONTHS_PER_YEAR for name, rate in ends.items()},
        **{("cloud", name): rate for name, rate in cloud.items()},
        ("double_running", "cloud"): cloud["compute"] * at["double_running_months"],
        ("migration", "work"): day * at[EFFORT],
        ("contract_tail", "annual_cost"): 1.0,
        ("exit_fee", "fee"): 0.0,
    }


def _today(at: Mapping[str, Any], case: Case, policy: Policy) -> dict[str, Any]:
    """Per SEK of the register's own cost, and per vCPU, GiB or server of the model."""
    fixed = policy.business_case
    spare = 1 + at["spare_capacity_pct"] / 100
    cores, usd = at["cores_per_vcpu"] * spare, _sek_per_usd(at, case)
    hour = policy.effort.day_rate.value * (1 + at["day_rate_pct"] / 100) / HOURS_PER_DAY
    return {
        "annual_cost": 1.0,
        "infrastructure": 1.0,
        "hardware_cpu": cores * at["hardware_usd_per_core"] * usd / fixed.depreciation_years.value,
        "hardware_memory": spare * at["hardware_usd_per_gib"] * usd / fixed.depreciation_years.value,
        "disks": at["storage_sek_per_gib_year"],
        "virtualisation": cores * at["virtualisation_sek_per_core_year"],
        "windows": at["windows_sek_per_vcpu_year"],
        "operations": at["operations_hours_per_server_year"] * hour,
        "electricity": kwh_per_vcpu(at, policy) * at["electricity_sek_per_kwh"],
    }


def kwh_per_vcpu(at: Mapping[str, Any], policy: Policy) -> Any:
    """Energy that one vCPU of today takes in a year, with its share of spare hosts and of the hall."""
    cores = at["cores_per_vcpu"] * (1 + at["spare_capacity_pct"] / 100)
    return cores * policy.business_case.kwh_per_core_hour.value * HOURS_PER_YEAR * at["pue"]


def _cloud(at: Mapping[str, Any], case: Case) -> dict[str, Any]:
    """Per USD of the list price."""
    usd, size = _sek_per_usd(at, case), 1 + at["size_error_pct"] / 100
    return {
        "compute": usd * size,
        "licence": usd * size,
        "disks": usd,
        "extras": usd * at["cloud_extras_pct"] / 100,
        "egress": usd * at["egress_gb_per_server_month"] * MONTHS_PER_YEAR * at[EGRESS],
        "egress_known": usd * at[EGRESS],
        **_sql(at, usd * size),
    }


def _sql(at: Mapping[str, Any], usd: Any) -> dict[str, Any]:
    """Per vCPU of a server with SQL Server: by edition, and the part of it where nobody knows whose the licence is."""
    standard, enterprise = at[SQL_STANDARD], at[SQL_ENTERPRISE]
    hourly = {
        "standard": standard,
        "enterprise": enterprise,
        "edition_unknown": standard + (enterprise - standard) * at["sql_enterprise_pct"] / 100,
    }
    paid = {f"sql_{edition}": usd * HOURS_PER_YEAR * price for edition, price in hourly.items()}
    left_open = {f"{name}_open": rate * at["sql_included_pct"] / 100 for name, rate in paid.items()}
    return {**paid, **left_open, "sql_brought": 0.0}


def _sek_per_usd(at: Mapping[str, Any], case: Case) -> Any:
    assert case.exchange is not None, "without a rate there is no business case"
    return case.exchange.sek_per_usd * (1 + at["usd_pct"] / 100)
