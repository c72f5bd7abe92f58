"""Which servers become a managed database: one of each system that is replatformed, where that can be told."""

from __future__ import annotations

import pandas as pd

from planner.facts.sql_server import editions
from planner.policy import Policy
from planner.portfolio import Portfolio

SQL_SERVER = "sqlserver"


def managed(frame: pd.DataFrame, disposition: pd.Series, portfolio: Portfolio, policy: Policy) -> pd.DataFrame:
    """Say which servers become managed databases, and why the others of replatformed systems do not.

    Of the servers of a system that has one database with a managed counterpart, the one that needs most memory is
    taken to hold it (own model: no list says which does). A single server holds application and database together
    and stays a server until they are parted.

    Returns
    -------
    DataFrame
        engine (blank for a server that stays one) and managed_state, on the index of `frame`.
    """
    is_sized = frame["state"] == "sized"
    is_asked = (is_sized & (disposition == "replatform") & frame["has_database"]).astype(bool)
    # Whole systems, and only those that are asked about: most are not.
    rows = frame[frame["system_id"].isin(frame.loc[is_asked, "system_id"])]
    engine = rows["system_id"].map(_engines(portfolio, policy)).astype("string")
    by_need = rows[is_sized[rows.index]].sort_values(["need_memory_gib", "server_id"], ascending=[False, True])
    largest = rows.index.isin(by_need.drop_duplicates("system_id").index)
    is_alone = rows["system_id"].map(rows["system_id"].value_counts()) == 1
    state = pd.Series("managed", index=rows.index, dtype="string")
    state = state.mask(~largest, "application_server").mask(is_alone, "one_server").mask(engine.isna(), "no_engine")
    state = state.where(is_asked[rows.index])
    made = pd.DataFrame({"engine": engine.where(state == "managed"), "managed_state": state}, dtype="string")
    return made.reindex(frame.index)


def _engines(portfolio: Portfolio, policy: Policy) -> pd.Series:
    """Managed engine of each system whose databases are all of one product that has one."""
    support = portfolio["support"]
    databases = support[support["column"] == "db"][["system_id", "product"]].drop_duplicates()
    alone = databases[~databases["system_id"].duplicated(keep=False)].dropna()
    engine = alone.set_index("system_id")["product"].map(policy.sizing.managed_engines).dropna()
    return engine.where(engine != SQL_SERVER, SQL_SERVER + ("_" + _editions(portfolio, engine.index)).fillna(""))


def _editions(portfolio: Portfolio, systems: pd.Index) -> pd.Series:
    """Editions of SQL Server, each of which is a managed engine of its own; one that nobody knows has no price."""
    return editions(portfolio["systems"].set_index("system_id")["db"].reindex(systems))
