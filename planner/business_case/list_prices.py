"""List prices that the targets do not have: data out, and SQL Server with the servers that hold it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.business_case.licences import sql_prices, sql_servers
from planner.business_case.rates import EGRESS, SQL_ENTERPRISE, SQL_STANDARD
from planner.business_case.transfer import egress_price
from planner.case import Case
from planner.catalogue import Catalogue
from planner.portfolio import Portfolio


@dataclass(frozen=True)
class Prices:
    """Data out by the GB and SQL Server by edition, each with its source, and the servers that hold SQL Server."""

    egress: tuple[float, str] | None
    sql: dict[str, tuple[float, float, str]]
    held: pd.DataFrame

    @property
    def usd(self) -> dict[str, float]:
        """Prices by their names among the rates; nought where the rows are unknown and have no quantity."""
        return {
            EGRESS: self.egress[0] if self.egress else 0.0,
            SQL_STANDARD: self.sql["standard"][0] if "standard" in self.sql else 0.0,
            SQL_ENTERPRISE: self.sql["enterprise"][0] if "enterprise" in self.sql else 0.0,
        }


def list_prices(portfolio: Portfolio, case: Case, catalogue: Catalogue) -> Prices:
    """Look up the prices of the case's region."""
    sql = sql_prices(catalogue, case.region)
    held = sql_servers(portfolio, max((least for _, least, _ in sql.values()), default=0.0))
    return Prices(egress_price(catalogue, case.region), sql, held)
