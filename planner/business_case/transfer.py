"""Data on its way out of the cloud: what somebody knows of it, else an assumption per server."""

from __future__ import annotations

import pandas as pd

from planner.catalogue import Catalogue, transfer_prices
from planner.portfolio import Portfolio

# A price list of the case, else the region's first step, else a figure that its source gives for no region.
KINDS = ("internet_out", "internet_out_first_10_tb", "internet_out_typical")
MONTHS = 12


def egress_price(catalogue: Catalogue, region: str) -> tuple[float, str] | None:
    """USD a GB out to the internet, and its source: the region's first step, else a figure given for no region.

    The first step is the dearest, and the free allowance of an account is left out: doubt never makes a plan cheaper.
    """
    rows = transfer_prices(catalogue, region).dropna(subset="usd").set_index("kind")
    for kind in KINDS:
        if kind in rows.index:
            row = rows.loc[kind]
            return float(row["usd"]), f"{row['source']} ({kind}, {row['as_of']})"
    return None


def egress_rows(portfolio: Portfolio, systems: pd.Index, price: tuple[float, str] | None) -> pd.DataFrame:
    """Rows of the cash flow for one whole year of every system with servers that move."""
    servers = portfolio["targets"].query("state == 'sized'")["system_id"].value_counts()
    servers = servers.reindex(systems).dropna()
    known = portfolio["systems"].set_index("system_id")["egress_gb_month"].reindex(servers.index).astype("Float64")
    is_known = known.notna()
    quantity = (known * MONTHS).fillna(servers.astype("Float64")).astype(float)
    return pd.DataFrame(
        {
            "quantity": quantity * (1.0 if price else float("nan")),
            "unit": is_known.map({True: "GB/year", False: "servers"}),
            "source": price[1] if price else "price_not_found",
            "kind": "cloud",
            "component": is_known.map({True: "egress_known", False: "egress"}),
            "state": "unknown" if price is None else is_known.map({True: "known", False: "modelled"}),
            "system_id": servers.index,
        }
    )
