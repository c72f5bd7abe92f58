"""How old the cloud facts are that a plan rests on, and which of them are not what was asked for."""

from __future__ import annotations

import pandas as pd

from planner.case import Case
from planner.catalogue import Catalogue
from planner.catalogue.coverage import coverage
from planner.policy import Policy
from planner.policy.places import open_providers, without_price
from planner.portfolio import Portfolio, finding_rows
from planner.schema import concat, conform

PRICES = "_prices"


def freshness(portfolio: Portfolio, case: Case, policy: Policy, catalogue: Catalogue) -> dict[str, pd.DataFrame]:
    """Hold the parts of the catalogue against the ages that the policy allows.

    Returns
    -------
    dict of DataFrame
        catalogue_parts (one row per part of the case's region), findings: parts that are older than the policy allows,
        that a refresh could not read and so kept or lacks, and a region of which the catalogue knows nothing.
    """
    parts = coverage(catalogue, case.region)
    day = pd.to_datetime(parts["as_of"])
    limit = (
        parts["part"]
        .str.endswith(PRICES)
        .map({True: policy.catalogue.max_price_age_days.value, False: policy.catalogue.max_fact_age_days.value})
    )
    age = (pd.Timestamp(case.plan_date) - day).dt.days.astype("Int64")
    # What is unknown has no age; a snapshot made after the day of the plan is not old.
    rows = parts.assign(as_of=day, age_days=age.clip(lower=0), is_old=(age > limit).fillna(False))
    is_known = bool((catalogue.offerings["region"] == case.region).any())
    found = [*_findings(rows, case.region, is_known), _elsewhere(portfolio, case, policy), _late(case, policy)]
    return {"catalogue_parts": conform(rows, "catalogue_parts"), "findings": concat(found, "findings")}


def _elsewhere(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Servers without a price since their systems may not run where the prices are from."""
    closed = without_price(portfolio["target_fit"], policy.cloud_fit, case.region)
    targets = portfolio["targets"]
    count = int((targets["system_id"].isin(closed) & (targets["state"] == "price_not_found")).sum())
    rows = pd.RangeIndex(int(count > 0))
    return finding_rows("warning", "no_priced_place", table="targets", value=str(count), index=rows)


def _late(case: Case, policy: Policy) -> pd.DataFrame:
    """Providers that the plan may lead to and whose facts nobody has looked at in time."""
    late = [item for item in open_providers(policy.cloud_fit, case.places) if item.review_by < case.plan_date]
    return finding_rows(
        "warning",
        "provider_review_late",
        value=pd.Series([item.id for item in late], dtype="object"),
        detail=pd.Series([item.review_by.isoformat() for item in late], dtype="object"),
    )


def _findings(rows: pd.DataFrame, region: str, is_known: bool) -> list[pd.DataFrame]:
    failed = rows["reason"].notna() & rows["state"].isin(["kept", "shipped"])
    found = [
        _rows("catalogue_old", rows[rows["is_old"]]),
        _rows("catalogue_kept", rows[failed]),
        _rows("catalogue_missing", rows[rows["reason"].notna() & (rows["state"] == "missing")]),
    ]
    if not is_known:
        found.append(finding_rows("warning", "catalogue_no_region", table="catalogue_parts", value=region))
    return found


def _rows(code: str, rows: pd.DataFrame) -> pd.DataFrame:
    return finding_rows(
        "warning",
        code,
        table="catalogue_parts",
        index=rows.index,
        row_id=rows["part"],
        value=rows["as_of"].dt.strftime("%Y-%m-%d").fillna("?"),
        detail="catalogue_" + rows["part"],
    )
