"""SQL Server on servers that move: licences that follow along, and those that are paid for with the machine.

Windows Server is always in the price of the machine: its licence cannot be brought to shared hardware. That of SQL
Server can, with Software Assurance. Where nobody knows of any, the cost is a range from nothing to the whole price.
"""

from __future__ import annotations

import pandas as pd

from planner.catalogue import Catalogue, licence_prices
from planner.facts.sql_server import editions
from planner.portfolio import Portfolio, finding_rows
from planner.schema import concat

SQL_SERVER = "mssqlserver"
EDITIONS = ("standard", "enterprise")
UNKNOWN_EDITION = "edition_unknown"


def sql_servers(portfolio: Portfolio, minimum: float) -> pd.DataFrame:
    """The server of every moved system that is taken to hold its SQL Server: the one that needs most memory.

    Parameters
    ----------
    minimum
        vCPU that a licence covers at least.

    Returns
    -------
    DataFrame
        On system_id: vcpu, edition, is_covered (by Software Assurance; unknown where nobody says). A managed database
        has its licence in its price and is not here.
    """
    support, systems = portfolio["support"], portfolio["systems"].set_index("system_id")
    is_sql = (support["column"] == "db") & (support["product"] == SQL_SERVER)
    edition = editions(systems["db"])
    licensed = systems.index[(edition != "free").fillna(True).astype(bool)]
    targets = portfolio["targets"]
    moved = targets[targets["system_id"].isin(support.loc[is_sql, "system_id"]) & targets["compute_usd_month"].notna()]
    moved = moved[moved["system_id"].isin(licensed)]
    held = moved.sort_values(["need_memory_gib", "server_id"], ascending=[False, True]).drop_duplicates("system_id")
    held = held[held["engine"].isna()].set_index("system_id").sort_index()
    return pd.DataFrame(
        {
            "vcpu": held["vcpu"].astype(float).clip(lower=minimum),
            "edition": edition.reindex(held.index).fillna(UNKNOWN_EDITION),
            "is_covered": systems["has_software_assurance"].reindex(held.index),
        }
    )


def sql_prices(catalogue: Catalogue, region: str) -> dict[str, tuple[float, float, str]]:
    """USD a vCPU and hour, vCPU at least and source by edition; the dearest of those that the list has."""
    rows = licence_prices(catalogue, region)
    made = {}
    for edition in EDITIONS:
        mine = rows[rows["product"] == f"sql_server_{edition}"].sort_values(["usd_per_vcpu_hour", "source"])
        if len(mine):
            row = mine.iloc[-1]
            made[edition] = (float(row["usd_per_vcpu_hour"]), float(mine["min_vcpu"].max()), str(row["source"]))
    return made


def sql_rows(held: pd.DataFrame, prices: dict[str, tuple[float, float, str]]) -> pd.DataFrame:
    """Rows of the cash flow for one whole year: vCPU that need a licence, and whose it is."""
    component = ("sql_" + held["edition"]).where(held["is_covered"].notna(), "sql_" + held["edition"] + "_open")
    component = component.mask(held["is_covered"].fillna(False), "sql_brought")
    state = pd.Series("known", index=held.index).mask(held["is_covered"].isna(), "modelled")
    state = state.mask(held["edition"] == UNKNOWN_EDITION, "modelled").mask(component == "sql_brought", "brought")
    is_priced = component.eq("sql_brought").astype(bool) | (len(prices) == len(EDITIONS))
    source = "; ".join(f"{edition}: {prices[edition][2]}" for edition in EDITIONS if edition in prices)
    return pd.DataFrame(
        {
            "quantity": held["vcpu"].where(is_priced),
            "unit": "vCPU",
            "source": source or "price_not_found",
            "kind": "cloud",
            "component": component,
            "state": state.where(is_priced, "unknown"),
            "system_id": held.index,
        }
    )


def licence_findings(held: pd.DataFrame, prices: dict[str, tuple[float, float, str]]) -> pd.DataFrame:
    """What nobody knows of the licences, counted."""
    paid = held[~held["is_covered"].fillna(False).astype(bool)]
    counted = {
        "software_assurance_unknown": int(held["is_covered"].isna().sum()),
        "sql_edition_unknown": int((paid["edition"] == UNKNOWN_EDITION).sum()),
        "no_sql_licence_price": len(paid) * (len(prices) < len(EDITIONS)),
    }
    made = [finding_rows("warning", code, table="systems", detail=count) for code, count in counted.items() if count]
    return concat(made, "findings")
